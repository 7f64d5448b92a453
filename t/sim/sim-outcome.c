/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of pushes: daemon/lostpush.c, which asks, and the memory of those who
 * served. Nobody is told a lie: a status is the one that the process ended with, its
 * output is whole, and "unknown" is said only by who cannot know.
 */
#include "sim.h"

#include <string.h>

#include "fields.h"
#include "hex.h"

static const struct request_events question_events;

void lost_begin(struct helper *h, struct broker *to)
{
	h->lost_to = to;
	h->lost_at = h->broker->world->now;
	h->broker->world->stats->lost_pushes++;
	lost_look_again(h);
}

static bool is_there(const struct helper *h)
{
	return presence_device(h->broker->presence, h->lost_to->jid, h->lost_to->device) != NULL;
}

void lost_look_again(struct helper *h)
{
	struct broker *b = h->broker;

	if (b->world->now >= h->lost_at + (is_there(h) || !b->online ? OUTCOME_PATIENCE : OUTCOME_ABSENT))
		helper_unknown(h);
	else
		helper_ask_later(h);
}

/* What a hostile device says of it is not looked at. */
static bool hear_rest(struct helper *h, struct fields f)
{
	const char *key, *value;
	size_t pos = 0, key_len;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		char bytes[FIELD_VALUE_MAX / 2];
		size_t n = strlen(value) / 2;

		if (!field_is(key, key_len, "data"))
			continue;
		if (strlen(value) % 2 || !hex_decode(value, bytes, n))
			return false;
		if (h->lost_to->hostile)
			h->in.done += n;
		else
			stream_read(h->broker->world, &h->in, bytes, n);
	}
	return true;
}

static void on_outcome(void *owner, struct fields f)
{
	struct helper *h = owner;
	const char *state = fields_get(f, "state");

	h->question = NULL;
	if (!state || !strcmp(state, "unknown") || !hear_rest(h, f))
		helper_unknown(h);
	else if (strcmp(state, "done") || fields_get(f, "more"))
		lost_look_again(h);
	else
		helper_learns(h, fields_get_u64(f, "status", 128) & 255);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct helper *h = owner;

	h->question = NULL;
	lost_look_again(h);
}

static const struct request_events question_events = {
	.outcome = on_outcome,
	.refused = on_refused,
};

void lost_ask(struct helper *h)
{
	struct broker *b = h->broker;
	struct peer *p = is_there(h) ? peer_wanted(b, h->lost_to) : NULL;

	if (h->question)
		return;
	if (p)
		h->question = neg_ask_outcome(&p->negotiations, h->id, h->in.done, &question_events, h, b->world->now);
	if (h->question)
		peer_touch(p);
	else
		lost_look_again(h);
}

void outcome_kept(struct broker *b, const struct broker *of, const char *id, uint64_t from)
{
	struct world *w = b->world;
	struct kept *k = &w->kept[w->kept_next++ % KEPT];

	*k = (struct kept){ .by = b, .of_account = of->account, .life = b->life, .from = from, .at = w->now };
	strcpy(k->id, id);
}

/* Somebody is told that nobody knows. */
static void check_unknown(const struct peer *p, const char *id, uint64_t received)
{
	const struct world *w = broker_of(p)->world;
	unsigned later = 0;

	for (unsigned i = w->kept_next; i > 0 && w->kept_next - i < KEPT; i--) {
		const struct kept *k = &w->kept[(i - 1) % KEPT];

		if (k->by != broker_of(p) || k->of_account != other_of(p)->account || k->life != broker_of(p)->life)
			continue;
		/* Three accounts that take all they can leave two places to a fourth. */
		if (!strcmp(k->id, id) && received >= k->from && later < 2 &&
		    w->now < k->at + OUTCOME_KEPT)
			violation((struct world *)w, "%s: has forgotten what became of a push of %s", broker_of(p)->name,
				  other_of(p)->name);
		later++;
	}
}

void outcome_answer(struct peer *p, const char *id, uint64_t received, struct buf *fields)
{
	struct broker *b = broker_of(p);
	struct fields f;

	serves_answer_outcome(&b->serves, p, id, received, fields);
	f = (struct fields){ buf_data(fields), buf_len(fields) };
	if (!other_of(p)->hostile && !strcmp(fields_get(f, "state"), "unknown"))
		check_unknown(p, id, received);
}
