/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the server treats the pings of a broker's inquirer. It loses pings and answers as it
 * loses presences; such a ping times out.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum question_step {
	QUESTION_ASKED,		/* the ping is on its way */
	QUESTION_ANSWERED,	/* the answer is on its way */
	QUESTION_DENIED,	/* the server answers that nobody is there */
	QUESTION_LOST,		/* no answer comes */
};

struct question {
	struct question *next;		/* broker::questions */
	uint32_t id;
	enum question_step step;
	const struct broker *to;	/* the device that is pinged; NULL: no such JID ever
					   existed */
	uint32_t resource;
	inquirer_answer_fn *answer;
	void *owner;
};

static void plan(struct broker *b, const struct question *q, uint64_t delay)
{
	event_add(b->world, delay, EVENT_QUESTION, b->index, b->login, q->id);
}

static void address(struct question *q, const struct world *w, const char *full)
{
	char other[64];

	for (unsigned i = 0; i < w->count; i++) {
		const struct broker *o = &w->brokers[i];

		for (uint32_t r = 1; r <= o->login + 1; r++) {
			full_jid(o, r, other);
			if (strcmp(other, full))
				continue;
			q->to = o;
			q->resource = r;
		}
	}
}

static uint64_t on_ping(void *arg, const char *full, inquirer_answer_fn *answer, void *owner)
{
	struct broker *b = arg;
	struct world *w = b->world;
	struct question *q;

	if (!b->online)
		return 0;
	q = xcalloc(1, sizeof(*q));
	q->id = ++b->questions_asked;
	q->answer = answer;
	q->owner = owner;
	address(q, w, full);
	q->next = b->questions;
	b->questions = q;
	w->said++;
	trace(w, "%s: asks whether %s is there", b->name, full);
	if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.presence_lost))
		q->step = QUESTION_LOST;
	plan(b, q, q->step == QUESTION_LOST ? INQUIRY_TIMEOUT : between(w, 1, w->swarm.delay_max));
	return q->id;
}

static struct question *find(const struct broker *b, uint64_t id)
{
	struct question *q = b->questions;

	while (q && q->id != id)
		q = q->next;
	return q;
}

static void drop(struct broker *b, struct question *question)
{
	struct question **at = &b->questions;

	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	free(question);
}

static void on_forget(void *arg, uint64_t handle)
{
	drop(arg, find(arg, handle));
}

static void on_show(void *arg, const char *bare)
{
	struct broker *b = arg;

	trace(b->world, "%s: shows itself to %s", b->name, bare);
	server_directs(b, bare, NULL, true);
}

/* The simulator has no push queue. */
static bool on_waits(void *arg, const char *jid)
{
	return false;
}

static const struct inquirer_ops inquirer_ops = {
	.ping = on_ping,
	.forget = on_forget,
	.show = on_show,
	.waits = on_waits,
};

static void on_gone(void *owner, const char *full, const char *device)
{
	broker_device_gone(owner, full, device);
}

static void on_answered(void *owner, const char *full)
{
	broker_answered(owner, full);
}

static void on_settled(void *owner)
{
	struct broker *b = owner;

	sessions_wake(&b->sessions);
}

static const struct inquirer_events inquirer_events = {
	.gone = on_gone,
	.answered = on_answered,
	.settled = on_settled,
};

void inquirer_start(struct broker *b)
{
	b->inquirer = inquirer_create(&b->context, &b->peers, &inquirer_ops, &inquirer_events, b,
				      b->index * 7919 + b->life);
}

void inquirer_finish(struct broker *b)
{
	inquirer_destroy(b->inquirer);
	b->inquirer = NULL;
	if (b->questions)
		violation(b->world, "%s: its inquirer left a question open", b->name);
}

static void answer(struct broker *b, struct question *question, const char *error)
{
	struct question q = *question;

	drop(b, question);
	q.answer(q.owner, error);
}

void questions_lost(struct broker *b)
{
	while (b->questions)
		answer(b, b->questions, "disconnected");
}

void question_step(struct broker *b, uint64_t arg)
{
	struct world *w = b->world;
	struct question *q = find(b, arg);

	if (!q)
		return;
	switch (q->step) {
	case QUESTION_ASKED:
		q->step = q->to && q->to->online && q->to->resource == q->resource ?
				  QUESTION_ANSWERED :
				  QUESTION_DENIED;
		plan(b, q, between(w, 1, w->swarm.delay_max));
		break;
	case QUESTION_ANSWERED:
		answer(b, q, NULL);
		break;
	case QUESTION_DENIED:
		answer(b, q, "service-unavailable");
		break;
	case QUESTION_LOST:
		answer(b, q, "timeout");
		break;
	}
}

/* Whoever is online must in the end be seen by everybody. */
const struct broker *inquirer_misses(const struct broker *b)
{
	for (unsigned i = 0; i < b->world->count; i++) {
		const struct broker *o = &b->world->brokers[i];

		if (o != b && o->online && !presence_device(b->presence, o->jid, o->device))
			return o;
	}
	return NULL;
}
