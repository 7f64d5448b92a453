/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TOKEN_BUCKET_H
#define CORE_TOKEN_BUCKET_H

/*
 * Limits the rate to what the user allows (xmpp.bandwidth): a bucket of tokens that fills
 * at that rate. A piece may leave while there is any token. It may overdraw the bucket;
 * the next piece waits until the debt is paid. Pieces are small enough that nothing waits
 * long for its turn.
 */

#include <stddef.h>
#include <stdint.h>

enum {
	TOKEN_BUCKET_PIECE_MIN = 512,	/* bytes of a piece, however low the rate */
	TOKEN_BUCKET_WAIT = 250,	/* ms that a piece takes at the rate, if that makes it
					   larger */
};

struct token_bucket {
	uint64_t rate;		/* bytes a second; 0: no limit */
	int64_t tokens;		/* in thousandths of a byte; below 0: a debt */
	uint64_t at;		/* ms; when tokens was right */
};

void token_bucket_init(struct token_bucket *a, uint64_t rate, uint64_t now);

/*
 * How many bytes may leave now in one piece. SIZE_MAX: there is no limit. 0: wait until
 * token_bucket_deadline().
 */
size_t token_bucket_room(struct token_bucket *a, uint64_t now);
void token_bucket_spend(struct token_bucket *a, size_t bytes, uint64_t now);
uint64_t token_bucket_deadline(const struct token_bucket *a);

#endif
