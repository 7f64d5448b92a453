/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PENDING_REPLY_H
#define DAEMON_PENDING_REPLY_H

/*
 * A command whose answer waits for the server: either for the answer to one request, or a
 * short time for an error that may come. It ends with its connection.
 */

#include "broker.h"
#include "conn.h"

struct pending_reply;

struct pending_reply_events {
	/*
	 * The request was answered; error is NULL, or as of account_request(). The handler
	 * may end w with pending_reply_done() or pending_reply_fail().
	 */
	void (*answered)(struct pending_reply *w, const char *error);
	/*
	 * jid or their server has refused the subscription request. A NULL member: refusals
	 * are ignored.
	 */
	void (*refused)(struct pending_reply *w, const char *condition);
};

/*
 * Takes the connection over. message is the text of DONE; it is copied. DONE is sent after
 * limit ms at the latest; with limit 0 only the request's own time limit counts.
 */
struct pending_reply *pending_reply_create(struct broker *b, struct conn *conn, const char *jid,
					   const char *message, uint64_t limit,
					   const struct pending_reply_events *events);

/*
 * Names the request that w waits for. It was made with pending_reply_answered() as its
 * iq_answer and w as the arg. handle 0: the request could not be sent, and w is answered
 * with "disconnected".
 */
void pending_reply_request(struct pending_reply *w, uint64_t handle);
void pending_reply_answered(void *arg, const char *error);

const char *pending_reply_jid(const struct pending_reply *w);
struct broker *pending_reply_broker(const struct pending_reply *w);

/*
 * Each sends the answer, closes the connection and frees w. message NULL: the one of
 * pending_reply_create().
 */
void pending_reply_done(struct pending_reply *w, const char *message);
void pending_reply_fail(struct pending_reply *w, const struct message *m);

/* A subscription request to jid was refused: tells the commands that wait for it. */
void pending_reply_refused(struct broker *b, const char *jid, const char *condition);

#endif
