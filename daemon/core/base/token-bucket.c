/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token-bucket.h"

#include <string.h>

/*
 * The bucket holds the tokens of one piece, so one piece may leave at once after a pause.
 * Over a longer time the rate is kept exactly, because each debt is paid in full.
 */

enum { SCALE = 1000 };	/* milliseconds times bytes a second */

#define RATE_MAX ((uint64_t)1 << 40)	/* so that nothing overflows; nobody reaches it */

static uint64_t piece(const struct token_bucket *a)
{
	uint64_t bytes = a->rate * TOKEN_BUCKET_WAIT / 1000;

	return bytes > TOKEN_BUCKET_PIECE_MIN ? bytes : TOKEN_BUCKET_PIECE_MIN;
}

void token_bucket_init(struct token_bucket *a, uint64_t rate, uint64_t now)
{
	memset(a, 0, sizeof(*a));
	a->rate = rate < RATE_MAX ? rate : RATE_MAX;
	a->tokens = (int64_t)piece(a) * SCALE;
	a->at = now;
}

static void fill(struct token_bucket *a, uint64_t now)
{
	int64_t most = (int64_t)piece(a) * SCALE;
	uint64_t elapsed = now > a->at ? now - a->at : 0;

	a->at = now;
	/*
	 * Nothing overflows: elapsed * rate is added only if it fits into the room in the
	 * bucket.
	 */
	if (elapsed >= (uint64_t)(most - a->tokens) / a->rate + 1)
		a->tokens = most;
	else
		a->tokens += (int64_t)(elapsed * a->rate);
}

size_t token_bucket_room(struct token_bucket *a, uint64_t now)
{
	if (!a->rate)
		return SIZE_MAX;
	fill(a, now);
	if (a->tokens <= 0)
		return 0;
	/* At the highest rate a piece does not fit into 32 bits. */
	return piece(a) < SIZE_MAX ? (size_t)piece(a) : SIZE_MAX;
}

void token_bucket_spend(struct token_bucket *a, size_t bytes, uint64_t now)
{
	if (!a->rate)
		return;
	fill(a, now);
	a->tokens -= (int64_t)bytes * SCALE;
}

uint64_t token_bucket_deadline(const struct token_bucket *a)
{
	if (!a->rate || a->tokens > 0)
		return a->at;
	return a->at + (uint64_t)-a->tokens / a->rate + 1;
}
