/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "percent.h"

#include "hex.h"

const char *percent_decode(const char *s, size_t n, bool slash, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int high = i + 2 < n ? hex_digit(s[i + 1]) : -1;
			int low = i + 2 < n ? hex_digit(s[i + 2]) : -1;

			if (high < 0 || low < 0)
				return "a '%' without two hexadecimal digits";
			c = (char)(high << 4 | low);
			if (c == '\0')
				return "an encoded NUL";
			if (c == '/' && !slash)
				return "an encoded '/'";
			i += 2;
		}
		if (len + 1 >= size)
			return "a name that is too long";
		out[len++] = c;
	}
	out[len] = '\0';
	return NULL;
}
