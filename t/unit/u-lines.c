/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buf.h"
#include "lines.h"
#include "tap.h"

/* Takes what does not begin with '-'; writes down each line, and cuts it. */
static bool take(void *arg, char *line)
{
	struct buf *seen = arg;

	buf_printf(seen, "[%s]", line);
	if (*line == '-')
		return false;
	line[strlen(line) / 2] = '\0';
	return true;
}

static void parsed(const char *text, size_t n, const char *expected, int dropped, const char *what)
{
	struct buf seen = { 0 };

	is_int(lines_parse(text, n, take, &seen), dropped, what);
	is_str(buf_str(&seen), expected, "... and its lines are those");
	buf_finish(&seen);
}

#define TEXT(s) s, sizeof(s) - 1

int main(void)
{
	parsed(NULL, 0, "", 0, "there is nothing");
	parsed(TEXT("a b\nc\n"), "[a b][c]", 0, "two lines");
	parsed(TEXT("a b\nc"), "[a b][c]", 0, "the last one need not end");
	parsed(TEXT("\n\na\n\n"), "[a]", 0, "one that is empty is none");
	parsed(TEXT("-a\nb\n-c\n"), "[-a][b][-c]", 2, "what is not taken counts");
	parsed(TEXT("a\nb\0c\n\0\nd\n"), "[a][d]", 2, "one with a NUL is dropped unread");
	return tap_done();
}
