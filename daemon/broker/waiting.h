/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WAITING_H
#define DAEMON_WAITING_H

/*
 * A command whose answer waits for the server: for that of one request, or
 * for an error that may come, and not for long. It ends with its connection.
 */

#include "broker.h"
#include "conn.h"

struct waiting;

struct waiting_events {
	/* The request was answered: NULL, or an error as of xmpp_request(). waiting_done() or waiting_fail() may follow. */
	void (*answered)(struct waiting *w, const char *error);
	/* jid's server has refused what was asked of it. NULL: that is not waited for. */
	void (*refused)(struct waiting *w, const char *condition);
};

/*
 * Takes the connection over. message is what DONE says, copied; it does so after limit ms
 * at the latest (0: the request has its own time).
 */
struct waiting *waiting_create(struct broker *b, struct conn *conn, const char *jid, const char *message,
			       uint64_t limit, const struct waiting_events *events);

/* What is waited for: w is the arg of waiting_answered(), an xmpp_answer. 0: it could not be asked, and that is the answer. */
void waiting_request(struct waiting *w, uint64_t handle);
void waiting_answered(void *arg, const char *error);

const char *waiting_jid(const struct waiting *w);
struct broker *waiting_broker(const struct waiting *w);

/* Each is the end of it. message NULL: the one given at first. */
void waiting_done(struct waiting *w, const char *message);
void waiting_fail(struct waiting *w, const struct message *m);

/* A request to be a buddy was refused: whoever waits for that is told. */
void waiting_refused(struct broker *b, const char *jid, const char *condition);

#endif
