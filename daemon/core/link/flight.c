/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "flight.h"

#include "bounds.h"

/*
 * What is acknowledged during a lap tells the rate; the shortest lap of all,
 * when no queue was in the way, tells how long the pipe is. Their product is what
 * the pipe holds. A limit that is four times that does not hold anything back that
 * the path could carry, however long the laps become behind full buffers.
 */

enum { LEAST_KEPT = 3000 };	/* ms for which the shortest lap counts */

void flight_start(struct flight *f)
{
	*f = (struct flight){ .limit = LINK_UNACKED_FIRST };
}

void flight_rest(struct flight *f)
{
	f->limit = LINK_UNACKED_FIRST;
	f->number = 0;
}

bool flight_full(struct flight *f, size_t kept)
{
	if (kept < f->limit)
		return false;
	f->held_back = true;
	return true;
}

void flight_sent(struct flight *f, uint64_t number, uint64_t now)
{
	if (f->number)
		return;
	f->number = number;
	f->begun = now;
	f->acked = 0;
	f->held_back = false;
}

void flight_round_trip(struct flight *f, uint64_t ms, uint64_t now)
{
	if (ms == 0)
		ms = 1;
	/* The path may have become longer without becoming another one: a route changed, a queue stays. */
	if (f->least && ms > f->least && now < f->least_at + LEAST_KEPT)
		return;
	f->least = ms;
	f->least_at = now;
}

void flight_acked(struct flight *f, uint64_t number, size_t bytes, uint64_t now)
{
	uint64_t lap;

	f->acked += bytes;
	if (!f->number || number < f->number)
		return;
	lap = now > f->begun ? now - f->begun : 1;
	flight_round_trip(f, lap, now);
	if (f->held_back && f->limit < LINK_UNACKED_MAX && f->acked * f->least / lap >= f->limit / 4)
		f->limit *= 2;
	f->number = 0;
}
