/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REQUESTER_H
#define CORE_REQUESTER_H

/*
 * Repeats requests for a subscription (RFC 6121 3). If a contact has not answered the user's
 * request, it is sent again. If the user has granted a contact's request and the answer did
 * not arrive, it is given again. Joins requests.h to the roster and to what the user wants.
 * The trust table remembers that a request is meant (MARK_MEANT), for the server may have
 * dropped it before the roster had it. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"

struct requester;

struct requester_ops {
	/* Whether stanzas can be sent to the server. */
	bool (*ready)(void *arg);
	/*
	 * Whether the server keeps a "subscribed" for a request that may come later (RFC 6121
	 * 3.4).
	 */
	bool (*keeps_approvals)(void *arg);
	/* Sends a stanza about the subscription of jid: subscribe, subscribed, unsubscribed. */
	void (*say)(void *arg, const char *jid, const char *kind);
};

/* random is any number. */
struct requester *requester_create(struct context *context, const struct requester_ops *ops,
				   void *arg, uint32_t random);
void requester_destroy(struct requester *r);

/* Our connection is there and the roster known; or the connection is gone. */
void requester_online(struct requester *r, bool online);

/*
 * Sends a stanza of this kind. "subscribe" and "subscribed" are repeated until they have had
 * their effect.
 */
void requester_say(struct requester *r, const char *jid, const char *kind);

/* Asks jid for a subscription, unless that was done just now, and goes on asking. */
void requester_ask(struct requester *r, const char *jid);

/*
 * The roster's entry of jid has changed, or a request is not meant any more. What is missing
 * is sent again, and nothing else.
 */
void requester_settle(struct requester *r, const char *jid);

/* Seconds until jid is asked again, at the earliest; 0: jid is not asked again. */
uint64_t requester_pause(const struct requester *r, const char *jid);

#endif
