/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decimal.h"

#include <stddef.h>

bool decimal_parse(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (digit > 9 || digit > max || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*value = number;
	return true;
}
