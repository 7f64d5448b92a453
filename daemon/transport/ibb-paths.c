/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All in-band paths of an account. A path takes a place in the quota when either side opens it,
 * and leaves the place when nothing can come for it any more. A path that has to make room is told
 * so from the loop, not within the call that needs the place.
 */
#include "ibb-path-internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "jid.h"
#include "log.h"
#include "random.h"

static struct ibb_path *of_turn(struct round_robin_entry *turn)
{
	return (struct ibb_path *)((char *)turn - offsetof(struct ibb_path, turn));
}

/*
 * The first path in the line, or the one after p; NULL at the end. The result must not be
 * kept over any call.
 */
static struct ibb_path *after(const struct ibb_paths *all, const struct ibb_path *p)
{
	struct list *next = p ? p->turn.link.next : all->paths.line.next;

	return next == &all->paths.line ? NULL : of_turn((struct round_robin_entry *)next);
}

void ibb_paths_init(struct ibb_paths *all, uv_loop_t *loop)
{
	*all = (struct ibb_paths){ .loop = loop };
	round_robin_init(&all->paths);
	quota_init(&all->places, IBB_MAX, false);
}

void ibb_paths_finish(struct ibb_paths *all)
{
	quota_finish(&all->places);
}

static bool any_unfinished(const struct ibb_paths *all, const char *full_jid)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (p->place.unfinished && !strcmp(p->jid, full_jid))
			return true;
	return false;
}

static enum quota_verdict ask(const struct ibb_paths *all, const char *full_jid, const char *bare,
			      enum ibb_path_standing standing, bool client,
			      struct quota_place **victim)
{
	enum quota_verdict verdict =
		quota_ask(&all->places, bare, standing != IBB_PATH_STRANGER, victim);

	/*
	 * An awaited device gets a path even beyond its quota. An open from its full JID
	 * proves nothing yet, so only one unfinished path of a JID may insist.
	 */
	if (verdict == QUOTA_NO && standing == IBB_PATH_AWAITED &&
	    (client || !any_unfinished(all, full_jid)))
		verdict = quota_insist(&all->places, victim);
	return verdict;
}

static void on_room_made(uv_idle_t *idle)
{
	ibb_path_break(idle->data, "others need its place");
}

static void make_room(struct ibb_path *p)
{
	log_debug("in-band %s %s: makes room", p->sid, p->jid);
	ibb_path_say_close(p);
	ibb_path_let_go(p);
	ibb_path_enter(p, IBB_PATH_ROOM, "others need its place");
	uv_timer_stop(&p->timer);
	uv_timer_stop(&p->pause);
	uv_idle_stop(&p->soon);
	uv_idle_start(&p->soon, on_room_made);
}

/* Finds a place for one more path, and has another one make room if needed. */
static bool find_place(struct ibb_paths *all, const char *full_jid, const char *bare,
		       enum ibb_path_standing standing, bool client)
{
	struct quota_place *victim;
	enum quota_verdict verdict = ask(all, full_jid, bare, standing, client, &victim);

	if (verdict == QUOTA_ROOM)
		make_room((struct ibb_path *)((char *)victim - offsetof(struct ibb_path, place)));
	return verdict != QUOTA_NO;
}

/* NULL if there is no place. */
static struct ibb_path *create(struct ibb_paths *all, const char *full_jid,
			       enum ibb_path_standing standing, bool client,
			       const struct path_events *events, void *owner)
{
	struct ibb_path *p;
	char bare[JID_MAX];

	if (!jid_bare_of(full_jid, bare) || !find_place(all, full_jid, bare, standing, client))
		return NULL;
	p = xcalloc(1, sizeof(*p));
	quota_take(&all->places, &p->place, bare, standing != IBB_PATH_STRANGER);
	/* A path that we open to an awaited device counts as in use, and never makes room. */
	if (client && standing == IBB_PATH_AWAITED)
		p->place.unfinished = false;

	p->all = all;
	p->jid = xstrdup(full_jid);
	tls_path_init(&p->tls, &ibb_path_ops, PATH_INBAND, "in-band", all->key, client, NULL,
		      events, owner);
	uv_timer_init(all->loop, &p->timer);
	uv_idle_init(all->loop, &p->soon);
	uv_timer_init(all->loop, &p->pause);
	uv_timer_init(all->loop, &p->answer);
	p->timer.data = p->soon.data = p->pause.data = p->answer.data = p;
	p->open_handles = 4;
	p->number = ++all->opened;
	round_robin_add(&all->paths, &p->turn);
	return p;
}

static void on_open_answer(void *arg, const char *error)
{
	struct ibb_path *p = arg;

	p->open_request = 0;
	/*
	 * After a time-out the other side may still accept the open; our close comes behind
	 * it.
	 */
	if (p->state == IBB_PATH_GIVEN_UP ? !error || !strcmp(error, "timeout")
					  : error && !strcmp(error, "timeout"))
		ibb_path_say_close(p);
	if (error || p->state == IBB_PATH_GIVEN_UP)
		ibb_path_break(p, error ? error : "it was given up");
	else
		ibb_path_begin(p, IBB_BLOCK, "the other side took it");
}

static struct ibb_path *find(const struct ibb_paths *all, const char *jid, const char *sid)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (!strcmp(p->sid, sid) && !strcmp(p->jid, jid))
			return p;
	return NULL;
}

struct path *ibb_path_open_as(struct ibb_paths *all, const char *full_jid, const char *sid,
			      enum ibb_path_standing standing, const struct path_events *events,
			      void *owner)
{
	struct ibb_path *p;

	if (!all->xmpp || strlen(sid) > 2 * IBB_SID_BYTES || find(all, full_jid, sid))
		return NULL;
	p = create(all, full_jid, standing, true, events, owner);
	if (!p)
		return NULL;
	strcpy(p->sid, sid);
	p->open_request =
		account_open_stream(all->xmpp, full_jid, p->sid, IBB_BLOCK, on_open_answer, p);
	if (!p->open_request) {
		ibb_path_finish(p, "it could not be asked for");
		return NULL;
	}
	return &p->tls.path;
}

struct path *ibb_path_open(struct ibb_paths *all, const char *full_jid,
			   enum ibb_path_standing standing, const struct path_events *events,
			   void *owner)
{
	unsigned char random[IBB_SID_BYTES];
	char sid[2 * IBB_SID_BYTES + 1];

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), sid);
	return ibb_path_open_as(all, full_jid, sid, standing, events, owner);
}

static bool well_formed(const struct ibb_stanza *open)
{
	size_t n = strlen(open->sid);

	return n && n <= 2 * IBB_SID_BYTES && strspn(open->sid, "0123456789abcdef") == n &&
	       open->block_size;
}

/* XEP-0047 2.1: after this refusal the other side may try again with smaller blocks. */
static bool fits(const struct ibb_stanza *open)
{
	return open->block_size >= IBB_BLOCK_MIN && open->block_size <= IBB_BLOCK;
}

struct path *ibb_path_accept(struct ibb_paths *all, const struct ibb_stanza *open,
			     enum ibb_path_standing standing, const struct path_events *events,
			     void *owner)
{
	struct ibb_path *p = NULL;

	if (!well_formed(open)) {
		account_reply_error(all->xmpp, open->from, open->id, "bad-request");
		return NULL;
	}
	if (fits(open) && !find(all, open->from, open->sid))
		p = create(all, open->from, standing, false, events, owner);
	if (!p) {
		account_reply_error(all->xmpp, open->from, open->id, "resource-constraint");
		return NULL;
	}
	strcpy(p->sid, open->sid);
	if (!account_reply_result(all->xmpp, open->from, open->id)) {
		ibb_path_finish(p, "it cannot be answered");
		return NULL;
	}
	ibb_path_begin(p, open->block_size, "it was offered");
	return &p->tls.path;
}

void ibb_paths_stanza(struct ibb_paths *all, const struct ibb_stanza *s)
{
	struct ibb_path *p = find(all, s->from, s->sid);

	if (!p) {
		account_reply_error(all->xmpp, s->from, s->id, "item-not-found");
		return;
	}
	if (s->kind == IBB_DATA) {
		ibb_blocks_take(p, s);
		return;
	}
	account_reply_result(all->xmpp, s->from, s->id);
	ibb_path_break(p, "closed by the other side");
}

void ibb_paths_bulk(struct ibb_paths *all)
{
	struct round_robin_entry *turn;

	round_robin_begin(&all->paths);
	while (all->xmpp && account_bulk_ready(all->xmpp) && (turn = round_robin_next(&all->paths)))
		ibb_blocks_send(of_turn(turn));
}

/* The first path with a number up to last. */
static struct ibb_path *one_of(const struct ibb_paths *all, uint64_t last)
{
	for (struct ibb_path *p = after(all, NULL); p; p = after(all, p))
		if (p->number <= last)
			return p;
	return NULL;
}

void ibb_paths_lost(struct ibb_paths *all, const char *why)
{
	uint64_t last = all->opened;
	struct ibb_path *p;

	/* An owner may open new paths when told; their numbers are above last, and they stay. */
	while ((p = one_of(all, last)))
		ibb_path_break(p, why);
}
