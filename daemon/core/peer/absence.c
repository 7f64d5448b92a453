/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "absence.h"

/*
 * A server that shuts down properly reports all its users as gone, and they are back a second
 * later. A broker that was killed looks the same. Only the device can tell the two apart: it
 * answers a PING, resumes the link with a HELLO, or sends a HELLO that says "gone".
 *
 * At stake are open channels, and records of closed channels that the other side has not
 * acknowledged: whoever waits for them there would lose them.
 */

void absence_doubt(struct absence *a, struct link *l, bool by_server, uint64_t now)
{
	link_probe(l, now);
	if (by_server && l->state == LINK_UP)
		a->doubted_at = now;
}

void absence_begin(struct absence *a, uint64_t grace, uint64_t now)
{
	a->over_at = now + grace;
}

void absence_end(struct absence *a)
{
	a->over_at = 0;
}

bool absence_pauses(const struct absence *a)
{
	return a->doubted_at;
}

void absence_heard(struct absence *a, struct link *l)
{
	if (!a->doubted_at || link_heard_at(l) <= a->doubted_at)
		return;
	a->doubted_at = 0;
	link_wake(l);
}

void absence_renewed(struct absence *a)
{
	a->doubted_at = 0;
}

uint64_t absence_deadline(const struct absence *a)
{
	return a->over_at ? a->over_at : UINT64_MAX;
}

bool absence_over(struct absence *a, const struct link *l, const struct channels *c, uint64_t now)
{
	if (!a->over_at || now < a->over_at)
		return false;
	a->over_at = 0;
	return l->state != LINK_UP && !c->count && !link_owes_channels(l);
}
