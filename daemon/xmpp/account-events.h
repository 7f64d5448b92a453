/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_EVENTS_H
#define DAEMON_ACCOUNT_EVENTS_H

/*
 * What the account (account.h) tells its owner: the events, and the records that come with
 * them. Code that only reads or writes stanzas needs this header and not account.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "answers.h"
#include "message.h"
#include "presence.h"

enum account_state {
	ACCOUNT_OFFLINE,	/* not wanted, or waiting to try again */
	ACCOUNT_CONNECTING,	/* resolving, TCP, TLS, login */
	ACCOUNT_SETTLING,	/* logged in; roster and first presences are coming in */
	ACCOUNT_ONLINE,		/* settled: a buddy without a presence is offline */
	/* refused: wrong password, bad certificate, or our resource is taken */
	ACCOUNT_FAILED,
};

/* An in-band bytestream stanza (XEP-0047) from a full JID. Strings are borrowed for the call. */
struct ibb_stanza {
	enum { IBB_OPEN, IBB_DATA, IBB_CLOSE } kind;
	const char *from, *id, *sid;
	uint64_t block_size;		/* OPEN; 0 if stanza='message' or malformed */
	uint64_t seq;			/* DATA; UINT64_MAX if malformed */
	const char *text;		/* DATA: base64 */
	size_t text_len;
};

enum { IQ_HOST_MAX = 255 };

/*
 * One item of a list in an answer. Its syntax is checked, but not whether it is true. The
 * strings are valid until the next row is read.
 */
struct iq_row {
	enum {
		IQ_ITEM,		/* XEP-0030 items: jid. Items with a node are left out */
		IQ_IDENTITY,		/* XEP-0030 info: category, type */
		IQ_FEATURE,		/* XEP-0030 info: feature */
		IQ_STREAMHOST,		/* XEP-0065: jid, host, port */
		IQ_BLOCKED,		/* XEP-0191: jid, which may be a domain */
		IQ_SEEN,		/* XEP-0279: host, the address that the server sees */
		IQ_SERVICE,		/* XEP-0215: type, transport, host, port */
	} kind;
	const char *jid;		/* shorter than JID_MAX, may have a resource */
	const char *category, *type, *transport;
	const char *feature;
	const char *host;		/* characters of a name or an address */
	uint16_t port;			/* not 0 */
};

struct iq_rows;

/*
 * Reads the next row; false at the end. To be called only while the answer is being
 * delivered. The server decides how long the list is.
 */
bool iq_rows_next(struct iq_rows *rows, struct iq_row *row);

struct account_events {
	void (*state)(void *owner, enum account_state state, const struct message *trouble);
	/*
	 * Around the `roster` events of a complete roster: a buddy who is not among them is
	 * not in the roster.
	 */
	void (*roster_begin)(void *owner);
	void (*roster_end)(void *owner);
	/*
	 * Classifies a JID, which may be our own, by whether it may see that we are online;
	 * answers.h bounds the answers by that. A stranger gets the error that their server
	 * gives for an offline user. The owner never returns ASKER_SERVER.
	 */
	enum asker (*asker)(void *owner, const char *bare);
	/* One roster item, of the whole roster or of a push. removed: subscription='remove' */
	void (*roster)(void *owner, const char *bare, enum subscription subscription, bool asked,
		       bool removed);
	/* After it, unless it was removed: the groups of the item, as in buddy::groups. */
	void (*groups)(void *owner, const char *bare, const char *groups);
	/*
	 * Never called for our own resource. device is NULL unless the presence carries our
	 * extension. asks: the sender wants our presence in return.
	 */
	void (*available)(void *owner, const char *full, const char *device, bool asks);
	void (*unavailable)(void *owner, const char *full);
	/*
	 * A presence of ours to this JID, bare or full, came back as an error. The error does
	 * not tell whether anybody is online there.
	 */
	void (*doubted)(void *owner, const char *jid, const char *condition);
	/*
	 * Follows `doubted` if the JID is bare, as in a subscription request. condition is
	 * the error's.
	 */
	void (*refused)(void *owner, const char *bare, const char *condition);
	/*
	 * The whole blocklist (XEP-0191), at login; each row is an IQ_BLOCKED. NULL: the
	 * server has no blocklist.
	 */
	void (*blocklist)(void *owner, struct iq_rows *rows);
	/*
	 * The blocklist changed, by any client of the account. blocked: the rows are added,
	 * else removed. Not blocked and no rows: the whole list was cleared (XEP-0191 3.5).
	 */
	void (*blocking)(void *owner, bool blocked, struct iq_rows *rows);
	/* kind is subscribe, subscribed, unsubscribe or unsubscribed */
	void (*subscription)(void *owner, const char *bare, const char *kind);
	/*
	 * from and sid are never NULL; the other fields are as sent. The owner replies with
	 * account_reply_result() or account_reply_error(), at once or later.
	 */
	void (*ibb)(void *owner, const struct ibb_stanza *stanza);
	/* The owner may send blocks again: account_bulk_ready() is true now. */
	void (*bulk)(void *owner);
};

#endif
