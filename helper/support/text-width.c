/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wcwidth() of libc knows the widths, but only of the characters of its locale. The texts are
 * UTF-8 whatever the user's locale is, so a locale of UTF-8 is looked for and kept.
 */
#include "text-width.h"

#include <locale.h>
#include <stdbool.h>
#include <wchar.h>

#include "alloc.h"
#include "text.h"

/* (locale_t)0 if the system has none that is UTF-8. */
static locale_t utf8_locale(void)
{
	static const char *const names[] = { "C.UTF-8", "en_US.UTF-8", "UTF-8" };
	static locale_t found;
	static bool looked;

	for (size_t i = 0; !looked && !found && i < ARRAY_SIZE(names); i++)
		found = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
	looked = true;
	return found;
}

/* Without a locale: the combining marks of Latin, Greek and Cyrillic. */
static int plain_width(uint32_t c)
{
	return c >= 0x300 && c <= 0x36f ? 0 : 1;
}

size_t text_width(const char *s, size_t n)
{
	locale_t locale = utf8_locale(), old = locale ? uselocale(locale) : (locale_t)0;
	size_t width = 0;

	while (n > 0) {
		uint32_t c = (unsigned char)*s;
		size_t len = text_utf8_decode(s, n, &c);
		int w = c < 0x80 ? 1 : locale ? wcwidth((wchar_t)c) : plain_width(c);

		/* What libc does not know is newer than libc, and mostly one column wide. */
		width += len == 0 || w < 0 ? 1 : (size_t)w;
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	if (locale)
		uselocale(old);
	return width;
}
