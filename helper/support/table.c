/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All cells are kept until the widths of the columns are known. The last cell of a row, and one
 * that is wider than COLUMN_MAX, do not widen their column: what stands behind them in other rows
 * would move out of sight.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "text-width.h"
#include "text.h"

enum {
	COLUMNS_MAX = 12,	/* of one row; what is more has no alignment */
	COLUMN_MAX = 36,	/* a wider cell does not widen its column */
	GAP = 2,		/* blanks between columns */
	MARK_GAP = 1,		/* ... and behind a first one of marks */
	INDENT = 4,		/* of the further lines of a row */
};

struct table_cell {
	size_t row, column;
	bool note;	/* a line of its own */
	enum paint paint;
	char *text;	/* owned; printable */
	size_t width;
};

struct columns {
	size_t width[COLUMNS_MAX];	/* 0: the column is left out */
	bool marks;			/* the first one has nothing but "!" */
};

/* How a row is being printed. */
struct line {
	struct buf *out;
	size_t limit;	/* columns of the terminal; 0: none */
	size_t at;	/* the next column */
	size_t owed;	/* blanks that are put before the next text */
	size_t indent;	/* of further lines */
	bool broken;	/* further lines have begun: nothing is aligned any more */
};

void table_row(struct table *t)
{
	t->rows++;
}

static void set_text(struct table_cell *cell, struct buf *text)
{
	free(cell->text);
	cell->width = text_width(buf_str(text), buf_len(text));
	cell->text = buf_detach(text);
}

static void append(struct buf *text, const char *fmt, va_list ap)
{
	struct buf raw = { 0 };

	buf_vprintf(&raw, fmt, ap);
	text_escape(text, buf_str(&raw), buf_len(&raw), false);
	buf_finish(&raw);
}

static void add(struct table *t, enum paint paint, bool note, const char *fmt, va_list ap)
{
	struct table_cell *last = t->count ? &t->cells[t->count - 1] : NULL;
	size_t row = t->rows - 1, column = last && last->row == row ? last->column + 1 : 0;
	struct buf text = { 0 };

	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 32;
		t->cells = xrealloc(t->cells, t->room * sizeof(*t->cells));
	}
	append(&text, fmt, ap);
	t->cells[t->count] = (struct table_cell){
		.row = row, .column = column, .note = note, .paint = paint,
	};
	set_text(&t->cells[t->count++], &text);
}

void table_cell(struct table *t, enum paint paint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(t, paint, false, fmt, ap);
	va_end(ap);
}

void table_note(struct table *t, enum paint paint, const char *fmt, ...)
{
	va_list ap;

	table_row(t);
	va_start(ap, fmt);
	add(t, paint, true, fmt, ap);
	va_end(ap);
}

void table_more(struct table *t, const char *fmt, ...)
{
	struct table_cell *last = &t->cells[t->count - 1];
	struct buf text = { 0 };
	va_list ap;

	buf_puts(&text, last->text);
	va_start(ap, fmt);
	append(&text, fmt, ap);
	va_end(ap);
	set_text(last, &text);
}

static bool is_last(const struct table *t, size_t cell)
{
	for (size_t i = cell + 1; i < t->count && t->cells[i].row == t->cells[cell].row; i++)
		if (t->cells[i].width)
			return false;
	return true;
}

static void measure(const struct table *t, struct columns *columns)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct table_cell *cell = &t->cells[i];

		if (cell->note)
			continue;
		if (cell->column == 0 && cell->width && strcmp(cell->text, "!") != 0)
			columns->marks = false;
		if (cell->column < COLUMNS_MAX && cell->width > columns->width[cell->column] &&
		    cell->width <= COLUMN_MAX && !is_last(t, i))
			columns->width[cell->column] = cell->width;
	}
}

static void break_line(struct line *l)
{
	buf_puts(l->out, "\n");
	l->at = 0;
	l->owed = l->indent;
	l->broken = true;
}

static void put_text(struct line *l, enum paint paint, const char *text, size_t n)
{
	buf_printf(l->out, "%*s", (int)l->owed, "");
	screen_paint(l->out, paint, text, n);
	l->at += l->owed + text_width(text, n);
	l->owed = 0;
}

static bool fits(const struct line *l, size_t width)
{
	return !l->limit || l->at + l->owed + width <= l->limit;
}

/* Puts a text that does not fit into a line, word by word. */
static void put_words(struct line *l, enum paint paint, const char *text)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " ");

		l->owed = first ? l->owed : 1;
		if (!first && !fits(l, text_width(text, n)))
			break_line(l);
		put_text(l, paint, text, n);
		first = false;
		text += n + strspn(text + n, " ");
	}
}

static void put_cell(struct line *l, const struct table_cell *cell)
{
	if (!fits(l, cell->width) && l->at > l->indent)
		break_line(l);
	if (fits(l, cell->width) || cell->paint == PAINT_COMMAND)
		put_text(l, cell->paint, cell->text, strlen(cell->text));
	else
		put_words(l, cell->paint, cell->text);
}

/* Prints the row that begins with this cell. Returns the first cell of the next one. */
static size_t put_row(const struct table *t, size_t i, const struct columns *columns, size_t limit,
		      struct buf *out)
{
	size_t row = t->cells[i].row, column = t->indent;
	struct line l = {
		.out = out,
		.limit = limit,
		.owed = t->indent,
		.indent = t->indent + INDENT,
	};

	for (; i < t->count && t->cells[i].row == row; i++) {
		const struct table_cell *cell = &t->cells[i];
		size_t width = cell->column < COLUMNS_MAX ? columns->width[cell->column] : 0;
		size_t gap = cell->column == 0 && columns->marks ? MARK_GAP : GAP;

		if (cell->width > 0) {
			if (cell->column < COLUMNS_MAX && !l.broken && column > l.at + l.owed)
				l.owed = column - l.at;
			put_cell(&l, cell);
			l.owed = gap;
		}
		column += width ? width + gap : 0;
	}
	buf_puts(out, "\n");
	return i;
}

static size_t put_note(const struct table *t, size_t i, struct buf *out)
{
	const struct table_cell *cell = &t->cells[i];

	buf_printf(out, "%*s", (int)(t->indent + INDENT), "");
	screen_paint(out, cell->paint, cell->text, strlen(cell->text));
	buf_puts(out, "\n");
	return i + 1;
}

void table_put(struct table *t, size_t limit, struct buf *out)
{
	struct columns columns = { .marks = true };

	measure(t, &columns);
	for (size_t i = 0; i < t->count;)
		i = t->cells[i].note ? put_note(t, i, out) : put_row(t, i, &columns, limit, out);
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ .indent = t->indent };
}

void table_print(struct table *t)
{
	struct buf out = { 0 };

	table_put(t, screen_width(), &out);
	fputs(buf_str(&out), stdout);
	buf_finish(&out);
}

void table_say(const char *fmt, ...)
{
	struct table t = { .count = 0 };
	va_list ap;

	table_row(&t);
	va_start(ap, fmt);
	add(&t, PAINT_PLAIN, false, fmt, ap);
	va_end(ap);
	table_print(&t);
}

/* The end of so many words, which have a blank between them. */
static const char *skip_words(const char *text, unsigned n)
{
	while (n-- > 0 && *text) {
		text += *text == ' ';
		text += strcspn(text, " ");
	}
	return text;
}

static bool all_fit(const char *text, unsigned a_line, size_t room)
{
	while (*text) {
		const char *end = skip_words(text, a_line);

		if (text_width(text, end - text) > room)
			return false;
		text = end + (*end == ' ');
	}
	return true;
}

void table_groups(const char *label, const char *text, unsigned most)
{
	size_t limit = screen_width(), indent = text_width(label, strlen(label));

	while (limit && most > 1 && !all_fit(text, most, limit > indent ? limit - indent : 1))
		most = (most + 1) / 2;
	printf("%s", label);
	while (*text) {
		const char *end = skip_words(text, most);

		printf("%.*s\n", (int)(end - text), text);
		text = end + (*end == ' ');
		if (*text)
			printf("%*s", (int)indent, "");
	}
}
