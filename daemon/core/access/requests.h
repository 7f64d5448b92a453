/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REQUESTS_H
#define CORE_REQUESTS_H

/*
 * Requests of ours to see somebody (RFC 6121 3.1) that were not answered: servers drop them,
 * some on purpose when there are many in a minute, and then nobody says anything again. Each is
 * made again after a minute, 5 and 30 minutes, then daily, until the caller drops it: it was
 * answered, or is not meant any more.
 *
 * ejabberd lets a user say five such stanzas, and hear five, in a minute without a pause of its
 * length. So no more than REQUESTS_AT_ONCE are made again at a time, and only when we have sent
 * no stanza of that kind for REQUESTS_REST.
 *
 * Times are ms, monotonic. Pure; one deadline for all.
 */

#include <stdbool.h>
#include <stdint.h>

struct requests;

struct requests_events {
	/*
	 * Ask jid once more, if that is meant still; requests_sent() is to be
	 * said of it. Nothing is dropped within the call.
	 */
	void (*ask)(void *owner, const char *jid);
};

/* random is any number. */
struct requests *requests_create(const struct requests_events *events, void *owner,
				 uint32_t random);
void requests_destroy(struct requests *r);

/* Something is owed to jid, or by them; what is known already stays as it is. */
void requests_note(struct requests *r, const char *jid, uint64_t now);
/* The user has had jid asked just now: the pauses begin anew. */
void requests_asked(struct requests *r, const char *jid, uint64_t now);
/* It is over. */
void requests_drop(struct requests *r, const char *jid);
/* All of them: our connection is gone. */
void requests_clear(struct requests *r);

/* A stanza about subscriptions has been sent by us, whatever it says. */
void requests_sent(struct requests *r, uint64_t now);

/* Whether the user had jid asked so short a while ago that to ask again would only do harm. */
bool requests_fresh(const struct requests *r, const char *jid, uint64_t now);
/* When jid is asked again, at the earliest; 0: there is no request. */
uint64_t requests_due(const struct requests *r, const char *jid);

uint64_t requests_deadline(const struct requests *r);
void requests_tick(struct requests *r, uint64_t now);

#endif
