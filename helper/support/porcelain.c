/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recursive descent over one document that we have written ourselves. It is checked all the
 * same: a text that ends early, or is nested deeper than ours are, is refused.
 */
#include "porcelain.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { DEPTH_MAX = 8 };

struct reader {
	const char *at;
	bool good;
};

static bool take(struct reader *r, char c)
{
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static void expect(struct reader *r, char c)
{
	r->good = take(r, c) && r->good;
}

/* Appends the character of "\u001b" as UTF-8. */
static void take_number(struct reader *r, struct buf *out)
{
	char digits[5] = "", utf8[3];
	unsigned long c;

	for (size_t i = 0; i < 4 && *r->at; i++)
		digits[i] = *r->at++;
	c = strtoul(digits, NULL, 16);
	utf8[0] = (char)(c < 0x80 ? c : c < 0x800 ? 0xc0 | c >> 6 : 0xe0 | c >> 12);
	utf8[1] = (char)(0x80 | (c < 0x800 ? c & 0x3f : c >> 6 & 0x3f));
	utf8[2] = (char)(0x80 | (c & 0x3f));
	buf_append(out, utf8, c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
}

/* Appends a string, which begins here. */
static void take_string(struct reader *r, struct buf *out)
{
	expect(r, '"');
	while (r->good && *r->at && *r->at != '"') {
		if (!take(r, '\\')) {
			buf_append(out, r->at++, 1);
		} else if (take(r, 'u')) {
			take_number(r, out);
		} else {
			/* A quote or a backslash: the others are written as numbers. */
			buf_append(out, r->at, *r->at != '\0');
			r->at += *r->at != '\0';
		}
	}
	expect(r, '"');
}

static void put_text(struct buf *out, const char *text, size_t n)
{
	if (n)
		text_escape(out, text, n, false);
	else
		buf_puts(out, "-");
}

static void put_scalar(struct reader *r, struct buf *out)
{
	size_t n = strcspn(r->at, ",]} \n");
	struct buf text = { 0 };

	if (*r->at == '"') {
		take_string(r, &text);
		put_text(out, buf_data(&text), buf_len(&text));
	} else {
		put_text(out, r->at, strncmp(r->at, "null", n) ? n : 0);
		r->good = r->good && n > 0;
		r->at += n;
	}
	buf_finish(&text);
}

/* Appends the values of the object or list that begins here, with a text between them. */
static void put_values(struct reader *r, struct buf *out, unsigned depth, const char *between);

static void put_value(struct reader *r, struct buf *out, unsigned depth)
{
	if (*r->at == '{' || *r->at == '[')
		put_values(r, out, depth + 1, ",");
	else
		put_scalar(r, out);
}

static void put_values(struct reader *r, struct buf *out, unsigned depth, const char *between)
{
	struct buf name = { 0 };
	char end = *r->at++ == '{' ? '}' : ']';
	bool any = false;

	r->good = r->good && depth < DEPTH_MAX;
	while (r->good && *r->at && *r->at != end) {
		if (any)
			expect(r, ',');
		if (end == '}') {
			take_string(r, &name);
			expect(r, ':');
		}
		buf_puts(out, any ? between : "");
		put_value(r, out, depth);
		any = true;
	}
	if (!any)
		buf_puts(out, "-");
	expect(r, end);
	buf_finish(&name);
}

/* Appends one line. */
static void put_line(struct reader *r, struct buf *out, const char *name)
{
	buf_printf(out, "%s\t", name);
	if (*r->at == '{' || *r->at == '[')
		put_values(r, out, 1, "\t");
	else
		put_scalar(r, out);
	buf_puts(out, "\n");
}

/* Appends a line for each value of a list. */
static void put_list(struct reader *r, struct buf *out, const char *name)
{
	expect(r, '[');
	while (r->good && *r->at && *r->at != ']') {
		put_line(r, out, name);
		if (!take(r, ',') && *r->at != ']')
			r->good = false;
	}
	expect(r, ']');
}

bool porcelain_put(struct buf *out, const char *json)
{
	struct reader r = { .at = json, .good = true };
	struct buf name = { 0 }, skipped = { 0 };

	expect(&r, '{');
	while (r.good && *r.at && *r.at != '}') {
		buf_reset(&name);
		take_string(&r, &name);
		expect(&r, ':');
		if (!strcmp(buf_str(&name), "version"))
			put_scalar(&r, &skipped);
		else if (*r.at == '[')
			put_list(&r, out, buf_str(&name));
		else
			put_line(&r, out, buf_str(&name));
		if (!take(&r, ',') && *r.at != '}')
			r.good = false;
	}
	expect(&r, '}');
	buf_finish(&name);
	buf_finish(&skipped);
	return r.good;
}
