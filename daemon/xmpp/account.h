/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_H
#define DAEMON_ACCOUNT_H

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

#include "account-events.h"

struct account_config {
	const char *jid;		/* bare, in its normal form */
	const char *password;		/* not NULL; copied, wiped on destroy */
	const char *resource;		/* git.<device id> */
	const char *server;		/* NULL: SRV; else host, host:port, [v6]:port */
	const char *ca_file;		/* NULL: the system's */
	const char *device;		/* for presence: device id */
};

struct account;

/* events is borrowed for as long as it lives. NULL if there is no descriptor to be had. */
struct account *account_create(uv_loop_t *loop, const struct account_config *config,
			       const struct account_events *events, void *owner);
/* Starts to connect, or tries again at once if it waits or has failed. */
void account_connect(struct account *x);
/*
 * Another password for the next login, where it failed with MSG_AUTH_FAILED: of all failures that
 * alone is not tried again by itself. False if it is the one that was refused, or was not
 * refused.
 */
bool account_password(struct account *x, const char *password);
/*
 * Another machine is online as this device, and it is we who make room: MSG_COPIED. After a pause
 * it looks whether the other one is still there.
 */
void account_yield(struct account *x);
/*
 * The network changed, or the machine woke up: asks the server at once, and if nothing at all
 * comes from it within 5 s connects anew at once. If it waits for the next try, that is now; a
 * login under way has 5 s left, and is followed by another one at once.
 */
void account_check(struct account *x);
/*
 * Says unavailable, ends the stream within 2 s; done is called when all handles are closed and
 * x is freed. No event comes any more; requests still open are answered "disconnected" at once.
 */
void account_destroy(struct account *x, void (*done)(void *arg), void *arg);

enum account_state account_state(const struct account *x);
/* Why it is not online: the last trouble, or MSG_NONE. */
const struct message *account_trouble(const struct account *x);
const char *account_jid(const struct account *x);	/* full JID as bound, or NULL */
/* uv_hrtime()-based ms of the next try; 0: none planned. */
uint64_t account_retry_at(const struct account *x);

/*
 * An iq request to a full JID; payload is XML. answer is called exactly once: with
 * NULL for a result, else the error's condition (RFC 6120 8.3.3: "service-unavailable" ...),
 * "timeout" or "disconnected". Returns a handle to forget it with, 0 when neither settling
 * nor online, or when too many requests wait (answer is then not called).
 */
typedef void (*iq_answer)(void *arg, const char *error);
uint64_t account_request(struct account *x, const char *to, const char *type, const char *payload,
			 unsigned timeout_ms, iq_answer answer, void *arg);

/*
 * As account_request() of type get, also to a server; rows is what the answer lists, NULL with an
 * error.
 */
typedef void (*iq_rows_answer)(void *arg, const char *error, struct iq_rows *rows);
uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer answer, void *arg);

/* answer will not be called any more. */
void account_forget(struct account *x, uint64_t handle);

/*
 * Replies to what came by events->ibb. A result acknowledges a stanza of an open bytestream;
 * false if that cannot be: then it is no bytestream any more. An error may be left out, or be
 * another one: core/answers.h.
 */
bool account_reply_result(struct account *x, const char *to, const char *id);
void account_reply_error(struct account *x, const char *to, const char *id, const char *condition);
/*
 * Whether something else that a buddy, or who is to become one, asked may be
 * answered now. It counts as an answer.
 */
bool account_may_answer(struct account *x, const char *bare);

/*
 * In-band bytestreams (XEP-0047) to a full JID; sid needs no escaping. <open/> and <data/> are as
 * account_request(); they have places in the table of requests of their own, and 0 tells
 * also that none of those is free: for a block account_bulk_ready() tells so before.
 * <data/> is written without building a tree; base64 is not copied twice.
 * <close/> is sent without waiting for an answer, which would tell nothing.
 */
uint64_t account_open_stream(struct account *x, const char *to, const char *sid, size_t block_size,
			     iq_answer answer, void *arg);
uint64_t account_send_block(struct account *x, const char *to, const char *sid, uint16_t seq,
			    const void *data, size_t n, iq_answer answer, void *arg);
void account_close_stream(struct account *x, const char *to, const char *sid);

/*
 * Bulk waits with its owner, not in libstrophe: it is ready while its queue and the socket's
 * unsent bytes together are short, and there is a place for the answer. Once found not ready,
 * events->bulk tells when it is.
 */
bool account_bulk_ready(struct account *x);

/* Presence stanzas of type subscribe, subscribed, unsubscribe, unsubscribed. */
void account_subscription(struct account *x, const char *bare, const char *type);
/*
 * Whether a subscribed that answers no request is kept for one that may come
 * (RFC 6121 3.4), and not ignored.
 */
bool account_keeps_approvals(const struct account *x);
/*
 * Directed (RFC 6121 4.6) to a bare or full JID: we are there; asks: for the
 * presence of whoever is there.
 */
void account_available(struct account *x, const char *to, bool asks);
/* Directed (RFC 6121 4.6): we are not there for them any more, whatever they were told before. */
void account_unavailable(struct account *x, const char *bare);
/*
 * Each is one request, answered as by account_request(), whose handle they return: takes a buddy
 * out of the roster, both ways; blocks somebody for all clients of the account, or does so no more
 * (XEP-0191); asks our server for a sign of life, whose answer comes behind all that it had to say.
 */
uint64_t account_roster_remove(struct account *x, const char *bare, iq_answer answer, void *arg);
uint64_t account_block(struct account *x, const char *bare, bool blocked, iq_answer answer,
		       void *arg);
uint64_t account_ping(struct account *x, iq_answer answer, void *arg);
/* Whether anybody is at this full JID (XEP-0199); as account_request(). */
uint64_t account_ping_device(struct account *x, const char *full, iq_answer answer, void *arg);

#endif
