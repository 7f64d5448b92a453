/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each share has a slot, and each device two bits for each slot: seen, it has seen the newest
 * tips; owed, it has to be told of them. New tips clear the first bit of every device and set
 * the second of those online. A device that appears is owed whatever it has not seen. A device
 * that is owed something stands in line. At its turn it is told of one share that it may
 * fetch; when the answer has come, it goes to the end of the line. So a device has at most one
 * telling under way. The devices of an account share the ANNOUNCE_AT_ONCE places with others
 * (quota.h), so that one that does not answer holds up nobody else.
 *
 * What a device has seen, one process of it has seen. When the device appears, or its link
 * ends, the process may be another one. If the old one had seen anything, the device is met at
 * its turn, and told after that.
 *
 * What can go wrong: a telling or a meeting fails. Then the device rests, and after that is
 * tried with the next share. Or the device goes, comes back or restarts while a telling is
 * under way. Then the answer is still awaited, and counts for the process that gave it.
 */
#include "announcements.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "recipients.h"

struct announced_share {
	char *name;			/* owned */
	void *tips;			/* owned */
	size_t len;
	uint64_t version;		/* version of the tips, unique among all shares; 0: not
					   known yet */
	bool moving;
	uint64_t first_move, last_move;	/* while moving */
	unsigned pause;			/* ms of pause after the last failure to read the refs; 0:
					   no failure */
};

/* The pauses that there are: each the double of the one before, up to ANNOUNCE_RETRY_MAX. */
enum { PAUSES = 8 };

struct announcements {
	const struct announcements_events *events;
	void *owner;
	struct announced_share *shares[SHARES_MAX];	/* owned; NULL: a free slot */
	unsigned slots;			/* how many were ever taken, from the first on */
	uint64_t last_version;
	struct recipients recipients;
	struct list line;		/* devices that can be met or told now */
	/* Devices that rest until their retry_at, by their pause; sorted by it. */
	struct list resting[PAUSES];
	struct quota under_way;		/* places of meetings and tellings, by JID */
};

static struct recipient *of_turn(struct list *r)
{
	return (struct recipient *)((char *)r - offsetof(struct recipient, turn));
}

static bool bit(const struct recipient_slots *b, unsigned slot)
{
	return b->words[slot / 64] >> slot % 64 & 1;
}

static void set_bit(struct recipient_slots *b, unsigned slot)
{
	b->words[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void clear_bit(struct recipient_slots *b, unsigned slot)
{
	b->words[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static bool any_bit(const struct recipient_slots *b)
{
	for (unsigned i = 0; i < RECIPIENT_SLOT_WORDS; i++)
		if (b->words[i])
			return true;
	return false;
}

struct announcements *announcements_create(const struct announcements_events *events, void *owner)
{
	struct announcements *a = xcalloc(1, sizeof(*a));

	a->events = events;
	a->owner = owner;
	list_init(&a->line);
	for (unsigned i = 0; i < PAUSES; i++)
		list_init(&a->resting[i]);
	quota_init(&a->under_way, ANNOUNCE_AT_ONCE, false);
	return a;
}

static void free_share(struct announced_share *s)
{
	free(s->name);
	free(s->tips);
	free(s);
}

static void leave_place(struct recipient *d)
{
	if (d->place)
		quota_leave(d->place);
	free(d->place);
	d->place = NULL;
}

void announcements_destroy(struct announcements *a)
{
	if (!a)
		return;
	for (struct recipient *d = a->recipients.first; d; d = d->next)
		leave_place(d);
	quota_finish(&a->under_way);
	recipients_finish(&a->recipients);
	for (unsigned i = 0; i < a->slots; i++)
		if (a->shares[i])
			free_share(a->shares[i]);
	free(a);
}

/* The slot of a share, or SHARES_MAX. */
static unsigned slot_of(const struct announcements *a, const char *share)
{
	unsigned i = 0;

	while (i < a->slots && !(a->shares[i] && !strcmp(a->shares[i]->name, share)))
		i++;
	return i < a->slots ? i : SHARES_MAX;
}

/* As slot_of(), but takes a free slot for a new share. */
static unsigned slot_for(struct announcements *a, const char *share)
{
	unsigned slot = slot_of(a, share);

	if (slot < SHARES_MAX)
		return slot;
	for (slot = 0; slot < a->slots && a->shares[slot];)
		slot++;
	if (slot < SHARES_MAX) {
		a->slots += slot == a->slots;
		a->shares[slot] = xcalloc(1, sizeof(*a->shares[slot]));
		a->shares[slot]->name = xstrdup(share);
	}
	return slot;
}

/* Makes the device owed all tips that it has not seen. */
static void owe_unseen(const struct announcements *a, struct recipient *d)
{
	for (unsigned i = 0; i < a->slots; i++)
		if (a->shares[i] && a->shares[i]->version && !bit(&d->seen, i))
			set_bit(&d->owed, i);
}

/*
 * Whether the device has to be met: a process of it has seen something, and may not be the
 * present one.
 */
static bool doubtful(const struct recipient *d)
{
	return d->online && !d->sure && any_bit(&d->seen);
}

static void put_to_rest(struct announcements *a, struct recipient *d)
{
	struct list *head, *before;
	unsigned i = 0;

	for (unsigned pause = ANNOUNCE_RETRY_FIRST; pause < d->pause && i < PAUSES - 1; pause *= 2)
		i++;
	head = &a->resting[i];
	/* Whoever began to rest last is due last, as a rule. */
	before = head->prev;
	while (before != head && of_turn(before)->retry_at > d->retry_at)
		before = before->prev;
	list_append(before->next, &d->turn);
}

/*
 * Puts the device into the line, among those that rest, or nowhere, by what it is owed. If it
 * is in a list, it keeps its place there.
 */
static void line_up(struct announcements *a, struct recipient *d)
{
	if (d->telling || d->meeting || (!any_bit(&d->owed) && !doubtful(d)))
		list_remove(&d->turn);
	else if (list_alone(&d->turn) && d->retry_at)
		put_to_rest(a, d);
	else if (list_alone(&d->turn))
		list_append(&a->line, &d->turn);
}

static void end_rest(struct recipient *d)
{
	d->retry_at = 0;
	list_remove(&d->turn);
}

static bool permitted(const struct announcements *a, const struct recipient *d, unsigned slot)
{
	return a->events->permitted(a->owner, recipient_jid(d), d->id, a->shares[slot]->name);
}

/*
 * The next share that the device is owed and may fetch, or SHARES_MAX. Clears the bits of
 * shares that the device may not fetch.
 */
static unsigned next_owed(struct announcements *a, struct recipient *d)
{
	for (unsigned i = 0; i < a->slots; i++) {
		unsigned slot = (d->next_slot + i) % a->slots;

		if (!bit(&d->owed, slot))
			continue;
		clear_bit(&d->owed, slot);
		if (permitted(a, d, slot))
			return slot;
	}
	return SHARES_MAX;
}

/* Whether a new process of the device would have to be told anything. */
static bool may_be_owed(const struct announcements *a, const struct recipient *d)
{
	for (unsigned i = 0; i < a->slots; i++)
		if (a->shares[i] && a->shares[i]->version && permitted(a, d, i))
			return true;
	return false;
}

static void take_place(struct announcements *a, struct recipient *d)
{
	d->place = xcalloc(1, sizeof(*d->place));
	quota_take(&a->under_way, d->place, recipient_jid(d), true);
	d->place->unfinished = false;
}

static void meet(struct announcements *a, struct recipient *d)
{
	d->meeting = true;
	d->reappeared = false;
	take_place(a, d);
	a->events->meet(a->owner, recipient_jid(d), d->id);
}

static void tell(struct announcements *a, struct recipient *d, unsigned slot)
{
	const struct announced_share *s = a->shares[slot];

	d->telling = s->version;
	d->telling_slot = slot;
	d->reappeared = false;
	d->next_slot = slot + 1;
	take_place(a, d);
	a->events->tell(a->owner, recipient_jid(d), d->id, s->name, s->version, s->tips, s->len);
}

/* The first device of the line whose account may have another place, or NULL. */
static struct recipient *first_in_line(const struct announcements *a)
{
	struct quota_place *victim;

	for (struct list *r = a->line.next; r != &a->line && a->under_way.used < ANNOUNCE_AT_ONCE;
	     r = r->next)
		if (quota_ask(&a->under_way, recipient_jid(of_turn(r)), true, &victim) == QUOTA_YES)
			return of_turn(r);
	return NULL;
}

/* Meets or tells as many devices of the line as there are places. */
static void go_on(struct announcements *a)
{
	struct recipient *d;

	while ((d = first_in_line(a))) {
		unsigned slot;

		list_remove(&d->turn);
		if (doubtful(d)) {
			if (may_be_owed(a, d))
				meet(a, d);
			continue;
		}
		slot = next_owed(a, d);
		if (slot < SHARES_MAX)
			tell(a, d, slot);
	}
}

/* Makes the device rest after a failure, unless it is away or has appeared again since. */
static void rest(struct recipient *d, uint64_t now)
{
	if (!d->online || d->reappeared)
		return;
	d->pause = d->pause ? d->pause * 2 : ANNOUNCE_RETRY_FIRST;
	if (d->pause > ANNOUNCE_RETRY_MAX)
		d->pause = ANNOUNCE_RETRY_MAX;
	list_remove(&d->turn);
	d->retry_at = now + d->pause;
}

static void end_telling(struct announcements *a, struct recipient *d)
{
	d->telling = 0;
	leave_place(d);
}

static void end_meeting(struct recipient *d)
{
	if (d->meeting)
		leave_place(d);
	d->meeting = false;
}

void announcements_moved(struct announcements *a, const char *share, uint64_t now)
{
	unsigned slot = slot_for(a, share);
	struct announced_share *s;

	if (slot == SHARES_MAX)
		return;
	s = a->shares[slot];
	if (!s->moving)
		s->first_move = now;
	s->moving = true;
	s->last_move = now;
}

void announcements_tips(struct announcements *a, const char *share, const void *tips, size_t len,
			uint64_t now)
{
	unsigned slot = slot_for(a, share);
	struct announced_share *s;

	if (slot == SHARES_MAX)
		return;
	s = a->shares[slot];
	s->pause = 0;
	if (s->version && s->len == len && (!len || !memcmp(s->tips, tips, len)))
		return;
	free(s->tips);
	s->tips = xmalloc(len ? len : 1);
	if (len)
		memcpy(s->tips, tips, len);
	s->len = len;
	s->version = ++a->last_version;
	for (struct recipient *d = a->recipients.first; d; d = d->next) {
		clear_bit(&d->seen, slot);
		if (!d->online)
			continue;
		set_bit(&d->owed, slot);
		line_up(a, d);
	}
	go_on(a);
}

void announcements_unread(struct announcements *a, const char *share, uint64_t now)
{
	unsigned slot = slot_of(a, share);
	struct announced_share *s;

	if (slot == SHARES_MAX || a->shares[slot]->moving)
		return;
	s = a->shares[slot];
	s->pause = !s->pause			       ? ANNOUNCE_RETRY_FIRST
		   : s->pause < ANNOUNCE_RETRY_MAX / 2 ? 2 * s->pause
						       : ANNOUNCE_RETRY_MAX;
	s->moving = true;
	s->first_move = s->last_move = now + s->pause;
}

void announcements_share_gone(struct announcements *a, const char *share)
{
	unsigned slot = slot_of(a, share);

	if (slot == SHARES_MAX)
		return;
	for (struct recipient *d = a->recipients.first; d; d = d->next) {
		clear_bit(&d->owed, slot);
		if (d->telling && d->telling_slot == slot)
			end_telling(a, d);
		line_up(a, d);
	}
	free_share(a->shares[slot]);
	a->shares[slot] = NULL;
	go_on(a);
}

void announcements_review(struct announcements *a, uint64_t now)
{
	for (struct recipient *d = a->recipients.first; d; d = d->next) {
		if (!d->online)
			continue;
		owe_unseen(a, d);
		/* The last try may have failed for want of a permission that is there now. */
		if (d->retry_at)
			end_rest(d);
		line_up(a, d);
	}
	go_on(a);
}

void announcements_device_online(struct announcements *a, const char *jid, const char *device,
				 uint64_t now)
{
	struct recipient *d = recipients_find(&a->recipients, jid, device);

	if (strlen(device) > DEVICE_ID_LEN)
		return;
	if (!d)
		d = recipients_add(&a->recipients, jid, device);
	if (!d)
		return;
	d->sure = false;
	d->reappeared = true;
	d->online = true;
	d->pause = 0;
	owe_unseen(a, d);
	end_rest(d);
	line_up(a, d);
	go_on(a);
}

void announcements_device_offline(struct announcements *a, const char *jid, const char *device)
{
	struct recipient *d = recipients_find(&a->recipients, jid, device);

	if (!d)
		return;
	d->online = false;
	memset(&d->owed, 0, sizeof(d->owed));
	line_up(a, d);
}

/* A process has not seen what another one has. */
static void know(struct recipient *d, const uint8_t instance[INSTANCE_BYTES])
{
	if (memcmp(d->instance, instance, INSTANCE_BYTES)) {
		memcpy(d->instance, instance, INSTANCE_BYTES);
		memset(&d->seen, 0, sizeof(d->seen));
	}
	d->sure = true;
}

void announcements_met(struct announcements *a, const char *jid, const char *device,
		       const uint8_t instance[INSTANCE_BYTES], uint64_t now)
{
	struct recipient *d = recipients_find(&a->recipients, jid, device);

	if (!d)
		return;
	know(d, instance);
	end_meeting(d);
	if (d->online)
		owe_unseen(a, d);
	line_up(a, d);
	go_on(a);
}

void announcements_lost(struct announcements *a, const char *jid, const char *device, uint64_t now)
{
	struct recipient *d = recipients_find(&a->recipients, jid, device);

	if (!d)
		return;
	d->sure = false;
	/* If a telling is under way, announcements_told() or _failed() reports its end. */
	if (!d->telling && (d->meeting || doubtful(d)))
		rest(d, now);
	end_meeting(d);
	line_up(a, d);
	go_on(a);
}

/* Ends a telling. Returns its device; NULL if the telling is not awaited (any more). */
static struct recipient *concluded(struct announcements *a, const char *jid, const char *device,
				   const char *share, uint64_t version)
{
	struct recipient *d = recipients_find(&a->recipients, jid, device);

	if (!d || !version || d->telling != version ||
	    strcmp(a->shares[d->telling_slot]->name, share))
		return NULL;
	end_telling(a, d);
	return d;
}

void announcements_told(struct announcements *a, const char *jid, const char *device,
			const char *share, uint64_t version, const uint8_t instance[INSTANCE_BYTES],
			uint64_t now)
{
	struct recipient *d = concluded(a, jid, device, share, version);

	if (!d)
		return;
	d->pause = 0;
	/*
	 * The device's link may have been up before it appeared. If the device has appeared
	 * once more since then, there may be another process by now.
	 */
	if (!d->sure) {
		know(d, instance);
		d->sure = !d->reappeared;
	}
	if (!memcmp(d->instance, instance, INSTANCE_BYTES) &&
	    a->shares[d->telling_slot]->version == version) {
		set_bit(&d->seen, d->telling_slot);
		clear_bit(&d->owed, d->telling_slot);
	}
	line_up(a, d);
	go_on(a);
}

void announcements_failed(struct announcements *a, const char *jid, const char *device,
			  const char *share, uint64_t version, uint64_t now)
{
	struct recipient *d = concluded(a, jid, device, share, version);

	if (!d)
		return;
	if (d->online)
		set_bit(&d->owed, d->telling_slot);
	rest(d, now);
	line_up(a, d);
	go_on(a);
}

/* When to read the refs of the share. */
static uint64_t read_at(const struct announced_share *s)
{
	uint64_t quiet = s->last_move + ANNOUNCE_DEBOUNCE,
		 latest = s->first_move + ANNOUNCE_DEBOUNCE_MAX;

	return quiet < latest ? quiet : latest;
}

uint64_t announcements_deadline(const struct announcements *a)
{
	uint64_t deadline = UINT64_MAX;

	for (unsigned i = 0; i < a->slots; i++) {
		const struct announced_share *s = a->shares[i];

		if (s && s->moving && read_at(s) < deadline)
			deadline = read_at(s);
	}
	for (unsigned i = 0; i < PAUSES; i++)
		if (!list_alone(&a->resting[i]) && of_turn(a->resting[i].next)->retry_at < deadline)
			deadline = of_turn(a->resting[i].next)->retry_at;
	return deadline;
}

static void read_shares(struct announcements *a, uint64_t now)
{
	for (unsigned i = 0; i < a->slots; i++) {
		struct announced_share *s = a->shares[i];
		char name[SHARE_NAME_MAX];

		if (!s || !s->moving || read_at(s) > now)
			continue;
		s->moving = false;
		/* read() may find that the share is gone, and free it. */
		strncpy(name, s->name, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		a->events->read(a->owner, name);
	}
}

void announcements_tick(struct announcements *a, uint64_t now)
{
	for (unsigned i = 0; i < PAUSES; i++) {
		const struct list *head = &a->resting[i];

		while (!list_alone(head) && of_turn(head->next)->retry_at <= now) {
			struct recipient *d = of_turn(head->next);

			end_rest(d);
			line_up(a, d);
		}
	}
	go_on(a);
	read_shares(a, now);
}

static bool waits(const struct announcements *a, const struct recipient *d, unsigned slot)
{
	bool under_way = d->telling && d->telling_slot == slot;
	bool unsure =
		doubtful(d) && a->shares[slot] && a->shares[slot]->version && permitted(a, d, slot);

	return under_way || unsure || (bit(&d->owed, slot) && permitted(a, d, slot));
}

/* How many of the shares of one word of slots the device is still to be told of. */
static unsigned waiting_in(const struct announcements *a, const struct recipient *d, unsigned word)
{
	bool under_way = d->telling && d->telling_slot / 64 == word;
	unsigned count = 0;

	if (!d->owed.words[word] && !under_way && !doubtful(d))
		return 0;
	for (unsigned i = word * 64; i < (word + 1) * 64 && i < a->slots; i++)
		count += waits(a, d, i);
	return count;
}

unsigned announcements_waiting(const struct announcements *a)
{
	unsigned count = 0;

	for (const struct recipient *d = a->recipients.first; d; d = d->next)
		for (unsigned word = 0; d->online && word < RECIPIENT_SLOT_WORDS; word++)
			count += waiting_in(a, d, word);
	return count;
}
