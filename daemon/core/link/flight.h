/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_FLIGHT_H
#define CORE_FLIGHT_H

/*
 * How much of a link may be on its way, sent or waiting to be, before data
 * waits for an ACK: enough to fill the path, which is what it carries in a second
 * times the round trip, and not much more, since all of it is kept for
 * replay. It begins at LINK_UNACKED_FIRST on every path and doubles, up to
 * LINK_UNACKED_MAX, as long as it is what holds the data back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight {
	size_t limit;		/* bytes; data waits while so much is not acknowledged */
	uint64_t least;		/* shortest round trip of late on this path, ms, at least 1; 0: none yet */
	uint64_t least_at;

	/* A lap goes from when a record leaves until its ACK comes. */
	uint64_t number;	/* of that record; 0: none is under way */
	uint64_t begun;
	uint64_t acked;		/* bytes acknowledged since */
	bool held_back;		/* data had to wait meanwhile */
};

/* A new path, of which nothing is known. */
void flight_start(struct flight *f);

/* Nothing is under way, and nobody wants anything: the next one begins small again. */
void flight_rest(struct flight *f);

/* Whether data must wait, so many bytes being kept. */
bool flight_full(struct flight *f, size_t kept);

/* A numbered record has left; number is the highest that has. */
void flight_sent(struct flight *f, uint64_t number, uint64_t now);

/* The peer has everything up to number, which is so many bytes more than before. */
void flight_acked(struct flight *f, uint64_t number, size_t bytes, uint64_t now);

/* A round trip was seen otherwise. */
void flight_round_trip(struct flight *f, uint64_t ms, uint64_t now);

#endif
