/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answers.h"

#include "alloc.h"

/*
 * There is no timer: the next request looks for places whose time is over, and there are
 * only a few.
 */

void answers_init(struct answers *a)
{
	*a = (struct answers){ .to_buddies = { { .until = 0 } } };
	quota_init(&a->buddies, ANSWERS_TO_BUDDIES, false);
	quota_init(&a->strangers, ANSWERS_TO_STRANGERS, true);
}

/* Gives back the places whose time is over. Returns one that is free, or NULL. */
static struct answer_place *find_free(struct answer_place *list, size_t n, uint64_t now)
{
	struct answer_place *free = NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i].until <= now)
			quota_leave(&list[i].place);
		if (!list[i].place.quota)
			free = &list[i];
	}
	return free;
}

void answers_finish(struct answers *a)
{
	find_free(a->to_buddies, ARRAY_SIZE(a->to_buddies), UINT64_MAX);
	find_free(a->to_strangers, ARRAY_SIZE(a->to_strangers), UINT64_MAX);
	quota_finish(&a->buddies);
	quota_finish(&a->strangers);
}

bool answers_may(struct answers *a, const char *bare, enum asker asker, uint64_t now)
{
	bool buddy = asker != ASKER_STRANGER, trusted = asker == ASKER_TRUSTED;
	struct answer_place *answer =
		buddy ? find_free(a->to_buddies, ARRAY_SIZE(a->to_buddies), now)
		      : find_free(a->to_strangers, ARRAY_SIZE(a->to_strangers), now);
	struct quota *quota = buddy ? &a->buddies : &a->strangers;
	struct quota_place *victim;

	/* An answer that was given cannot be taken back, so nobody makes room. */
	if (!answer || quota_ask(quota, bare, trusted, &victim) != QUOTA_YES)
		return false;
	quota_take(quota, &answer->place, bare, trusted);
	answer->until = now + (buddy ? ANSWERS_BUDDIES_TIME : ANSWERS_STRANGERS_TIME);
	return true;
}
