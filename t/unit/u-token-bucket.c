/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap.h"
#include "token-bucket.h"

/*
 * Sends all the time, in pieces of at most block, for ms; the bytes. *longest:
 * the longest wait for a piece.
 */
static uint64_t send_all(struct token_bucket *a, uint64_t *now, uint64_t ms, size_t block,
			 uint64_t *longest)
{
	uint64_t end = *now + ms, bytes = 0;

	*longest = 0;
	while (*now < end) {
		size_t room = token_bucket_room(a, *now);
		uint64_t at = token_bucket_deadline(a);

		if (room) {
			size_t n = room < block ? room : block;

			token_bucket_spend(a, n, *now);
			bytes += n;
			continue;
		}
		if (at <= *now) {
			ok(false, "a deadline lies ahead");
			return bytes;
		}
		*longest = at - *now > *longest ? at - *now : *longest;
		*now = at;
	}
	return bytes;
}

static void test_rate(uint64_t rate, size_t block, uint64_t wait_most)
{
	uint64_t now = 5000, longest, bytes, fair = rate * 60;
	struct token_bucket a;

	token_bucket_init(&a, rate, now);
	bytes = send_all(&a, &now, 60 * 1000, block, &longest);
	ok(bytes >= fair * 99 / 100 && bytes <= fair + rate + 2 * TOKEN_BUCKET_PIECE_MIN,
	   "%" PRIu64 " bytes a second in blocks of %zu: %" PRIu64 " in a minute", rate, block,
	   bytes);
	ok(longest <= wait_most, "nothing waits longer than %" PRIu64 " ms (%" PRIu64 ")",
	   wait_most, longest);
	now += 3600 * 1000;
	bytes = send_all(&a, &now, 1000, block, &longest);
	ok(bytes <= rate * 3 / 2 + 2 * TOKEN_BUCKET_PIECE_MIN,
	   "an hour of silence saves nothing up");
}

static void test_edges(void)
{
	struct token_bucket a;

	token_bucket_init(&a, 0, 0);
	ok(token_bucket_room(&a, 0) == SIZE_MAX, "without a limit there is room");
	token_bucket_spend(&a, SIZE_MAX / 2, 0);
	ok(token_bucket_room(&a, 0) == SIZE_MAX, "always");

	token_bucket_init(&a, UINT64_MAX, 0);
	token_bucket_spend(&a, 1 << 30, 1);
	ok(token_bucket_room(&a, UINT64_MAX / 2) > 1 << 30, "a limit beyond all measure is none");

	token_bucket_init(&a, 1, 1000);
	token_bucket_spend(&a, 5700, 1000);
	is_int(token_bucket_room(&a, 1000), 0, "a debt is made");
	is_int(token_bucket_room(&a, token_bucket_deadline(&a) - 1), 0, "stays until it is paid");
	is_int(token_bucket_room(&a, token_bucket_deadline(&a)), TOKEN_BUCKET_PIECE_MIN,
	       "and ends then");
	is_int(token_bucket_room(&a, 0), TOKEN_BUCKET_PIECE_MIN,
	       "a clock that stood still does no harm");
}

int main(void)
{
	test_rate(20 * 1000 * 1000, 5700, TOKEN_BUCKET_WAIT);
	test_rate(100 * 1000, 5700, TOKEN_BUCKET_WAIT);
	test_rate(10 * 1000, 5700, TOKEN_BUCKET_WAIT);
	test_rate(3000, 5700, TOKEN_BUCKET_WAIT);
	test_rate(512, 5700, 1000);	/* the smallest piece */
	test_edges();
	return tap_done();
}
