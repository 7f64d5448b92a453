/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fingerprint.h"

#include <stddef.h>

#include "hex.h"

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
