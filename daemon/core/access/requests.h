/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REQUESTS_H
#define CORE_REQUESTS_H

/*
 * Our subscription requests (RFC 6121 3.1) that are unanswered. Servers drop requests,
 * some on purpose when there are many in a minute, and nobody sends them again. So each is
 * repeated after a minute, after 5 and 30 minutes, then daily, until the caller drops it:
 * it was answered, or is not wanted any more.
 *
 * ejabberd lets a user send and receive five such stanzas before a pause of a minute is
 * needed. So at most REQUESTS_AT_ONCE are repeated at a time, and only if we have sent no
 * subscription stanza for REQUESTS_REST.
 *
 * Times are ms, monotonic. Pure; one deadline for all.
 */

#include <stdbool.h>
#include <stdint.h>

struct requests;

struct requests_events {
	/*
	 * Ask jid once more, if that is still wanted, and call requests_sent(). No request
	 * may be dropped within the call.
	 */
	void (*ask)(void *owner, const char *jid);
};

/* random is any number. */
struct requests *requests_create(const struct requests_events *events, void *owner,
				 uint32_t random);
void requests_destroy(struct requests *r);

/*
 * A request to jid, or an answer to theirs, may have to be repeated. One that is noted
 * already stays as it is.
 */
void requests_note(struct requests *r, const char *jid, uint64_t now);
/* As requests_note(), of one whom this account has never asked: that is due now. */
void requests_owe(struct requests *r, const char *jid, uint64_t now);
/* The user has just asked jid: the pauses begin anew. */
void requests_asked(struct requests *r, const char *jid, uint64_t now);
/* The request is over. */
void requests_drop(struct requests *r, const char *jid);
/* Drops all requests: our connection is gone. */
void requests_clear(struct requests *r);

/* We have sent a subscription stanza of any kind. */
void requests_sent(struct requests *r, uint64_t now);

/*
 * Whether the user asked jid less than REQUESTS_FRESH ago, so that another request would
 * only do harm.
 */
bool requests_fresh(const struct requests *r, const char *jid, uint64_t now);
/* When jid is asked again, at the earliest; 0 if there is no request. */
uint64_t requests_due(const struct requests *r, const char *jid);

uint64_t requests_deadline(const struct requests *r);
void requests_tick(struct requests *r, uint64_t now);

#endif
