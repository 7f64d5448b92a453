/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <string.h>

/*
 * Everything here is one decoder, and what is done with each character that it finds. The
 * decoder accepts exactly the well-formed sequences of Unicode's table 3-7: no overlong
 * forms, no surrogates, nothing above U+10FFFF. A byte that is part of none is handled by
 * itself, and decoding goes on with the next one.
 */

size_t text_utf8_decode(const char *s, size_t n, uint32_t *c)
{
	/* the least character that needs a sequence of this length */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t len;

	if (n < 1)
		return 0;
	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		len = 2;
		*c = p[0] & 0x1f;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		len = 3;
		*c = p[0] & 0x0f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		len = 4;
		*c = p[0] & 0x07;
	} else {
		return 0;
	}
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return len;
}

void text_shell(struct buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789@%+=:,./_-";

	if (*s && !s[strspn(s, plain)]) {
		buf_puts(out, s);
		return;
	}
	buf_puts(out, "'");
	for (; *s; s++) {
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else
			buf_append(out, s, 1);
	}
	buf_puts(out, "'");
}

void text_operand(struct buf *out, const char *s)
{
	if (*s == '-')
		buf_puts(out, "-- ");
	text_shell(out, s);
}

bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool text_utf8_valid(const char *s, size_t n)
{
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

/* Bidirectional controls can show a person another order than a program reads. */
bool is_terminal_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void text_escape(struct buf *out, const char *s, size_t n, bool lines)
{
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);
		bool good =
			len > 0 && (!is_terminal_control(c) || (lines && (c == '\n' || c == '\t')));

		if (len == 0)
			len = 1;
		if (good)
			buf_append(out, s, len);
		for (size_t i = 0; !good && i < len; i++)
			buf_printf(out, "\\x%02x", (unsigned char)s[i]);
		s += len;
		n -= len;
	}
}

static bool xml_char(uint32_t c)
{
	return c >= 0x20 ? c != 0xfffe && c != 0xffff : c == '\t' || c == '\n' || c == '\r';
}

void text_xml(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0 || !xml_char(c)) {
			buf_append(out, "?", 1);
			len = len ? len : 1;
		} else if (strchr("&<>\"'\t\n\r", (int)c) && c < 0x80) {
			/*
			 * white space too: a parser would normalise it in an attribute (XML
			 * 1.0, 3.3.3)
			 */
			buf_printf(out, "&#%u;", (unsigned int)c);
		} else {
			buf_append(out, s, len);
		}
		s += len;
		n -= len;
	}
}

void text_json(struct buf *out, const char *s)
{
	size_t n = strlen(s);
	uint32_t c;

	buf_append(out, "\"", 1);
	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);

		if (len == 0) {
			buf_puts(out, "\xef\xbf\xbd");
			len = 1;
		} else if (c == '"' || c == '\\') {
			buf_printf(out, "\\%c", (int)c);
		} else if (is_terminal_control(c)) {
			buf_printf(out, "\\u%04x", (unsigned int)c);
		} else {
			buf_append(out, s, len);
		}
		s += len;
		n -= len;
	}
	buf_append(out, "\"", 1);
}
