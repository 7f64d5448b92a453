/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "bounds.h"
#include "receive-window.h"
#include "tap.h"

enum { RTT = 50, PIECE = 16384 };

static uint64_t now;

/*
 * So much comes, evenly in took ms, and is passed on at once but for what
 * stays; by how much the window should grow.
 */
static size_t come(struct receive_window *w, size_t bytes, uint64_t took, size_t stays, size_t room)
{
	uint64_t begun = now;
	size_t left = bytes, growth = 0;

	while (left > 0 && growth == 0) {
		size_t n = left < PIECE ? left : PIECE;

		now = begun + took * (bytes - left + n) / bytes;
		if (!receive_window_take(w, n, now))
			return SIZE_MAX;
		growth = receive_window_growth(w, room, RTT, now);
		if (w->held > stays)
			receive_window_consumed(w, w->held - stays);
		receive_window_give(w);
		left -= n;
	}
	return growth;
}

static void test_growth(void)
{
	static const struct {
		size_t bytes;
		uint64_t took;
		size_t stays, room, growth;
		const char *what;
	} rows[] = {
		{ CHANNEL_WINDOW, 60, 0, SIZE_MAX, CHANNEL_WINDOW,
		  "a window in about a round trip: twice as much" },
		{ CHANNEL_WINDOW, 5, 0, SIZE_MAX, 3 * CHANNEL_WINDOW,
		  "in a burst: four times as much" },
		{ CHANNEL_WINDOW - 1, 60, 0, SIZE_MAX, 0, "less than a window tells nothing" },
		{ CHANNEL_WINDOW, 300, 0, SIZE_MAX, 0, "slower: it is large enough" },
		{ CHANNEL_WINDOW, 60, CHANNEL_WINDOW / 2, SIZE_MAX, 0,
		  "who is slow to pass it on gets no more" },
		{ CHANNEL_WINDOW, 60, 0, 1000, 1000,
		  "what is left of the bound of all is a little" },
		{ CHANNEL_WINDOW, 60, 0, 0, 0, "or nothing" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct receive_window w;

		receive_window_init(&w);
		is_int((int64_t)come(&w, rows[i].bytes, rows[i].took, rows[i].stays, rows[i].room),
		       (int64_t)rows[i].growth, rows[i].what);
	}
}

static void test_bound(void)
{
	struct receive_window w;

	receive_window_init(&w);
	for (int i = 0; i < 20; i++)
		receive_window_grow(&w, come(&w, w.size, 60, 0, SIZE_MAX));
	is_int((int64_t)w.size, CHANNEL_WINDOW_MAX, "however long it goes on, it has a bound");
	is_int((int64_t)come(&w, w.size, 60, 0, SIZE_MAX), 0, "where it stays");

	receive_window_init(&w);
	receive_window_take(&w, CHANNEL_WINDOW, now);
	is_int((int64_t)receive_window_growth(&w, SIZE_MAX, 0, now), 0,
	       "nor does it grow where no round trip is known");
}

static void test_credit(void)
{
	struct receive_window w;

	receive_window_init(&w);
	ok(!receive_window_take(&w, CHANNEL_WINDOW + 1, now), "more than was granted is refused");
	ok(receive_window_take(&w, CHANNEL_WINDOW, now), "as much is not");
	ok(!receive_window_take(&w, 1, now), "then there is no more");
	receive_window_consumed(&w, CHANNEL_WINDOW / 4 - 1);
	is_int((int64_t)receive_window_give(&w), 0, "a little is not worth a record");
	receive_window_consumed(&w, 1);
	is_int((int64_t)receive_window_give(&w), CHANNEL_WINDOW / 4, "a quarter is");
	is_int((int64_t)receive_window_give(&w), 0, "once");
	receive_window_grow(&w, CHANNEL_WINDOW_MAX - CHANNEL_WINDOW);
	is_int((int64_t)receive_window_give(&w), CHANNEL_WINDOW_MAX - CHANNEL_WINDOW,
	       "growth is credit");
	receive_window_consumed(&w, CHANNEL_WINDOW / 4);
	is_int((int64_t)receive_window_give(&w), 0,
	       "to a large window a quarter of the first is nothing");
}

/* Whatever happens, no byte is granted that has no place. */
static void test_random(void)
{
	unsigned wrong = 0, grown = 0;
	struct receive_window w;

	srand(8);
	receive_window_init(&w);
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)rand() % 20000, room, growth;

		now += (uint64_t)rand() % 3;
		if (rand() % 2000 == 0)
			receive_window_init(&w);
		room = w.granted;
		wrong += receive_window_take(&w, n, now) != (n <= room);
		growth = receive_window_growth(&w, (size_t)rand() % CHANNEL_WINDOW_MAX,
					       (uint64_t)rand() % 100, now);
		grown += growth > 0;
		receive_window_grow(&w, growth);
		if (w.held && rand() % 2)
			receive_window_consumed(&w, (size_t)rand() % (w.held + 1));
		receive_window_give(&w);
		wrong += w.granted + w.held + w.owed != w.size || w.size > CHANNEL_WINDOW_MAX;
	}
	is_int(wrong, 0, "what is granted, held and owed is the window");
	ok(grown > 50, "which grew %u times", grown);
}

int main(void)
{
	test_growth();
	test_bound();
	test_credit();
	test_random();
	return tap_done();
}
