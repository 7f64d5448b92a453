/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker is asked once. Its answer is what the user is shown, what they say yes to, and
 * what is written, so nobody is written whom they did not see.
 */
#include "share-group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "output.h"
#include "question.h"
#include "text.h"

static bool is_member(const struct share_group *g, size_t i)
{
	return row_is(query_row(&g->members, i), "member");
}

static const char *jid_of(const struct share_group *g, size_t i)
{
	return row_get(query_row(&g->members, i), "jid");
}

/* Whether the row is somebody in the group who has no right of it yet. */
static bool waits(const struct share_group *g, size_t i)
{
	return is_member(g, i) && !share_configs_has_member(g->shares, g->name, jid_of(g, i));
}

/* The row of a member; the count of rows if jid is not in the group. */
static size_t find(const struct share_group *g, const char *jid)
{
	size_t i = 0;

	while (i < g->members.count && !(is_member(g, i) && !strcmp(jid_of(g, i), jid)))
		i++;
	return i;
}

static bool is_in(const struct share_group *g, const char *jid)
{
	return find(g, jid) < g->members.count;
}

bool share_group_read(struct share_group *g, const struct share_configs *shares, const char *name)
{
	struct message trouble;

	g->name = name;
	g->shares = shares;
	if (query_to(&g->members, "group", "group", name, true, &trouble) < 0) {
		report_trouble(&trouble, false);
		return false;
	}
	g->taken = xcalloc(g->members.count + 1, sizeof(*g->taken));
	for (size_t i = 0; i < g->members.count; i++)
		if (is_member(g, i))
			return true;
	report("fatal", "nobody is in the group '%s' of your contact list", name);
	report("hint", "Put them into it with any program for XMPP that can, "
		       "or name them one by one");
	return false;
}

/* Whether the user has shared with the group before. */
static bool is_known(const struct share_group *g)
{
	for (size_t i = 0; i < g->shares->members_count; i++)
		if (!strcmp(g->shares->members[i].group, g->name))
			return true;
	for (size_t i = 0; i < g->shares->count; i++) {
		const struct share_config *share = &g->shares->rows[i];

		for (size_t k = 0; k < share->count; k++) {
			const struct share_entry *e = &share->entries[k];

			if (e->who && e->grantee.kind == GRANTEE_GROUP &&
			    !strcmp(e->grantee.name, g->name))
				return true;
		}
	}
	return false;
}

void share_group_take_first(struct share_group *g)
{
	bool known = is_known(g);

	for (size_t i = 0; i < g->members.count; i++)
		g->taken[i] = !known && waits(g, i);
}

bool share_group_take_named(struct share_group *g, char *const *jids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t row = find(g, jids[i]);

		if (row == g->members.count) {
			report("fatal", "'%s' is not in the group '%s' of your contact list",
			       jids[i], g->name);
			return false;
		}
		g->taken[row] = waits(g, row);
	}
	return true;
}

/* The command that takes exactly those who wait and are not taken. */
static void hint_command(const struct share_group *g)
{
	struct buf command = { 0 };

	buf_puts(&command, "git xmpp share --accept-group=");
	text_shell(&command, g->name);
	for (size_t i = 0; i < g->members.count; i++) {
		if (!waits(g, i) || g->taken[i])
			continue;
		buf_puts(&command, " --member=");
		text_shell(&command, jid_of(g, i));
	}
	report("hint", "Give them its rights with \"%s\"", buf_str(&command));
	buf_finish(&command);
}

bool share_group_take_confirmed(struct share_group *g)
{
	size_t count = 0;

	for (size_t i = 0; i < g->members.count; i++) {
		if (!waits(g, i))
			continue;
		count++;
		print_text(jid_of(g, i));
		printf(" is in the group '");
		print_text(g->name);
		printf("', and has no right of it yet\n");
	}
	if (!count)
		return true;
	if (!isatty(STDIN_FILENO)) {
		report("error", "nobody was added to the group '%s'", g->name);
		hint_command(g);
		return false;
	}
	if (!question_yes(stdout, "Give %s its rights?", count == 1 ? "them" : "all of them"))
		return false;
	for (size_t i = 0; i < g->members.count; i++)
		g->taken[i] = waits(g, i);
	return true;
}

void share_group_wish(const struct share_group *g, struct amendment *a)
{
	for (size_t i = 0; i < g->members.count; i++)
		if (g->taken[i])
			amendment_wish(a, WISH_HAS, xasprintf("xmppGroup.%s.member", g->name),
				       jid_of(g, i));
	for (size_t i = 0; i < g->shares->members_count; i++) {
		const struct group_member *m = &g->shares->members[i];

		if (!strcmp(m->group, g->name) && (!m->jid || !is_in(g, m->jid)))
			amendment_wish(a, WISH_HAS_NOT, xasprintf("xmppGroup.%s.member", g->name),
				       m->text);
	}
}

void share_group_show(const struct share_group *g)
{
	size_t left_out = 0;

	for (size_t i = 0; i < g->members.count; i++) {
		bool left = waits(g, i) && !g->taken[i];

		if (!is_member(g, i))
			continue;
		print_text(jid_of(g, i));
		printf(" is in the group '");
		print_text(g->name);
		printf("'%s\n", left	      ? ", and has no right of it yet"
				: g->taken[i] ? ", and has its rights now"
					      : "");
		left_out += left;
	}
	if (left_out)
		hint_command(g);
}

void share_group_finish(struct share_group *g)
{
	query_finish(&g->members);
	free(g->taken);
}
