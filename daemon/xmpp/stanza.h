/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STANZA_H
#define DAEMON_STANZA_H

/*
 * Stanzas: what one that came in means for us, and how ours are written. Reading
 * only looks and copies nothing; writing is text into a buffer, because building a
 * tree for each block of data would cost more than sending it.
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
	STANZA_OTHER,		/* nothing to us: messages, and what is malformed beyond an
				   answer */
	/* iq result and error: id, from, condition */
	STANZA_ANSWER,
	/* iq get and set, all to be answered: id, from */
	STANZA_ROSTER,		/* a push; stanza_roster_next() */
	STANZA_BLOCKED,		/* a push that blocks: stanza_rows() */
	STANZA_UNBLOCKED,	/* and one that does so no more; without rows: nobody is blocked any
				   more */
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
	bool counted;		/* by stream management: iq, message, presence */
	const char *from;	/* NULL: our own server or account */
	const char *id;
	const char *condition;	/* STANZA_ANSWER: NULL for a result. STANZA_REFUSED */
	const char *node;
	const char *type;
	const char *device;
	bool asks;		/* STANZA_AVAILABLE: for ours */
	struct ibb_stanza ibb;
	xmpp_stanza_t *payload;	/* of an iq: its first element, or NULL */
};

struct roster_item {
	char jid[JID_MAX];	/* bare, in its normal form */
	enum subscription subscription;
	bool asked, removed;
};

/* What is left to be read of an answer's payload. */
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
 * The stanza read was not whole: it means nothing any more, but an answer is one that
 * failed, and a question is to be answered.
 */
void stanza_discount(struct stanza *s);

/* The condition of a <stream:error/>, which may be NULL. */
const char *stanza_stream_error(xmpp_stanza_t *xml);
/*
 * Where it sends us on to (RFC 6120 4.9.3.19), as it was sent, cut to size; empty if it does not.
 */
void stanza_other_host(xmpp_stanza_t *xml, char *out, size_t size);

/*
 * Walks the items of a roster: *at is NULL at the start; false at the end. Items
 * that are no bare JIDs of people (gateways, say) are left out.
 */
bool stanza_roster_next(xmpp_stanza_t *query, xmpp_stanza_t **at, struct roster_item *item);

/* The rows of an answer; payload may be NULL. stanza_rows_next() is iq_rows_next(). */
void stanza_rows(xmpp_stanza_t *payload, struct iq_rows *out);
/* Whether it was a list of this namespace, if only an empty one. */
bool stanza_rows_of(const struct iq_rows *rows, const char *ns);
bool stanza_rows_next(struct iq_rows *rows, struct iq_row *row);

/* to and payload may be NULL. */
void stanza_put_iq(struct buf *out, const char *type, const char *to, const char *id,
		   const char *payload);
void stanza_put_error(struct buf *out, const char *to, const char *id, const char *condition);
void stanza_put_block(struct buf *out, const char *to, const char *id, const char *sid,
		      uint16_t seq, const void *data, size_t n);
/* to NULL: to all who may see us. asks: for theirs. */
void stanza_put_available(struct buf *out, const struct disco *disco, const char *device,
			  const char *to, bool asks);
void stanza_put_presence(struct buf *out, const char *to, const char *type);

#endif
