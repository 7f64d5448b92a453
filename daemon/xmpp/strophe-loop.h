/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STROPHE_LOOP_H
#define DAEMON_STROPHE_LOOP_H

/*
 * One libstrophe connection, driven by a libuv loop on the loop's thread. It
 * is used again for every reconnect. Everything queued in one turn of the loop
 * is sent by one pump before the loop blocks again.
 *
 * Events come from inside libstrophe, but for pumped: they may send, and cut,
 * and nothing is ever re-entered; they must not connect nor destroy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <strophe.h>
#include <uv.h>

#include "buf.h"
#include "srv-targets.h"

struct strophe_events {
	/* Logged in, the resource is bound. */
	void (*up)(void *owner);
	/*
	 * The connection is over or did not come about. error is NULL unless
	 * the server said why.
	 */
	void (*down)(void *owner, const xmpp_stream_error_t *error);
	/*
	 * A child of the stream, after the login; freed when this returns. Not whole: something
	 * was left out because it was too much.
	 */
	void (*stanza)(void *owner, xmpp_stanza_t *stanza, bool whole);
	/* A line of libstrophe's debug log, only until the login: it is never to be passed on. */
	void (*login_line)(void *owner, const char *line);
	/* The certificate did not verify; the connection will fail. */
	void (*certificate)(void *owner, const char *why);
	/* What the server says is more than can be borne; the connection ends. */
	void (*excess)(void *owner, const char *why);
	/* Outside libstrophe: what could be sent and read was. */
	void (*pumped)(void *owner);
};

struct strophe_loop;

/*
 * ca_file may be NULL. NULL if there is no descriptor to be had. The
 * password is kept by libstrophe alone and wiped on destroy.
 */
struct strophe_loop *strophe_loop_create(uv_loop_t *loop, const char *password, const char *ca_file,
					 const struct strophe_events *events, void *owner);

/* Another password for the next login; not while busy. False if it is the one that it has. */
bool strophe_loop_password(struct strophe_loop *l, const char *password);

/* Not while busy, nor from an event but pumped. done(arg) when all is freed. */
void strophe_loop_destroy(struct strophe_loop *l, void (*done)(void *arg), void *arg);

/*
 * Starts to connect and log in as jid, which is full; not while connected. up or down will
 * follow. -1, with errno, if not even a socket could be had or the network is unreachable: no
 * event follows.
 */
int strophe_loop_connect(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid);

/* Ends the connection at once, without a word to the server; down follows, from the loop. */
void strophe_loop_cut(struct strophe_loop *l);

/* A connection is there or coming up. */
bool strophe_loop_busy(const struct strophe_loop *l);

/* Queues n bytes; false if the stream is not up. text[n] must be NUL: libstrophe looks for it. */
bool strophe_loop_send(struct strophe_loop *l, const char *text, size_t n);

/*
 * Bytes queued here or unsent in the socket. Approximate: never too low, exact
 * when nothing waits.
 */
size_t strophe_loop_unsent(const struct strophe_loop *l);

/* Stanzas queued here. */
size_t strophe_loop_queued(const struct strophe_loop *l);

/* As bound by the server, or NULL. */
const char *strophe_loop_jid(const struct strophe_loop *l);

#endif
