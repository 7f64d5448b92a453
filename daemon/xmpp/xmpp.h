/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_XMPP_H
#define DAEMON_XMPP_H

/*
 * The user's XMPP account, online: login, reconnect with back-off and jitter,
 * roster, presence, stream management acknowledgements, and iq stanzas routed to
 * whoever asked. Driven by one libuv loop; the only part that knows libstrophe.
 * Nothing of git is known here. Every iq that comes in is answered.
 *
 * Events and answers may come from inside libstrophe. Whatever is called from them
 * only queues, and is sent once they have returned; nothing is re-entered. All
 * functions may be called from them. SIGPIPE must be ignored by the program.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "answers.h"
#include "message.h"
#include "presence.h"

enum xmpp_state {
	XMPP_OFFLINE,		/* not wanted, or waiting to try again */
	XMPP_CONNECTING,	/* resolving, TCP, TLS, login */
	XMPP_SETTLING,		/* logged in; roster and first presences are coming in */
	XMPP_ONLINE,		/* settled: a buddy not seen now is offline */
	XMPP_FAILED,		/* refused: wrong password, bad certificate, another one in our place */
};

struct xmpp_config {
	const char *jid;		/* bare, in its normal form */
	const char *password;		/* not NULL; copied, wiped on destroy */
	const char *resource;		/* git.<device id> */
	const char *server;		/* NULL: SRV; else host, host:port, [v6]:port */
	const char *ca_file;		/* NULL: the system's */
	const char *device;		/* for presence: device id */
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

struct xmpp_rows;

struct xmpp_events {
	void (*state)(void *owner, enum xmpp_state state, const struct message *trouble);
	/* The roster was read whole: what comes between these two is all of it. */
	void (*roster_begin)(void *owner);
	void (*roster_end)(void *owner);
	/*
	 * Who this JID is, which may be our own: a buddy may see that we are here. Anybody else who asks
	 * something is told what their server says of somebody who is not. Never ASKER_SERVER.
	 */
	enum asker (*asker)(void *owner, const char *bare);
	/* An item of it, or one that is pushed: removed for subscription='remove' */
	void (*roster)(void *owner, const char *bare, enum subscription subscription, bool asked, bool removed);
	/* Never our own resource. device is NULL unless the presence carries our extension; asks: it wants to be told ours */
	void (*available)(void *owner, const char *full, const char *device, bool asks);
	void (*unavailable)(void *owner, const char *full);
	/* A presence of ours came back from this JID, full or bare, as an error, which says nothing of who is there. */
	void (*doubted)(void *owner, const char *jid, const char *condition);
	/* The same of a bare JID, with the error's condition. */
	void (*refused)(void *owner, const char *bare, const char *condition);
	/* Who is blocked (XEP-0191), all of it, at login; NULL: the server has no such list. Each row is an XMPP_BLOCKED. */
	void (*blocklist)(void *owner, struct xmpp_rows *rows);
	/* Somebody is blocked now, or is not any more, whichever client did it; not blocked without any row: nobody is. */
	void (*blocking)(void *owner, bool blocked, struct xmpp_rows *rows);
	/* kind is subscribe, subscribed, unsubscribe or unsubscribed */
	void (*subscription)(void *owner, const char *bare, const char *kind);
	/*
	 * from and sid are there, the rest as sent. To be answered with xmpp_reply_result()
	 * or xmpp_reply_error(), at once or later.
	 */
	void (*ibb)(void *owner, const struct ibb_stanza *stanza);
	/* Bulk may be handed over again (xmpp_bulk_ready() is true now). */
	void (*bulk)(void *owner);
};

struct xmpp;

/* events is borrowed for as long as it lives. NULL if there is no descriptor to be had. */
struct xmpp *xmpp_create(uv_loop_t *loop, const struct xmpp_config *config,
			 const struct xmpp_events *events, void *owner);
/* Starts to connect, or tries again at once if it waits or has failed. */
void xmpp_connect(struct xmpp *x);
/*
 * Another password for the next login, where it failed with MSG_AUTH_FAILED: of all failures that
 * alone is not tried again by itself. False if it is the one that was refused, or was not
 * refused.
 */
bool xmpp_password(struct xmpp *x, const char *password);
/*
 * Another machine is online as this device, and it is we who make room: MSG_COPIED. After a pause
 * it looks whether the other one is still there.
 */
void xmpp_yield(struct xmpp *x);
/*
 * The network changed, or the machine woke up: asks the server at once, and if nothing at all comes from it
 * within 5 s connects anew at once. If it waits for the next try, that is now; a login under way has 5 s left,
 * and is followed by another one at once.
 */
void xmpp_check(struct xmpp *x);
/*
 * Says unavailable, ends the stream within 2 s; done is called when all handles are closed and
 * x is freed. No event comes any more; requests still open are answered "disconnected" at once.
 */
void xmpp_destroy(struct xmpp *x, void (*done)(void *arg), void *arg);

enum xmpp_state xmpp_state(const struct xmpp *x);
/* Why it is not online: the last trouble, or MSG_NONE. */
const struct message *xmpp_trouble(const struct xmpp *x);
const char *xmpp_jid(const struct xmpp *x);	/* full JID as bound, or NULL */
/* uv_hrtime()-based ms of the next try; 0: none planned. */
uint64_t xmpp_retry_at(const struct xmpp *x);

/*
 * An iq request to a full JID; payload is XML. answer is called exactly once: with
 * NULL for a result, else the error's condition (RFC 6120 8.3.3: "service-unavailable" ...),
 * "timeout" or "disconnected". Returns a handle to forget it with, 0 when neither settling
 * nor online, or when too many requests wait (answer is then not called).
 */
typedef void (*xmpp_answer)(void *arg, const char *error);
uint64_t xmpp_request(struct xmpp *x, const char *to, const char *type, const char *payload,
		      unsigned timeout_ms, xmpp_answer answer, void *arg);

enum { XMPP_HOST_MAX = 255 };

/*
 * One thing that an answer lists: its form is checked, and nothing else of it. The
 * strings are there until the next one is read.
 */
struct xmpp_row {
	enum {
		XMPP_ITEM,		/* XEP-0030 items: jid. Those with a node are left out */
		XMPP_IDENTITY,		/* XEP-0030 info: category, type */
		XMPP_FEATURE,		/* XEP-0030 info: feature */
		XMPP_STREAMHOST,	/* XEP-0065: jid, host, port */
		XMPP_BLOCKED,		/* XEP-0191: jid, which may be a domain */
	} kind;
	const char *jid;		/* shorter than JID_MAX, may have a resource */
	const char *category, *type;
	const char *feature;
	const char *host;		/* characters of a name or an address */
	uint16_t port;			/* not 0 */
};

/* False at the end. Only from within the answer, and of a list that may be as long as the server likes. */
bool xmpp_rows_next(struct xmpp_rows *rows, struct xmpp_row *row);

/* As xmpp_request() of type get, also to a server; rows is what the answer lists, NULL with an error. */
typedef void (*xmpp_rows_answer)(void *arg, const char *error, struct xmpp_rows *rows);
uint64_t xmpp_query(struct xmpp *x, const char *to, const char *payload, unsigned timeout_ms,
		    xmpp_rows_answer answer, void *arg);

/* answer will not be called any more. */
void xmpp_forget(struct xmpp *x, uint64_t handle);

/*
 * Replies to what came by events->ibb. A result acknowledges a stanza of an open bytestream; false if that
 * cannot be: then it is no bytestream any more. An error may be left out, or be another one: core/answers.h.
 */
bool xmpp_reply_result(struct xmpp *x, const char *to, const char *id);
void xmpp_reply_error(struct xmpp *x, const char *to, const char *id, const char *condition);
/* Whether something else that a buddy, or who is to become one, asked may be answered now. It counts as an answer. */
bool xmpp_may_answer(struct xmpp *x, const char *bare);

/*
 * In-band bytestreams (XEP-0047) to a full JID; sid needs no escaping. <open/> and <data/> are as
 * xmpp_request(); they have places in the table of requests of their own, and 0 tells
 * also that none of those is free: for a block xmpp_bulk_ready() tells so before.
 * <data/> is written without building a tree; base64 is not copied twice.
 * <close/> is sent without waiting for an answer, which would tell nothing.
 */
uint64_t xmpp_open_stream(struct xmpp *x, const char *to, const char *sid, size_t block_size,
			  xmpp_answer answer, void *arg);
uint64_t xmpp_send_block(struct xmpp *x, const char *to, const char *sid, uint16_t seq,
			 const void *data, size_t n, xmpp_answer answer, void *arg);
void xmpp_close_stream(struct xmpp *x, const char *to, const char *sid);

/*
 * Bulk waits with its owner, not in libstrophe: it is ready while its queue and the socket's
 * unsent bytes together are short, and there is a place for the answer. Once found not ready,
 * events->bulk tells when it is.
 */
bool xmpp_bulk_ready(struct xmpp *x);

/* Presence stanzas of type subscribe, subscribed, unsubscribe, unsubscribed. */
void xmpp_subscription(struct xmpp *x, const char *bare, const char *type);
/* Whether a subscribed that answers no request is kept for one that may come (RFC 6121 3.4), and not ignored. */
bool xmpp_keeps_approvals(const struct xmpp *x);
/* Directed (RFC 6121 4.6) to a bare or full JID: we are there; asks: for the presence of whoever is there. */
void xmpp_available(struct xmpp *x, const char *to, bool asks);
/* Directed (RFC 6121 4.6): we are not there for them any more, whatever they were told before. */
void xmpp_unavailable(struct xmpp *x, const char *bare);
/*
 * Each is one request, answered as by xmpp_request(), whose handle they return: takes a buddy out
 * of the roster, both ways; blocks somebody for all clients of the account, or does so no more
 * (XEP-0191); asks our server for a sign of life, whose answer comes behind all that it had to say.
 */
uint64_t xmpp_roster_remove(struct xmpp *x, const char *bare, xmpp_answer answer, void *arg);
uint64_t xmpp_block(struct xmpp *x, const char *bare, bool blocked, xmpp_answer answer, void *arg);
uint64_t xmpp_ping(struct xmpp *x, xmpp_answer answer, void *arg);
/* Whether anybody is at this full JID (XEP-0199); as xmpp_request(). */
uint64_t xmpp_ping_device(struct xmpp *x, const char *full, xmpp_answer answer, void *arg);

#endif
