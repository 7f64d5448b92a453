/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One timer of a list does everything that does not follow from a record: it asks the next
 * devices, gives those up whose time is over or whose link has ended, and says that all is
 * done. So no event comes while its owner calls.
 */
#include "share-list.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "peer.h"
#include "record.h"

enum question_state {
	QUESTION_WAITING, /* its turn has not come */
	QUESTION_ASKED,	  /* SHARES-ASK was said, or will be when the link is up */
	QUESTION_LOST,	  /* the link has ended; the timer reports it */
	QUESTION_OVER,	  /* reported */
};

struct question {
	struct question *next; /* share_list::questions */
	char *jid;	       /* owned */
	char device[DEVICE_ID_LEN + 1];
	char id[SHARES_ID_LEN + 1];
	enum question_state state;
	const struct peer *peer; /* borrowed, while ASKED */
	uint64_t until;		 /* ms, while ASKED */
	unsigned rows;		 /* that came */
};

struct share_list {
	struct share_list *next; /* share_lists::first */
	struct share_lists *all; /* borrowed */
	void *owner;
	struct question *questions, **end; /* owned */
	struct timer timer;
};

void share_lists_init(struct share_lists *all, struct context *context, struct peers *peers,
		      const struct share_list_events *events)
{
	*all = (struct share_lists){ .context = context, .peers = peers, .events = events };
}

void share_list_destroy(struct share_list *l)
{
	struct share_list **at;

	if (!l)
		return;
	for (at = &l->all->first; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	timer_stop(&l->timer);
	while (l->questions) {
		struct question *q = l->questions;

		l->questions = q->next;
		free(q->jid);
		free(q);
	}
	free(l);
}

static void report(struct share_list *l, struct question *q, const char *outcome)
{
	q->state = QUESTION_OVER;
	q->peer = NULL;
	l->all->events->device(l->owner, q->jid, q->device, outcome);
}

static void ask(struct share_list *l, struct question *q)
{
	struct context *c = l->all->context;
	struct peers *peers = l->all->peers;
	struct peer *p = peers->ops->want(peers, q->jid, q->device);
	uint8_t id[SHARES_ID_BYTES];
	struct buf fields = { 0 };

	if (!p) {
		report(l, q, "unreachable");
		return;
	}
	context_random(c, id, sizeof(id));
	hex_encode(id, sizeof(id), q->id);
	q->state = QUESTION_ASKED;
	q->peer = p;
	q->until = context_now(c) + SHARES_PATIENCE;
	fields_add(&fields, "id", q->id);
	peers->ops->say(p, RECORD_SHARES_ASK, &fields);
	buf_finish(&fields);
}

static unsigned count_asked(const struct share_list *l)
{
	unsigned n = 0;

	for (const struct question *q = l->questions; q; q = q->next)
		n += q->state == QUESTION_ASKED;
	return n;
}

/* Reports what is over, and asks whose turn it is. */
static void look_at(struct share_list *l, struct question *q, uint64_t now)
{
	if (q->state == QUESTION_LOST)
		report(l, q, "unreachable");
	else if (q->state == QUESTION_ASKED && now >= q->until)
		report(l, q, "silent");
	else if (q->state == QUESTION_WAITING && count_asked(l) < SHARE_LIST_AT_ONCE)
		ask(l, q);
}

static void on_timer(void *owner)
{
	struct share_list *l = owner;
	uint64_t now = context_now(l->all->context), at = UINT64_MAX;
	bool over = true;

	for (struct question *q = l->questions; q; q = q->next)
		look_at(l, q, now);
	for (struct question *q = l->questions; q; q = q->next) {
		over = over && q->state == QUESTION_OVER;
		if (q->state == QUESTION_LOST)
			at = 0;
		else if (q->state == QUESTION_ASKED && q->until < at)
			at = q->until;
	}
	if (over)
		l->all->events->done(l->owner);
	else
		timer_set(&l->timer, at);
	if (over)
		share_list_destroy(l);
}

struct share_list *share_list_create(struct share_lists *all, void *owner)
{
	struct share_list *l = xcalloc(1, sizeof(*l));

	l->all = all;
	l->owner = owner;
	l->end = &l->questions;
	timer_init(&l->timer, &all->context->timers, on_timer, l);
	l->next = all->first;
	all->first = l;
	return l;
}

void share_list_add(struct share_list *l, const char *jid, const char *device)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->jid = xstrdup(jid);
	strncpy(q->device, device, DEVICE_ID_LEN);
	*l->end = q;
	l->end = &q->next;
}

void share_list_start(struct share_list *l)
{
	timer_set(&l->timer, 0);
}

static struct question *find(const struct share_lists *all, const struct peer *p, const char *id,
			     struct share_list **list)
{
	for (struct share_list *l = all->first; l; l = l->next)
		for (struct question *q = l->questions; q; q = q->next)
			if (q->state == QUESTION_ASKED && q->peer == p &&
			    (!id || !strcmp(q->id, id))) {
				*list = l;
				return q;
			}
	return NULL;
}

/* Reports the rows of a record. Returns the rule that it breaks, or NULL. */
static const char *take_rows(struct share_list *l, struct question *q, struct fields f)
{
	struct share_row row;
	const char *fault;
	size_t pos = 0;

	while (share_rows_next(f, &pos, &row, &fault) > 0) {
		if (q->rows++ == SHARES_MAX)
			return "share: at most 256 in an answer";
		l->all->events->row(l->owner, q->jid, q->device, &row);
	}
	return fault;
}

const char *share_lists_record(struct share_lists *all, struct peer *p, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	struct share_list *l;
	const char *id, *fault;
	struct question *q;

	if (!fields_valid(f))
		return FIELDS_RULE;
	id = shares_id(f);
	if (!id)
		return "id: 24 digits of lower-case hex";
	q = find(all, p, id, &l);
	if (!q)
		return NULL;
	fault = take_rows(l, q, f);
	if (fault)
		return fault;
	if (fields_get(f, "more"))
		return NULL;
	report(l, q, fields_get(f, "state") ? "busy" : "done");
	timer_set(&l->timer, 0);
	return NULL;
}

void share_lists_ended(struct share_lists *all, const struct peer *p)
{
	struct share_list *l;
	struct question *q;

	while ((q = find(all, p, NULL, &l))) {
		q->state = QUESTION_LOST;
		q->peer = NULL;
		timer_set(&l->timer, 0);
	}
}
