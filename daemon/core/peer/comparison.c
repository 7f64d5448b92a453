/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A comparison is a row of a list, found by JID and device. While it is made, it belongs to
 * one meeting, and other meetings cannot change it. It is counted when a side is bound: when
 * we say our commitment, or answer theirs. So a device that breaks off because it does not
 * like what it would see has used up a guess.
 *
 * Two that begin at the same moment: the attempt of the lower fingerprint goes on, unless it is
 * old and had no answer, as with links. The other side hears "collision" and waits.
 */
#include "comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "comparison-allowance.h"
#include "comparison-string.h"
#include "connector.h"
#include "hex.h"
#include "log.h"
#include "meeting.h"

struct comparison {
	struct list link;		/* comparisons::list */
	char *jid;			/* bare; owned */
	char device[DEVICE_ID_LEN + 1];
	unsigned char fp[FINGERPRINT_BYTES];	/* valid from COMPARISON_COMMITTED on */
	enum comparison_state state;
	struct meeting *meeting;	/* borrowed; on which it is made, or NULL */
	unsigned char ours[COMPARISON_NONCE];
	unsigned char commitment[DIGEST_BYTES];	/* theirs, if they began */
	unsigned char bits[SHORT_BYTES];
	enum comparison_result said, theirs;	/* of our user; of theirs */
	bool unsaid;			/* what our user said is to be told in a meeting that
					   is being opened */
	bool stood;			/* a string was made, and over() was not called for it */
	uint64_t begun;			/* ms */
	uint64_t until;			/* ms; then it is forgotten */
	char reason[REASON_MAX + 1];
};

struct comparisons {
	struct meetings *meetings;	/* borrowed */
	const struct context *context;	/* borrowed */
	const struct comparison_events *events;
	void *owner;
	struct list list;		/* owned */
	unsigned count;
	struct comparison_allowance allowance;
	struct timer timer;
};

static const struct meeting_kind compare_kind, result_kind;

static const char *const state_names[] = {
	[COMPARISON_NONE] = "none",	      [COMPARISON_OPENING] = "opening",
	[COMPARISON_COMMITTED] = "committed", [COMPARISON_ANSWERED] = "answered",
	[COMPARISON_DONE] = "done",	      [COMPARISON_FAILED] = "failed",
};

const char *comparison_state_name(enum comparison_state state)
{
	return state_names[state];
}

static uint64_t now_of(const struct comparisons *c)
{
	return context_now(c->context);
}

static void set_timer(struct comparisons *c)
{
	uint64_t at = UINT64_MAX;

	for (struct list *r = c->list.next; r != &c->list; r = r->next)
		if (((struct comparison *)r)->until < at)
			at = ((struct comparison *)r)->until;
	timer_set(&c->timer, at);
}

/* The only way to change a state. It stays for at most `kept` ms. */
static void enter(struct comparisons *c, struct comparison *k, enum comparison_state state,
		  uint64_t kept, const char *why)
{
	log_about(k->jid, LOG_DEBUG, "%s/%s: comparison %s -> %s, %.64s", k->jid, k->device,
		  state_names[k->state], state_names[state], why);
	k->state = state;
	k->until = now_of(c) + kept;
	set_timer(c);
}

/* There is no string to look at any more. */
static void end_string(struct comparisons *c, struct comparison *k)
{
	bool stood = k->stood;

	k->stood = false;
	if (stood && c->events)
		c->events->over(c->owner, k->jid, k->fp);
}

static void fail(struct comparisons *c, struct comparison *k, const char *reason)
{
	struct meeting *m = k->meeting;

	end_string(c, k);
	snprintf(k->reason, sizeof(k->reason), "%s", reason);
	k->meeting = NULL;
	enter(c, k, COMPARISON_FAILED, MEETING_TIME, reason);
	if (m)
		meeting_end(m, reason);
}

static struct comparison *find(const struct comparisons *c, const char *jid, const char *device)
{
	for (struct list *r = c->list.next; r != &c->list; r = r->next) {
		struct comparison *k = (struct comparison *)r;

		if (!strcmp(k->device, device) && !strcmp(k->jid, jid))
			return k;
	}
	return NULL;
}

static struct comparison *find_of(const struct comparisons *c, const struct meeting *m)
{
	for (struct list *r = c->list.next; r != &c->list; r = r->next)
		if (((struct comparison *)r)->meeting == m)
			return (struct comparison *)r;
	return NULL;
}

static void forget(struct comparisons *c, struct comparison *k)
{
	struct meeting *m = k->meeting;

	k->meeting = NULL;
	list_remove(&k->link);
	c->count--;
	end_string(c, k);
	free(k->jid);
	free(k);
	if (m)
		meeting_end(m, "time-out");
}

/* The row of a device; NULL if there is no room for it. */
static struct comparison *row_of(struct comparisons *c, const char *jid, const char *device)
{
	struct comparison *k = find(c, jid, device);

	if (k || c->count >= COMPARISONS_MAX)
		return k;
	k = xcalloc(1, sizeof(*k));
	k->jid = xstrdup(jid);
	snprintf(k->device, sizeof(k->device), "%s", device);
	list_append(&c->list, &k->link);
	c->count++;
	return k;
}

/* Makes a row that may have been used before a new one. */
static void begin(struct comparisons *c, struct comparison *k)
{
	struct meeting *before = k->meeting;

	k->meeting = NULL;
	k->said = k->theirs = RESULT_NONE;
	k->unsaid = false;
	k->begun = now_of(c);
	*k->reason = '\0';
	memset(k->bits, 0, sizeof(k->bits));
	if (before)
		meeting_end(before, "collision");
}

/* The string */

/* The parts as this side knows them; theirs is the other side's nonce, or NULL. */
static struct comparison_parts parts_of(const struct comparisons *c, const struct comparison *k,
					bool opener, const unsigned char *theirs)
{
	return (struct comparison_parts){
		.nonce_o = opener ? k->ours : theirs,
		.nonce_a = opener ? theirs : k->ours,
		.fp_o = opener ? c->context->fp : k->fp,
		.fp_a = opener ? k->fp : c->context->fp,
		.jid_o = opener ? c->context->self : k->jid,
		.jid_a = opener ? k->jid : c->context->self,
	};
}

/* Makes the string of both nonces. False if the path has no exporter. */
static bool derive(const struct comparisons *c, struct comparison *k,
		   const unsigned char theirs[COMPARISON_NONCE])
{
	bool opener = meeting_is_ours(k->meeting);
	struct comparison_parts parts = parts_of(c, k, opener, theirs);
	unsigned char exported[DIGEST_BYTES];

	if (!meeting_exporter(k->meeting, exported))
		return false;
	parts.exported = exported;
	comparison_string(c->context->digests, &parts, k->bits);
	return true;
}

/* What is said and heard */

static void say_hex(struct meeting *m, const char *key, const unsigned char *bytes, size_t n)
{
	char hex[2 * DIGEST_BYTES + 1];
	struct buf fields = { 0 };

	hex_encode(bytes, n, hex);
	fields_add(&fields, key, hex);
	meeting_say(m, compare_kind.name, &fields);
	buf_finish(&fields);
}

static void say_refused(struct meeting *m, const char *reason)
{
	struct buf fields = { 0 };

	fields_add(&fields, "state", "refused");
	fields_add(&fields, "reason", reason);
	meeting_say(m, compare_kind.name, &fields);
	buf_finish(&fields);
}

static void on_compare_up(void *owner, struct meeting *m)
{
	struct comparisons *c = owner;
	struct comparison *k = find_of(c, m);
	unsigned char commitment[DIGEST_BYTES];
	struct comparison_parts parts;

	if (!k || k->state != COMPARISON_OPENING) {
		meeting_end(m, "not-wanted");
		return;
	}
	if (!comparison_allowance_take(&c->allowance, k->jid, now_of(c))) {
		fail(c, k, "too-often");
		return;
	}
	memcpy(k->fp, meeting_fp(m), sizeof(k->fp));
	context_random(c->context, k->ours, sizeof(k->ours));
	parts = parts_of(c, k, true, NULL);
	comparison_commitment(c->context->digests, &parts, commitment);
	enter(c, k, COMPARISON_COMMITTED, 2 * MEETING_TIME, "the meeting is up");
	say_hex(m, "commit", commitment, sizeof(commitment));
}

/* Whether our own attempt with the device goes on, and theirs is refused. */
static bool ours_wins(const struct comparisons *c, const struct comparison *k,
		      const unsigned char *theirs)
{
	if (k->state != COMPARISON_OPENING && k->state != COMPARISON_COMMITTED)
		return false;
	return k->meeting && memcmp(c->context->fp, theirs, FINGERPRINT_BYTES) < 0 &&
	       now_of(c) < k->begun + LINK_COLLISION_MAX;
}

static const char *take_commitment(struct comparisons *c, struct meeting *m, const char *hex)
{
	unsigned char commitment[DIGEST_BYTES];
	struct comparison *k;

	if (meeting_is_ours(m))
		return "commit: from the side that opened the meeting";
	if (find_of(c, m))
		return "commit: once in a meeting";
	if (!hex_decode(hex, commitment, sizeof(commitment)))
		return "commit: 64 hex digits";
	k = row_of(c, meeting_jid(m), meeting_device(m));
	if (!k) {
		say_refused(m, "busy");
		return NULL;
	}
	if (ours_wins(c, k, meeting_fp(m))) {
		say_refused(m, "collision");
		return NULL;
	}
	if (!comparison_allowance_take(&c->allowance, k->jid, now_of(c))) {
		log_about(k->jid, LOG_WARNING, "%s/%s: wants to compare too often", k->jid,
			  k->device);
		say_refused(m, "too-often");
		/* A row that was made for this has nothing to show. */
		if (k->state == COMPARISON_NONE)
			forget(c, k);
		return NULL;
	}
	begin(c, k);
	k->meeting = m;
	/* Not before it is begun: a string that is kept is of the key that it was made with. */
	memcpy(k->fp, meeting_fp(m), sizeof(k->fp));
	memcpy(k->commitment, commitment, sizeof(k->commitment));
	context_random(c->context, k->ours, sizeof(k->ours));
	enter(c, k, COMPARISON_ANSWERED, 2 * MEETING_TIME, "they want to compare");
	say_hex(m, "nonce", k->ours, sizeof(k->ours));
	return NULL;
}

static const char *take_nonce(struct comparisons *c, struct meeting *m, const char *hex)
{
	struct comparison *k = find_of(c, m);
	unsigned char theirs[COMPARISON_NONCE], committed[DIGEST_BYTES];
	bool opener = meeting_is_ours(m);
	struct comparison_parts parts;

	if (!k || k->state != (opener ? COMPARISON_COMMITTED : COMPARISON_ANSWERED))
		return "nonce: behind the commitment, once";
	if (!hex_decode(hex, theirs, sizeof(theirs)))
		return "nonce: 64 hex digits";
	if (!opener) {
		parts = parts_of(c, k, false, theirs);
		comparison_commitment(c->context->digests, &parts, committed);
		if (memcmp(committed, k->commitment, sizeof(committed))) {
			k->meeting = NULL;
			fail(c, k, "commitment");
			return "nonce: the one that was committed to";
		}
	}
	if (!derive(c, k, theirs)) {
		fail(c, k, "unsupported");
		return NULL;
	}
	enter(c, k, COMPARISON_DONE, COMPARISON_KEPT, "both nonces are known");
	k->stood = true;
	if (opener)
		say_hex(m, "nonce", k->ours, sizeof(k->ours));
	else if (c->events)
		c->events->begun(c->owner, k->jid, k->fp);
	return NULL;
}

static void take_state(struct comparisons *c, struct meeting *m, struct fields f)
{
	const char *state = fields_get(f, "state"), *reason = fields_get(f, "reason");
	struct comparison *k = find_of(c, m);

	if (!k || k->state != COMPARISON_COMMITTED)
		return;
	if (!reason || !record_is_word(reason))
		reason = record_is_word(state) ? state : "refused";
	if (strcmp(reason, "collision") != 0) {
		fail(c, k, reason);
		return;
	}
	/* Theirs is on its way, and is answered when it comes. */
	k->meeting = NULL;
	enter(c, k, COMPARISON_OPENING, LINK_HELLO_TIMEOUT, "they have begun as well");
	meeting_end(m, "collision");
}

static const char *on_compare_heard(void *owner, struct meeting *m, struct fields f)
{
	const char *commit = fields_get(f, "commit"), *nonce = fields_get(f, "nonce");
	struct comparisons *c = owner;

	if (commit)
		return take_commitment(c, m, commit);
	if (nonce)
		return take_nonce(c, m, nonce);
	if (!fields_get(f, "state"))
		return "state: where there is neither commit nor nonce";
	take_state(c, m, f);
	return NULL;
}

static void on_compare_ended(void *owner, struct meeting *m, const char *reason)
{
	struct comparisons *c = owner;
	struct comparison *k = find_of(c, m);

	if (!k)
		return;
	k->meeting = NULL;
	if (k->state != COMPARISON_DONE)
		fail(c, k, reason);
}

static const struct meeting_kind compare_kind = {
	.name = "compare",
	.up = on_compare_up,
	.heard = on_compare_heard,
	.ended = on_compare_ended,
};

/* What users said */

static void say_result(struct comparison *k, struct meeting *m)
{
	struct buf fields = { 0 };

	k->unsaid = false;
	fields_add(&fields, "state", k->said == RESULT_SAME ? "same" : "different");
	meeting_say(m, result_kind.name, &fields);
	buf_finish(&fields);
}

static void on_result_up(void *owner, struct meeting *m)
{
	struct comparisons *c = owner;
	struct comparison *k = find(c, meeting_jid(m), meeting_device(m));

	if (k && k->unsaid && !memcmp(k->fp, meeting_fp(m), sizeof(k->fp)))
		say_result(k, m);
	meeting_end(m, "done");
}

static const char *on_result_heard(void *owner, struct meeting *m, struct fields f)
{
	struct comparisons *c = owner;
	struct comparison *k = find(c, meeting_jid(m), meeting_device(m));
	const char *state = fields_get(f, "state");
	enum comparison_result result = RESULT_NONE;

	if (!state)
		return "state: must be there";
	if (!strcmp(state, "same"))
		result = RESULT_SAME;
	else if (!strcmp(state, "different"))
		result = RESULT_DIFFERENT;
	if (!k || k->state != COMPARISON_DONE || result == RESULT_NONE || result == k->theirs ||
	    memcmp(k->fp, meeting_fp(m), sizeof(k->fp)) != 0)
		return NULL;
	k->theirs = result;
	log_about(k->jid, LOG_INFO, "%s/%s: says that the words are %s", k->jid, k->device, state);
	if (c->events)
		c->events->told(c->owner, k->jid, k->fp, result == RESULT_SAME);
	return NULL;
}

static void on_result_ended(void *owner, struct meeting *m, const char *reason)
{
}

static const struct meeting_kind result_kind = {
	.name = "result",
	.up = on_result_up,
	.heard = on_result_heard,
	.ended = on_result_ended,
};

void comparison_say(struct comparisons *c, const char *jid, const char *device, bool same)
{
	struct comparison *k = find(c, jid, device);
	const struct resource *r = presence_device(c->context->presence, jid, device);

	if (!k || k->state != COMPARISON_DONE)
		return;
	k->said = same ? RESULT_SAME : RESULT_DIFFERENT;
	k->unsaid = true;
	if (k->meeting && meeting_is_up(k->meeting))
		say_result(k, k->meeting);
	else if (r)
		meeting_open(c->meetings, r->full, device, &result_kind);
}

/* All of them */

static void on_timer(void *owner)
{
	struct comparisons *c = owner;
	struct list *r = c->list.next;
	uint64_t now = now_of(c);

	while (r != &c->list) {
		struct comparison *k = (struct comparison *)r;

		r = r->next;
		if (k->until > now)
			continue;
		forget(c, k);
		/* The end of a meeting may have changed the list. */
		r = c->list.next;
	}
	set_timer(c);
}

void comparison_want(struct comparisons *c, const char *jid, const char *device)
{
	const struct resource *r = presence_device(c->context->presence, jid, device);
	struct comparison *k = row_of(c, jid, device);

	if (!k || (k->state != COMPARISON_NONE && k->state != COMPARISON_FAILED))
		return;
	begin(c, k);
	if (!r) {
		fail(c, k, "offline");
		return;
	}
	k->meeting = meeting_open(c->meetings, r->full, device, &compare_kind);
	if (k->meeting)
		enter(c, k, COMPARISON_OPENING, 2 * MEETING_TIME, "our user wants to compare");
	else
		fail(c, k, "unreachable");
}

struct comparison_view comparison_look(const struct comparisons *c, const char *jid,
				       const char *device)
{
	const struct comparison *k = find(c, jid, device);
	struct comparison_view view = { .state = COMPARISON_NONE };

	if (!k)
		return view;
	view.state = k->state;
	view.theirs = k->theirs;
	memcpy(view.fp, k->fp, sizeof(view.fp));
	memcpy(view.bits, k->bits, sizeof(view.bits));
	memcpy(view.reason, k->reason, sizeof(view.reason));
	return view;
}

void comparisons_forget(struct comparisons *c, const char *jid)
{
	struct list *r = c->list.next;

	while (r != &c->list) {
		struct comparison *k = (struct comparison *)r;

		r = r->next;
		if (strcmp(k->jid, jid) != 0)
			continue;
		forget(c, k);
		r = c->list.next;
	}
	set_timer(c);
}

struct comparisons *comparisons_create(struct meetings *meetings,
				       const struct comparison_events *events, void *owner)
{
	struct comparisons *c = xcalloc(1, sizeof(*c));

	c->meetings = meetings;
	c->context = meetings->connectors->context;
	c->events = events;
	c->owner = owner;
	list_init(&c->list);
	comparison_allowance_init(&c->allowance);
	timer_init(&c->timer, &meetings->connectors->context->timers, on_timer, c);
	meetings_add_kind(meetings, &compare_kind, c);
	meetings_add_kind(meetings, &result_kind, c);
	return c;
}

void comparisons_clear(struct comparisons *c)
{
	if (!c)
		return;
	while (!list_alone(&c->list))
		forget(c, (struct comparison *)c->list.next);
	comparison_allowance_clear(&c->allowance);
	timer_stop(&c->timer);
}

void comparisons_destroy(struct comparisons *c)
{
	comparisons_clear(c);
	free(c);
}
