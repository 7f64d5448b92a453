/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-name.h"

#include <string.h>

#include "text.h"

/*
 * What cannot be seen would make two names look alike that differ. Letters that only look
 * like other letters pass, because they are what some languages are written with; against
 * them stands the id beside the name.
 */

/* Characters that take no room or break the line, first and last of each range. */
static const uint32_t unseen[][2] = {
	{ 0x00ad, 0x00ad },	/* soft hyphen */
	{ 0x034f, 0x034f },	/* combining grapheme joiner */
	{ 0x115f, 0x1160 },	/* Hangul fillers */
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },	/* Mongolian selectors */
	{ 0x200b, 0x200f },	/* zero width; marks of direction */
	{ 0x2028, 0x2029 },	/* separators of lines and paragraphs */
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },	/* Hangul filler */
	{ 0xfe00, 0xfe0f },	/* variation selectors */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xffa0, 0xffa0 },	/* Hangul filler */
	{ 0xfff0, 0xffff },
	{ 0x1d173, 0x1d17a },	/* musical controls */
	{ 0xe0000, 0xe0fff },	/* tags, more selectors */
};

static bool is_seen(uint32_t c)
{
	if (is_terminal_control(c))
		return false;
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (c >= unseen[i][0] && c <= unseen[i][1])
			return false;
	return true;
}

/* Only ' ' is a plain space; the others would differ from it unseen. */
static bool is_odd_space(uint32_t c)
{
	return c == 0x00a0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

bool device_name_valid(const char *name)
{
	size_t n = strlen(name), len;
	uint32_t c;

	if (!n || n >= DEVICE_NAME_MAX || name[0] == ' ' || name[n - 1] == ' ')
		return false;
	for (; n; name += len, n -= len) {
		len = text_utf8_decode(name, n, &c);
		if (!len || !is_seen(c) || is_odd_space(c))
			return false;
	}
	return true;
}
