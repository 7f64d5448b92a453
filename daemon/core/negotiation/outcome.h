/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

/*
 * The outcomes of pushes that we served. When a link ends after the pusher has sent
 * everything, only we know what became of the push. So the rest of git's output and its
 * exit status are kept for OUTCOME_KEPT. The pusher can ask for them, and its git tells
 * the truth. Pure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "buf.h"

/* The output of the service after the pusher has ended its side. */
struct tail {
	bool on;
	uint64_t from;		/* offset of the first byte kept, in all the service's output */
	struct buf bytes;	/* at most OUTCOME_TAIL_MAX; if there is more, the beginning is
				   dropped */
};

/* offset: how many bytes the service has put out so far. */
void tail_begin(struct tail *t, uint64_t offset);
void tail_add(struct tail *t, const void *data, size_t n);
void tail_finish(struct tail *t);

struct outcomes;

struct outcomes *outcomes_create(void);
void outcomes_destroy(struct outcomes *o);

/*
 * A push of a device has lost its link and still runs. Takes the tail over. The
 * OUTCOMES_MAX places are shared by bare JID (quota.h). If there is none for this JID,
 * the JID that holds most, or this one if it holds all that it may, loses its oldest
 * outcome whose push is over. If that frees no place, nothing is kept, and this pusher's
 * question will be answered "unknown".
 */
void outcomes_begin(struct outcomes *o, const char *jid, const char *device, const char *id,
		    struct tail *tail, uint64_t now);
/*
 * More output of the push, and its exit status. Does nothing if its outcome is not kept
 * any more.
 */
void outcomes_add(struct outcomes *o, const char *id, const void *data, size_t n);
void outcomes_done(struct outcomes *o, const char *id, uint32_t status, uint64_t now);

/*
 * Appends the answer to a question of the device as fields (without id):
 * state=running|done|unknown, status, and data=<hex> from the offset on, repeated, with
 * more=1 when there is more.
 */
void outcomes_answer(struct outcomes *o, const char *jid, const char *device, const char *id,
		     uint64_t offset, struct buf *fields, uint64_t now);

#endif
