/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STANZA_H
#define DAEMON_STANZA_H

/*
 * Stanzas: classifies those that come in, and writes ours. Reading copies nothing. Writing
 * appends text to a buffer, because building a tree for each block of data would cost more
 * than sending it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <strophe.h>

#include "account-events.h"
#include "buf.h"
#include "disco.h"
#include "jid.h"

#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

enum stanza_kind {
	STANZA_OTHER,		/* ignored: messages, and what is too malformed to be answered */
	/* iq result and error: id, from, condition */
	STANZA_ANSWER,
	/* iq get and set, which must all be answered: id, from */
	STANZA_ROSTER,		/* a push; stanza_roster_next() */
	STANZA_BLOCKED,		/* a push that blocks: stanza_rows() */
	STANZA_UNBLOCKED,	/* a push that unblocks; without rows: everybody */
	STANZA_PING,
	STANZA_DISCO,		/* node */
	STANZA_IBB,		/* ibb */
	STANZA_BAD_REQUEST,	/* one of the above, malformed */
	STANZA_UNKNOWN,
	/* presence: from */
	STANZA_AVAILABLE,	/* device, or NULL */
	STANZA_UNAVAILABLE,
	STANZA_REFUSED,		/* a presence of ours came back as an error: condition */
	STANZA_SUBSCRIPTION,	/* type */
	/* stream management */
	STANZA_SM_ENABLED,
	STANZA_SM_FAILED,
	STANZA_SM_REQUEST,
	STANZA_SM_ANSWER,
};

/* Strings point into the stanza read. */
struct stanza {
	enum stanza_kind kind;
	bool counted;		/* counted by stream management: an iq, message or presence */
	const char *from;	/* NULL: our own server or account */
	const char *id;
	const char *condition;	/* of STANZA_ANSWER (NULL for a result) and STANZA_REFUSED */
	const char *node;
	const char *type;
	const char *device;
	bool asks;		/* STANZA_AVAILABLE: the sender wants our presence */
	struct ibb_stanza ibb;
	xmpp_stanza_t *payload;	/* of an iq: its first element, or NULL */
};

struct roster_item {
	char jid[JID_MAX];	/* bare, in its normal form */
	enum subscription subscription;
	bool asked, removed;
	char groups[BUDDY_GROUPS_MAX];	/* as in buddy::groups */
};

/* A cursor over the rows of an answer's payload. */
struct iq_rows {
	const char *ns;
	xmpp_stanza_t *next;
	char jid[JID_MAX];
	char host[IQ_HOST_MAX + 1];
};

void stanza_read(xmpp_stanza_t *xml, struct stanza *out);

/* Whether the payload of an answer is a roster. It may be NULL. */
bool stanza_is_roster(xmpp_stanza_t *payload);

/*
 * The stanza was not whole (expat_guard_pruned()), so its content must not be used: an answer
 * becomes an error, a request becomes one that we do not know, and anything else is ignored.
 */
void stanza_discount(struct stanza *s);

/* The condition of a <stream:error/>, which may be NULL. */
const char *stanza_stream_error(xmpp_stanza_t *xml);
/*
 * The host to which a <stream:error/> redirects us (RFC 6120 4.9.3.19), as sent, cut to size.
 * Empty if there is none.
 */
void stanza_other_host(xmpp_stanza_t *xml, char *out, size_t size);

/*
 * Walks the items of a roster: *at is NULL at the start; false at the end. Items whose JID is
 * not that of a person (gateways, for example) are left out.
 */
bool stanza_roster_next(xmpp_stanza_t *query, xmpp_stanza_t **at, struct roster_item *item);

/*
 * Starts to read the rows of an answer; payload may be NULL. stanza_rows_next() is
 * iq_rows_next().
 */
void stanza_rows(xmpp_stanza_t *payload, struct iq_rows *out);
/* Whether the answer was a list of this namespace, even an empty one. */
bool stanza_rows_of(const struct iq_rows *rows, const char *ns);
bool stanza_rows_next(struct iq_rows *rows, struct iq_row *row);

/* to and payload may be NULL. */
void stanza_put_iq(struct buf *out, const char *type, const char *to, const char *id,
		   const char *payload);
void stanza_put_error(struct buf *out, const char *to, const char *id, const char *condition);
void stanza_put_block(struct buf *out, const char *to, const char *id, const char *sid,
		      uint16_t seq, const void *data, size_t n);
/* to NULL: to all who may see us. asks: requests the receiver's presence. */
void stanza_put_available(struct buf *out, const struct disco *disco, const char *device,
			  const char *to, bool asks);
void stanza_put_presence(struct buf *out, const char *to, const char *type);

#endif
