/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outcome.h"

#include <stdlib.h>

#include "alloc.h"
#include "fields.h"
#include "hex.h"
#include "tap.h"

static const char id[] = "0123456789abcdef01234567";

static struct outcomes *outcomes;

/* Keeps a push of theirs with some output, begun at an offset. */
static void keep_of(const char *jid, const char *which, uint64_t offset, const char *text,
		    uint64_t now)
{
	struct tail tail = { 0 };

	tail_add(&tail, "before", 6);
	tail_begin(&tail, offset);
	tail_add(&tail, text, strlen(text));
	outcomes_begin(outcomes, jid, "laptop", which, &tail, now);
	ok(!tail.on && !buf_len(&tail.bytes), "the tail is taken over");
}

static void keep(const char *which, uint64_t offset, const char *text, uint64_t now)
{
	keep_of("alice@example.org", which, offset, text, now);
}

static void ask(const char *jid, const char *device, const char *which, uint64_t offset,
		uint64_t now, const char *state, const char *data, const char *what)
{
	struct buf fields = { 0 };
	struct fields f;
	char hex[256] = "";

	outcomes_answer(outcomes, jid, device, which, offset, &fields, now);
	f = (struct fields){ buf_data(&fields), buf_len(&fields) };
	ok(fields_valid(f), "the answer is well-formed");
	is_str(fields_get(f, "state"), state, what);
	if (data)
		hex_encode(data, strlen(data), hex);
	is_str(fields_get(f, "data"), data ? hex : NULL, "with what is to come");
	buf_finish(&fields);
}

static void test_story(void)
{
	keep(id, 100, "unpack ok", 1000);
	ask("alice@example.org", "laptop", id, 100, 1001, "running", "unpack ok",
	    "a push that runs is running");
	outcomes_add(outcomes, id, " and refs", 9);
	outcomes_done(outcomes, id, 1, 1002);
	ask("alice@example.org", "laptop", id, 107, 1003, "done", "ok and refs",
	    "from where the pusher is, to the end");
	ask("alice@example.org", "laptop", id, 118, 1003, "done", NULL,
	    "who has all of it is told the status");
	ask("alice@example.org", "laptop", id, 119, 1003, "unknown", NULL,
	    "nobody has more than was said");
	ask("alice@example.org", "laptop", id, 99, 1003, "unknown", NULL,
	    "what was dropped is not made up");
	ask("alice@example.org", "phone", id, 100, 1003, "unknown", NULL,
	    "another device is not told");
	ask("eve@example.org", "laptop", id, 100, 1003, "unknown", NULL, "nor is another buddy");
	ask("alice@example.org", "laptop", "000000000000000000000000", 100, 1003, "unknown", NULL,
	    "of what never was nothing is known");
	ask("alice@example.org", "laptop", id, 100, 1002 + OUTCOME_KEPT - 1, "done",
	    "unpack ok and refs", "it is kept from its end on");
	ask("alice@example.org", "laptop", id, 100, 1002 + OUTCOME_KEPT, "unknown", NULL,
	    "not for ever");
}

static void test_bounds(void)
{
	struct tail tail = { 0 };
	static char much[OUTCOME_TAIL_MAX + 10];

	tail_begin(&tail, 5);
	tail_add(&tail, much, sizeof(much));
	is_int(buf_len(&tail.bytes), OUTCOME_TAIL_MAX, "a tail is bounded");
	is_int(tail.from, 15, "and knows where it begins");
	tail_finish(&tail);
}

/* The nth id of somebody. */
static const char *nth(char who, unsigned n)
{
	static char text[32];

	snprintf(text, sizeof(text), "%c%023u", who, n);
	return text;
}

static void is_kept(const char *jid, const char *which, const char *state, const char *what)
{
	struct buf fields = { 0 };

	outcomes_answer(outcomes, jid, "laptop", which, 0, &fields, 1001);
	is_str(fields_get((struct fields){ buf_data(&fields), buf_len(&fields) }, "state"), state,
	       what);
	buf_finish(&fields);
}

/* One who leaves as many pushes behind as they can. */
static void test_greedy(void)
{
	static const char alice[] = "alice@example.org", eve[] = "eve@example.org";
	char jid[32];

	keep(nth('a', 0), 0, "x", 1000);
	outcomes_done(outcomes, nth('a', 0), 0, 1000);
	for (unsigned i = 0; i < 3 * OUTCOMES_MAX; i++)
		keep_of(eve, nth('e', i), 0, "x", 1000);
	is_kept(alice, nth('a', 0), "done", "pushes that run on drive nobody else's out");
	is_kept(eve, nth('e', 0), "running", "nor one that still runs");
	is_kept(eve, nth('e', OUTCOMES_MAX), "unknown",
		"who holds all they may is not told of more");
	for (unsigned i = 0; i < 3 * OUTCOMES_MAX; i++)
		outcomes_done(outcomes, nth('e', i), 0, 1000);
	keep_of(eve, nth('e', 1000), 0, "x", 1000);
	is_kept(eve, nth('e', 1000), "running",
		"a new one takes the place of one of theirs that is over");
	is_kept(eve, nth('e', 0), "unknown", "the oldest");
	is_kept(eve, nth('e', 1), "done", "and no other");
	for (unsigned i = 0; i < OUTCOMES_MAX - 2; i++) {
		snprintf(jid, sizeof(jid), "n%u@example.org", i);
		keep_of(jid, nth('n', i), 0, "x", 1000);
		is_kept(jid, nth('n', i), "running", "as many others as there are places find one");
	}
	is_kept(eve, nth('e', 1000), "running", "and what runs stays");
	is_kept(alice, nth('a', 0), "done", "as does the only one of somebody");
	keep_of("late@example.org", nth('l', 0), 0, "x", 1000);
	is_kept("late@example.org", nth('l', 0), "unknown", "then no more");
}

/* Every place is taken by a push that runs. */
static void test_all_run(void)
{
	unsigned kept = 0;
	char jid[32];

	for (unsigned i = 0; kept < OUTCOMES_MAX; i++) {
		unsigned half = (OUTCOMES_MAX - kept + 1) / 2;

		snprintf(jid, sizeof(jid), "g%u@example.org", i);
		for (unsigned n = 1; n <= half; n++, kept++)
			keep_of(jid, nth('a' + i, n), 0, "x", 1000);
	}
	keep_of("late@example.org", nth('z', 0), 0, "x", 1000);
	is_kept("late@example.org", nth('z', 0), "unknown",
		"where all of them run nobody makes room");
	is_kept("g0@example.org", nth('a', 1), "running", "not even who holds most");
}

/* More than one record takes comes in several answers. */
static void test_pieces(void)
{
	struct tail tail = { 0 };
	char bytes[20000];
	uint64_t at = 0;
	int answers = 0;
	bool more = true, right = true;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7;
	tail_begin(&tail, 0);
	tail_add(&tail, bytes, sizeof(bytes));
	outcomes_begin(outcomes, "alice@example.org", "laptop", id, &tail, 2000);
	for (; more && answers < 100; answers++) {
		struct buf fields = { 0 };
		const char *key, *value;
		size_t pos = 0, key_len;
		struct fields f;

		outcomes_answer(outcomes, "alice@example.org", "laptop", id, at, &fields, 2000);
		ok(buf_len(&fields) < RECORD_PAYLOAD_MAX - 100, "an answer fits a record");
		f = (struct fields){ buf_data(&fields), buf_len(&fields) };
		more = fields_get(f, "more") != NULL;
		while (fields_next(f, &pos, &key, &key_len, &value)) {
			char piece[FIELD_VALUE_MAX];
			size_t n = strlen(value) / 2;

			if (!field_is(key, key_len, "data") || !hex_decode(value, piece, n))
				continue;
			right &= at + n <= sizeof(bytes) && !memcmp(piece, bytes + at, n);
			at += n;
		}
		buf_finish(&fields);
	}
	ok(right && at == sizeof(bytes), "the pieces are the whole");
	ok(answers > 1, "and more than one");
}

int main(void)
{
	outcomes = outcomes_create();
	test_story();
	test_bounds();
	test_pieces();
	outcomes_destroy(outcomes);
	outcomes = outcomes_create();
	test_greedy();
	outcomes_destroy(outcomes);
	outcomes = outcomes_create();
	test_all_run();
	outcomes_destroy(outcomes);
	return tap_done();
}
