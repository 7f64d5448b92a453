/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vouching.h"

#include <string.h>

#include "hex.h"
#include "trust-internal.h"

/*
 * A word is the whole of what a device has to say, each time: for whom it does not vouch in
 * it, it vouches no more. Revocations are applied first, so that a device that is revoked
 * cannot vouch in the same word. What a word takes away is found by comparing who was
 * trusted before with who is trusted after, so no rule can forget to report it.
 */

static bool has(const unsigned char fps[][FINGERPRINT_BYTES], unsigned count,
		const unsigned char *fp)
{
	for (unsigned i = 0; i < count; i++)
		if (!memcmp(fps[i], fp, FINGERPRINT_BYTES))
			return true;
	return false;
}

static void add(unsigned char fps[][FINGERPRINT_BYTES], unsigned *count, unsigned max,
		const unsigned char *fp)
{
	if (*count < max && !has((const unsigned char(*)[FINGERPRINT_BYTES])fps, *count, fp))
		memcpy(fps[(*count)++], fp, FINGERPRINT_BYTES);
}

bool device_word_parse(struct fields f, struct device_word *word, const char **why)
{
	unsigned char fp[FINGERPRINT_BYTES];
	const char *key, *value;
	size_t pos = 0, len;

	*word = (struct device_word){ 0 };
	value = fields_get(f, "name");
	if (value && device_name_valid(value))
		strcpy(word->name, value);
	word->compared = fields_get_u64(f, "compared", 0) == 1;
	while (fields_next(f, &pos, &key, &len, &value)) {
		bool vouches = field_is(key, len, "vouches");

		if (!vouches && !field_is(key, len, "revokes"))
			continue;
		if (strlen(value) != 2 * sizeof(fp) || !hex_decode(value, fp, sizeof(fp))) {
			*why = vouches ? "vouches: 64 hex digits" : "revokes: 64 hex digits";
			return false;
		}
		if (vouches)
			add(word->vouches, &word->vouch_count, DEVICE_VOUCHES_MAX, fp);
		else
			add(word->revokes, &word->revoke_count, DEVICE_REVOKES_MAX, fp);
	}
	return true;
}

void device_word_put(const struct device_word *word, struct buf *fields)
{
	char hex[2 * FINGERPRINT_BYTES + 1];

	if (*word->name)
		fields_add(fields, "name", word->name);
	if (word->compared)
		fields_add(fields, "compared", "1");
	for (unsigned i = 0; i < word->vouch_count; i++) {
		hex_encode(word->vouches[i], FINGERPRINT_BYTES, hex);
		fields_add(fields, "vouches", hex);
	}
	for (unsigned i = 0; i < word->revoke_count; i++) {
		hex_encode(word->revokes[i], FINGERPRINT_BYTES, hex);
		fields_add(fields, "revokes", hex);
	}
}

/*
 * Whether our own device d was thrown out here, or threw itself out. What another own device
 * says of a third one is not passed on: each device speaks for what its own user did at it.
 */
static bool is_revoked_here(const struct trusted_device *d, const unsigned char *own)
{
	if (d->state == TRUST_DISTRUSTED)
		return true;
	return d->state == TRUST_REVOKED && (trust_is_by(d, own) || trust_is_by(d, d->fp));
}

void device_word_compose(struct device_word *word, const struct trust *t, const char *self,
			 const unsigned char *own, const char *jid, const unsigned char *fp)
{
	const struct trust_person *p = trust_person(t, self);

	*word = (struct device_word){ 0 };
	if (trust_retired(t)) {
		add(word->revokes, &word->revoke_count, DEVICE_REVOKES_MAX, own);
		return;
	}
	word->compared = trust_lookup(t, jid, fp) == TRUST_VERIFIED;
	if (trust_own_name(t))
		strcpy(word->name, trust_own_name(t));
	for (const struct trusted_device *d = p ? p->devices : NULL; d; d = d->sibling) {
		if (is_revoked_here(d, own))
			add(word->revokes, &word->revoke_count, DEVICE_REVOKES_MAX, d->fp);
		else if (d->state == TRUST_VERIFIED)
			add(word->vouches, &word->vouch_count, DEVICE_VOUCHES_MAX, d->fp);
	}
}

/* The devices of a person that are trusted. */
struct trusted_ones {
	unsigned count;
	unsigned char fps[DEVICES_PER_BUDDY][FINGERPRINT_BYTES];
};

static void find_trusted(const struct trust_person *p, struct trusted_ones *all)
{
	all->count = 0;
	for (const struct trusted_device *d = p->devices; d; d = d->sibling)
		if (trust_allows(d->state))
			memcpy(all->fps[all->count++], d->fp, FINGERPRINT_BYTES);
}

/* The trust that d has, or had when it was revoked. */
static enum trust_state standing(const struct trusted_device *d)
{
	return d->state == TRUST_REVOKED ? d->was : d->state;
}

/*
 * Whether the word of `by` throws d out. To throw out costs d's person an act of the user, to
 * keep a stolen device may cost the repository; so whoever was verified, or is vouched for by
 * one that is, may throw out any other. A device that was only the first to come may not throw
 * out what the user has compared, or what follows from that.
 *
 * A device that was revoked may answer in kind: of two that revoke each other neither is
 * believed. It may not once the user has decided between them, nor throw out a third one.
 */
static bool may_revoke(const struct trusted_device *by, const struct trusted_device *d)
{
	if (d->state == TRUST_DISTRUSTED || d->state == TRUST_REVOKED)
		return false;
	if (d->state == TRUST_VERIFIED && trust_is_by(d, by->fp))
		return false;
	if (by->state == TRUST_REVOKED && (by->settled || !trust_is_by(by, d->fp)))
		return false;
	switch (standing(by)) {
	case TRUST_VERIFIED:
	case TRUST_VOUCHED:
		return true;
	case TRUST_SEEN:
		return d->state == TRUST_SEEN || d->state == TRUST_PENDING;
	default:
		return false;
	}
}

/*
 * Whether one more device that never came may be kept as revoked. Only a few are: a stolen
 * device could name keys until all places of its person are taken, and nothing frees one.
 */
static bool has_room_for_unmet(const struct trust_person *p)
{
	unsigned count = 0;

	for (const struct trusted_device *d = p->devices; d; d = d->sibling)
		count += d->state == TRUST_REVOKED && !d->last_seen;
	return count < DEVICE_UNMET_MAX;
}

/*
 * A key that is not known may still come by the word of a sibling that has not heard of its
 * revocation. So it is kept as revoked, where there is room.
 */
static bool keep_unmet(struct trust *t, const struct trust_person *p,
		       const struct trusted_device *by, const unsigned char *fp, uint64_t unix_now)
{
	struct trusted_device *d;

	if ((by->state != TRUST_VERIFIED && by->state != TRUST_VOUCHED) ||
	    trust_other_owner(t, p->jid, fp) || !has_room_for_unmet(p))
		return false;
	d = trust_add_device(t, p->jid, fp, TRUST_REVOKED, unix_now);
	if (!d)
		return false;
	d->last_seen = 0;
	trust_set_by(d, by->fp);
	return true;
}

static void revoke(struct trust *t, struct trust_person *p, struct trusted_device *d,
		   const unsigned char *by, uint64_t unix_now)
{
	if (d->state == TRUST_VOUCHED && !d->last_seen && !has_room_for_unmet(p))
		trust_drop_one(t, p, d, unix_now);
	else
		trust_revoke(t, p, d, by, unix_now);
}

static void apply_revocations(struct trust *t, struct trust_person *p, struct trusted_device *from,
			      const struct device_word *word, const unsigned char *own,
			      uint64_t unix_now, struct word_effect *effect)
{
	bool itself = false;

	for (unsigned i = 0; i < word->revoke_count; i++) {
		struct trusted_device *d = trust_find_device(p, word->revokes[i]);

		itself |= d == from;
		if (d == from || !memcmp(word->revokes[i], own, FINGERPRINT_BYTES))
			continue;
		if (!d)
			effect->noted |= keep_unmet(t, p, from, word->revokes[i], unix_now);
		if (!d || !may_revoke(from, d))
			continue;
		add(effect->revoked, &effect->revoked_count, DEVICES_PER_BUDDY, d->fp);
		revoke(t, p, d, from->fp, unix_now);
	}
	if (!itself || !trust_allows(from->state))
		return;
	add(effect->revoked, &effect->revoked_count, DEVICES_PER_BUDDY, from->fp);
	trust_revoke(t, p, from, from->fp, unix_now);
}

/*
 * The device does not revoke any more what our user has verified against its word. If it does
 * so once more, that is another loss, and counts.
 */
static void forget_overruled(struct trust_person *p, const struct trusted_device *from,
			     const struct device_word *word)
{
	for (struct trusted_device *d = p->devices; d; d = d->sibling)
		if (d->state == TRUST_VERIFIED && trust_is_by(d, from->fp) &&
		    !has(word->revokes, word->revoke_count, d->fp))
			trust_set_by(d, NULL);
}

static void end_vouching(struct trust *t, struct trust_person *p, const unsigned char *from,
			 const struct device_word *word, uint64_t unix_now)
{
	struct trusted_device *d = p->devices, *sibling;

	for (; d; d = sibling) {
		sibling = d->sibling;
		if (d->state == TRUST_VOUCHED && trust_is_by(d, from) &&
		    !has(word->vouches, word->vouch_count, d->fp))
			trust_drop_one(t, p, d, unix_now);
	}
}

/*
 * A key of somebody else is not admitted by a word, as it is not on first use: of two people
 * one would say that the other's device is theirs.
 */
static bool may_vouch_for(const struct trust *t, const struct trust_person *p,
			  const unsigned char *fp, const unsigned char *own)
{
	return memcmp(fp, own, FINGERPRINT_BYTES) != 0 && !trust_other_owner(t, p->jid, fp);
}

static void vouch_for(struct trust *t, struct trust_person *p, const unsigned char *from,
		      const unsigned char *fp, uint64_t unix_now, struct word_effect *effect)
{
	struct trusted_device *d = trust_find_device(p, fp);

	if (!d) {
		if (p->count >= DEVICES_PER_BUDDY && !trust_make_room(t, p->jid, unix_now))
			return;
		d = trust_add_device(t, p->jid, fp, TRUST_PENDING, unix_now);
		if (!d)
			return;
		d->last_seen = 0;
	}
	if (d->state != TRUST_PENDING)
		return;
	trust_set_state(d, TRUST_VOUCHED, unix_now);
	trust_set_by(d, from);
	add(effect->vouched, &effect->vouched_count, DEVICE_VOUCHES_MAX, fp);
}

bool trust_word_grants(const struct trust *t, const char *jid, const unsigned char *from,
		       const struct device_word *word)
{
	enum trust_state state;

	if (trust_lookup(t, jid, from) != TRUST_VERIFIED)
		return false;
	for (unsigned i = 0; i < word->vouch_count; i++) {
		state = trust_lookup(t, jid, word->vouches[i]);
		/* The same word may revoke the device that vouches for it so far. */
		if (state == TRUST_UNKNOWN || state == TRUST_PENDING ||
		    (state == TRUST_VOUCHED && word->revoke_count))
			return true;
	}
	return false;
}

static void apply_vouches(struct trust *t, struct trust_person *p,
			  const struct trusted_device *from, const struct device_word *word,
			  const unsigned char *own, uint64_t unix_now, struct word_effect *effect)
{
	end_vouching(t, p, from->fp, word, unix_now);
	if (from->state != TRUST_VERIFIED)
		return;
	for (unsigned i = 0; i < word->vouch_count; i++)
		if (may_vouch_for(t, p, word->vouches[i], own) &&
		    !has(word->revokes, word->revoke_count, word->vouches[i]))
			vouch_for(t, p, from->fp, word->vouches[i], unix_now, effect);
}

static void note(struct trusted_device *from, const struct device_word *word,
		 struct word_effect *effect)
{
	const char *name = from->name ? from->name : "";

	effect->now_compared = word->compared && !from->compared;
	effect->noted = word->compared != from->compared || strcmp(name, word->name) != 0;
	trust_set_name(from, word->name);
	from->compared = word->compared;
}

void trust_hear(struct trust *t, const char *jid, const unsigned char *from,
		const struct device_word *word, const unsigned char *own, uint64_t unix_now,
		struct word_effect *effect)
{
	struct trust_person *p = trust_find_person(t, jid);
	struct trusted_device *d = trust_find_device(p, from);
	struct trusted_ones before;

	*effect = (struct word_effect){ 0 };
	if (!d || !(trust_allows(d->state) || d->state == TRUST_REVOKED))
		return;
	/* It is there, so its entry stays, even if it revokes the device that vouches for it. */
	if (!d->last_seen)
		d->last_seen = unix_now ? (uint32_t)unix_now : 1;
	find_trusted(p, &before);
	if (trust_allows(d->state))
		note(d, word, effect);
	forget_overruled(p, d, word);
	apply_revocations(t, p, d, word, own, unix_now, effect);
	apply_vouches(t, p, d, word, own, unix_now, effect);
	for (unsigned i = 0; i < before.count; i++) {
		const struct trusted_device *after = trust_find_device(p, before.fps[i]);

		if (!after || !trust_allows(after->state))
			add(effect->lost, &effect->lost_count, DEVICES_PER_BUDDY, before.fps[i]);
	}
}
