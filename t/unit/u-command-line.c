/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command-line.h"

#include <stdlib.h>

#include "alloc.h"
#include "buf.h"
#include "tap.h"

/* Compares the words, each in brackets. */
static void is_split(const char *line, const char *expected)
{
	char **words = command_line_split(line);
	struct buf out = { 0 };

	for (size_t i = 0; words && words[i]; i++)
		buf_printf(&out, "[%s]", words[i]);
	is_str(words ? buf_str(&out) : NULL, expected, line);
	command_line_free(words);
	buf_finish(&out);
}

int main(void)
{
	struct buf many = { 0 };

	is_split("notify-send git-xmpp", "[notify-send][git-xmpp]");
	is_split("  a\t b  \n", "[a][b]");
	is_split("a 'b c' \"d e\"", "[a][b c][d e]");
	is_split("a b\\ c \"d\\\"e\" 'f\\g'", "[a][b c][d\"e][f\\g]");
	is_split("a '' \"\"", "[a][][]");
	is_split("a'b'\"c\"d", "[abcd]");
	is_split("a \"it's\" 'say \"x\"'", "[a][it's][say \"x\"]");
	is_split("a $(b);`c`|d>e&f*~", "[a][$(b);`c`|d>e&f*~]");
	is_split("", NULL);
	is_split(" \t", NULL);
	is_split("a 'b", NULL);
	is_split("a \"b", NULL);
	is_split("a b\\", NULL);
	is_split("\\", NULL);
	is_split("a \"b\\", NULL);
	for (unsigned i = 0; i < COMMAND_LINE_WORDS_MAX + 1; i++)
		buf_puts(&many, "x ");
	ok(!command_line_split(buf_str(&many)), "there is a bound");
	buf_finish(&many);
	return tap_done();
}
