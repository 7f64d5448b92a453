/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_KEEPALIVE_H
#define CORE_KEEPALIVE_H

/*
 * Watches a path: when the peer was last heard, after how much silence a PING is sent,
 * and how long after an unanswered PING the path is dead (RFC 1122 4.2.3.6). No server
 * tells within seconds that a peer is gone, so the peers have to find out themselves.
 */

#include "record.h"

enum {
	PING_PAYLOAD_MAX = 16,
	/* ms of silence after which a tail probe is sent (RFC 8985 7) */
	KEEPALIVE_TAIL_PROBE = 25,
};

struct keepalive {
	uint64_t heard_at, sent_at;
	uint64_t waiting_since;	/* since when something that left is not acknowledged; 0:
				   nothing */
	uint64_t asked_at;	/* since when a PING is wanted and nothing was heard;
				   UINT64_MAX: none is */
	uint64_t dead_at;	/* if a PING is wanted: when the path is dead unless something
				   is heard */
	bool ping_due;
	uint64_t trial_until;	/* what is silent since before this is doubted sooner;
				   UINT64_MAX: on trial, and not used yet */
	bool tail_probed;	/* a PING has followed the last record already */
	uint64_t ping_id;
	uint64_t ping_sent_at;	/* when the PING left whose PONG is awaited; 0: none */
	uint64_t rtt;		/* ms; 0: none measured yet */
};

/* What decides after how much silence a PING is sent. */
struct keepalive_interval {
	bool busy;		/* something is open */
	bool tail_probe;	/* the path may withhold the last bytes of a burst */
};

/*
 * A new path begins. The last path's round trip is kept until another is measured. on_trial: it
 * has yet to show that it carries what a working path did. Until LINK_TRIAL after its first use,
 * silence while something is open or not acknowledged is asked about after LINK_PING_TRIAL, and
 * the path is dead LINK_PROBE_TIMEOUT later. keepalive_used(): something is open.
 */
void keepalive_start(struct keepalive *p, bool on_trial, uint64_t now);
void keepalive_used(struct keepalive *p, uint64_t now);
void keepalive_heard(struct keepalive *p, uint64_t now);

/*
 * keepalive_sent(): output has left; numbered: records that will be acknowledged were in
 * it. keepalive_waiting(): whether any record that has left waits for its ACK.
 */
void keepalive_sent(struct keepalive *p, bool numbered, uint64_t now);
void keepalive_waiting(struct keepalive *p, bool waiting, uint64_t now);

/* The path is in doubt: sends a PING at once, and waits only LINK_PROBE_TIMEOUT. */
void keepalive_probe(struct keepalive *p, uint64_t now);

/*
 * When the peer fell silent, if a PING is wanted or not answered: when it was last heard,
 * but at most LINK_PING_BUSY before the PING was wanted. `now` if there is no such PING.
 */
uint64_t keepalive_silent_since(const struct keepalive *p, uint64_t now);

/* Appends a PING if one is due. */
void keepalive_put_ping(struct keepalive *p, struct buf *out, uint64_t now);
/*
 * Takes a PONG. Returns the round trip in ms, which is kept in rtt, too; 0: the PONG does
 * not answer the last PING.
 */
uint64_t keepalive_pong(struct keepalive *p, const struct record *record, uint64_t now);

/* When to call keepalive_tick() next. */
uint64_t keepalive_deadline(const struct keepalive *p, struct keepalive_interval interval);

enum keepalive_verdict {
	KEEPALIVE_ALIVE,
	KEEPALIVE_ASK,	/* ping_due was set just now */
	KEEPALIVE_DEAD,
};

enum keepalive_verdict keepalive_tick(struct keepalive *p, struct keepalive_interval interval,
				      uint64_t now);

#endif
