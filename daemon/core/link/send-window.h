/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SEND_WINDOW_H
#define CORE_SEND_WINDOW_H

/*
 * How many bytes of a link may be sent or queued and not acknowledged, before data waits
 * for an ACK (RFC 9002 2; RFC 7661). The limit should fill the path: what it carries in a
 * second, times the round trip in seconds. It should not be much more, since all of it is
 * kept for replay. It begins at LINK_UNACKED_FIRST on every path, and doubles, up to
 * LINK_UNACKED_MAX, as long as it is the limit that holds data back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct send_window {
	size_t limit;		/* bytes; data waits while so much is not acknowledged */
	/* shortest recent round trip of this path, ms, at least 1; 0: none yet */
	uint64_t min_rtt;
	uint64_t min_rtt_at;

	/* A round lasts from when a record leaves until its ACK comes (BBR). */
	uint64_t number;	/* of that record; 0: none is under way */
	uint64_t begun;
	uint64_t acked;		/* bytes acknowledged since */
	bool window_limited;	/* data had to wait meanwhile */
};

/* A new path, of which nothing is known. */
void send_window_start(struct send_window *f);

/* Nothing is under way or open: the limit goes back to LINK_UNACKED_FIRST. */
void send_window_rest(struct send_window *f);

/* Whether data must wait while kept bytes are not acknowledged. */
bool send_window_full(struct send_window *f, size_t kept);

/* A numbered record has left; number is the highest that has left. */
void send_window_sent(struct send_window *f, uint64_t number, uint64_t now);

/* The peer has all records up to number, and that is bytes more than before. */
void send_window_acked(struct send_window *f, uint64_t number, size_t bytes, uint64_t now);

/* A round trip was measured by HELLO or PING. */
void send_window_round_trip(struct send_window *f, uint64_t ms, uint64_t now);

#endif
