/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STROPHE_LOOP_H
#define DAEMON_STROPHE_LOOP_H

/*
 * One libstrophe connection, driven by a libuv loop on the loop's thread. It is used again
 * for every reconnection. What is queued in one turn of the loop is sent by one pump before
 * the loop blocks again.
 *
 * All events but `pumped` come from inside libstrophe. They may send and cut, and nothing is
 * re-entered; they must not connect or destroy.
 */

#include <stdbool.h>
#include <stddef.h>
#include <strophe.h>
#include <uv.h>

#include "buf.h"
#include "server-key.h"
#include "srv-targets.h"

struct strophe_events {
	/* Logged in, the resource is bound. */
	void (*up)(void *owner);
	/*
	 * The connection ended or was never made. error is NULL unless the server told a
	 * reason.
	 */
	void (*down)(void *owner, const xmpp_stream_error_t *error);
	/*
	 * A stanza after the login; freed when this returns. Not whole: the parser's filter
	 * left out what was too much (expat_guard_pruned()).
	 */
	void (*stanza)(void *owner, xmpp_stanza_t *stanza, bool whole);
	/*
	 * A line of libstrophe's debug log, only until the login. It may hold the password:
	 * never pass it on.
	 */
	void (*login_line)(void *owner, const char *line);
	/* A stanza on a stream without a login, of strophe_loop_open(); freed as above. */
	void (*unlogged)(void *owner, xmpp_stanza_t *stanza);
	/* The certificate did not verify; the connection will fail. */
	void (*certificate)(void *owner, const char *why);
	/* TLS was begun and could not be established; the connection ends. */
	void (*handshake_failed)(void *owner);
	/* The server sent too much or something forbidden (why, static); the connection ends. */
	void (*excess)(void *owner, const char *why);
	/* Outside libstrophe: all that could be sent and read has been. */
	void (*pumped)(void *owner);
};

struct strophe_loop;

/*
 * ca_file and pins (key-pins.h) may be NULL; pins are borrowed. Returns NULL if no descriptor is
 * free. libstrophe alone keeps the password, and destroy wipes it.
 */
struct strophe_loop *strophe_loop_create(uv_loop_t *loop, const char *password, const char *ca_file,
					 const char *pins, const struct strophe_events *events,
					 void *owner);

/* Sets the password for the next login; not while busy. False if it has not changed. */
bool strophe_loop_password(struct strophe_loop *l, const char *password);

/*
 * Not while busy, nor from an event other than `pumped`. done(arg) is called when all is
 * freed.
 */
void strophe_loop_destroy(struct strophe_loop *l, void (*done)(void *arg), void *arg);

/*
 * Connects and logs in as jid, a full JID; not while busy. ready: a descriptor that is connected
 * to the endpoint, whose ip is not used then; it is closed or used. -1: there is none. up or
 * down will follow. -1 with errno if no socket could be had or the network is unreachable; no
 * event follows then.
 */
int strophe_loop_connect(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid,
			 int ready);

/*
 * As strophe_loop_connect(), but opens a stream and does not log in: no up follows, and
 * stanzas come by unlogged. If the endpoint has TLS from the first byte, it is up then.
 */
int strophe_loop_open(struct strophe_loop *l, const struct endpoint *endpoint, const char *jid,
		      int ready);
/* On such a stream: queues text, which is not kept; starts TLS and opens the stream anew. */
void strophe_loop_say(struct strophe_loop *l, const char *text, size_t n);
bool strophe_loop_start_tls(struct strophe_loop *l);
/* The password as it is used for logins; borrowed. */
const char *strophe_loop_secret(const struct strophe_loop *l);

/* Ends the connection at once, without a word to the server. down follows from the loop. */
void strophe_loop_cut(struct strophe_loop *l);

/* Whether a connection is up, or being made. */
bool strophe_loop_busy(const struct strophe_loop *l);

/* Queues n bytes; false if the stream is not up. text[n] must be NUL: libstrophe looks for it. */
bool strophe_loop_send(struct strophe_loop *l, const char *text, size_t n);

/*
 * Bytes queued here or unsent in the socket. Approximate: never too low, and exact when the
 * queue is empty.
 */
size_t strophe_loop_unsent(const struct strophe_loop *l);

/* In how many ms what the server has not acknowledged is sent again: tcp-tuning.h. */
uint64_t strophe_loop_next_retransmission(const struct strophe_loop *l);

/* Stanzas queued here. */
size_t strophe_loop_queued(const struct strophe_loop *l);

/* The key that the server showed at the last connect. */
const struct server_key *strophe_loop_key(const struct strophe_loop *l);

/* Our full JID as bound by the server, or NULL. */
const char *strophe_loop_jid(const struct strophe_loop *l);

#endif
