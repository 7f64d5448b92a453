/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keepalive.h"

/*
 * On a path at rest a minute of silence is normal; while something is open or not
 * acknowledged, two seconds are. Anything heard is a sign of life. The time-out begins
 * when a PING is wanted, not when the path takes it, because a path that takes nothing is
 * as dead as one that brings nothing. A path on trial can be left for the one before, so
 * there it is better to be wrong soon than right late.
 */

void keepalive_start(struct keepalive *p, bool on_trial, uint64_t now)
{
	*p = (struct keepalive){
		.heard_at = now,
		.sent_at = now,
		.asked_at = UINT64_MAX,
		.trial_until = on_trial ? UINT64_MAX : 0,
		.ping_id = p->ping_id,
		.rtt = p->rtt,
	};
}

void keepalive_used(struct keepalive *p, uint64_t now)
{
	if (p->trial_until == UINT64_MAX)
		p->trial_until = now + LINK_TRIAL;
}

void keepalive_heard(struct keepalive *p, uint64_t now)
{
	p->heard_at = now;
	p->asked_at = UINT64_MAX;
}

void keepalive_sent(struct keepalive *p, bool numbered, uint64_t now)
{
	p->sent_at = now;
	if (numbered)
		p->tail_probed = false;
}

void keepalive_waiting(struct keepalive *p, bool waiting, uint64_t now)
{
	if (!waiting)
		p->waiting_since = 0;
	else if (!p->waiting_since)
		p->waiting_since = now;
}

void keepalive_put_ping(struct keepalive *p, struct buf *out, uint64_t now)
{
	uint8_t id[8];

	if (!p->ping_due)
		return;
	put_be64(id, ++p->ping_id);
	record_put(out, RECORD_PING, 0, id, sizeof(id));
	p->ping_due = false;
	p->ping_sent_at = now;
}

uint64_t keepalive_pong(struct keepalive *p, const struct record *record, uint64_t now)
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

/* A PING that waits for an answer already is not given more time. */
static void ask(struct keepalive *p, uint64_t patience, uint64_t now)
{
	if (p->asked_at == UINT64_MAX) {
		p->asked_at = now;
		p->dead_at = UINT64_MAX;
	}
	if (now + patience < p->dead_at)
		p->dead_at = now + patience;
	p->ping_due = true;
	p->tail_probed = true;
}

void keepalive_probe(struct keepalive *p, uint64_t now)
{
	ask(p, LINK_PROBE_TIMEOUT, now);
}

uint64_t keepalive_silent_since(const struct keepalive *p, uint64_t now)
{
	if (p->asked_at == UINT64_MAX)
		return now;
	return p->asked_at > p->heard_at + LINK_PING_BUSY ? p->asked_at - LINK_PING_BUSY
							  : p->heard_at;
}

/* Since when there is a silence to ask about, if there is one. */
static uint64_t silent_since(const struct keepalive *p)
{
	return later(p->heard_at, p->waiting_since);
}

static bool is_on_trial(const struct keepalive *p)
{
	return silent_since(p) < p->trial_until;
}

uint64_t keepalive_deadline(const struct keepalive *p, struct keepalive_interval interval)
{
	uint64_t since = silent_since(p);

	if (p->asked_at != UINT64_MAX)
		return p->dead_at;
	if (!p->waiting_since && !interval.busy)
		return since + LINK_PING_IDLE;
	if (p->waiting_since && interval.tail_probe && !p->tail_probed)
		return later(since, p->sent_at) + KEEPALIVE_TAIL_PROBE;
	return since + (is_on_trial(p) ? LINK_PING_TRIAL : LINK_PING_BUSY);
}

enum keepalive_verdict keepalive_tick(struct keepalive *p, struct keepalive_interval interval,
				      uint64_t now)
{
	if (now < keepalive_deadline(p, interval))
		return KEEPALIVE_ALIVE;
	if (p->asked_at != UINT64_MAX)
		return KEEPALIVE_DEAD;
	ask(p, is_on_trial(p) ? LINK_PROBE_TIMEOUT : LINK_PING_TIMEOUT, now);
	return KEEPALIVE_ASK;
}
