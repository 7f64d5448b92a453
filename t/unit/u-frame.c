/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

static uint32_t seed = 99;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static const enum frame_type types[] = {
	FRAME_HELLO, FRAME_OPEN, FRAME_NOTE, FRAME_READY, FRAME_DATA, FRAME_STDERR, FRAME_END,
	FRAME_CREDIT, FRAME_EXIT, FRAME_ERROR, FRAME_COMMAND, FRAME_ROW, FRAME_DONE,
};

static void layout(void)
{
	struct buf b = { 0 };

	frame_put(&b, FRAME_DATA, "hi", 2);
	ok(buf_len(&b) == 6 && !memcmp(buf_data(&b), "D\0\0\2hi", 6),
	   "type, length in three bytes, payload");
	buf_reset(&b);
	frame_put(&b, FRAME_END, NULL, 0);
	ok(buf_len(&b) == 4 && !memcmp(buf_data(&b), "E\0\0\0", 4), "a frame without payload");
	buf_finish(&b);
}

static void every_type(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct buf b = { 0 };
		struct frame frame;

		frame_put(&b, types[i], "xyz", 3);
		ok(frame_parse(&b, &frame) == 7 && frame.type == types[i] && frame.len == 3 &&
		   !memcmp(frame.payload, "xyz", 3), "frame '%c' comes back", types[i]);
		buf_finish(&b);
	}
}

static bool known(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((int)types[i] == type)
			return true;
	return false;
}

static void first_byte(void)
{
	bool good = true;

	for (int type = 0; type < 256; type++) {
		struct buf b = { 0 };
		struct frame frame;
		char byte = (char)type;

		buf_append(&b, &byte, 1);
		good &= frame_parse(&b, &frame) == (known(type) ? 0 : -1);
		buf_finish(&b);
	}
	ok(good, "an unknown type is refused at its first byte, and no other");
}

static void sizes(void)
{
	static const struct { const char *header; long answer; const char *what; } rows[] = {
		{ "D\1\0\0", 0, "the greatest length waits for its payload" },
		{ "D\1\0\1", -1, "one byte more is refused at the header" },
		{ "D\xff\xff\xff", -1, "so is the greatest number" },
	};
	struct buf b = { 0 };
	struct frame frame;

	is_int(frame_parse(&b, &frame), 0, "nothing is no frame yet");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		buf_reset(&b);
		buf_append(&b, rows[i].header, FRAME_HEADER);
		is_int(frame_parse(&b, &frame), rows[i].answer, rows[i].what);
	}
	buf_finish(&b);
}

static void greatest(void)
{
	char *payload = memset(xmalloc(FRAME_MAX), 'z', FRAME_MAX);
	struct buf b = { 0 };
	struct frame frame;

	frame_put(&b, FRAME_DATA, payload, FRAME_MAX);
	is_int(frame_parse(&b, &frame), FRAME_HEADER + FRAME_MAX,
	       "a frame of the greatest length comes back");
	ok(frame.len == FRAME_MAX && !memcmp(frame.payload, payload, FRAME_MAX),
	   "with its payload");
	buf_finish(&b);
	free(payload);
}

static void fields(void)
{
	struct buf b = { 0 }, f = { 0 };
	struct frame frame;
	struct fields view = { 0 };

	fields_add(&f, "jid", "bob@example.org");
	frame_put_fields(&b, FRAME_OPEN, &f);
	is_int(buf_len(&f), 0, "fields put into a frame are taken");
	ok(frame_parse(&b, &frame) > 0 && frame_fields(&frame, &view), "and come back");
	is_str(fields_get(view, "jid"), "bob@example.org", "as they were");
	buf_reset(&b);
	frame_put_fields(&b, FRAME_DONE, &f);
	ok(frame_parse(&b, &frame) == FRAME_HEADER && frame_fields(&frame, &view),
	   "no fields are fields");
	buf_reset(&b);
	frame_put(&b, FRAME_OPEN, "jid=bob", 7);
	ok(frame_parse(&b, &frame) == 11 && !frame_fields(&frame, &view),
	   "a payload that is no fields is refused");
	buf_finish(&b);
	buf_finish(&f);
}

/* Parses all of bytes, fed in pieces of at most piece; a digest of what came out, -1 included. */
static uint64_t digest(const struct buf *bytes, size_t piece, size_t *frames)
{
	uint64_t sum = 14695981039346656037u;
	struct buf in = { 0 };
	struct frame frame;
	long n = 0;

	*frames = 0;
	for (size_t fed = 0; fed < buf_len(bytes) && n >= 0; fed += piece) {
		size_t left = buf_len(bytes) - fed;

		buf_append(&in, buf_data(bytes) + fed, left < piece ? left : piece);
		while ((n = frame_parse(&in, &frame)) > 0) {
			sum = (sum ^ (uint64_t)frame.type) * 1099511628211u;
			for (size_t i = 0; i < frame.len; i++)
				sum = (sum ^ (unsigned char)frame.payload[i]) * 1099511628211u;
			buf_consume(&in, (size_t)n);
			++*frames;
		}
	}
	buf_finish(&in);
	return n < 0 ? ~sum : sum;
}

static void in_pieces(void)
{
	struct buf all = { 0 };
	size_t whole, single, some;
	char payload[300];

	for (int i = 0; i < 200; i++) {
		size_t n = chance(sizeof(payload));

		for (size_t k = 0; k < n; k++)
			payload[k] = (char)chance(256);
		frame_put(&all, types[chance(ARRAY_SIZE(types))], payload, n);
	}
	uint64_t expected = digest(&all, buf_len(&all), &whole);

	is_int(whole, 200, "two hundred frames at once");
	ok(digest(&all, 1, &single) == expected && single == whole, "are the same byte by byte");
	ok(digest(&all, 7, &some) == expected && some == whole, "and in pieces of seven");
	buf_append(&all, "?", 1);
	ok(digest(&all, buf_len(&all), &whole) == ~expected &&
		   digest(&all, 1, &single) == ~expected,
	   "a wrong byte behind them is refused both ways");
	buf_finish(&all);
}

static void random_bytes(void)
{
	bool same = true;

	for (int round = 0; round < 2000; round++) {
		struct buf bytes = { 0 };
		size_t whole, single, n = 1 + chance(60);

		for (size_t i = 0; i < n; i++) {
			char byte = chance(3) ? (char)chance(4) : "HDE!C"[chance(5)];

			buf_append(&bytes, &byte, 1);
		}
		same &= digest(&bytes, n, &whole) == digest(&bytes, 1, &single) && whole == single;
		buf_finish(&bytes);
	}
	ok(same, "random bytes are judged alike whole and byte by byte");
}

int main(void)
{
	layout();
	every_type();
	first_byte();
	sizes();
	greatest();
	fields();
	in_pieces();
	random_bytes();
	return tap_done();
}
