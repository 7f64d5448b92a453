/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

/*
 * Outcomes of pushes that we served. When a link ends after the pusher has
 * sent everything, only we know what became of the push: what git said after
 * that, and its exit status, are kept for OUTCOME_KEPT, so that the pusher can
 * ask for the rest and its git tells the truth. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"

/* What the service says from the moment the pusher has ended. */
struct tail {
	bool on;
	uint64_t from;		/* offset of the first byte kept, in all the service's output */
	struct buf bytes;	/* at most OUTCOME_TAIL_MAX; of more, the beginning is dropped */
};

/* offset: how much the service has said so far. */
void tail_begin(struct tail *t, uint64_t offset);
void tail_add(struct tail *t, const void *data, size_t n);
void tail_finish(struct tail *t);

struct outcomes;

struct outcomes *outcomes_create(void);
void outcomes_destroy(struct outcomes *o);

/*
 * A push of a device lost its link; it still runs. Takes the tail over. The OUTCOMES_MAX places
 * are shared by bare JID (quota.h); whoever holds most, or all they may, loses the oldest whose
 * push is over. Where none is, nothing is kept: this one's pusher will hear that nobody knows.
 */
void outcomes_begin(struct outcomes *o, const char *jid, const char *device, const char *id,
		    struct tail *tail, uint64_t now);
/* More of its output, and its end. Nothing if it is not kept any more. */
void outcomes_add(struct outcomes *o, const char *id, const void *data, size_t n);
void outcomes_done(struct outcomes *o, const char *id, uint32_t status, uint64_t now);

/*
 * The answer to a question of the device, as fields (without id): state=running|done|
 * unknown, status, and data=<hex> from the offset on, repeated, with more=1 when there is more.
 */
void outcomes_answer(struct outcomes *o, const char *jid, const char *device, const char *id,
		     uint64_t offset, struct buf *fields, uint64_t now);

#endif
