/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is not seen is asked, as in daemon/inquirer.c and broker.c. A question and its answer go by the server,
 * which loses them as it loses presences: a ping is then answered by time.
 */
#include "sim.h"

#include <string.h>

/* A ping in a number: whose it is, at which resource, and what came of it. */
struct question {
	unsigned to;			/* the device that is asked */
	uint32_t resource;
	enum question_step step;
};

static uint64_t pack(struct question q)
{
	return (uint64_t)q.to << 40 | (uint64_t)q.step << 36 | q.resource;
}

static struct question unpack(uint64_t arg)
{
	return (struct question){
		.to = arg >> 40 & 0xf,
		.step = arg >> 36 & 0xf,
		.resource = arg & 0xfffffff,
	};
}

static void touch(struct broker *b)
{
	b->ask_at = b->inquiry ? inquiry_deadline(b->inquiry) : UINT64_MAX;
}

static enum interest on_interest(void *owner, const char *jid)
{
	struct broker *b = owner;

	if (!strcmp(jid, b->jid))
		return INTEREST_NONE;
	for (const struct peer *p = b->peers.first; p; p = p->next)
		if (p->channels.count && p->link.state != LINK_UP && !strcmp(other_of(p)->jid, jid))
			return INTEREST_WAITS;
	return INTEREST_SOME;
}

static bool on_ping(void *owner, const char *full)
{
	struct broker *b = owner;
	struct world *w = b->world;
	struct question q = { .step = QUESTION_ASKED };
	bool lost = w->phase == PHASE_TROUBLE && chance(w, w->swarm.presence_lost);
	char other[64];

	for (unsigned i = 0; i < w->count; i++) {
		const struct broker *o = &w->brokers[i];

		for (uint32_t r = 1; r <= o->login + 1; r++) {
			full_jid(o, r, other);
			if (strcmp(other, full))
				continue;
			q.to = i;
			q.resource = r;
		}
	}
	w->said++;
	trace(w, "%s: asks whether %s is there", b->name, full);
	if (lost)
		q.step = QUESTION_LOST;
	event_add(w, lost ? INQUIRY_TIMEOUT : between(w, 1, w->swarm.delay_max), EVENT_QUESTION, b->index, b->login,
		  pack(q));
	return true;
}

static void on_show(void *owner, const char *bare)
{
	struct broker *b = owner;

	trace(b->world, "%s: shows itself to %s", b->name, bare);
	server_directs(b, bare, NULL, true);
}

static void on_gone(void *owner, const char *full, const char *device)
{
	broker_device_gone(owner, full, device);
}

static const struct inquiry_events inquiry_events = {
	.interest = on_interest,
	.ping = on_ping,
	.show = on_show,
	.gone = on_gone,
};

void inquirer_start(struct broker *b)
{
	b->inquiry = inquiry_create(b->presence, &inquiry_events, b, b->index * 7919 + b->life);
	touch(b);
}

void inquirer_finish(struct broker *b)
{
	inquiry_destroy(b->inquiry);
	b->inquiry = NULL;
	touch(b);
}

void inquirer_online(struct broker *b)
{
	if (b->inquiry && b->online)
		inquiry_online(b->inquiry, b->world->now);
	else if (b->inquiry)
		inquiry_offline(b->inquiry);
	touch(b);
}

void inquirer_unseen(struct broker *b, const struct broker *other)
{
	if (b->inquiry)
		inquiry_unseen(b->inquiry, other->jid, b->world->now);
	touch(b);
}

void inquirer_heard(struct broker *b, const struct broker *other, const char *error)
{
	if (b->inquiry)
		inquiry_heard(b->inquiry, other->jid, error, b->world->now);
	touch(b);
}

void inquirer_doubt(struct broker *b, const struct broker *other, uint32_t resource)
{
	char full[64];

	full_jid(other, resource, full);
	if (b->inquiry)
		inquiry_doubt(b->inquiry, full, "service-unavailable", b->world->now);
	touch(b);
}

void inquirer_want(struct broker *b, const struct broker *other)
{
	if (b->inquiry)
		inquiry_want(b->inquiry, other->jid, b->world->now);
	touch(b);
}

bool inquirer_pending(const struct broker *b, const struct broker *other)
{
	return b->inquiry && inquiry_pending(b->inquiry, other->jid, b->world->now);
}

void inquirer_tick(struct broker *b)
{
	inquiry_tick(b->inquiry, b->world->now);
	touch(b);
}

static void answer(struct broker *b, const struct question *q)
{
	struct broker *other = &b->world->brokers[q->to];
	const char *error = NULL;
	char full[64];

	if (q->step == QUESTION_LOST)
		error = "timeout";
	else if (q->step == QUESTION_DENIED)
		error = "service-unavailable";
	full_jid(other, q->resource, full);
	inquiry_answered(b->inquiry, full, error, b->world->now);
	touch(b);
	if (error)
		helpers_wake(b);
	else
		broker_answered(b, other, q->resource);
}

void inquirer_step(struct broker *b, uint64_t arg)
{
	struct world *w = b->world;
	struct question q = unpack(arg);
	const struct broker *other = &w->brokers[q.to];

	if (!b->inquiry)
		return;
	if (q.step != QUESTION_ASKED) {
		answer(b, &q);
		return;
	}
	q.step = other->online && other->resource == q.resource ? QUESTION_ANSWERED : QUESTION_DENIED;
	event_add(w, between(w, 1, w->swarm.delay_max), EVENT_QUESTION, b->index, b->login, pack(q));
}

/* Whoever is there is seen by everybody, or will be. */
const struct broker *inquirer_misses(const struct broker *b)
{
	for (unsigned i = 0; i < b->world->count; i++) {
		const struct broker *o = &b->world->brokers[i];

		if (o != b && o->online && !presence_device(b->presence, o->jid, o->device))
			return o;
	}
	return NULL;
}
