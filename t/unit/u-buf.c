/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buf.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

/* A buf is compared with the plainest queue there is: an array and two numbers. */

static uint32_t seed = 20240607;

static uint32_t chance(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void empty(void)
{
	struct buf b = { 0 };
	char *s;

	is_int(buf_len(&b), 0, "a new buf is empty");
	is_str(buf_str(&b), "", "an empty buf is an empty string");
	buf_append(&b, NULL, 0);
	buf_consume(&b, 0);
	is_int(buf_len(&b), 0, "nothing appended and nothing consumed leave it empty");
	buf_finish(&b);
	ok(!b.base && !b.cap, "a finished buf holds nothing");
	s = buf_detach(&b);
	is_str(s, "", "an empty buf detaches as an empty string");
	free(s);
}

static void strings(void)
{
	struct buf b = { 0 };
	char *s, *long_one = xmalloc(5000);

	buf_puts(&b, "hello");
	buf_printf(&b, " %s %d", "world", 42);
	is_str(buf_str(&b), "hello world 42", "puts and printf append");
	is_int(buf_len(&b), 14, "the NUL of buf_str is not counted");
	buf_puts(&b, "!");
	buf_consume(&b, 6);
	is_str(buf_str(&b), "world 42!", "consumed bytes are gone from the front");
	s = buf_detach(&b);
	is_str(s, "world 42!", "detach gives what is left");
	ok(!b.base && buf_len(&b) == 0, "and leaves an empty buf");
	free(s);

	memset(long_one, 'x', 4999);
	long_one[4999] = '\0';
	buf_printf(&b, "%s", long_one);
	ok(buf_len(&b) == 4999 && !strcmp(buf_str(&b), long_one),
	   "printf of more than the room there is");
	buf_reset(&b);
	is_int(buf_len(&b), 0, "reset empties it");
	ok(b.cap >= 4999, "and keeps the memory");
	buf_finish(&b);
	free(long_one);
}

static void nul_bytes(void)
{
	struct buf b = { 0 };

	buf_append(&b, "a\0b", 3);
	ok(buf_len(&b) == 3 && !memcmp(buf_data(&b), "a\0b", 3), "NUL bytes are bytes");
	buf_finish(&b);
}

static void steady_queue(void)
{
	struct buf b = { 0 };
	char block[1000] = { 0 };

	for (int i = 0; i < 10000; i++) {
		buf_append(&b, block, sizeof(block));
		if (i > 0)
			buf_consume(&b, sizeof(block));
	}
	ok(b.cap <= 8192, "a queue that never holds more than two blocks does not grow (%zu bytes)",
	   b.cap);
	buf_finish(&b);
}

static void random_queue(void)
{
	enum { TOTAL = 200000 };
	unsigned char *all = xmalloc(TOTAL);
	size_t head = 0, tail = 0;
	struct buf b = { 0 };
	bool good = true;

	for (size_t i = 0; i < TOTAL; i++)
		all[i] = (unsigned char)chance(256);
	while (head < TOTAL && good) {
		size_t n = chance(700);

		if (tail < TOTAL && chance(2)) {
			n = n < TOTAL - tail ? n : TOTAL - tail;
			if (chance(2)) {
				buf_append(&b, all + tail, n);
			} else {
				memcpy(buf_reserve(&b, n + chance(50)), all + tail, n);
				buf_added(&b, n);
			}
			tail += n;
		} else {
			n = n < tail - head ? n : tail - head;
			buf_consume(&b, n);
			head += n;
		}
		good = buf_len(&b) == tail - head &&
		       (tail == head || !memcmp(buf_data(&b), all + head, tail - head));
	}
	ok(good, "any order of appending and consuming keeps every byte in its place");
	buf_finish(&b);
	free(all);
}

/* How many bytes of the allocation are not 0. */
static size_t left_in(const struct buf *b)
{
	size_t left = 0;

	for (size_t i = 0; i < b->cap; i++)
		left += b->base[i] != 0;
	return left;
}

static void secrets(void)
{
	struct buf b = { .secret = true }, open = { 0 };

	buf_puts(&b, "0123456789");
	buf_consume(&b, 4);
	is_int(left_in(&b), 6, "what was consumed of a secret is wiped");
	buf_reserve(&b, b.cap - buf_len(&b));
	is_int(left_in(&b), 6, "what moved to the front is there once");
	while (b.cap < 4096)
		buf_puts(&b, "x");
	is_int(left_in(&b), buf_len(&b), "growing keeps it");
	buf_reset(&b);
	is_int(left_in(&b), 0, "nothing is left of it");
	buf_finish(&b);
	buf_puts(&open, "0123456789");
	buf_reset(&open);
	ok(!memcmp(open.base, "0123456789", 10), "what is none costs nothing");
	buf_finish(&open);
}

int main(void)
{
	empty();
	strings();
	nul_bytes();
	steady_queue();
	random_queue();
	secrets();
	return tap_done();
}
