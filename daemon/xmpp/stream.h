/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

/*
 * The stream of stanzas to and from our server while we are logged in: requests and their
 * answers, replies to requests of others, the roster and presences that come in,
 * acknowledgements. The record lives as long as the account. A connection lasts from
 * stream_begin() to stream_end(), and nothing is sent outside of one. No clock here: the
 * caller passes `now` and deadlines.
 */

#include "account-events.h"
#include "buf.h"
#include "disco.h"
#include "iq.h"
#include "presence-hold.h"
#include "stream-management.h"
#include "strophe-loop.h"

struct stream {
	struct strophe_loop *stream;		/* borrowed */
	const struct account_events *events;	/* borrowed; NULL: nobody listens any more */
	void *owner;
	const char *bare, *domain;		/* of the account; borrowed */
	char *full;				/* our full JID as bound, owned; NULL: not logged
						   in */
	struct disco disco;
	struct stream_management management;
	struct iq_table *iq;			/* owned */
	iq_answer roster_answer;		/* the request of stream_roster(), recognised by
						   this */
	bool roster_known, blocklist_known;	/* of this connection */
	struct presence_hold hold;		/* until both are */
	struct answers answers;
	struct buf out;				/* the stanza being written */
};

void stream_init(struct stream *e, struct strophe_loop *stream, const char *bare,
		 const struct account_events *events, void *owner);
/* Only between connections. */
void stream_finish(struct stream *e);

/* acks: the server offered stream management. */
void stream_begin(struct stream *e, const char *full, bool acks, uint64_t now);
/* New requests are refused from now on. */
void stream_shut(struct stream *e);
/* The same, and all requests are answered "disconnected". */
void stream_end(struct stream *e);
/* Says goodbye to the server, and ends. Later stanzas of the server are dropped. */
void stream_leave(struct stream *e);

/* As their namesakes in account.h. to may be NULL: our own account. */
uint64_t stream_request(struct stream *e, const char *to, const char *type,
			const char *payload, uint64_t deadline, iq_answer answer, void *arg);
uint64_t stream_query(struct stream *e, const char *to, const char *payload, uint64_t deadline,
		      iq_rows_answer answer, void *arg);
uint64_t stream_open(struct stream *e, const char *to, const char *sid, size_t block_size,
		     uint64_t deadline, iq_answer answer, void *arg);
uint64_t stream_block(struct stream *e, const char *to, const char *sid, uint16_t seq,
		      const void *data, size_t n, uint64_t deadline, iq_answer answer, void *arg);
void stream_close(struct stream *e, const char *to, const char *sid);
/* Whether stream_open() or stream_block() would find a place for its answer. */
bool stream_path_fits(const struct stream *e);
/*
 * Asks for the roster. If it comes whole: events->roster_begin, events->roster for each item,
 * events->roster_end. Then answer is called.
 */
void stream_roster(struct stream *e, uint64_t deadline, iq_answer answer, void *arg);
/* Asks for the blocklist (XEP-0191), and to be told of changes: events->blocklist. */
void stream_blocklist(struct stream *e, uint64_t deadline);
/*
 * The presences that came ahead of the roster need wait for the blocklist no longer. The roster
 * must be known.
 */
void stream_judge(struct stream *e);
/* Pings our server. Any answer comes behind all that the server sent before. */
uint64_t stream_ping(struct stream *e, uint64_t deadline, iq_answer answer, void *arg);

bool stream_acknowledge(struct stream *e, const char *to, const char *id);
/*
 * Answers a request, as often as answers.h allows; a stranger always gets an error. payload
 * is XML, or NULL.
 */
void stream_result(struct stream *e, const char *to, const char *id, const char *payload,
		   uint64_t now);
void stream_error(struct stream *e, const char *to, const char *id, const char *condition,
		  uint64_t now);
bool stream_may_answer(struct stream *e, const char *bare, uint64_t now);
void stream_available(struct stream *e, const char *device, const char *to, bool asks);
void stream_presence(struct stream *e, const char *to, const char *type);

/* Handles a stanza that came. Not whole: part of it was left out. */
void stream_take(struct stream *e, xmpp_stanza_t *xml, bool whole, uint64_t now);

/* The connection may be dead: asks the server, and gives it STREAM_MANAGEMENT_DOUBT. */
void stream_doubt(struct stream *e, uint64_t now);
/* The server was asked by stream_doubt(), and nothing has come since. */
bool stream_in_doubt(const struct stream *e);

/* The server was heard just now, and does not hear us (stream-management.h): cut the connection. */
bool stream_unheard(const struct stream *e, uint64_t now);

/*
 * To be called at stream_deadline(). False: the server was silent for too long; cut the
 * connection.
 */
bool stream_check(struct stream *e, uint64_t now);
uint64_t stream_deadline(const struct stream *e);

#endif
