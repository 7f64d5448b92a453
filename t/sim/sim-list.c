/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "git xmpp list": what a device may use of another one, asked inside the link. The shipped
 * share-list.c asks and share-answers.c decides; the world takes its time to look into a
 * repository, and compares each row with what the user of the asked device has allowed. An
 * invitation may give a right while a list is under way: the answer is that of the question or
 * of now. That nothing is answered to a device without trust is seen at the link (sim-trust.c).
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "share-answers.h"
#include "share-list.h"

/* What a device may do with a share of another one. */
struct right {
	bool fetch, push;
};

/* A list that a user waits for. */
struct listing {
	struct listing *next;		/* broker::listings */
	struct broker *broker;
	struct share_list *list;
	unsigned rows[BROKERS_MAX][SHARES];	/* that each device has given */
	struct right asked[BROKERS_MAX][SHARES]; /* what each allowed at the question */
};

struct share_look {
	share_looked_fn *done;		/* NULL: none is under way */
	void *owner;
	uint64_t step;			/* counts the looks */
};

static unsigned share_index(const struct broker *b, const char *name)
{
	for (unsigned i = 0; i < SHARES; i++)
		if (!strcmp(share_name(i), name))
			return i;
	violation(b->world, "%s: is told of a share that nobody has", b->name);
}

/* As broker_configure() has it: by account. */
static bool may_push(const struct broker *b, const struct broker *to, unsigned share)
{
	return b->account == to->account || b->may_push[share][to->account];
}

static struct right right_of(const struct broker *b, const struct broker *to, unsigned share)
{
	bool push = may_push(b, to, share);

	return (struct right){ .fetch = push || b->may_fetch[share][to->account], .push = push };
}

/* Who asks */

static void on_row(void *owner, const char *jid, const char *device, const struct share_row *row)
{
	struct listing *l = owner;
	struct world *w = l->broker->world;
	const struct broker *by = device_find(w, device), *to = l->broker;
	unsigned share = share_index(to, row->name);
	struct right asked = l->asked[by->index][share], now = right_of(by, to, share);

	w->stats->rows++;
	if (!(asked.fetch || now.fetch) || (row->push != asked.push && row->push != now.push))
		violation(w, "%s: is told by %s that it may %s '%s', which is not so", to->name,
			  by->name, row->push ? "push to" : "fetch", row->name);
	if (l->rows[by->index][share]++)
		violation(w, "%s: is told of '%s' twice by %s", to->name, row->name, by->name);
}

static void on_device(void *owner, const char *jid, const char *device, const char *outcome)
{
	struct listing *l = owner;
	struct broker *b = l->broker;
	const struct broker *by = device_find(b->world, device);

	trace(b->world, "%s: the list of %s is %s", b->name, by->name, outcome);
	if (b->world->phase == PHASE_FINAL && strcmp(outcome, "done"))
		violation(b->world, "%s: wants a list of %s, which is %s", b->name, by->name,
			  outcome);
	for (unsigned i = 0; !strcmp(outcome, "done") && i < SHARES; i++)
		if (l->asked[by->index][i].fetch && right_of(by, b, i).fetch &&
		    !l->rows[by->index][i])
			violation(b->world, "%s: is not told by %s of '%s', and may fetch it",
				  b->name, by->name, share_name(i));
}

static void remove_listing(struct listing *l)
{
	struct listing **at = &l->broker->listings;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l);
}

static void on_done(void *owner)
{
	remove_listing(owner);
}

static const struct share_list_events list_events = {
	.row = on_row,
	.device = on_device,
	.done = on_done,
};

void user_lists(struct broker *b)
{
	struct world *w = b->world;
	struct listing *l;

	if (!b->running || b->hostile)
		return;
	trace(w, "%s: a user wants a list", b->name);
	l = xcalloc(1, sizeof(*l));
	l->broker = b;
	l->next = b->listings;
	b->listings = l;
	l->list = share_list_create(&b->share_lists, l);
	for (unsigned i = 0; i < w->count; i++)
		if (i != b->index &&
		    context_trusts_device(&b->context, w->brokers[i].jid, w->brokers[i].device)) {
			for (unsigned s = 0; s < SHARES; s++)
				l->asked[i][s] = right_of(&w->brokers[i], b, s);
			share_list_add(l->list, w->brokers[i].jid, w->brokers[i].device);
		}
	share_list_start(l->list);
}

/* Who is asked */

static struct share_look *on_look(void *arg, const char *path, share_looked_fn *done, void *owner)
{
	struct broker *b = arg;

	if (b->look->done)
		violation(b->world, "%s: looks into two repositories at once", b->name);
	b->look->done = done;
	b->look->owner = owner;
	b->look->step++;
	event_add(b->world, between(b->world, 1, 300), EVENT_LOOK, b->index, b->life,
		  b->look->step);
	return b->look;
}

static void on_cancel(void *arg, struct share_look *look)
{
	look->done = NULL;
}

static const struct share_answers_ops look_ops = { .look = on_look, .cancel = on_cancel };

void look_step(struct broker *b, uint64_t step)
{
	share_looked_fn *done = b->look->done;

	if (!done || b->look->step != step)
		return;
	b->look->done = NULL;
	done(b->look->owner, NULL);
}

const char *list_record(struct broker *b, struct peer *p, const struct record *record)
{
	return record->type == RECORD_SHARES_ASK
		       ? share_answers_record(&b->share_answers, p, record)
		       : share_lists_record(&b->share_lists, p, record);
}

void list_ended(struct broker *b, const struct peer *p)
{
	share_answers_ended(&b->share_answers, p);
	share_lists_ended(&b->share_lists, p);
}

void list_start(struct broker *b)
{
	b->look = xcalloc(1, sizeof(*b->look));
	share_answers_init(&b->share_answers, &b->context, &look_ops, b);
	share_lists_init(&b->share_lists, &b->context, &b->peers, &list_events);
}

void list_finish(struct broker *b)
{
	while (b->listings) {
		share_list_destroy(b->listings->list);
		remove_listing(b->listings);
	}
	share_answers_finish(&b->share_answers);
	free(b->look);
	b->look = NULL;
}
