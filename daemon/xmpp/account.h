/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_H
#define DAEMON_ACCOUNT_H

/*
 * The user's XMPP account: login, reconnection with back-off and jitter, roster, presence,
 * stream management acknowledgements, and iq requests with their answers. It runs on one
 * libuv loop, and only daemon/xmpp knows libstrophe. It knows nothing of git. Every iq that
 * comes in is answered, within the limits of answers.h.
 *
 * Events and answers may come from inside libstrophe. All functions may be called from them:
 * what they send is queued until the event has returned, so nothing is re-entered. The
 * program must ignore SIGPIPE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "account-events.h"
#include "login-tries.h"

struct account_config {
	const char *jid;		/* bare, in its normal form */
	const char *password;		/* not NULL; copied, wiped on destroy */
	const char *resource;		/* git.<device id> */
	const char *server;		/* NULL: SRV; else host, host:port, [v6]:port */
	const char *ca_file;		/* NULL: the system's certificates */
	const char *proxy;		/* proxy-url.h; NULL: none. One that is no URL lets nothing
					   through */
	const char *pins;		/* of the server's key, key-pins.h; NULL: none */
	const char *device;		/* device id, for our presence */
};

struct account;

/* events is borrowed while the account lives. NULL if no descriptor is free. */
struct account *account_create(uv_loop_t *loop, const struct account_config *config,
			       const struct account_events *events, void *owner);
/* Starts to connect. Retries at once if the account waits for a retry, or has failed. */
void account_connect(struct account *x);
/*
 * Sets another password after a login failed with MSG_AUTH_FAILED, the one failure that is
 * not retried without account_connect(). False if no login was refused, or if this is the
 * password that was refused.
 */
bool account_password(struct account *x, const char *password);
/*
 * The next login first makes the account (registration.h). If the server does not, the account
 * fails with MSG_REGISTER_REFUSED or MSG_REGISTER_ELSEWHERE, as after a refused password.
 */
void account_register(struct account *x);
/*
 * Another machine is online as this device, and we leave the place to it: MSG_COPIED. After a
 * pause (retry.h) the account checks whether the other machine is still there.
 */
void account_yield(struct account *x);
/*
 * The network changed, or the machine woke up. If online, asks the server for a sign of life,
 * and reconnects at once if nothing comes from it within 5 s. If waiting for a retry, retries
 * now. A login under way has 5 s left; if it fails, the next round follows at once.
 */
void account_check(struct account *x);
/*
 * Says unavailable and ends the stream, within 2 s. Requests still open are answered
 * "disconnected" at once; no event comes any more. done is called when all handles are closed
 * and x is freed.
 */
void account_destroy(struct account *x, void (*done)(void *arg), void *arg);

enum account_state account_state(const struct account *x);
/* Why the account is not online: the last trouble, or MSG_NONE. */
const struct message *account_trouble(const struct account *x);
const char *account_jid(const struct account *x);	/* full JID as bound, or NULL */
/*
 * The server's address and port, "192.0.2.1:5222", as they were dialled last; behind a proxy of
 * ours, its name.
 */
const char *account_where(const struct account *x);
/* What was tried since the last round began. Valid until the loop runs. */
const struct login_tries *account_tries(const struct account *x);
/* uv_hrtime()-based ms of the next try; 0: none planned. */
uint64_t account_retry_at(const struct account *x);

/*
 * Sends an iq request to a full JID; payload is XML. answer is called exactly once: with NULL
 * for a result, else with the error's condition (RFC 6120 8.3.3: "service-unavailable" ...),
 * "timeout" or "disconnected". Returns a handle for account_forget(). Returns 0, and never
 * calls answer, when not logged in or when too many requests wait.
 */
typedef void (*iq_answer)(void *arg, const char *error);
uint64_t account_request(struct account *x, const char *to, const char *type, const char *payload,
			 unsigned timeout_ms, iq_answer answer, void *arg);

/*
 * As account_request() with type get, and also to a server. rows lists what the answer holds;
 * NULL with an error.
 */
typedef void (*iq_rows_answer)(void *arg, const char *error, struct iq_rows *rows);
uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer answer, void *arg);

/* The answer to this request will not be delivered any more. */
void account_forget(struct account *x, uint64_t handle);

/*
 * Replies to what came by events->ibb. A result acknowledges a stanza of an open bytestream;
 * false if it cannot be sent, and the bytestream is broken then. An error may be left out, or
 * be replaced by another one: answers.h.
 */
bool account_reply_result(struct account *x, const char *to, const char *id);
void account_reply_error(struct account *x, const char *to, const char *id, const char *condition);
/*
 * Whether another kind of request, from a buddy or somebody about to become one, may be
 * answered now. True counts as an answer (answers.h).
 */
bool account_may_answer(struct account *x, const char *bare);

/*
 * In-band bytestreams (XEP-0047) to a full JID; sid needs no escaping. <open/> and <data/>
 * are sent as by account_request(), but their answers have places of their own: 0 also means
 * that none of these is free. Before a block, account_bulk_ready() tells that. <data/> is
 * written without building a tree or copying its base64 twice. <close/> expects no answer,
 * which would tell nothing.
 */
uint64_t account_open_stream(struct account *x, const char *to, const char *sid, size_t block_size,
			     iq_answer answer, void *arg);
uint64_t account_send_block(struct account *x, const char *to, const char *sid, uint16_t seq,
			    const void *data, size_t n, iq_answer answer, void *arg);
void account_close_stream(struct account *x, const char *to, const char *sid);

/*
 * Whether a block may be sent now. Blocks wait with their owner and not in libstrophe: true
 * while the queue and the socket's unsent bytes together are few and there is a place for the
 * answer. After a false, events->bulk tells when to try again.
 */
bool account_bulk_ready(struct account *x);

/* Presence stanzas of type subscribe, subscribed, unsubscribe, unsubscribed. */
void account_subscription(struct account *x, const char *bare, const char *type);
/*
 * Whether the server keeps a "subscribed" that answers no request for a later request (RFC
 * 6121 3.4), and does not ignore it.
 */
bool account_keeps_approvals(const struct account *x);
/*
 * Sends directed presence (RFC 6121 4.6) to a bare or full JID: we are online. asks: requests
 * the receiver's presence in return.
 */
void account_available(struct account *x, const char *to, bool asks);
/*
 * Sends directed presence (RFC 6121 4.6): we are offline for them, whatever they were told
 * before.
 */
void account_unavailable(struct account *x, const char *bare);
/*
 * Each sends one request, answered as by account_request(), and returns its handle. They
 * remove a buddy from the roster, in both directions; block or unblock a JID for all clients
 * of the account (XEP-0191); and ping our server, whose pong comes behind all that it sent
 * before.
 */
uint64_t account_roster_remove(struct account *x, const char *bare, iq_answer answer, void *arg);
uint64_t account_block(struct account *x, const char *bare, bool blocked, iq_answer answer,
		       void *arg);
uint64_t account_ping(struct account *x, iq_answer answer, void *arg);
/* Pings a full JID (XEP-0199); as account_request(). */
uint64_t account_ping_device(struct account *x, const char *full, iq_answer answer, void *arg);

#endif
