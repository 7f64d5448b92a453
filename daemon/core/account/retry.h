/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RETRY_H
#define CORE_RETRY_H

/*
 * When a login that failed is tried again. It always is: what kept us out passes, or somebody ends
 * it, and neither tells us. How soon depends on what a try costs, and whom.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * What kept us out, by how much it says: of several servers of a domain the one that says most is
 * believed.
 */
enum retry_cause {
	RETRY_MACHINE,		/* this one gives out no more, or keeps a file from us: 1 s to
				   30 s */
	RETRY_SERVER,		/* not reached, or it has a problem of its own: 1 s to 30 s */
	RETRY_CERTIFICATE,	/* who answers is not trusted, and was told nothing: 1 s to 30 s */
	RETRY_ACCOUNT,		/* it or its password is refused, or there is none: 1 to 30 min */
	RETRY_PLACE,		/* another connection took our place: 10 s to 30 min */
};

struct retry {
	enum retry_cause cause;	/* of the last failure */
	unsigned pause;		/* ms, after it, without what chance added; 0: there was none */
	uint32_t random;
	unsigned hurried;	/* tries that a command caused, and that are not forgotten yet */
	uint64_t forgotten_at;	/* up to when they are */
};

void retry_init(struct retry *r, uint32_t seed);

/*
 * One more failure: the pause before the next try, in ms, doubled from one to the next. Another
 * cause begins anew.
 */
uint64_t retry_pause(struct retry *r, enum retry_cause cause);

/* It worked, or everything is different now. */
void retry_reset(struct retry *r);

/*
 * A command wants to be served: whether what a server refused may be tried once more, unchanged,
 * before its time. Five times, then once a minute: servers count refusals, and shut out who has
 * too many.
 */
bool retry_may_hurry(struct retry *r, uint64_t now);

#endif
