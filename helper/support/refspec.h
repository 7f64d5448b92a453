/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REFSPEC_H
#define HELPER_REFSPEC_H

/*
 * What a push would do, with the names of objects as they are now: for a push that happens
 * later, when branches have moved on.
 */

#include <stdbool.h>
#include <stddef.h>

struct update {
	char *src;		/* object name, "" to delete; owned */
	char *dst;		/* full name of the ref there; owned */
	char *expect;		/* object name it had when we last looked, "" if it was not there;
				   owned */
};

struct updates {
	struct update *rows;	/* owned */
	size_t count;
};

/*
 * What the ref there will be when everything else that waits has been done,
 * malloc'd; NULL: nothing waits for it.
 */
typedef char *refspec_pending_fn(void *arg, const char *dst);

/*
 * Resolves what "git push <remote> <refspecs...>" would, of these kinds:
 * <branch or tag>, <src>:<dst>, :<dst>, each with a "+" before it to allow
 * that commits are lost there; none at all is the current branch. What would change
 * nothing is left out. False when one cannot be resolved, or would lose commits
 * without a "+", and the reason was printed. To be finished in both cases.
 */
bool refspecs_resolve(struct updates *updates, const char *remote, char *const *refspecs,
		      size_t count, refspec_pending_fn *pending, void *arg);
void updates_finish(struct updates *updates);

#endif
