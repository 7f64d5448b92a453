/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fields.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

#define FIELDS(literal) { .data = literal, .len = sizeof(literal) - 1 }

static uint32_t seed = 4711;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static struct fields view(const struct buf *b)
{
	return (struct fields){ .data = buf_data(b), .len = buf_len(b) };
}

static const struct { struct fields f; bool valid; const char *what; } rows[] = {
	{ FIELDS(""), true, "no fields at all" },
	{ FIELDS("a=\0"), true, "an empty value" },
	{ FIELDS("jid=bob@example.org\0share=p\0"), true, "two fields" },
	{ FIELDS("a=1\0a=2\0"), true, "a key that repeats" },
	{ FIELDS("a=b=c\0"), true, "an equals sign in a value" },
	{ FIELDS("a=\n\xff\x01\0"), true, "any byte but NUL in a value" },
	{ FIELDS("git-2=x\0"), true, "digits and a dash in a key" },
	{ FIELDS("abcdefghijklmnopqrstuvwxyz012345=x\0"), true, "a key of 32" },
	{ FIELDS("abcdefghijklmnopqrstuvwxyz0123456=x\0"), false, "a key of 33" },
	{ FIELDS("a=1"), false, "no NUL at the end" },
	{ FIELDS("a=1\0b=2"), false, "no NUL at the end of the second" },
	{ FIELDS("=1\0"), false, "an empty key" },
	{ FIELDS("a\0"), false, "no equals sign" },
	{ FIELDS("a\0=1\0"), false, "a NUL in a key" },
	{ FIELDS("\0"), false, "an empty field" },
	{ FIELDS("a=1\0\0"), false, "an empty field at the end" },
	{ FIELDS("A=1\0"), false, "an upper-case key" },
	{ FIELDS("a b=1\0"), false, "a space in a key" },
	{ FIELDS("a_b=1\0"), false, "an underscore in a key" },
	{ FIELDS("\xc3\xa4=1\0"), false, "a key that is not ASCII" },
};

static void validity(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_int(fields_valid(rows[i].f), rows[i].valid, rows[i].what);
}

static void limits(void)
{
	struct buf b = { 0 };
	char *value = xmalloc(FIELD_VALUE_MAX + 5);

	memset(value, 'v', FIELD_VALUE_MAX + 1);
	value[FIELD_VALUE_MAX + 1] = '\0';
	fields_add(&b, "k", value);
	is_int(strlen(fields_get(view(&b), "k")), FIELD_VALUE_MAX, "a value too long is cut");
	ok(fields_valid(view(&b)), "and what is left is valid");
	for (int i = 0; i < 4; i++) {
		buf_reset(&b);
		memcpy(value + FIELD_VALUE_MAX - i, "\xf0\x9f\x98\x80", i ? 4 : 1);
		value[FIELD_VALUE_MAX - i + 4] = '\0';
		fields_add(&b, "k", value);
		is_int(strlen(fields_get(view(&b), "k")), FIELD_VALUE_MAX - i,
		       "no character is cut in two");
	}
	memset(value, 0x80, FIELD_VALUE_MAX + 1);
	buf_reset(&b);
	fields_add(&b, "k", value);
	is_int(strlen(fields_get(view(&b), "k")), FIELD_VALUE_MAX - 3,
	       "what is no UTF-8 is cut anyhow");
	memset(value, 'v', FIELD_VALUE_MAX + 1);
	buf_reset(&b);
	buf_printf(&b, "k=%s", value);
	buf_append(&b, "", 1);
	ok(!fields_valid(view(&b)), "a value too long that arrives is not");

	buf_reset(&b);
	for (int i = 0; i < FIELDS_MAX; i++)
		fields_add(&b, "k", "v");
	ok(fields_valid(view(&b)), "as many fields as may be");
	fields_add(&b, "k", "v");
	ok(!fields_valid(view(&b)), "and one more");
	buf_finish(&b);
	free(value);
}

static void reading(void)
{
	struct buf b = { 0 };
	const char *key, *value;
	size_t pos = 0, key_len;

	fields_add(&b, "first", "1");
	fields_add(&b, "absent", NULL);
	fields_addf(&b, "second", "%s-%d", "two", 2);
	fields_add_u64(&b, "third", UINT64_MAX);
	fields_add(&b, "first", "again");
	is_str(fields_get(view(&b), "first"), "1", "the first of two values counts");
	is_str(fields_get(view(&b), "second"), "two-2", "a formatted value");
	ok(fields_get_u64(view(&b), "third", 0) == UINT64_MAX, "the greatest number comes back");
	ok(!fields_get(view(&b), "absent"), "NULL adds nothing");
	ok(!fields_get(view(&b), "firs") && !fields_get(view(&b), "first1"),
	   "a key is compared whole");
	for (int i = 0; i < 4; i++) {
		static const char *const keys[] = { "first", "second", "third", "first" };

		ok(fields_next(view(&b), &pos, &key, &key_len, &value) &&
			   field_is(key, key_len, keys[i]),
		   "field %d of the walk is %s", i, keys[i]);
	}
	is_str(value, "again", "the walk finds the second value, too");
	ok(!fields_next(view(&b), &pos, &key, &key_len, &value), "and then ends");
	buf_finish(&b);
}

static void numbers(void)
{
	static const struct { const char *text; uint64_t number; } good[] = {
		{ "0", 0 }, { "007", 7 }, { "4096", 4096 }, { "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "0x10", "1.5", "one", "18446744073709551616",
		"99999999999999999999999",
	};
	struct buf b = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		buf_reset(&b);
		fields_add(&b, "n", good[i].text);
		ok(fields_get_u64(view(&b), "n", 42) == good[i].number, "number '%s'",
		   good[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		buf_reset(&b);
		fields_add(&b, "n", bad[i]);
		ok(fields_get_u64(view(&b), "n", 42) == 42, "no number: '%s'", bad[i]);
	}
	ok(fields_get_u64(view(&b), "m", 42) == 42, "no field, no number");
	buf_finish(&b);
}

/* Exactly allocated, so that a sanitizer sees any read behind the end. */
static void random_bytes(void)
{
	static const char letters[] = "ab=\0\0=k1-A";
	size_t walked = 0, valid = 0;

	for (int round = 0; round < 20000; round++) {
		size_t n = chance(24), pos = 0, key_len;
		char *bytes = xmalloc(n);
		const char *key, *value;
		struct fields f = { .data = bytes, .len = n };

		for (size_t i = 0; i < n; i++)
			bytes[i] = letters[chance(sizeof(letters) - 1)];
		if (fields_valid(f)) {
			valid++;
			while (fields_next(f, &pos, &key, &key_len, &value))
				walked += strlen(value) + key_len + 2;
			walked -= n;
		}
		free(bytes);
	}
	ok(valid > 100, "some random bytes are fields (%zu)", valid);
	is_int(walked, 0, "a walk over valid fields meets every byte once");
}

int main(void)
{
	validity();
	limits();
	reading();
	numbers();
	random_bytes();
	return tap_done();
}
