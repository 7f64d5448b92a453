/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_EVENTS_H
#define DAEMON_ACCOUNT_EVENTS_H

/*
 * What the account tells its owner (account.h): the events, and the records that come with them.
 * Whoever reads or writes stanzas needs these alone.
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
	ACCOUNT_ONLINE,		/* settled: a buddy not seen now is offline */
	/* refused: wrong password, bad certificate, another one in our place */
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
 * One thing that an answer lists: its form is checked, and nothing else of it. The
 * strings are there until the next one is read.
 */
struct iq_row {
	enum {
		IQ_ITEM,		/* XEP-0030 items: jid. Those with a node are left out */
		IQ_IDENTITY,		/* XEP-0030 info: category, type */
		IQ_FEATURE,		/* XEP-0030 info: feature */
		IQ_STREAMHOST,		/* XEP-0065: jid, host, port */
		IQ_BLOCKED,		/* XEP-0191: jid, which may be a domain */
	} kind;
	const char *jid;		/* shorter than JID_MAX, may have a resource */
	const char *category, *type;
	const char *feature;
	const char *host;		/* characters of a name or an address */
	uint16_t port;			/* not 0 */
};

struct iq_rows;

/*
 * False at the end. Only from within the answer, and of a list that may be as
 * long as the server likes.
 */
bool iq_rows_next(struct iq_rows *rows, struct iq_row *row);

struct account_events {
	void (*state)(void *owner, enum account_state state, const struct message *trouble);
	/* The roster was read whole: what comes between these two is all of it. */
	void (*roster_begin)(void *owner);
	void (*roster_end)(void *owner);
	/*
	 * Who this JID is, which may be our own: a buddy may see that we are here. Anybody else
	 * who asks something is told what their server says of somebody who is not. Never
	 * ASKER_SERVER.
	 */
	enum asker (*asker)(void *owner, const char *bare);
	/* An item of it, or one that is pushed: removed for subscription='remove' */
	void (*roster)(void *owner, const char *bare, enum subscription subscription, bool asked,
		       bool removed);
	/*
	 * Never our own resource. device is NULL unless the presence carries
	 * our extension; asks: it wants to be told ours
	 */
	void (*available)(void *owner, const char *full, const char *device, bool asks);
	void (*unavailable)(void *owner, const char *full);
	/*
	 * A presence of ours came back from this JID, full or bare, as an
	 * error, which says nothing of who is there.
	 */
	void (*doubted)(void *owner, const char *jid, const char *condition);
	/* The same of a bare JID, with the error's condition. */
	void (*refused)(void *owner, const char *bare, const char *condition);
	/*
	 * Who is blocked (XEP-0191), all of it, at login; NULL: the server has no such list. Each
	 * row is an IQ_BLOCKED.
	 */
	void (*blocklist)(void *owner, struct iq_rows *rows);
	/*
	 * Somebody is blocked now, or is not any more, whichever client did it;
	 * not blocked without any row: nobody is.
	 */
	void (*blocking)(void *owner, bool blocked, struct iq_rows *rows);
	/* kind is subscribe, subscribed, unsubscribe or unsubscribed */
	void (*subscription)(void *owner, const char *bare, const char *kind);
	/*
	 * from and sid are there, the rest as sent. To be answered with account_reply_result()
	 * or account_reply_error(), at once or later.
	 */
	void (*ibb)(void *owner, const struct ibb_stanza *stanza);
	/* Bulk may be handed over again (account_bulk_ready() is true now). */
	void (*bulk)(void *owner);
};

#endif
