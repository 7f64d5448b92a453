/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fields.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "decimal.h"

/*
 * One pass of fields_valid() over a message proves what all other functions
 * rely on: each field has its NUL, its '=' and a key of the allowed letters.
 */

static bool key_valid(const char *key, size_t n)
{
	if (n < 1 || n > FIELD_KEY_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = key[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/*
 * The length of the value that may be sent. A character of UTF-8, at most four bytes, is
 * not cut.
 */
static size_t cut(const char *value)
{
	size_t n = strnlen(value, FIELD_VALUE_MAX + 1), least = FIELD_VALUE_MAX - 3;

	if (n <= FIELD_VALUE_MAX)
		return n;
	for (n = FIELD_VALUE_MAX; n > least && (value[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

void fields_add(struct buf *out, const char *key, const char *value)
{
	size_t n = strlen(key), len;
	char *room;

	assert(key_valid(key, n));
	if (!value)
		return;
	len = cut(value);
	room = buf_reserve(out, n + len + 2);
	memcpy(room, key, n);
	room[n] = '=';
	memcpy(room + n + 1, value, len);
	room[n + 1 + len] = '\0';
	buf_added(out, n + len + 2);
}

void fields_addf(struct buf *out, const char *key, const char *fmt, ...)
{
	struct buf value = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&value, fmt, ap);
	va_end(ap);
	fields_add(out, key, buf_str(&value));
	buf_finish(&value);
}

void fields_add_u64(struct buf *out, const char *key, uint64_t value)
{
	char digits[sizeof("18446744073709551615")];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	fields_add(out, key, digits + at);
}

bool fields_next(struct fields f, size_t *pos, const char **key, size_t *key_len,
		 const char **value)
{
	const char *field, *end, *equals;

	if (*pos >= f.len)
		return false;
	field = f.data + *pos;
	end = memchr(field, '\0', f.len - *pos);
	if (!end)
		return false;
	equals = memchr(field, '=', (size_t)(end - field));
	if (!equals)
		return false;
	*key = field;
	*key_len = (size_t)(equals - field);
	*value = equals + 1;
	*pos += (size_t)(end - field) + 1;
	return true;
}

bool fields_valid(struct fields f)
{
	const char *key, *value;
	size_t pos = 0, key_len, count = 0;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		if (++count > FIELDS_MAX || !key_valid(key, key_len))
			return false;
		/* pos is now behind the NUL that ends the value */
		if ((size_t)(f.data + pos - 1 - value) > FIELD_VALUE_MAX)
			return false;
	}
	return pos == f.len;
}

bool field_is(const char *key, size_t key_len, const char *name)
{
	return key_len == strlen(name) && !memcmp(key, name, key_len);
}

const char *fields_get(struct fields f, const char *name)
{
	size_t n = strlen(name);

	/* No key has a '=', so that the first one of a field is the one behind the name. */
	for (size_t pos = 0; pos < f.len;) {
		const char *field = f.data + pos, *end = memchr(field, '\0', f.len - pos);
		size_t len = end ? (size_t)(end - field) : 0;

		if (!end)
			return NULL;
		if (len > n && field[n] == '=' && !memcmp(field, name, n))
			return field + n + 1;
		pos += len + 1;
	}
	return NULL;
}

uint64_t fields_get_u64(struct fields f, const char *name, uint64_t fallback)
{
	uint64_t number;

	return decimal_parse(fields_get(f, name), UINT64_MAX, &number) ? number : fallback;
}
