/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_REFWATCH_H
#define DAEMON_REFWATCH_H

/*
 * Notices that refs of a repository may have moved. Watches HEAD, packed-refs and every
 * directory below refs/ (or reftable/), REFWATCH_DIRECTORIES at most, also behind symbolic
 * links or in the common directory of a linked work tree. It costs nothing at rest. If
 * something cannot be watched, moved is called once a minute. It reports too often rather
 * than too rarely; the owner reads the refs to know.
 */

#include <uv.h>

enum { REFWATCH_DIRECTORIES = 256 };

struct refwatch;

/*
 * path: the git directory; copied. moved may be called often. It is called once after the
 * watching has begun: from then on nothing is missed. Never returns NULL: a path that is
 * missing is looked for again each minute.
 */
struct refwatch *refwatch_create(uv_loop_t *loop, const char *path, void (*moved)(void *owner),
				 void *owner);

/* moved is not called any more. w may be NULL. */
void refwatch_destroy(struct refwatch *w);

#endif
