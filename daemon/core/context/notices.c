/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table of all notices, found by kind, JID and item, in the order in which they came. One
 * that has ended stays in it while it has to be remembered; then, and when its place is wanted,
 * it is freed.
 */
#include "notices.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "context.h"
#include "notices-internal.h"

struct notice *notice_of_link(struct list *r)
{
	return (struct notice *)((char *)r - offsetof(struct notice, link));
}

struct notices *notices_create(struct context *context, const struct notices_events *events,
			       void *owner)
{
	struct notices *n = xcalloc(1, sizeof(*n));

	n->context = context;
	n->events = events;
	n->owner = owner;
	quota_init(&n->quota, NOTICES_MAX, false);
	list_init(&n->order);
	return n;
}

static void forget(struct notices *n, struct notice *notice)
{
	hashtable_remove(&n->found, &notice->node);
	list_remove(&notice->link);
	quota_leave(&notice->place);
	free(notice->key);
	free(notice->jid);
	free(notice->item);
	free(notice->detail);
	free(notice);
}

void notices_clear(struct notices *n)
{
	while (n && !list_alone(&n->order))
		forget(n, notice_of_link(n->order.next));
}

void notices_destroy(struct notices *n)
{
	if (!n)
		return;
	notices_clear(n);
	hashtable_finish(&n->found);
	quota_finish(&n->quota);
	free(n);
}

enum notice_class notices_class(const struct notices *n, const struct notice *notice)
{
	if (notice_is_own(notice->kind) || context_is_self(n->context, notice->jid))
		return NOTICE_OWN;
	if (notice_is_strange(notice->kind))
		return NOTICE_STRANGER;
	return context_is_buddy(n->context, notice->jid) ? NOTICE_BUDDY : NOTICE_STRANGER;
}

/* Whether a notice that has ended is known again when it comes again. */
static bool is_remembered(const struct notices *n, const struct notice *notice, uint64_t now)
{
	return (notice->said || notice->ran) && now < notice->ended + NOTICE_KEPT &&
	       (notice_is_reviewed(notice->kind) || notices_class(n, notice) == NOTICE_STRANGER);
}

void notice_end(struct notices *n, struct notice *notice)
{
	notice->ended = context_time(n->context);
	notice->place.unfinished = true;
	if (!is_remembered(n, notice, notice->ended))
		forget(n, notice);
}

/* News that is old, and what was remembered for long enough. */
static void expire(struct notices *n)
{
	uint64_t now = context_time(n->context);
	struct list *r, *next;

	for (r = n->order.next; r != &n->order; r = next) {
		struct notice *notice = notice_of_link(r);
		bool news = notice_is_news(notice->kind) && !notice->ended;

		next = r->next;
		if (news && (now >= notice->since + NOTICE_NEWS_MAX ||
			     (notice->said && now >= notice->said + NOTICE_NEWS_KEPT)))
			notice_end(n, notice);
		else if (notice->ended && !is_remembered(n, notice, now))
			forget(n, notice);
	}
}

/* Takes a place for the notice; false if there is none. */
static bool take(struct notices *n, struct notice *notice)
{
	enum notice_class class = notices_class(n, notice);
	const char *jid = class == NOTICE_OWN ? "@own" : notice->jid;
	bool trusted = class != NOTICE_STRANGER;
	struct quota_place *victim;
	enum quota_verdict verdict = quota_ask(&n->quota, jid, trusted, &victim);

	if (verdict == QUOTA_NO)
		return false;
	if (verdict == QUOTA_ROOM)
		forget(n, (struct notice *)((char *)victim - offsetof(struct notice, place)));
	quota_take(&n->quota, &notice->place, jid, trusted);
	notice->place.unfinished = !notice_is_reviewed(notice->kind);
	return true;
}

struct notice *notices_make(struct notices *n, enum notice_kind kind, const char *jid,
			    const char *item)
{
	struct notice *notice = xcalloc(1, sizeof(*notice));

	notice->kind = kind;
	notice->jid = xstrdup(jid);
	notice->item = xstrdup(item);
	if (!take(n, notice)) {
		free(notice->jid);
		free(notice->item);
		free(notice);
		return NULL;
	}
	notice->key = xasprintf("%u %s %s", (unsigned)kind, jid, item);
	notice->since = context_time(n->context);
	hashtable_add(&n->found, &notice->node, notice->key);
	list_init(&notice->link);
	list_append(&n->order, &notice->link);
	return notice;
}

struct notice *notices_find(const struct notices *n, enum notice_kind kind, const char *jid,
			    const char *item)
{
	char *key = xasprintf("%u %s %s", (unsigned)kind, jid, item);
	struct notice *notice = (struct notice *)hashtable_find(&n->found, key);

	free(key);
	return notice;
}

bool notice_set_detail(struct notice *notice, const char *detail)
{
	char *cut = xstrndup(detail, strnlen(detail, NOTICE_DETAIL_MAX));
	bool changed = !notice->detail || strcmp(notice->detail, cut) != 0;

	free(notice->detail);
	notice->detail = cut;
	return changed;
}

static void tell_changed(const struct notices *n)
{
	n->events->changed(n->owner);
}

void notices_add(struct notices *n, enum notice_kind kind, const char *jid, const char *item,
		 const char *detail)
{
	struct notice *notice;
	bool changed;

	item = item ? item : "";
	if (!n || strlen(item) > NOTICE_DETAIL_MAX)
		return;
	expire(n);
	notice = notices_find(n, kind, jid, item);
	changed = !notice || notice->ended;
	if (!notice)
		notice = notices_make(n, kind, jid, item);
	if (!notice)
		return;
	notice->ended = 0;
	notice->place.unfinished = !notice_is_reviewed(kind);
	notice->round = n->round;
	changed |= notice_set_detail(notice, detail ? detail : "");
	if (changed)
		tell_changed(n);
}

void notices_settle(struct notices *n, enum notice_kind kind, const char *jid, const char *item)
{
	struct list *r, *next;
	bool changed = false;

	for (r = n ? n->order.next : NULL; n && r != &n->order; r = next) {
		struct notice *notice = notice_of_link(r);

		next = r->next;
		if (notice->ended || notice->kind != kind || strcmp(notice->jid, jid) ||
		    (item && strcmp(notice->item, item)))
			continue;
		notice_end(n, notice);
		changed = true;
	}
	if (changed)
		tell_changed(n);
}

void notices_review(struct notices *n)
{
	if (n)
		n->round++;
}

void notices_keep(struct notices *n, struct notice *notice)
{
	notice->round = n->round;
}

void notices_reviewed(struct notices *n)
{
	struct list *r, *next;
	bool changed = false;

	for (r = n ? n->order.next : NULL; n && r != &n->order; r = next) {
		struct notice *notice = notice_of_link(r);

		next = r->next;
		if (notice->ended || !notice_is_reviewed(notice->kind) || notice->round == n->round)
			continue;
		notice_end(n, notice);
		changed = true;
	}
	if (changed)
		tell_changed(n);
}

struct notice *notices_next(struct notices *n, const struct notice *at)
{
	struct list *r;

	if (!n)
		return NULL;
	if (!at)
		expire(n);
	for (r = at ? at->link.next : n->order.next; r != &n->order; r = r->next)
		if (!notice_of_link(r)->ended)
			return notice_of_link(r);
	return NULL;
}

void notices_said(struct notices *n, struct notice *notice)
{
	if (notice->said)
		return;
	notice->said = context_time(n->context);
	tell_changed(n);
}

void notices_ran(struct notices *n, struct notice *notice)
{
	if (notice->ran)
		return;
	notice->ran = true;
	tell_changed(n);
}
