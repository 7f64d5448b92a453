/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_PAGE_TABLE_H
#define T_PAGE_TABLE_H

/* The tables of a page of the documentation, for tests that ask the code whether they are true. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"

enum { PAGE_CELLS = 9, PAGE_CELL_MAX = 160 };

struct page_row {
	char cell[PAGE_CELLS][PAGE_CELL_MAX];	/* empty where the table has no such column */
};

static inline bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The whole page; to be freed. Empty if it cannot be read. */
static inline char *page_read(const char *path)
{
	struct buf whole = { 0 };
	FILE *f = fopen(path, "r");
	char piece[4096], *text;
	size_t n;

	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(&whole, piece, n);
	if (f)
		fclose(f);
	text = xstrdup(buf_str(&whole));
	buf_finish(&whole);
	return text;
}

/* Takes a line that begins with '|' apart. */
static inline void page_row_read(const char *line, struct page_row *row)
{
	memset(row, 0, sizeof(*row));
	for (int i = 0; i < PAGE_CELLS && *line == '|'; i++) {
		size_t n, len;

		line += 1 + strspn(line + 1, " ");
		n = len = strcspn(line, "|\n");
		while (len > 0 && line[len - 1] == ' ')
			len--;
		snprintf(row->cell[i], PAGE_CELL_MAX, "%.*s", (int)len, line);
		line += n;
	}
}

/*
 * The next row of the tables below a heading, which is a whole line with the newlines around it.
 * *at is NULL before the first one. The head of a table is a row, too; the line below it is not.
 * False behind the last one.
 */
static inline bool page_next_row(const char *page, const char *heading, const char **at,
				 struct page_row *row)
{
	if (!*at && (*at = strstr(page, heading)))
		*at += strlen(heading) - 1;
	while (*at && (*at = strchr(*at, '\n'))) {
		if (begins(*at, "\n#"))
			return false;
		++*at;
		if (!begins(*at, "|") || begins(*at, "|-"))
			continue;
		page_row_read(*at, row);
		return true;
	}
	return false;
}

/* Whether the row that page_next_row() has found is the head of a table. */
static inline bool page_is_head(const char *at)
{
	const char *end = strchr(at, '\n');

	return end && begins(end, "\n|-");
}

#endif
