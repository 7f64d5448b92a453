/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INQUIRER_H
#define CORE_INQUIRER_H

/*
 * Asks buddies who are not seen whether they are there. Joins inquiry.h to which buddies
 * matter and for whom somebody waits. Owns context::inquiry. Pure.
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
	 * Pings a full JID (XEP-0199). answer() follows once, not within the call, unless
	 * forget() is called with the returned handle before. 0: the ping cannot be sent now.
	 */
	uint64_t (*ping)(void *arg, const char *full, inquirer_answer_fn *answer, void *owner);
	void (*forget)(void *arg, uint64_t handle);
	/* Directs a presence, which asks for theirs, to a bare JID (RFC 6121 4.6). */
	void (*show)(void *arg, const char *bare);
	/* Whether a queued push waits for jid. */
	bool (*waits)(void *arg, const char *jid);
};

struct inquirer_events {
	/*
	 * A device that was seen at this full JID is not there. The presence table has that
	 * already.
	 */
	void (*gone)(void *owner, const char *full, const char *device);
	/* Somebody is there at this full JID. The presence table does not have that yet. */
	void (*answered)(void *owner, const char *full);
	/* A ping was not answered by a device: inquirer_pending() may have changed. */
	void (*settled)(void *owner);
};

/* All pointers are borrowed. owner is for the ops and for the events. random is any number. */
struct inquirer *inquirer_create(struct context *context, const struct peers *peers,
				 const struct inquirer_ops *ops,
				 const struct inquirer_events *events, void *owner,
				 uint32_t random);
void inquirer_destroy(struct inquirer *i);

/* Our connection to the server is there, or gone. The presence table has that already. */
void inquirer_online(struct inquirer *i, bool online);

/* context::presence is another table now. */
void inquirer_renew(struct inquirer *i);

/* A device of jid is not seen any more, or jid matters from now on. */
void inquirer_unseen(struct inquirer *i, const char *jid);

/*
 * inquirer_want(): somebody waits for jid. inquirer_pending(): whether an answer may still
 * change what is known of jid.
 */
void inquirer_want(struct inquirer *i, const char *jid);
bool inquirer_pending(const struct inquirer *i, const char *jid);

/*
 * A stanza to this full JID came back with this condition: if a device is seen there, it is
 * asked.
 */
void inquirer_doubt(struct inquirer *i, const char *full, const char *error);

/* Whether jid may be unseen only because their server cannot be reached. */
bool inquirer_unreachable(const struct inquirer *i, const char *jid);

/* A presence of jid came, or an error in its place. */
void inquirer_heard(struct inquirer *i, const char *jid, const char *error);

#endif
