/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REFWATCH_H
#define DAEMON_REFWATCH_H

/*
 * Notices that refs of a repository may have moved: HEAD, packed-refs and
 * every directory below refs/ (or reftable/), at most REFWATCH_DIRECTORIES of them, also where
 * they are behind symbolic links or in the common directory of a linked work tree. Costs
 * nothing at rest; what cannot be watched is said to have moved once a minute. It notices too
 * much rather than too little; who wants to know reads the refs.
 */

#include <uv.h>

enum { REFWATCH_DIRECTORIES = 256 };

struct refwatch;

/*
 * path: the git directory; copied. moved may be called often, and is called once
 * after the watching has begun: from then on nothing is missed. Never NULL: a path that is not
 * there is looked for again now and then.
 */
struct refwatch *refwatch_create(uv_loop_t *loop, const char *path, void (*moved)(void *owner),
				 void *owner);

/* moved is not called any more. NULL is fine. */
void refwatch_destroy(struct refwatch *w);

#endif
