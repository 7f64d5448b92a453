/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_REQUESTER_H
#define CORE_REQUESTER_H

/*
 * Asks again whom the user asked to be seen, and who has not answered; and answers again whose
 * request the user has granted, and to whom that did not come: requests.h, joined to the roster
 * and to what the user means. That a request is meant is remembered in the trust table
 * (MARK_MEANT), for the server may have dropped it before the roster knew of it. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"

struct requester;

struct requester_ops {
	/* Whether anything can be said to the server. */
	bool (*ready)(void *arg);
	/* Whether it keeps a subscribed for a request that may come (RFC 6121 3.4). */
	bool (*keeps_approvals)(void *arg);
	/* Sends a stanza about the subscription of jid: subscribe, subscribed, unsubscribed. */
	void (*say)(void *arg, const char *jid, const char *kind);
};

/* random is any number. */
struct requester *requester_create(struct context *context, const struct requester_ops *ops,
				   void *arg, uint32_t random);
void requester_destroy(struct requester *r);

/* Our connection is there and the roster known, or gone. */
void requester_online(struct requester *r, bool online);

/* Sends such a stanza, and goes on until it has had its effect. */
void requester_say(struct requester *r, const char *jid, const char *kind);

/* Asks jid, unless that was done just now, and goes on asking. */
void requester_ask(struct requester *r, const char *jid);

/*
 * The roster says something else of them, or something is not meant any more: what is missing is
 * said again, and nothing else.
 */
void requester_settle(struct requester *r, const char *jid);

/* In how many seconds jid is asked again, at the earliest; 0: they are not. */
uint64_t requester_pause(const struct requester *r, const char *jid);

#endif
