/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse.h"

/*
 * At rest silence is normal for a minute; while something is open or not
 * acknowledged it is for two seconds. Anything heard is a sign of life; the
 * time is counted from when the question was wanted, not from when the path
 * took it, for a path that takes nothing is as dead as one that brings nothing.
 */

void pulse_start(struct pulse *p, uint64_t now)
{
	*p = (struct pulse){
		.heard_at = now,
		.sent_at = now,
		.asked_at = UINT64_MAX,
		.ping_id = p->ping_id,
		.rtt = p->rtt,
	};
}

void pulse_heard(struct pulse *p, uint64_t now)
{
	p->heard_at = now;
	p->asked_at = UINT64_MAX;
}

void pulse_sent(struct pulse *p, bool numbered, uint64_t now)
{
	p->sent_at = now;
	if (numbered)
		p->nudged = false;
}

void pulse_waiting(struct pulse *p, bool waiting, uint64_t now)
{
	if (!waiting)
		p->waiting_since = 0;
	else if (!p->waiting_since)
		p->waiting_since = now;
}

void pulse_put_ping(struct pulse *p, struct buf *out, uint64_t now)
{
	uint8_t id[8];

	if (!p->ping_due)
		return;
	put_be64(id, ++p->ping_id);
	record_put(out, RECORD_PING, 0, id, sizeof(id));
	p->ping_due = false;
	p->ping_sent_at = now;
}

uint64_t pulse_pong(struct pulse *p, const struct record *record, uint64_t now)
{
	if (!p->ping_sent_at || record->len != 8 || get_be64(record->payload) != p->ping_id)
		return 0;
	p->rtt = now > p->ping_sent_at ? now - p->ping_sent_at : 1;
	p->ping_sent_at = 0;
	return p->rtt;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A question that is open already is not put off. */
static void ask(struct pulse *p, uint64_t patience, uint64_t now)
{
	if (p->asked_at == UINT64_MAX) {
		p->asked_at = now;
		p->dead_at = UINT64_MAX;
	}
	if (now + patience < p->dead_at)
		p->dead_at = now + patience;
	p->ping_due = true;
	p->nudged = true;
}

void pulse_probe(struct pulse *p, uint64_t now)
{
	ask(p, LINK_PROBE_TIMEOUT, now);
}

uint64_t pulse_silent_since(const struct pulse *p, uint64_t now)
{
	if (p->asked_at == UINT64_MAX)
		return now;
	return p->asked_at > p->heard_at + LINK_PING_BUSY ? p->asked_at - LINK_PING_BUSY : p->heard_at;
}

uint64_t pulse_deadline(const struct pulse *p, struct pulse_mood mood)
{
	uint64_t since;

	if (p->asked_at != UINT64_MAX)
		return p->dead_at;
	if (!p->waiting_since)
		return p->heard_at + (mood.busy ? LINK_PING_BUSY : LINK_PING_IDLE);
	since = later(p->heard_at, p->waiting_since);
	if (mood.nudge && !p->nudged)
		return later(since, p->sent_at) + PULSE_NUDGE;
	return since + LINK_PING_BUSY;
}

enum pulse_sign pulse_tick(struct pulse *p, struct pulse_mood mood, uint64_t now)
{
	if (now < pulse_deadline(p, mood))
		return PULSE_WELL;
	if (p->asked_at != UINT64_MAX)
		return PULSE_DEAD;
	ask(p, LINK_PING_TIMEOUT, now);
	return PULSE_ASK;
}
