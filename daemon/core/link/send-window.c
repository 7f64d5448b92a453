/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "send-window.h"

#include "bounds.h"

/*
 * The bytes acknowledged during a round tell the rate. The shortest round, when no queue
 * was in the way, tells how long the path is. Their product is what the path holds. A
 * limit of four times that holds nothing back that the path could carry, however long
 * rounds become behind full buffers.
 */

enum { MIN_RTT_KEPT = 3000 };	/* ms for which the shortest round counts */

void send_window_start(struct send_window *f)
{
	*f = (struct send_window){ .limit = LINK_UNACKED_FIRST };
}

void send_window_rest(struct send_window *f)
{
	f->limit = LINK_UNACKED_FIRST;
	f->number = 0;
}

bool send_window_full(struct send_window *f, size_t kept)
{
	if (kept < f->limit)
		return false;
	f->window_limited = true;
	return true;
}

void send_window_sent(struct send_window *f, uint64_t number, uint64_t now)
{
	if (f->number)
		return;
	f->number = number;
	f->begun = now;
	f->acked = 0;
	f->window_limited = false;
}

void send_window_round_trip(struct send_window *f, uint64_t ms, uint64_t now)
{
	if (ms == 0)
		ms = 1;
	/*
	 * The round trip of one path may become longer for good: a route changed, or a
	 * queue stays.
	 */
	if (f->min_rtt && ms > f->min_rtt && now < f->min_rtt_at + MIN_RTT_KEPT)
		return;
	f->min_rtt = ms;
	f->min_rtt_at = now;
}

void send_window_acked(struct send_window *f, uint64_t number, size_t bytes, uint64_t now)
{
	uint64_t round_trip;

	f->acked += bytes;
	if (!f->number || number < f->number)
		return;
	round_trip = now > f->begun ? now - f->begun : 1;
	send_window_round_trip(f, round_trip, now);
	if (f->window_limited && f->limit < LINK_UNACKED_MAX &&
	    f->acked * f->min_rtt / round_trip >= f->limit / 4)
		f->limit *= 2;
	f->number = 0;
}
