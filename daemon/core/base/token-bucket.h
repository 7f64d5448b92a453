/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TOKEN_BUCKET_H
#define CORE_TOKEN_BUCKET_H

/*
 * A rate that the user allows (xmpp.bandwidth): a bucket of tokens that fills at
 * that rate. A piece may leave while there is a token at all, and what it takes too much is
 * waited for afterwards; pieces are small enough that nothing waits long for its turn.
 */

#include <stddef.h>
#include <stdint.h>

enum {
	TOKEN_BUCKET_PIECE_MIN = 512,	/* bytes, at however small a rate */
	TOKEN_BUCKET_WAIT = 250,	/* ms for one piece, where that is more */
};

struct token_bucket {
	uint64_t rate;		/* bytes a second; 0: no limit */
	int64_t tokens;		/* in thousandths of a byte; below 0: a debt */
	uint64_t at;		/* of tokens */
};

void token_bucket_init(struct token_bucket *a, uint64_t rate, uint64_t now);

/*
 * How many bytes may leave now in one piece: SIZE_MAX without a limit, 0: wait until
 * token_bucket_deadline().
 */
size_t token_bucket_room(struct token_bucket *a, uint64_t now);
void token_bucket_spend(struct token_bucket *a, size_t bytes, uint64_t now);
uint64_t token_bucket_deadline(const struct token_bucket *a);

#endif
