/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command-line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"

static bool is_space(char c)
{
	return c && strchr(" \t\n\v\f\r", c);
}

/*
 * Takes the word at *at off the line. NULL if a quote is not closed, or nothing follows a
 * backslash.
 */
static char *next_word(const char **at)
{
	const char *p = *at;
	struct buf word = { 0 };
	char quote = '\0';
	bool whole = true;

	for (; *p && (quote || !is_space(*p)); p++) {
		if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
			continue;
		}
		if (*p == quote) {
			quote = '\0';
			continue;
		}
		if (*p == '\\' && quote != '\'')
			p++;
		whole = *p;
		if (!whole)
			break;
		buf_append(&word, p, 1);
	}
	*at = p;
	if (whole && !quote)
		return buf_detach(&word);
	buf_finish(&word);
	return NULL;
}

char **command_line_split(const char *text)
{
	char **words = xcalloc(COMMAND_LINE_WORDS_MAX + 1, sizeof(*words));
	size_t n = 0;

	for (;;) {
		while (is_space(*text))
			text++;
		if (!*text && n)
			return words;
		if (!*text || n == COMMAND_LINE_WORDS_MAX)
			break;
		words[n] = next_word(&text);
		if (!words[n++])
			break;
	}
	command_line_free(words);
	return NULL;
}

void command_line_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}
