/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CANDIDATES_H
#define DAEMON_CANDIDATES_H

/*
 * Whom a session can ask: the devices of a buddy that run a broker we trust,
 * best first: those that a link is up with, then the others that are online.
 */

#include "address.h"
#include "broker.h"
#include "errand.h"

struct candidates {
	unsigned asked;		/* devices the errand goes to */
	bool path_wanted;	/* there are some, but not yet on a path of the kinds wanted */
};

/*
 * Adds them to the errand; of those that are equally good, the device prefer goes first. kinds: of path that it may go over; where a link is on another one, or not there
 * yet and the kinds are not all, the path is demanded in the name of by.
 */
struct candidates candidates_add(struct broker *b, const struct address *to, const char *prefer,
				 unsigned kinds, const void *by, struct errand *errand);

/* Why nobody can be asked, when nobody can. */
enum message_id candidates_none(const struct broker *b, const struct address *to);

/* The protocol of one that is online and speaks none of ours (MSG_PEER_VERSION); 0. */
uint64_t candidates_protocol(const struct broker *b, const struct address *to);

#endif
