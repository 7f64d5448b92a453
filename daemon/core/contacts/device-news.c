/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * There is a listener for each link that is up. It has what was said last each way, so that
 * nothing is said twice, and so that a word counts at once when the user verifies the device
 * that had said it.
 *
 * A listener that was told of a revocation is looked at every ACK_LOOK until its device has
 * acknowledged the record, or its link has ended. An opening is a device to which a link is
 * being made for that; if the link does not come up, the device rests for a while.
 */
#include "device-news.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "log.h"
#include "meeting.h"
#include "peer.h"

enum {
	ACK_LOOK = 1000,		/* ms */
	SAVE_LATER = 60 * 1000,		/* ms; for what may be lost in a crash */
	OPENING_REST = 60 * 1000,	/* ms; then a device that was not reached is tried again */
	REFUSALS_MAX = 64,		/* devices that are told in meetings what we revoke, until
					   that changes: any key may refuse us */
};

struct listener {
	struct listener *next;		/* device_news::listeners */
	struct peer *peer;		/* borrowed */
	struct buf said, heard;		/* fields */
	bool fresh;			/* nothing was said yet */
	bool opened;			/* the link was made to tell of a revocation */
	uint64_t number;		/* of the record that told of one; 0: none did, or it was
					   acknowledged */
};

struct opening {
	struct opening *next;		/* device_news::openings */
	uint64_t until;			/* ms; then it may be tried again */
	char device[DEVICE_ID_LEN + 1];
	char jid[];
};

struct device_news {
	struct context *context;	/* borrowed */
	struct peers *peers;		/* borrowed */
	const struct device_news_ops *ops;
	void *arg;
	struct listener *listeners;	/* owned */
	struct opening *openings;	/* owned */
	uint64_t save_at;		/* ms; 0: nothing waits to be saved */
	struct opening *refusals;	/* owned; devices that were told in a meeting what we
					   revoke */
	bool calling;			/* somebody may have to be told by a link that is not
					   there */
	struct timer timer;
};

static const struct meeting_kind revoke_kind;

static void on_timer(void *owner);

struct device_news *device_news_create(struct context *context, struct peers *peers,
				       const struct device_news_ops *ops, void *arg)
{
	struct device_news *n = xcalloc(1, sizeof(*n));

	n->context = context;
	n->peers = peers;
	n->ops = ops;
	n->arg = arg;
	timer_init(&n->timer, &context->timers, on_timer, n);
	meetings_add_kind(&peers->meetings, &revoke_kind, n);
	return n;
}

static void free_listener(struct listener *l)
{
	buf_finish(&l->said);
	buf_finish(&l->heard);
	free(l);
}

static void free_openings(struct opening **first)
{
	while (*first) {
		struct opening *o = *first;

		*first = o->next;
		free(o);
	}
}

void device_news_destroy(struct device_news *n)
{
	if (!n)
		return;
	timer_stop(&n->timer);
	if (n->save_at)
		n->ops->save(n->arg);
	while (n->listeners) {
		struct listener *l = n->listeners;

		n->listeners = l->next;
		free_listener(l);
	}
	free_openings(&n->openings);
	free_openings(&n->refusals);
	free(n);
}

static struct listener *find_listener(const struct device_news *n, const struct peer *p)
{
	struct listener *l = n->listeners;

	while (l && l->peer != p)
		l = l->next;
	return l;
}

static struct opening *find_opening(const struct device_news *n, const char *jid,
				    const char *device)
{
	struct opening *o = n->openings;

	while (o && (strcmp(o->jid, jid) || strcmp(o->device, device)))
		o = o->next;
	return o;
}

static void set_timer(struct device_news *n)
{
	uint64_t at = UINT64_MAX, now = context_now(n->context);

	for (const struct listener *l = n->listeners; l; l = l->next)
		if (l->number)
			at = now + ACK_LOOK;
	for (const struct opening *o = n->openings; o; o = o->next)
		if (o->until < at)
			at = o->until;
	if (n->save_at && n->save_at < at)
		at = n->save_at;
	timer_set(&n->timer, n->calling ? now : at);
}

/* Many devices may come within a moment, and each write has the whole table. */
static void save_later(struct device_news *n)
{
	if (!n->save_at)
		n->save_at = context_now(n->context) + SAVE_LATER;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	size_t n = buf_len(a);

	return n == buf_len(b) && (!n || !memcmp(buf_data(a), buf_data(b), n));
}

/* Says our word, if it is another one than was said last. */
static void say(struct device_news *n, struct listener *l)
{
	const struct context *c = n->context;
	struct peer *p = l->peer;
	struct buf fields = { 0 };
	struct device_word word;

	device_word_compose(&word, c->trust, c->jid, c->fp, p->jid, p->fp);
	device_word_put(&word, &fields);
	if (p->link.state == LINK_ENDED || (!l->fresh && is_same(&fields, &l->said))) {
		buf_finish(&fields);
		return;
	}
	buf_finish(&l->said);
	l->said = fields;
	l->fresh = false;
	/* A link that cannot take it is about to end: what has no number was not told. */
	l->number = n->peers->ops->say(p, RECORD_DEVICE, &l->said);
	if (!word.revoke_count)
		l->number = 0;
}

void device_news_up(struct device_news *n, struct peer *p)
{
	struct listener *l = find_listener(n, p);
	struct context *c = n->context;

	if (trust_note_seen(c->trust, p->jid, p->fp, context_time(c)))
		save_later(n);
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->peer = p;
		/* Which is not the same as an empty word. */
		l->fresh = true;
		l->opened = find_opening(n, p->jid, p->device) != NULL;
		l->next = n->listeners;
		n->listeners = l;
	}
	say(n, l);
	n->calling = true;
	set_timer(n);
}

void device_news_ended(struct device_news *n, const struct peer *p)
{
	struct listener **at = &n->listeners, *gone;

	while (*at && (*at)->peer != p)
		at = &(*at)->next;
	if (!*at)
		return;
	gone = *at;
	*at = gone->next;
	free_listener(gone);
	n->calling = true;
	set_timer(n);
}

/* What a word has done, once the table is saved. */
static void report(struct device_news *n, const char *jid, const unsigned char *by,
		   const struct word_effect *effect)
{
	char id[DEVICE_ID_LEN + 1];

	device_id_of(by, id);
	for (unsigned i = 0; i < effect->lost_count; i++)
		n->ops->lost(n->arg, jid, effect->lost[i], by);
	for (unsigned i = 0; i < effect->revoked_count; i++)
		n->ops->revoked(n->arg, jid, effect->revoked[i], by);
	for (unsigned i = 0; i < effect->vouched_count; i++)
		n->ops->vouched(n->arg, jid, effect->vouched[i], by);
	if (effect->now_compared)
		n->ops->compared(n->arg, jid, by);
	log_debug("%s/%s: its word: %u vouched, %u revoked, %u lost", jid, id,
		  effect->vouched_count, effect->revoked_count, effect->lost_count);
}

/* Leaves only those for which the device vouches already. */
static void keep_old_vouches(const struct context *c, const char *jid, const unsigned char *from,
			     struct device_word *word)
{
	unsigned count = 0;

	for (unsigned i = 0; i < word->vouch_count; i++) {
		const struct trusted_device *d = trust_device(c->trust, jid, word->vouches[i]);

		if (d && d->state == TRUST_VOUCHED && d->by &&
		    !memcmp(d->by, from, FINGERPRINT_BYTES))
			memmove(word->vouches[count++], word->vouches[i], FINGERPRINT_BYTES);
	}
	word->vouch_count = count;
}

static bool is_nothing(const struct word_effect *effect)
{
	return !effect->noted && !effect->vouched_count && !effect->lost_count &&
	       !effect->revoked_count;
}

/*
 * A grant that cannot be saved is undone; what takes a right away holds in any case. So where
 * the disk fails, the word is applied once more without what it would grant.
 */
static void apply(struct device_news *n, const char *jid, const unsigned char *from,
		  const struct device_word *said)
{
	struct context *c = n->context;
	struct device_word word = *said;
	struct word_effect effect;

	if (trust_word_grants(c->trust, jid, from, &word))
		n->ops->remember(n->arg);
	trust_hear(c->trust, jid, from, &word, c->fp, context_time(c), &effect);
	if (!effect.vouched_count) {
		if (!is_nothing(&effect))
			n->ops->save(n->arg);
	} else if (!n->ops->keep(n->arg)) {
		keep_old_vouches(c, jid, from, &word);
		trust_hear(c->trust, jid, from, &word, c->fp, context_time(c), &effect);
		n->ops->save(n->arg);
	}
	if (is_nothing(&effect))
		return;
	if (effect.revoked_count && context_is_self(c, jid))
		trust_untell(c->trust);
	report(n, jid, from, &effect);
	if (context_is_self(c, jid))
		device_news_decided(n, NULL);
}

const char *device_news_record(struct device_news *n, struct peer *p, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	struct listener *l = find_listener(n, p);
	unsigned char fp[FINGERPRINT_BYTES];
	struct device_word word;
	char jid[JID_MAX];
	const char *why;

	if (!fields_valid(f))
		return FIELDS_RULE;
	if (!device_word_parse(f, &word, &why))
		return why;
	if (l) {
		buf_reset(&l->heard);
		buf_append(&l->heard, record->payload, record->len);
	}
	/* The word may end the peer that said it. */
	memcpy(fp, p->fp, sizeof(fp));
	strcpy(jid, p->jid);
	apply(n, jid, fp, &word);
	return NULL;
}

void device_news_revokes(struct device_news *n, const char *jid, const unsigned char *from,
			 const struct device_word *word)
{
	const struct context *c = n->context;
	enum trust_state state = trust_lookup(c->trust, jid, from);
	struct device_word only = { .revoke_count = word->revoke_count };

	/* A device that is trusted says its whole word in its link. */
	if (state != TRUST_REVOKED)
		return;
	memcpy(only.revokes, word->revokes, sizeof(only.revokes));
	apply(n, jid, from, &only);
}

/* Meetings, in which a device that was revoked says its own word */

static void on_meeting_up(void *owner, struct meeting *m)
{
	struct device_news *n = owner;
	const struct context *c = n->context;
	struct device_word word;
	struct buf fields = { 0 };

	device_word_compose(&word, c->trust, c->jid, c->fp, meeting_jid(m), meeting_fp(m));
	/* Nothing else concerns somebody who does not trust us. */
	word.compared = false;
	word.vouch_count = 0;
	*word.name = '\0';
	device_word_put(&word, &fields);
	meeting_say(m, revoke_kind.name, &fields);
	buf_finish(&fields);
	meeting_end(m, "done");
}

static const char *on_meeting_heard(void *owner, struct meeting *m, struct fields f)
{
	struct device_news *n = owner;
	unsigned char fp[FINGERPRINT_BYTES];
	struct device_word word;
	char jid[JID_MAX];
	const char *why;

	if (!device_word_parse(f, &word, &why))
		return why;
	/* What follows from it may end the meeting. */
	memcpy(fp, meeting_fp(m), sizeof(fp));
	strcpy(jid, meeting_jid(m));
	device_news_revokes(n, jid, fp, &word);
	return NULL;
}

static void on_meeting_ended(void *owner, struct meeting *m, const char *reason)
{
}

static const struct meeting_kind revoke_kind = {
	.name = "revoke",
	.up = on_meeting_up,
	.heard = on_meeting_heard,
	.ended = on_meeting_ended,
};

/* The next listener of a verified device of jid that was not taken yet, in the table's order. */
static struct listener *find_heard(const struct device_news *n, const char *jid, unsigned index,
				   unsigned char fp[FINGERPRINT_BYTES])
{
	for (struct listener *l = n->listeners; l; l = l->next) {
		if (strcmp(l->peer->jid, jid) || !buf_len(&l->heard))
			continue;
		if (index--)
			continue;
		memcpy(fp, l->peer->fp, FINGERPRINT_BYTES);
		return l;
	}
	return NULL;
}

/* What the devices of jid said last is applied again. It may end their peers. */
static void hear_again(struct device_news *n, const char *who)
{
	unsigned char fps[DEVICES_PER_BUDDY][FINGERPRINT_BYTES];
	struct device_word words[DEVICES_PER_BUDDY];
	unsigned count = 0;
	struct listener *l;
	char jid[JID_MAX];
	const char *why;

	strcpy(jid, who);
	while (count < DEVICES_PER_BUDDY && (l = find_heard(n, jid, count, fps[count]))) {
		struct fields f = { buf_data(&l->heard), buf_len(&l->heard) };

		device_word_parse(f, &words[count++], &why);
	}
	for (unsigned i = 0; i < count; i++)
		apply(n, jid, fps[i], &words[i]);
}

void device_news_decided(struct device_news *n, const char *jid)
{
	if (!n->context->jid)
		return;
	if (jid)
		hear_again(n, jid);
	/* Our word may be another one now. */
	free_openings(&n->refusals);
	for (struct listener *l = n->listeners; l; l = l->next)
		say(n, l);
	n->calling = true;
	set_timer(n);
}

void device_news_appeared(struct device_news *n)
{
	n->calling = true;
	set_timer(n);
}

/* The devices that have acknowledged what they were told. */
static void note_acks(struct device_news *n)
{
	for (struct listener *l = n->listeners; l; l = l->next) {
		if (!l->number || !n->peers->ops->acknowledged(l->peer, l->number))
			continue;
		l->number = 0;
		trust_note_told(n->context->trust, l->peer->jid, l->peer->fp);
		save_later(n);
	}
}

static bool has_revocations(const struct context *c)
{
	struct device_word word;

	device_word_compose(&word, c->trust, c->jid, c->fp, c->jid, c->fp);
	return word.revoke_count != 0;
}

void device_news_refused(struct device_news *n, const char *jid, const char *device)
{
	const struct context *c = n->context;
	const struct resource *r = presence_device(c->presence, jid, device);
	struct opening *o = n->refusals;
	unsigned count = 0;

	for (; o && (strcmp(o->jid, jid) || strcmp(o->device, device)); o = o->next)
		count++;
	if (o || count >= REFUSALS_MAX || !r || c->stopping || !has_revocations(c))
		return;
	o = xcalloc(1, sizeof(*o) + strlen(jid) + 1);
	strcpy(o->jid, jid);
	strcpy(o->device, device);
	o->next = n->refusals;
	n->refusals = o;
	n->peers->ops->meet(n->peers, r->full, device, &revoke_kind);
}

static bool is_linked(const struct device_news *n, const char *jid, const char *device)
{
	const struct peer *p = n->peers->ops->find(n->peers, jid, device);

	return p && find_listener(n, p);
}

/* Ends the links that were made to tell, have told and are of no other use. */
static void close_opened(struct device_news *n)
{
	struct listener *l = n->listeners;

	while (l) {
		struct peer *p = l->peer;

		if (!l->opened || l->number || !p->idle_since || p->ended) {
			l = l->next;
			continue;
		}
		/* It takes the listener away, and more may follow. */
		n->peers->ops->end(p, "idle");
		l = n->listeners;
	}
}

/* Forgets openings that have led to a link, or have rested. Returns how many are under way. */
static unsigned tidy_openings(struct device_news *n)
{
	struct opening **at = &n->openings, *o;
	uint64_t now = context_now(n->context);
	unsigned under_way = 0;

	while ((o = *at)) {
		if (now >= o->until || is_linked(n, o->jid, o->device)) {
			*at = o->next;
			free(o);
			continue;
		}
		under_way += n->peers->ops->find(n->peers, o->jid, o->device) != NULL;
		at = &o->next;
	}
	return under_way;
}

/* A device that has to be told and can be: trusted, online, without a link, not at rest. */
static const struct trusted_device *find_untold(const struct device_news *n,
						char device[DEVICE_ID_LEN + 1])
{
	const struct context *c = n->context;

	for (const struct trusted_device *d = trust_first(c->trust); d; d = d->next) {
		if (d->told || !trust_allows(d->state))
			continue;
		device_id_of(d->fp, device);
		if (presence_device(c->presence, d->jid, device) && !is_linked(n, d->jid, device) &&
		    !find_opening(n, d->jid, device))
			return d;
	}
	return NULL;
}

static void open_link(struct device_news *n, const struct trusted_device *d, const char *device)
{
	struct opening *o = xcalloc(1, sizeof(*o) + strlen(d->jid) + 1);

	strcpy(o->jid, d->jid);
	strcpy(o->device, device);
	o->until = context_now(n->context) + OPENING_REST;
	o->next = n->openings;
	n->openings = o;
	n->peers->ops->want(n->peers, o->jid, o->device);
}

static void on_timer(void *owner)
{
	struct device_news *n = owner;
	struct context *c = n->context;
	const struct trusted_device *d;
	char device[DEVICE_ID_LEN + 1];

	n->calling = false;
	note_acks(n);
	if (n->save_at && context_now(c) >= n->save_at) {
		n->save_at = 0;
		n->ops->save(n->arg);
	}
	close_opened(n);
	if (c->online_at && !c->stopping && c->jid && has_revocations(c))
		while (tidy_openings(n) < DEVICE_NEWS_AT_ONCE && (d = find_untold(n, device)))
			open_link(n, d, device);
	tidy_openings(n);
	set_timer(n);
}
