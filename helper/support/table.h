/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TABLE_H
#define HELPER_TABLE_H

/*
 * A table for people. Zero-initialise it, fill it row by row, print it:
 *
 *	table_row(&t);
 *	table_cell(&t, PAINT_NAME, "%s", jid);
 *	table_cell(&t, PAINT_GOOD, "online");
 *	table_print(&t);
 *
 * Columns are aligned by what a terminal shows; a first column of "!" stands close to the next. A
 *row that is too wide for the terminal goes on in further lines, which are indented; it breaks
 *between two cells, and inside of one only where that alone is too wide. A column that is empty in
 *all rows is left out. In a pipe each row is one line.
 */

#include <stdarg.h>
#include <stddef.h>

#include "screen.h"

struct table {
	struct table_cell *cells;	/* owned */
	size_t count, room;
	size_t rows;
	size_t indent;			/* columns before each row */
};

void table_row(struct table *t);

/* Adds a cell to the last row. The text may be anything: it is made safe for a terminal. */
void table_cell(struct table *t, enum paint paint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends text to the last cell, in the colour of that. */
void table_more(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds a line of its own below the last row, indented. It is in no column, and is never broken:
 * commands stand there.
 */
void table_note(struct table *t, enum paint paint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Appends what is printed to out, for a screen of so many columns (0: any number); or prints it
 * for standard output. Both free the rows.
 */
void table_put(struct table *t, size_t limit, struct buf *out);
void table_print(struct table *t);

/*
 * Prints a label and, beside it, the words of text, like the groups of a fingerprint: so many in
 * each line, or half of that as often as it takes to fit the screen, so that the lines are alike.
 */
void table_groups(const char *label, const char *text, unsigned most);

/* Prints a sentence, broken between words as a cell is. */
void table_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
