/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_EXCHANGE_H
#define DAEMON_EXCHANGE_H

/*
 * The exchange of stanzas with our server while we are logged in: requests and
 * their answers, replies to what we are asked, the roster and presences that
 * come in, acknowledgements. It lives as long as the account; a connection is
 * exchange_begin() to exchange_end(), and outside of that nothing is sent.
 * No clock here: `now` and deadlines are given.
 */

#include "account-events.h"
#include "buf.h"
#include "disco.h"
#include "iq.h"
#include "stream-management.h"
#include "strophe-loop.h"

struct exchange {
	struct strophe_loop *stream;		/* borrowed */
	const struct account_events *events;	/* borrowed; NULL: nobody listens any more */
	void *owner;
	const char *bare, *domain;		/* of the account; borrowed */
	char *full;				/* as bound, owned; NULL: not logged in */
	struct disco disco;
	struct stream_management management;
	struct iq_table *iq;			/* owned */
	iq_answer roster_answer;		/* whose answer carries the roster */
	struct answers answers;
	struct buf out;				/* the stanza being written */
};

void exchange_init(struct exchange *e, struct strophe_loop *stream, const char *bare,
		   const struct account_events *events, void *owner);
/* Only between connections. */
void exchange_finish(struct exchange *e);

/* acks: the server offered stream management. */
void exchange_begin(struct exchange *e, const char *full, bool acks, uint64_t now);
/* All requests are answered "disconnected"; new ones are refused from now on. */
void exchange_end(struct exchange *e);
/* Says goodbye to the server, and ends. What the server still says is passed on to nobody. */
void exchange_leave(struct exchange *e);

/* As the functions of account.h. to may be NULL: our own account. */
uint64_t exchange_request(struct exchange *e, const char *to, const char *type,
			  const char *payload, uint64_t deadline, iq_answer answer, void *arg);
uint64_t exchange_query(struct exchange *e, const char *to, const char *payload, uint64_t deadline,
			iq_rows_answer answer, void *arg);
uint64_t exchange_open(struct exchange *e, const char *to, const char *sid, size_t block_size,
		       uint64_t deadline, iq_answer answer, void *arg);
uint64_t exchange_block(struct exchange *e, const char *to, const char *sid, uint16_t seq,
			const void *data, size_t n, uint64_t deadline, iq_answer answer, void *arg);
void exchange_close(struct exchange *e, const char *to, const char *sid);
/* Whether one of the first two would find a place for its answer. */
bool exchange_path_fits(const struct exchange *e);
/* Asks for the roster: if it comes whole, events->roster_begin, roster for each item, roster_end; then answer. */
void exchange_roster(struct exchange *e, uint64_t deadline, iq_answer answer, void *arg);
/* Asks who is blocked (XEP-0191), and to be told of changes: events->blocklist. */
void exchange_blocklist(struct exchange *e, uint64_t deadline);
/* Any answer to it comes behind all that the server had to say before. */
uint64_t exchange_ping(struct exchange *e, uint64_t deadline, iq_answer answer, void *arg);

bool exchange_acknowledge(struct exchange *e, const char *to, const char *id);
/* Answers, as often as answers.h allows; a stranger always gets an error. payload is XML, or NULL. */
void exchange_result(struct exchange *e, const char *to, const char *id, const char *payload, uint64_t now);
void exchange_error(struct exchange *e, const char *to, const char *id, const char *condition, uint64_t now);
bool exchange_may_answer(struct exchange *e, const char *bare, uint64_t now);
void exchange_available(struct exchange *e, const char *device, const char *to, bool asks);
void exchange_presence(struct exchange *e, const char *to, const char *type);

/* A stanza has come; not whole: something of it is missing. */
void exchange_take(struct exchange *e, xmpp_stanza_t *xml, bool whole, uint64_t now);

/* The connection may be dead: asks the server, and gives it little time. */
void exchange_doubt(struct exchange *e, uint64_t now);
/* It was asked so, and has not said a word since. */
bool exchange_in_doubt(const struct exchange *e);

/* To be called at exchange_deadline(). False: the server is silent for too long, cut it off. */
bool exchange_check(struct exchange *e, uint64_t now);
uint64_t exchange_deadline(const struct exchange *e);

#endif
