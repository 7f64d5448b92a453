/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever changes in a group, what runs is authorized anew: policy_check() looks at the
 * groups of the presence table itself.
 */
#include "groups.h"

#include "announcer.h"

static void review(struct broker *b)
{
	git_services_review(&b->git_services, NULL, NULL);
	announcer_reload(b->announcer);
}

void groups_roster(void *owner, const char *bare, const char *groups)
{
	struct broker *b = owner;

	if (presence_roster_groups(b->context.presence, bare, groups) && !b->roster &&
	    b->context.roster_known)
		review(b);
	notice_board_look(b);
}

void groups_known(struct broker *b)
{
	if (policy_groups(b->context.policy))
		review(b);
}

void groups_waiting(const struct broker *b,
		    void (*each)(void *arg, const char *group, const char *jid), void *arg)
{
	const struct buddy *buddy;

	if (!b->context.roster_known)
		return;
	for (const struct policy_group *g = policy_groups(b->context.policy); g; g = g->next)
		for (buddy = presence_buddies(b->context.presence); buddy; buddy = buddy->next)
			if (buddy_in_group(buddy, g->name) && !policy_group_has(g, buddy->jid))
				each(arg, g->name, buddy->jid);
}
