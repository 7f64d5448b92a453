/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INQUIRER_H
#define CORE_INQUIRER_H

/*
 * Asks buddies of whom nothing is seen whether they are there: inquiry.h, joined to who matters and
 * who is waited for. context::inquiry is its own. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "context.h"

struct inquirer;
struct peers;

/* NULL: the device is there; else a condition (RFC 6120 8.3.3) or "timeout". */
typedef void inquirer_answer_fn(void *owner, const char *error);

struct inquirer_ops {
	/*
	 * Pings a full JID (XEP-0199). answer follows once, not within the call, unless forget is
	 * called with what this returned before. 0: that cannot be sent now.
	 */
	uint64_t (*ping)(void *arg, const char *full, inquirer_answer_fn *answer, void *owner);
	void (*forget)(void *arg, uint64_t handle);
	/* Directs a presence that asks for theirs to a bare JID. */
	void (*show)(void *arg, const char *bare);
	/* Whether a queued push waits for jid. */
	bool (*waits)(void *arg, const char *jid);
};

struct inquirer_events {
	/* A device that was seen at this full JID is not there; the presence table knows that. */
	void (*gone)(void *owner, const char *full, const char *device);
	/* Somebody is there at this full JID. The presence table does not know that yet. */
	void (*answered)(void *owner, const char *full);
	/* A question has had no such answer: inquirer_pending() may say something else. */
	void (*settled)(void *owner);
};

/* What is given is borrowed; owner is that of the ops and of the events. random is any number. */
struct inquirer *inquirer_create(struct context *context, const struct peers *peers,
				 const struct inquirer_ops *ops,
				 const struct inquirer_events *events, void *owner,
				 uint32_t random);
void inquirer_destroy(struct inquirer *i);

/* Our connection is there, or gone; the presence table knows that already. */
void inquirer_online(struct inquirer *i, bool online);

/* The presence table is another one. */
void inquirer_renew(struct inquirer *i);

/* Something of jid is not seen any more, or matters from now on. */
void inquirer_unseen(struct inquirer *i, const char *jid);

/* Somebody waits for jid; and whether an answer may still change what is known of them. */
void inquirer_want(struct inquirer *i, const char *jid);
bool inquirer_pending(const struct inquirer *i, const char *jid);

/*
 * What was sent to this full JID came back with this condition: a device that is seen there is
 * asked.
 */
void inquirer_doubt(struct inquirer *i, const char *full, const char *error);

/* Whether what is not seen of jid may be so because their server cannot be reached. */
bool inquirer_unreachable(const struct inquirer *i, const char *jid);

/* A presence came from jid; or an error in the place of one. */
void inquirer_heard(struct inquirer *i, const char *jid, const char *error);

#endif
