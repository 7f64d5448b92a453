/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fields.h"
#include "record.h"
#include "tap.h"

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *bytes;
	size_t n;
	long size;
	const char *what;
} rows[] = {
	{ BYTES(""), 0, "nothing: more is needed" },
	{ BYTES("\x10\0\0\0\0\0\0\0\0\0\0"), 0, "eleven bytes: more is needed" },
	{ BYTES("\x10\0\0\0\0\0\0\0\0\0\0\1"), 12, "a numbered record without payload" },
	{ BYTES("\x02\0\0\x08\0\0\0\0\0\0\0\0abcdefgh"), 20, "an unnumbered one with payload" },
	{ BYTES("\x02\0\0\x08\0\0\0\0\0\0\0\0abcdefg"), 0, "a byte is missing" },
	{ BYTES("\x02\0\0\x08\0\0\0\0\0\0\0\0abcdefghijk"), 20, "bytes of the next one follow" },
	{ BYTES("\0"), -1, "type 0 is refused at once" },
	{ BYTES("\x06"), -1, "type 6 is none" },
	{ BYTES("\x07"), -1, "type 7 is none" },
	{ BYTES("\x09\0\0\0\0\0\0\0\0\0\0\0"), 12, "type 9 may come to be one" },
	{ BYTES("\x0f\0\0\1\0\0\0\0\0\0\0\0x"), 13, "so may type 15" },
	{ BYTES("\x0f\0\0\0\0\0\0\0\0\0\0\1"), -1, "without a number" },
	{ BYTES("\x3f"), -1, "type 63 is none" },
	{ BYTES("\x40\0\0\0\0\0\0\0\0\0\0\1"), 12, "type 64 is one, which older peers skip" },
	{ BYTES("\x44\0\0\0\0\0\0\0\0\0\0\1"), 12, "type 68 may come to be one" },
	{ BYTES("\x7f\0\0\1\0\0\0\0\0\0\0\1x"), 13, "so may type 127" },
	{ BYTES("\x7f\0\0\0\0\0\0\0\0\0\0\0"), -1, "with a number" },
	{ BYTES("\x7f\0\x3f\xf5"), -1, "and not longer than others" },
	{ BYTES("\x80"), -1, "type 128 is none" },
	{ BYTES("\x1a"), -1, "type 26 is none" },
	{ BYTES("\x27"), -1, "type 39 is none" },
	{ BYTES("\xff"), -1, "type 255 is none" },
	{ BYTES("\x22\0\x3f\xf4"), 0, "the longest payload is waited for" },
	{ BYTES("\x22\0\x3f\xf5"), -1, "one byte more is refused with the length" },
	{ BYTES("\x22\xff\xff\xff"), -1, "and so is the longest length" },
	{ BYTES("\x10\0\0\0\0\0\0\0\0\0\0\0"), -1, "a numbered type without number" },
	{ BYTES("\x03\0\0\0\0\0\0\0\0\0\0\1"), -1, "an unnumbered type with number" },
};

static void test_parse(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r;
		char *exact = malloc(rows[i].n + 1);

		memcpy(exact, rows[i].bytes, rows[i].n);
		is_int(record_parse(exact, rows[i].n, &r), rows[i].size, rows[i].what);
		ok(!record_fault(exact, rows[i].n) == (rows[i].size >= 0),
		   "there is a rule for it: %s",
		   record_fault(exact, rows[i].n) ? record_fault(exact, rows[i].n)
						  : "none is broken");
		free(exact);
	}
}

static void test_round_trip(void)
{
	static const size_t lengths[] = { 0, 1, 16, 255, 256, 4096, RECORD_PAYLOAD_MAX };
	static uint8_t payload[RECORD_PAYLOAD_MAX];
	int wrong = 0, early = 0, records = 0;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	for (unsigned type = 0; type < 256; type++) {
		struct buf out = { 0 };
		struct record r;
		uint64_t number;
		size_t len = lengths[type % (sizeof(lengths) / sizeof(lengths[0]))];

		if (!record_type_known(type))
			continue;
		number = record_type_numbered(type) ? 0x0102030405060708 + type : 0;
		record_put(&out, type, number, payload, len);
		for (size_t n = 0; n < buf_len(&out); n++)
			early += record_parse(buf_data(&out), n, &r) != 0;
		wrong += record_parse(buf_data(&out), buf_len(&out), &r) !=
			 (long)(RECORD_HEADER + len);
		wrong += r.type != type || r.number != number || r.len != len;
		wrong += memcmp(r.payload, payload, len) != 0;
		records++;
		buf_finish(&out);
	}
	is_int(records, 27, "there are twenty-seven types");
	is_int(early, 0, "byte by byte, none is seen before its end");
	is_int(wrong, 0, "each comes back as it was put");
}

static void test_random(void)
{
	long most = 0;
	int wrong = 0;

	srand(2);
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[64];
		size_t n = rand() % sizeof(bytes);
		struct record r;
		long size;

		for (size_t k = 0; k < n; k++)
			bytes[k] = rand() % 4 ? (uint8_t)(rand() % 40) : (uint8_t)rand();
		if (n > 3 && rand() % 2)
			bytes[1] = bytes[2] = 0;
		size = record_parse(bytes, n, &r);
		wrong += size < -1 || size > (long)n;
		if (size > most)
			most = size;
	}
	is_int(wrong, 0, "random bytes never give more than there is");
	ok(most > RECORD_HEADER, "and some of them are records");
}

static void test_reasons(void)
{
	static const struct {
		const char *payload;
		size_t n;
		const char *reason;
	} reasons[] = {
		{ BYTES("reason=cancelled\0"), "cancelled" },
		{ BYTES("other=1\0reason=no-path\0"), "no-path" },
		{ BYTES(""), "closed" },
		{ BYTES("reason=\0"), "closed" },
		{ BYTES("reason=not a word\0"), "closed" },
		{ BYTES("reason=\x1b[31m\0"), "closed" },
		{ BYTES("reason=cut"), "closed" },
		{ BYTES("reason=abcdefghijklmnopqrstuvwxyzabcdef\0"),
		  "abcdefghijklmnopqrstuvwxyzabcdef" },
		{ BYTES("reason=abcdefghijklmnopqrstuvwxyzabcdefg\0"), "closed" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct record r = { .type = RECORD_CLOSE, .number = 1,
				    .payload = (const uint8_t *)reasons[i].payload,
				    .len = reasons[i].n };

		is_str(record_reason(&r, "closed"), reasons[i].reason, "the reason of a close");
	}
}

static void test_names(void)
{
	is_str(record_type_name(RECORD_STARTING_PUSH), "STARTING-PUSH", "types have names");
	is_str(record_type_name(RECORD_CANDIDATES), "CANDIDATES", "those of the candidates too");
	is_str(record_type_name(RECORD_BYTESTREAM), "BYTESTREAM", "both of them");
	is_str(record_type_name(99), "unknown", "what is no type has none");
	ok(record_type_numbered(99), "but a number");
	ok(!record_type_numbered(9) && !record_type_numbered(200), "which others have not");
}

static void test_numbers(void)
{
	uint8_t bytes[9] = { 0 };

	put_be64(bytes + 1, 0xfedcba9876543210);
	ok(!memcmp(bytes, "\0\xfe\xdc\xba\x98\x76\x54\x32\x10", 9), "numbers are big-endian");
	ok(get_be64(bytes + 1) == 0xfedcba9876543210, "64 bits come back");
	ok(get_be32(bytes + 1) == 0xfedcba98, "32 bits too");
	put_be32(bytes, 1);
	is_int(get_be32(bytes), 1, "unaligned or not");
}

int main(void)
{
	test_parse();
	test_round_trip();
	test_random();
	test_reasons();
	test_names();
	test_numbers();
	return tap_done();
}
