/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One attempt is under way at most. It knows its link, and the joining is found by that when it
 * has ended: the user may have dropped it meanwhile. A file that cannot be written after a joining
 * has ended is no loss: what is in it would be tried once more after a restart, and be answered
 * as it was. But where the user has decided against it, it must not come back: then the decision
 * fails if the file cannot be written.
 */
#include "join-waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "join-attempt.h"
#include "log.h"

struct join_waiting {
	struct join_attempts *attempts; /* borrowed, with all that it names */
	const struct join_waiting_ops *ops;
	void *arg;
	struct join_attempt *attempt; /* owned; NULL: none */
	struct timer timer;
	bool unsaved; /* the file has joinings that have ended */
	uint32_t random;
};

static struct context *context_of(const struct join_waiting *w)
{
	return w->attempts->context;
}

static int save(struct join_waiting *w, struct message *trouble)
{
	int result = w->ops->save(w->arg, trouble);

	w->unsaved = result != 0;
	if (result)
		log_error("%s", trouble->text);
	return result;
}

static void look(struct join_waiting *w);

/* The joining has ended, by what is told to the user. */
static void drop(struct join_waiting *w, struct joining *one)
{
	struct message trouble;

	joinings_drop(context_of(w)->joinings, one);
	save(w, &trouble);
}

static void give_up(struct join_waiting *w, struct joining *one, const struct message *why)
{
	log_info("waits no more to join %s: %s", one->link.jid, why->text);
	w->ops->over(w->arg, &one->link, NULL, why->text);
	drop(w, one);
}

static void give_up_for(struct join_waiting *w, struct joining *one, enum message_id id)
{
	struct message m;

	message_set(&m, id, "jid", one->link.jid, NULL);
	give_up(w, one, &m);
}

static void on_joined(void *owner, const struct join_attempt *a)
{
	const struct invitation_link *link = join_attempt_link(a);
	struct join_waiting *w = owner;
	struct joining *one = joinings_find(context_of(w)->joinings, link);
	bool push;

	w->attempt = NULL;
	w->ops->over(w->arg, link, join_attempt_share(a, &push), NULL);
	if (one)
		drop(w, one);
	look(w);
}

static void on_failed(void *owner, const struct join_attempt *a, const struct message *why,
		      bool away)
{
	struct join_waiting *w = owner;
	struct joining *one = joinings_find(context_of(w)->joinings, join_attempt_link(a));

	w->attempt = NULL;
	if (one && away)
		joining_unanswered(one, context_now(context_of(w)), &w->random);
	else if (one)
		give_up(w, one, why);
	look(w);
}

static const struct join_attempt_events attempt_events = {
	.joined = on_joined,
	.failed = on_failed,
};

static bool may_try(const struct join_waiting *w)
{
	return context_of(w)->online_at && !context_of(w)->draining && !w->attempt;
}

/* Whether there was one that is due. Then it is tried now, or has ended. */
static bool try_next(struct join_waiting *w)
{
	struct joining *one = joinings_due(context_of(w)->joinings, context_now(context_of(w)));
	enum message_id fault;

	if (!one)
		return false;
	fault = join_attempt_fault(context_of(w), &one->link);
	if (fault != MSG_NONE)
		give_up_for(w, one, fault);
	else
		w->attempt = join_attempt_start(w->attempts, &one->link, joining_begin(one), 1,
						&attempt_events, w);
	return true;
}

static void look(struct join_waiting *w)
{
	struct joinings *all = context_of(w)->joinings;
	struct joining *one;

	while ((one = joinings_expired(all, context_time(context_of(w)))))
		give_up_for(w, one, MSG_INVITATION_EXPIRED);
	while (may_try(w) && try_next(w))
		;
	timer_set(&w->timer, joinings_deadline(all, may_try(w), context_time(context_of(w)),
					       context_now(context_of(w))));
}

static void on_timer(void *owner)
{
	look(owner);
}

struct join_waiting *join_waiting_create(struct join_attempts *attempts,
					 const struct join_waiting_ops *ops, void *arg)
{
	struct join_waiting *w = xcalloc(1, sizeof(*w));

	w->attempts = attempts;
	w->ops = ops;
	w->arg = arg;
	context_random(context_of(w), &w->random, sizeof(w->random));
	timer_init(&w->timer, &context_of(w)->timers, on_timer, w);
	look(w);
	return w;
}

/* Ends the attempt that is under way; its joining is due again after a pause. */
static void stop(struct join_waiting *w)
{
	struct join_attempt *a = w->attempt;
	struct joining *one =
		a ? joinings_find(context_of(w)->joinings, join_attempt_link(a)) : NULL;

	if (!a)
		return;
	w->attempt = NULL;
	join_attempt_end(a);
	if (one)
		joining_unanswered(one, context_now(context_of(w)), &w->random);
}

void join_waiting_destroy(struct join_waiting *w)
{
	if (!w)
		return;
	stop(w);
	timer_stop(&w->timer);
	free(w);
}

void join_waiting_pause(struct join_waiting *w)
{
	stop(w);
	timer_stop(&w->timer);
}

void join_waiting_identify(struct join_waiting *w)
{
	look(w);
}

const struct joining *join_waiting_add(struct join_waiting *w, const struct invitation_link *link,
				       struct message *trouble)
{
	struct joinings *all = context_of(w)->joinings;
	uint64_t unix_now = context_time(context_of(w)), now = context_now(context_of(w));
	struct joining *one = joinings_find(all, link);

	if (one)
		return one;
	if (joining_is_expired(link, unix_now)) {
		message_set(trouble, MSG_INVITATION_EXPIRED, "jid", link->jid, NULL);
		return NULL;
	}
	one = joinings_add(all, link, unix_now, now, &w->random);
	if (one && save(w, trouble)) {
		joinings_drop(all, one);
		return NULL;
	}
	look(w);
	return one;
}

void join_waiting_over(struct join_waiting *w, const struct invitation_link *link)
{
	struct joining *one = joinings_find(context_of(w)->joinings, link);

	if (one)
		drop(w, one);
}

static void drop_all(struct joinings *all)
{
	while (joinings_first(all))
		joinings_drop(all, joinings_first(all));
}

/* 0, or -1 with *trouble: then the table is as before, and all of it due. */
static int drop_those_of(struct join_waiting *w, const char *jid, struct message *trouble)
{
	struct joinings *all = context_of(w)->joinings;
	struct buf before = { .secret = true };
	int result;

	joinings_write(all, &before);
	while (joinings_of(all, jid))
		joinings_drop(all, joinings_of(all, jid));
	result = save(w, trouble);
	if (result) {
		drop_all(all);
		joinings_parse(all, buf_str(&before), buf_len(&before));
	}
	buf_finish(&before);
	return result;
}

int join_waiting_forget(struct join_waiting *w, const char *whose, bool *any,
			struct message *trouble)
{
	char jid[JID_MAX];

	/* The name may be that of a joining, which ends here. */
	snprintf(jid, sizeof(jid), "%s", whose);
	*any = joinings_of(context_of(w)->joinings, jid) != NULL;
	if (w->attempt && !strcmp(join_attempt_link(w->attempt)->jid, jid))
		stop(w);
	if ((*any || w->unsaved) && drop_those_of(w, jid, trouble)) {
		look(w);
		return -1;
	}
	*any |= join_attempts_forget(w->attempts, jid);
	look(w);
	return 0;
}

void join_waiting_hold(struct join_waiting *w, const struct invitation_link *link)
{
	struct joining *one = joinings_find(context_of(w)->joinings, link);

	if (!one)
		return;
	if (one->busy)
		stop(w);
	one->busy = true;
}

void join_waiting_release(struct join_waiting *w, const struct invitation_link *link)
{
	struct joining *one = w ? joinings_find(context_of(w)->joinings, link) : NULL;

	if (!w)
		return;
	if (one && one->busy)
		joining_unanswered(one, context_now(context_of(w)), &w->random);
	look(w);
}

void join_waiting_online(struct join_waiting *w)
{
	joinings_online(context_of(w)->joinings, context_now(context_of(w)));
	look(w);
}

void join_waiting_wake(struct join_waiting *w)
{
	const struct context *c = w ? context_of(w) : NULL;
	char device[DEVICE_ID_LEN + 1];

	if (!w)
		return;
	for (struct joining *one = joinings_first(c->joinings); one; one = one->next) {
		device_id_of(one->link.fp, device);
		joining_seen(one, presence_device(c->presence, one->link.jid, device) != NULL,
			     context_now(c));
	}
	look(w);
}

void join_waiting_describe(const struct joining *one, struct buf *row)
{
	fields_add(row, "kind", "joining");
	fields_add(row, "jid", one->link.jid);
	if (one->link.device)
		fields_add(row, "own", "1");
	if (*one->link.share)
		fields_add(row, "share", one->link.share);
	fields_add_u64(row, "since", one->since);
	fields_add_u64(row, "until", one->until);
}
