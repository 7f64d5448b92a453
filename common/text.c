/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <string.h>

/*
 * Everything here is one decoder and what to do with each character it finds.
 * The decoder accepts exactly the well-formed sequences of Unicode's table 3-7:
 * no overlong forms, no surrogates, nothing above U+10FFFF. A byte it cannot
 * place is handled by itself, and decoding goes on with the next one.
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

/* Bidirectional controls can show a reader another order than a program reads. */
bool text_obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void text_escape(struct buf *out, const char *s, size_t n, bool lines)
{
	uint32_t c;

	while (n > 0) {
		size_t len = text_utf8_decode(s, n, &c);
		bool good = len > 0 && (!text_obeyed(c) || (lines && (c == '\n' || c == '\t')));

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
			/* white space too: a parser would normalise it in an attribute */
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
		} else if (text_obeyed(c)) {
			buf_printf(out, "\\u%04x", (unsigned int)c);
		} else {
			buf_append(out, s, len);
		}
		s += len;
		n -= len;
	}
	buf_append(out, "\"", 1);
}

void hex_encode(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

/* The value of a hex digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *hex, void *bytes, size_t n)
{
	unsigned char *p = bytes;

	/* A NUL is no digit, so that a short string ends the loop at its end. */
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);

		if (low < 0)
			return false;
		p[i] = (unsigned char)(high << 4 | low);
	}
	return hex[2 * n] == '\0';
}

void fingerprint_format(const unsigned char fp[FINGERPRINT_BYTES], char out[FINGERPRINT_TEXT_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = out;

	for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
		if (i > 0 && i % 2 == 0)
			*p++ = ' ';
		*p++ = digits[fp[i] >> 4];
		*p++ = digits[fp[i] & 15];
	}
	*p = '\0';
}

bool fingerprint_parse(const char *text, unsigned char fp[FINGERPRINT_BYTES])
{
	char hex[2 * FINGERPRINT_BYTES + 1];
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ' || *text == ':')
			continue;
		if (n == 2 * FINGERPRINT_BYTES)
			return false;
		hex[n++] = *text;
	}
	hex[n] = '\0';
	return hex_decode(hex, fp, FINGERPRINT_BYTES);
}
