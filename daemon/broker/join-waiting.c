/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One attempt is under way at most. It knows its link, and the joining is found by that when it
 * has ended: the user may have dropped it meanwhile. A file that cannot be written after a joining
 * has ended is no loss: what is in it would be tried once more after a restart, and be answered
 * as it was.
 */
#include "join-waiting.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "join-attempt.h"
#include "journal.h"
#include "log.h"
#include "notices.h"
#include "state-files.h"

struct join_waiting {
	struct join_attempt *attempt;	/* owned; NULL: none */
	struct timer timer;
	uint32_t random;
};

static int save(struct broker *b, struct message *trouble)
{
	int result = -1;

	if (*b->identity.account)
		result = state_files_write_joinings(b->identity.account, b->context.joinings,
						    trouble);
	else
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (result)
		log_error("%s", trouble->text);
	return result;
}

static void look(struct broker *b);

/* The joining has ended, by what is told to the user. */
static void drop(struct broker *b, struct joining *one)
{
	struct message trouble;

	joinings_drop(b->context.joinings, one);
	save(b, &trouble);
}

static void note(const struct broker *b, const struct invitation_link *link, bool good,
		 const char *text, const char *why)
{
	journal_add(&(struct journal_event){
		.kind = "join",
		.jid = link->jid,
		.share = link->share,
		.what = "invitation",
		.result = good ? "ok" : "failed",
		.text = text,
		.why = why,
		.account = b->configured,
	});
}

static void give_up(struct broker *b, struct joining *one, const struct message *why)
{
	char *text = xasprintf("waits no more to join: %s", why->text);

	log_info("%s", text);
	note(b, &one->link, false, text, why->text);
	notices_add(b->context.notices, NOTICE_JOIN_FAILED, one->link.jid, NULL, why->text);
	free(text);
	drop(b, one);
}

static void give_up_for(struct broker *b, struct joining *one, enum message_id id)
{
	struct message m;

	message_set(&m, id, "jid", one->link.jid, NULL);
	give_up(b, one, &m);
}

static void on_joined(void *owner, const struct join_attempt *a)
{
	const struct invitation_link *link = join_attempt_link(a);
	struct broker *b = owner;
	struct joining *one = joinings_find(b->context.joinings, link);
	bool push;
	char *text;

	b->join_waiting->attempt = NULL;
	text = xasprintf("joined by the invitation of %s; both devices are verified", link->jid);
	note(b, link, true, text, NULL);
	notices_add(b->context.notices, NOTICE_JOINED, link->jid, join_attempt_share(a, &push),
		    NULL);
	free(text);
	if (one)
		drop(b, one);
	look(b);
}

static void on_failed(void *owner, const struct join_attempt *a, const struct message *why,
		      bool away)
{
	struct broker *b = owner;
	struct joining *one = joinings_find(b->context.joinings, join_attempt_link(a));

	b->join_waiting->attempt = NULL;
	if (one && away)
		joining_unanswered(one, context_now(&b->context), &b->join_waiting->random);
	else if (one)
		give_up(b, one, why);
	look(b);
}

static const struct join_attempt_events attempt_events = {
	.joined = on_joined,
	.failed = on_failed,
};

static bool may_try(const struct broker *b)
{
	return b->context.online_at && !b->context.draining && !b->join_waiting->attempt;
}

/* Whether there was one that is due. Then it is tried now, or has ended. */
static bool try_next(struct broker *b)
{
	struct joining *one = joinings_due(b->context.joinings, context_now(&b->context));
	enum message_id fault;

	if (!one)
		return false;
	fault = join_attempt_fault(&b->context, &one->link);
	if (fault != MSG_NONE)
		give_up_for(b, one, fault);
	else
		b->join_waiting->attempt = join_attempt_start(b, &one->link, joining_begin(one), 1,
							      &attempt_events, b);
	return true;
}

static void look(struct broker *b)
{
	struct joinings *all = b->context.joinings;
	struct joining *one;

	while ((one = joinings_expired(all, context_time(&b->context))))
		give_up_for(b, one, MSG_INVITATION_EXPIRED);
	while (may_try(b) && try_next(b))
		;
	timer_set(&b->join_waiting->timer,
		  joinings_deadline(all, may_try(b), context_time(&b->context),
				    context_now(&b->context)));
}

static void on_timer(void *owner)
{
	look(owner);
}

void join_waiting_begin(struct broker *b)
{
	b->join_waiting = xcalloc(1, sizeof(*b->join_waiting));
	context_random(&b->context, &b->join_waiting->random, sizeof(b->join_waiting->random));
	timer_init(&b->join_waiting->timer, &b->context.timers, on_timer, b);
	look(b);
}

/* Ends the attempt that is under way; its joining is due again after a pause. */
static void stop(struct broker *b)
{
	struct join_attempt *a = b->join_waiting->attempt;
	struct joining *one = a ? joinings_find(b->context.joinings, join_attempt_link(a)) : NULL;

	if (!a)
		return;
	b->join_waiting->attempt = NULL;
	join_attempt_end(a);
	if (one)
		joining_unanswered(one, context_now(&b->context), &b->join_waiting->random);
}

void join_waiting_end(struct broker *b)
{
	stop(b);
	timer_stop(&b->join_waiting->timer);
	free(b->join_waiting);
	b->join_waiting = NULL;
}

void join_waiting_pause(struct broker *b)
{
	stop(b);
	timer_stop(&b->join_waiting->timer);
}

void join_waiting_identify(struct broker *b)
{
	look(b);
}

const struct joining *join_waiting_add(struct broker *b, const struct invitation_link *link,
				       struct message *trouble)
{
	struct joinings *all = b->context.joinings;
	uint64_t unix_now = context_time(&b->context), now = context_now(&b->context);
	struct joining *one = joinings_find(all, link);

	if (one)
		return one;
	if (joining_is_expired(link, unix_now)) {
		message_set(trouble, MSG_INVITATION_EXPIRED, "jid", link->jid, NULL);
		return NULL;
	}
	one = joinings_add(all, link, unix_now, now, &b->join_waiting->random);
	if (one && save(b, trouble)) {
		joinings_drop(all, one);
		return NULL;
	}
	look(b);
	return one;
}

void join_waiting_over(struct broker *b, const struct invitation_link *link)
{
	struct joining *one = joinings_find(b->context.joinings, link);

	if (one)
		drop(b, one);
}

bool join_waiting_forget(struct broker *b, const char *jid)
{
	struct joining *one = joinings_of(b->context.joinings, jid);
	bool any = one != NULL;

	if (one && b->join_waiting->attempt &&
	    !strcmp(join_attempt_link(b->join_waiting->attempt)->jid, jid))
		stop(b);
	for (; one; one = joinings_of(b->context.joinings, jid))
		drop(b, one);
	look(b);
	return any;
}

void join_waiting_hold(struct broker *b, const struct invitation_link *link)
{
	struct joining *one = joinings_find(b->context.joinings, link);

	if (!one)
		return;
	if (one->busy)
		stop(b);
	one->busy = true;
}

void join_waiting_release(struct broker *b, const struct invitation_link *link)
{
	struct joining *one;

	/* The broker may have ended. */
	if (!b->join_waiting)
		return;
	one = joinings_find(b->context.joinings, link);
	if (one && one->busy)
		joining_unanswered(one, context_now(&b->context), &b->join_waiting->random);
	look(b);
}

void join_waiting_online(struct broker *b)
{
	joinings_online(b->context.joinings, context_now(&b->context));
	look(b);
}

void join_waiting_wake(struct broker *b)
{
	char device[DEVICE_ID_LEN + 1];

	/* The account may be logged out as the last thing of the broker. */
	if (!b->join_waiting)
		return;
	for (struct joining *one = joinings_first(b->context.joinings); one; one = one->next) {
		device_id_of(one->link.fp, device);
		joining_seen(one,
			     presence_device(b->context.presence, one->link.jid, device) != NULL,
			     context_now(&b->context));
	}
	look(b);
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
