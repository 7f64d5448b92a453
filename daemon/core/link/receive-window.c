/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "receive-window.h"

#include <assert.h>

#include "bounds.h"

/*
 * Credit goes back in steps of a quarter of the first window, or a sixteenth of a large
 * one. So the sender has nearly all of the window at any time, and a round trip costs
 * only a few records.
 */

/*
 * Round trips in which a whole window comes: one, and more for lost packets and steps of
 * credit.
 */
enum { WHOLE_IN = 3 };

void receive_window_init(struct receive_window *w)
{
	*w = (struct receive_window){ .size = CHANNEL_WINDOW, .granted = CHANNEL_WINDOW };
}

bool receive_window_take(struct receive_window *w, size_t n, uint64_t now)
{
	if (n > w->granted)
		return false;
	w->granted -= n;
	w->held += n;
	if (w->come == 0)
		w->begun = now;
	w->come += n;
	return true;
}

size_t receive_window_growth(struct receive_window *w, size_t room, uint64_t rtt, uint64_t now)
{
	uint64_t took = now - w->begun;
	size_t n;

	if (w->come < w->size)
		return 0;
	w->come = 0;
	/* The path or our reader is slow: a larger window would only fill up. */
	if (rtt == 0 || took > WHOLE_IN * rtt || w->held > w->size / 2)
		return 0;
	/*
	 * The window came in a burst, and nothing for the rest of a round trip: it is
	 * much too small.
	 */
	n = took < rtt / 2 ? 3 * w->size : w->size;
	if (n > CHANNEL_WINDOW_MAX - w->size)
		n = CHANNEL_WINDOW_MAX - w->size;
	return n < room ? n : room;
}

void receive_window_grow(struct receive_window *w, size_t n)
{
	w->size += n;
	w->owed += n;
}

void receive_window_consumed(struct receive_window *w, size_t n)
{
	assert(n <= w->held);
	w->held -= n;
	w->owed += n;
}

size_t receive_window_give(struct receive_window *w)
{
	size_t owed = w->owed;

	if (owed < CHANNEL_WINDOW / 4 || owed < w->size / 16)
		return 0;
	w->owed = 0;
	w->granted += owed;
	return owed;
}
