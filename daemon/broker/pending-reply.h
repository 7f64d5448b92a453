/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PENDING_REPLY_H
#define DAEMON_PENDING_REPLY_H

/*
 * A command whose answer waits for the server: for that of one request, or
 * for an error that may come, and not for long. It ends with its connection.
 */

#include "broker.h"
#include "conn.h"

struct pending_reply;

struct pending_reply_events {
	/*
	 * The request was answered: NULL, or an error as of account_request(). pending_reply_done()
	 * or pending_reply_fail() may follow.
	 */
	void (*answered)(struct pending_reply *w, const char *error);
	/* jid's server has refused what was asked of it. NULL: that is not waited for. */
	void (*refused)(struct pending_reply *w, const char *condition);
};

/*
 * Takes the connection over. message is what DONE says, copied; it does so after limit ms
 * at the latest (0: the request has its own time).
 */
struct pending_reply *pending_reply_create(struct broker *b, struct conn *conn, const char *jid,
					   const char *message, uint64_t limit,
					   const struct pending_reply_events *events);

/*
 * What is waited for: w is the arg of pending_reply_answered(), an iq_answer. 0: it could not
 * be asked, and that is the answer.
 */
void pending_reply_request(struct pending_reply *w, uint64_t handle);
void pending_reply_answered(void *arg, const char *error);

const char *pending_reply_jid(const struct pending_reply *w);
struct broker *pending_reply_broker(const struct pending_reply *w);

/* Each is the end of it. message NULL: the one given at first. */
void pending_reply_done(struct pending_reply *w, const char *message);
void pending_reply_fail(struct pending_reply *w, const struct message *m);

/* A request to be a buddy was refused: whoever waits for that is told. */
void pending_reply_refused(struct broker *b, const char *jid, const char *condition);

#endif
