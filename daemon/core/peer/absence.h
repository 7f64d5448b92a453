/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ABSENCE_H
#define CORE_ABSENCE_H

/*
 * What follows for a link when the server says that its device is not there: servers lose, delay
 * and make up presences, so the link is made to look, and no more. The device is asked at once,
 * and while it has not been heard no data goes over the server. A link over which something
 * runs goes on until its own time without a path is over (link.h), or the device says inside it
 * that it leaves. One with nothing at stake is let go of when it has no path, for nothing is
 * lost with it. Pure. Zero-initialise it.
 */

#include "channel.h"

struct absence {
	uint64_t over_at;	/* then a link with nothing at stake and without a path ends; 0: the
				   device is there, by what is known */
	uint64_t doubted_at;	/* data waits until the device is heard after that; 0: nobody doubts
				   it */
};

/*
 * The server says that the device is gone, or returns an error of its address. by_server: the
 * link's path, if it has one, goes through the server.
 */
void absence_doubt(struct absence *a, struct link *l, bool by_server, uint64_t now);

/* It is not there, and that is no doubt any more after grace ms. It is there. */
void absence_begin(struct absence *a, uint64_t grace, uint64_t now);
void absence_end(struct absence *a);

/* Whether data has to wait. To be asked for each block. */
bool absence_pauses(const struct absence *a);
/* Something came by the path, or it is another one: data goes on, and the link is woken for it. */
void absence_heard(struct absence *a, struct link *l);
void absence_renewed(struct absence *a);

/* When absence_over() wants to be asked; UINT64_MAX: never. */
uint64_t absence_deadline(const struct absence *a);
/* Whether the link is to end now. */
bool absence_over(struct absence *a, const struct link *l, const struct channels *c, uint64_t now);

#endif
