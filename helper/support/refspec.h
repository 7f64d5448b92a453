/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REFSPEC_H
#define HELPER_REFSPEC_H

/*
 * What a push would do, with the names of objects as they are now. The push happens later,
 * when branches may have moved on.
 */

#include <stdbool.h>
#include <stddef.h>

struct update {
	char *src;		/* object name, "" to delete the ref; owned */
	char *dst;		/* full name of the ref there; owned */
	char *expect;		/* object name the ref had when we last looked, "" if it did not
				   exist; owned */
};

struct updates {
	struct update *rows;	/* owned */
	size_t count;
};

/*
 * The object name that the ref there will have after the pushes that wait already ("" if
 * deleted), malloc'd; NULL if none of them changes it.
 */
typedef char *refspec_pending_fn(void *arg, const char *dst);

/*
 * Resolves what "git push <remote> <refspecs...>" would do, for these kinds of refspec:
 * <branch or tag>, <src>:<dst>, :<dst>, each with a "+" before it to allow that commits are
 * lost there. Without a refspec the current branch is pushed. A ref that would not change
 * is left out. False, with the reason printed, if one cannot be resolved or would lose
 * commits without a "+". The caller finishes *updates in both cases.
 */
bool refspecs_resolve(struct updates *updates, const char *remote, char *const *refspecs,
		      size_t count, refspec_pending_fn *pending, void *arg);
void updates_finish(struct updates *updates);

#endif
