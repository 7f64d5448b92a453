/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The object is read once from its begin to its end, so that a member counts only if all of the
 * text is JSON. Each function takes what it reads off the front of the text; false says that
 * there is something else.
 */
#include "json-read.h"

#include <stdint.h>
#include <string.h>

enum { DEPTH_MAX = 16 }; /* lists and objects within each other */

static void skip_blanks(const char **p)
{
	*p += strspn(*p, " \t\r\n");
}

/* c is not NUL, behind which there is no text. */
static bool take_next(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

static bool take(const char **p, char c)
{
	skip_blanks(p);
	return take_next(p, c);
}

static bool read_hex(const char **p, uint32_t *c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	*c = 0;
	for (int i = 0; i < 4; i++) {
		const char *digit = **p ? strchr(digits, **p) : NULL;

		if (!digit)
			return false;
		*c = *c << 4 | ((uint32_t)(digit - digits) & 15);
		++*p;
	}
	return true;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80)
		buf_printf(out, "%c", (int)c);
	else if (c < 0x800)
		buf_printf(out, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	else if (c < 0x10000)
		buf_printf(out, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
			   (int)(0x80 | (c & 0x3f)));
	else
		buf_printf(out, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
			   (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

/* What follows "\u": one unit of UTF-16, or two. NUL is refused, and half of a pair. */
static bool read_unicode(const char **p, struct buf *out)
{
	uint32_t c, low;

	if (!read_hex(p, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
		return false;
	if (c >= 0xd800 && c < 0xdc00) {
		if (strncmp(*p, "\\u", 2) != 0)
			return false;
		*p += 2;
		if (!read_hex(p, &low) || low < 0xdc00 || low >= 0xe000)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(out, c);
	return true;
}

static bool read_escape(const char **p, struct buf *out)
{
	static const char named[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *name = **p ? strchr(named, **p) : NULL;

	if (take_next(p, 'u'))
		return read_unicode(p, out);
	if (!name)
		return false;
	++*p;
	buf_append(out, &meant[name - named], 1);
	return true;
}

static bool read_string(const char **p, struct buf *out)
{
	buf_reset(out);
	if (!take(p, '"'))
		return false;
	for (;;) {
		size_t n = strcspn(*p, "\"\\");

		for (size_t i = 0; i < n; i++)
			if ((unsigned char)(*p)[i] < ' ')
				return false;
		buf_append(out, *p, n);
		*p += n;
		if (!**p)
			return false;
		if (*(*p)++ == '"')
			return true;
		if (!read_escape(p, out))
			return false;
	}
}

/* A number, true, false or null: its letters are not looked at any closer. */
static bool read_word(const char **p, struct buf *out)
{
	size_t n = strspn(*p, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");

	buf_reset(out);
	buf_append(out, *p, n);
	*p += n;
	return n > 0;
}

static bool skip_value(const char **p, int depth);

/* The rest of a list or an object that is not wanted. */
static bool skip_nested(const char **p, bool object, int depth)
{
	char end = object ? '}' : ']';
	struct buf key = { 0 };
	bool good = depth < DEPTH_MAX;

	if (good && take(p, end))
		return true;
	while (good) {
		good = (!object || (read_string(p, &key) && take(p, ':'))) &&
		       skip_value(p, depth + 1);
		if (!good || !take(p, ','))
			break;
	}
	buf_finish(&key);
	return good && take(p, end);
}

static bool skip_value(const char **p, int depth)
{
	struct buf unused = { 0 };
	bool good;

	skip_blanks(p);
	if (**p == '{' || **p == '[')
		return skip_nested(p, *(*p)++ == '{', depth);
	good = **p == '"' ? read_string(p, &unused) : read_word(p, &unused);
	buf_finish(&unused);
	return good;
}

/* One member of the object; *found says whether value is that of the wanted one. */
static bool read_member(const char **p, const char *name, struct buf *value, bool *found)
{
	struct buf key = { 0 };
	bool wanted, good = read_string(p, &key) && take(p, ':');

	wanted = good && !strcmp(buf_str(&key), name);
	buf_finish(&key);
	skip_blanks(p);
	if (!good || !wanted || **p == '{' || **p == '[') {
		*found &= !wanted;
		return good && skip_value(p, 0);
	}
	*found = true;
	return **p == '"' ? read_string(p, value) : read_word(p, value);
}

bool json_read_member(const char *text, const char *name, struct buf *value)
{
	const char *p = text;
	bool found = false;

	buf_reset(value);
	if (!take(&p, '{'))
		return false;
	if (!take(&p, '}')) {
		do {
			if (!read_member(&p, name, value, &found))
				return false;
		} while (take(&p, ','));
		if (!take(&p, '}'))
			return false;
	}
	skip_blanks(&p);
	return found && !*p;
}
