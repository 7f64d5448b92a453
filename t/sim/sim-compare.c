/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users compare devices, at any moment of everything else. The shipped meeting.c and
 * comparison.c are in the world; of TLS there is what both ends of a path know, and of hashes
 * something that depends on every byte. Whoever did not begin a comparison is shown the string
 * last: then the one who began it shows the same. That meetings disturb no link is seen by the
 * rules for links, which hold with and without them. Where users decide about devices, too, they
 * verify whom they have compared, or say no; then that device is shut out, and the other user is
 * told, in another meeting. Nobody else is told so.
 */
#include "sim.h"

#include <string.h>

#include "comparison.h"

static void on_sha256(const void *data, size_t n, unsigned char out[DIGEST_BYTES])
{
	const unsigned char *p = data;
	uint64_t sum = 1;

	for (size_t i = 0; i < n + DIGEST_BYTES; i++) {
		sum = (sum ^ (i < n ? p[i] : 0)) * 0x2545f4914f6cdd1d;
		sum ^= sum >> 29;
		if (i >= n)
			out[i - n] = (unsigned char)(sum >> 24);
	}
}

static void on_hmac(const void *key, size_t key_len, const void *data, size_t n,
		    unsigned char out[DIGEST_BYTES])
{
	struct buf both = { 0 };

	buf_append(&both, key, key_len);
	buf_append(&both, data, n);
	on_sha256(buf_data(&both), buf_len(&both), out);
	buf_finish(&both);
}

const struct digest_ops sim_digests = { .sha256 = on_sha256, .hmac = on_hmac };

static struct broker *broker_with(struct world *w, const unsigned char *fp)
{
	for (unsigned i = 0; i < w->count; i++)
		if (!memcmp(w->brokers[i].fp, fp, FINGERPRINT_BYTES))
			return &w->brokers[i];
	return NULL;
}

static void on_begun(void *owner, const char *jid, const unsigned char *fp)
{
	struct broker *b = owner, *other = broker_with(b->world, fp);
	struct comparison_view ours, theirs;

	if (!other || !other->running || other->hostile)
		return;
	ours = comparison_look(b->comparisons, jid, other->device);
	theirs = comparison_look(other->comparisons, b->jid, b->device);
	b->world->stats->compared++;
	trace(b->world, "%s: has compared with %s", b->name, other->name);
	if (theirs.state == COMPARISON_DONE && memcmp(ours.bits, theirs.bits, sizeof(ours.bits)))
		violation(b->world, "%s and %s compare, and see different words", b->name,
			  other->name);
}

static void on_told(void *owner, const char *jid, const unsigned char *fp, bool same)
{
	struct broker *b = owner, *other = broker_with(b->world, fp);

	if (other && !other->hostile && !same && !other->said_no[b->index])
		violation(b->world, "%s is told that the words differ, and nobody said so",
			  b->name);
}

static void on_over(void *owner, const char *jid, const unsigned char *fp)
{
}

static const struct comparison_events events = {
	.begun = on_begun,
	.told = on_told,
	.over = on_over,
};

void compare_start(struct broker *b)
{
	b->comparisons = comparisons_create(&b->peers.meetings, &events, b);
}

void compare_finish(struct broker *b)
{
	comparisons_destroy(b->comparisons);
	b->comparisons = NULL;
}

static void say_result(struct broker *b, struct broker *other, bool same)
{
	b->comparing = true;
	comparison_say(b->comparisons, other->jid, other->device, same);
	b->comparing = false;
}

static void decide(struct broker *b, struct broker *other)
{
	struct world *w = b->world;
	bool same = !w->swarm.trust_events || chance(w, 500);

	if (!same) {
		trace(w, "%s: its user says that the words of %s differ", b->name, other->name);
		w->stats->said_no++;
		b->said_no[other->index] = true;
		user_distrusts(b, other);
	} else if (w->swarm.trust_events) {
		user_verifies(b, other);
	}
	say_result(b, other, same);
}

void user_compares(struct broker *b, struct broker *other)
{
	if (!b->running || b->hostile || b == other)
		return;
	trace(b->world, "%s: a user compares with %s", b->name, other->name);
	b->comparing = true;
	comparison_want(b->comparisons, other->jid, other->device);
	b->comparing = false;
	if (comparison_look(b->comparisons, other->jid, other->device).state == COMPARISON_DONE)
		decide(b, other);
}
