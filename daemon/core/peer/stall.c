/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stall.h"

#include "path-selector.h"

/*
 * The wait goes on while a path of a wanted kind is tried, and ends when that path has proven
 * itself: it moved something of a channel, or it lasted. A path that fell silent lasted until
 * something was heard by it.
 */

void stall_lost(struct stall *s, uint64_t worked_until)
{
	if (s->carries_since && worked_until >= s->carries_since + PATH_SELECTOR_STEADY)
		s->since = 0;
	s->carries_since = 0;
}

void stall_moved(struct stall *s)
{
	if (s->carries_since)
		s->since = 0;
}

bool stall_note(struct stall *s, bool waits, bool carries, uint64_t now)
{
	bool began = carries && !s->carries_since;

	if (!carries)
		stall_lost(s, now);
	else if (began)
		s->carries_since = now;
	if (!waits)
		s->since = 0;
	else if (!carries && !s->since)
		s->since = now;
	return began;
}

uint64_t stall_deadline(const struct stall *s, uint64_t max)
{
	return s->since && !s->carries_since ? s->since + max : UINT64_MAX;
}

bool stall_over(const struct stall *s, uint64_t max, uint64_t now)
{
	return now >= stall_deadline(s, max);
}
