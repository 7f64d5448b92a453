/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_KEEPALIVE_H
#define CORE_KEEPALIVE_H

/*
 * Keeps watch over a path: when the peer was last heard, when silence becomes a
 * question (a PING), and when an unanswered question becomes death. No server
 * tells within seconds that a peer is gone, so nobody else finds out.
 */

#include "record.h"

enum {
	PING_PAYLOAD_MAX = 16,
	/* ms of silence after which the tail of a burst is pushed on */
	KEEPALIVE_TAIL_PROBE = 25,
};

struct keepalive {
	uint64_t heard_at, sent_at;
	uint64_t waiting_since;	/* something has left since then that is not acknowledged; 0: no */
	uint64_t asked_at;	/* a PING is wanted since then, and nothing was heard; UINT64_MAX:
				   no */
	uint64_t dead_at;	/* if asked: when nothing heard means death */
	bool ping_due;
	bool tail_probed;	/* a PING has followed the last record already */
	uint64_t ping_id;
	uint64_t ping_sent_at;	/* of the PING whose PONG is awaited; 0: none */
	uint64_t rtt;		/* 0: none measured yet */
};

/* How soon silence becomes a question. */
struct keepalive_interval {
	bool busy;		/* something is open */
	bool tail_probe;	/* the path may withhold the last bytes of a burst */
};

/* A new path; the round trip of the last one is kept until there is a better. */
void keepalive_start(struct keepalive *p, uint64_t now);
void keepalive_heard(struct keepalive *p, uint64_t now);

/* Records have left; some of all that left is waiting for its ACK, or nothing is. */
void keepalive_sent(struct keepalive *p, bool numbered, uint64_t now);
void keepalive_waiting(struct keepalive *p, bool waiting, uint64_t now);

/* There is reason to doubt the path: asks at once, and waits LINK_PROBE_TIMEOUT only. */
void keepalive_probe(struct keepalive *p, uint64_t now);

/*
 * Since when the peer's silence is none that a path at rest would have; now, if
 * it is no question.
 */
uint64_t keepalive_silent_since(const struct keepalive *p, uint64_t now);

/* Appends the PING that is due, if it is. */
void keepalive_put_ping(struct keepalive *p, struct buf *out, uint64_t now);
/* The round trip it tells, which is kept in rtt, too; 0: it answers no question of ours. */
uint64_t keepalive_pong(struct keepalive *p, const struct record *record, uint64_t now);

/* When keepalive_tick() has something to say. */
uint64_t keepalive_deadline(const struct keepalive *p, struct keepalive_interval interval);

enum keepalive_verdict {
	KEEPALIVE_ALIVE,
	KEEPALIVE_ASK,	/* ping_due was set just now */
	KEEPALIVE_DEAD,
};

enum keepalive_verdict keepalive_tick(struct keepalive *p, struct keepalive_interval interval,
				      uint64_t now);

#endif
