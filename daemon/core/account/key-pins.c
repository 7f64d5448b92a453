/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "key-pins.h"

#include <stddef.h>
#include <string.h>

#include "base64.h"

static const char prefix[] = "sha256//";

enum { PREFIX_LEN = sizeof(prefix) - 1 };

void key_pin_format(const unsigned char digest[KEY_PIN_DIGEST], char out[KEY_PIN_TEXT_MAX])
{
	memcpy(out, prefix, PREFIX_LEN);
	base64_encode(digest, KEY_PIN_DIGEST, out + PREFIX_LEN);
}

/* The next part, without blanks around it; *at is behind it then. NULL at the end. */
static const char *next_part(const char **at, size_t *n)
{
	const char *part = *at;
	size_t len;

	if (!part)
		return NULL;
	len = strcspn(part, ";");
	*at = part[len] ? part + len + 1 : NULL;
	while (len && strchr(" \t", part[0])) {
		part++;
		len--;
	}
	while (len && strchr(" \t", part[len - 1]))
		len--;
	*n = len;
	return part;
}

static bool is_pin(const char *part, size_t n)
{
	/* base64_decode() may write up to the length of a whole group */
	unsigned char digest[KEY_PIN_DIGEST + 4];

	return n == KEY_PIN_TEXT_MAX - 1 && !memcmp(part, prefix, PREFIX_LEN) &&
	       base64_decode(part + PREFIX_LEN, n - PREFIX_LEN, digest) == KEY_PIN_DIGEST;
}

bool key_pins_valid(const char *pins)
{
	const char *part;
	size_t n;

	while ((part = next_part(&pins, &n)))
		if (!is_pin(part, n))
			return false;
	return true;
}

bool key_pins_have(const char *pins, const char *key)
{
	const char *part;
	size_t n;

	while ((part = next_part(&pins, &n)))
		if (is_pin(part, n) && !strncmp(part, key, n) && !key[n])
			return true;
	return false;
}
