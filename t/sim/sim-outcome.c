/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Brokers remember the outcome of pushes they served that lost their link. "unknown" may be
 * said only where the outcome cannot be known.
 */
#include "sim.h"

#include <string.h>

#include "fields.h"

void outcome_kept(struct broker *b, const struct broker *of, const char *id, uint64_t from)
{
	struct world *w = b->world;
	struct kept *k = &w->kept[w->kept_next++ % KEPT];

	*k = (struct kept){
		.by = b, .of_account = of->account, .life = b->life, .from = from, .at = w->now
	};
	strcpy(k->id, id);
}

/* "unknown" is answered: the outcome must not have been kept. */
static void check_unknown(const struct peer *p, const char *id, uint64_t received)
{
	const struct world *w = broker_of(p)->world;
	unsigned later = 0;

	for (unsigned i = w->kept_next; i > 0 && w->kept_next - i < KEPT; i--) {
		const struct kept *k = &w->kept[(i - 1) % KEPT];

		if (k->by != broker_of(p) || k->of_account != other_of(p)->account ||
		    k->life != broker_of(p)->life)
			continue;
		/* Three accounts that take all they can leave two places to a fourth. */
		if (!strcmp(k->id, id) && received >= k->from && later < 2 &&
		    w->now < k->at + OUTCOME_KEPT)
			violation((struct world *)w,
				  "%s: has forgotten what became of a push of %s",
				  broker_of(p)->name, other_of(p)->name);
		later++;
	}
}

void outcome_answer(struct peer *p, const char *id, uint64_t received, struct buf *fields)
{
	struct broker *b = broker_of(p);
	struct fields f;

	git_services_answer_outcome(&b->git_services, p, id, received, fields);
	f = (struct fields){ buf_data(fields), buf_len(fields) };
	if (!other_of(p)->hostile && !strcmp(fields_get(f, "state"), "unknown"))
		check_unknown(p, id, received);
}
