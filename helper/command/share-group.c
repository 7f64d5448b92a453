/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-group.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "output.h"

static bool is_in(const struct query *members, const char *jid)
{
	for (size_t i = 0; i < members->count; i++)
		if (row_is(query_row(members, i), "member") &&
		    !strcmp(row_get(query_row(members, i), "jid"), jid))
			return true;
	return false;
}

bool share_group_wish(struct amendment *a, const struct share_configs *shares, const char *group,
		      struct query *members)
{
	struct message trouble;
	size_t count = 0;

	if (query_to(members, "group", "group", group, true, &trouble) < 0) {
		report_trouble(&trouble, false);
		return false;
	}
	for (size_t i = 0; i < members->count; i++) {
		struct fields row = query_row(members, i);

		if (!row_is(row, "member"))
			continue;
		count++;
		if (!share_configs_has_member(shares, group, row_get(row, "jid")))
			amendment_wish(a, WISH_HAS, xasprintf("xmppGroup.%s.member", group),
				       row_get(row, "jid"));
	}
	if (!count) {
		report("fatal", "nobody is in the group '%s' of your contact list", group);
		report("hint", "Put them into it with any program for XMPP that can, "
			       "or name them one by one");
		return false;
	}
	for (size_t i = 0; i < shares->members_count; i++) {
		const struct group_member *m = &shares->members[i];

		if (!strcmp(m->group, group) && (!m->jid || !is_in(members, m->jid)))
			amendment_wish(a, WISH_HAS_NOT, xasprintf("xmppGroup.%s.member", group),
				       m->text);
	}
	return true;
}

void share_group_show(const struct share_configs *shares, const char *group,
		      const struct query *members)
{
	for (size_t i = 0; i < members->count; i++) {
		struct fields row = query_row(members, i);

		if (!row_is(row, "member"))
			continue;
		print_text(row_get(row, "jid"));
		printf(" is in the group '");
		print_text(group);
		printf("'%s\n", share_configs_has_member(shares, group, row_get(row, "jid"))
					? ""
					: ", and has its rights now");
	}
}
