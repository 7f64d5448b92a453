/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ABSENCE_H
#define CORE_ABSENCE_H

/*
 * Decides what happens to a link when the server says that its device is offline. Servers
 * lose, delay and make up presences, so such a presence only makes the link check its path.
 * The link sends a PING at once, and no data goes over an in-band path until the device is
 * heard again. A link with an open channel goes on until its time without a path is over
 * (link.h), or until the device itself says that it leaves. A link with nothing at stake ends
 * after a grace time if it has no path then: nothing is lost with it. Pure. Zero-initialise
 * it.
 */

#include "channel.h"

struct absence {
	uint64_t over_at;	/* when a link with nothing at stake and without a path ends, ms; 0:
				   the device is there, as far as known */
	uint64_t doubted_at;	/* data waits until the device is heard after this time, ms; 0: no
				   doubt */
};

/*
 * The server says that the device is gone, or returns an error for its address. by_server: the
 * link's path, if there is one, goes through the server.
 */
void absence_doubt(struct absence *a, struct link *l, bool by_server, uint64_t now);

/*
 * absence_begin(): the device is absent; after `grace` ms without a sign of it, absence_over()
 * may end the link. absence_end(): the device is there.
 */
void absence_begin(struct absence *a, uint64_t grace, uint64_t now);
void absence_end(struct absence *a);

/* Whether data has to wait. Ask before each block. */
bool absence_pauses(const struct absence *a);
/*
 * absence_heard(): something came by the path. If it ends the doubt, data goes on and the link
 * is woken. absence_renewed(): the link has a new path, so the doubt is over.
 */
void absence_heard(struct absence *a, struct link *l);
void absence_renewed(struct absence *a);

/* When to call absence_over(); UINT64_MAX: never. */
uint64_t absence_deadline(const struct absence *a);
/* Whether the link has to end now. */
bool absence_over(struct absence *a, const struct link *l, const struct channels *c, uint64_t now);

#endif
