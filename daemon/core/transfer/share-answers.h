/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SHARE_ANSWERS_H
#define CORE_SHARE_ANSWERS_H

/*
 * Answers devices that ask what they may use here (share-rows.h). An answer has exactly the
 * shares that the device may fetch from, with the right that it has at the moment when its row
 * is written. The repositories are looked into one at a time, so many questions cost no more
 * at once than one does. A question while another one of the device is answered, one beyond
 * SHARE_ANSWERS_MAX, and one that comes too often are answered with state=busy.
 *
 * The device's link, and that its key is trusted, is the peer's to judge. Pure.
 */

#include "context.h"
#include "list.h"
#include "log-budget.h"
#include "share-rows.h"

struct peer;
struct record;
struct share_look; /* a repository that is looked into; of the provider of the ops */

/* row: head, object and changed; the rest is empty. NULL: it could not be read. */
typedef void share_looked_fn(void *owner, const struct share_row *row);

/* done() follows once, never within the call, unless the look is cancelled. path is copied. */
struct share_answers_ops {
	struct share_look *(*look)(void *arg, const char *path, share_looked_fn *done, void *owner);
	void (*cancel)(void *arg, struct share_look *look);
};

struct share_answers {
	struct context *context; /* borrowed */
	const struct share_answers_ops *ops;
	void *arg;
	struct list all; /* of struct answer, in order; owned */
	unsigned count;
	struct share_look *look;  /* for the first answer; NULL: none is under way */
	struct log_budget budget; /* of questions, for each JID */
};

void share_answers_init(struct share_answers *a, struct context *context,
			const struct share_answers_ops *ops, void *arg);
void share_answers_finish(struct share_answers *a);

/* A SHARES-ASK has come. Returns the rule that it breaks, or NULL. */
const char *share_answers_record(struct share_answers *a, struct peer *p,
				 const struct record *record);
/* The peer has ended: what was answered to it is dropped. */
void share_answers_ended(struct share_answers *a, const struct peer *p);

#endif
