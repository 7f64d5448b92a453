/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rights.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

/* A share with these entries: "push bob@example.org, fetch buddies". */
static void table(struct share_configs *shares, const char *entries)
{
	struct gitconfig c = { .count = 0 };
	static const char path[] = "global\0file:/x\0xmppshare.p.path\n/p";
	char *copy = xstrdup(entries), *rest = copy, *entry;

	buf_append(&c.bytes, path, sizeof(path));
	while ((entry = strsep(&rest, ","))) {
		char *space = strchr(entry, ' ');

		if (!space)
			continue;
		*space++ = '\0';
		buf_append(&c.bytes, "global\0file:/x\0", 15);
		buf_printf(&c.bytes, "xmppshare.p.%s\n%s", entry, space);
		buf_append(&c.bytes, "\0", 1);
	}
	ok(gitconfig_parse(&c), "a configuration: %s", entries);
	share_configs_take(shares, &c);
	gitconfig_finish(&c);
	free(copy);
}

/* f and p for what they have, "-" for neither. */
static const char *letters(bool fetch, bool push)
{
	return fetch && push ? "fp" : fetch ? "f" : push ? "p" : "-";
}

static enum right_change change_of(char c)
{
	return c == 'f' ? RIGHT_FETCH : c == 'p' ? RIGHT_PUSH : RIGHT_REMOVE;
}

static void changes(void)
{
	static const struct {
		const char *entries, *changes, *had, *has;
	} cases[] = {
		{ "", "f", "-", "f" },
		{ "", "p", "-", "p" },
		{ "push Bob@Example.org", "r", "p", "-" },
		{ "push bob@example.org,fetch bob@example.org", "r", "fp", "-" },
		{ "push bob@example.org", "rf", "p", "f" },
		{ "push bob@example.org", "fr", "p", "-" },
		{ "push bob@example.org/x,fetch bobby@example.org", "f", "-", "f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rights rights = { .count = 0 };
		const struct right *bob;
		struct share_configs shares;

		table(&shares, cases[i].entries);
		for (const char *c = cases[i].changes; *c; c++)
			rights_change(&rights, &shares.rows[0], change_of(*c), "bob@example.org");
		is_int(rights.count, 1, "one person, one row");
		bob = &rights.rows[0];
		is_str(letters(bob->had_fetch, bob->had_push), cases[i].had, "what they had");
		is_str(letters(bob->fetch, bob->push), cases[i].has, "and what they have then");
		rights_finish(&rights);
		share_configs_finish(&shares);
	}
}

static void buddies(void)
{
	static const struct {
		const char *entries, *others, *kept;
	} cases[] = {
		{ "push bob@example.org", "", NULL },
		{ "push bob@example.org,fetch buddies", "", "bob@example.org" },
		{ "fetch bob@example.org,push buddies", "", "bob@example.org" },
		{ "push bob@example.org,fetch buddies", "r", NULL },
		{ "push bob@example.org", "f", "bob@example.org" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rights rights = { .count = 0 };
		const struct right *kept;
		struct share_configs shares;
		const char *as;

		table(&shares, cases[i].entries);
		rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "bob@example.org");
		if (*cases[i].others)
			rights_change(&rights, &shares.rows[0], change_of(*cases[i].others),
				      "buddies");
		kept = rights_kept(&rights, &shares.rows[0], &shares, &as);
		is_str(kept ? kept->who : NULL, cases[i].kept, "who keeps something as a buddy");
		if (kept)
			is_str(as, "buddies", "and how");
		rights_finish(&rights);
		share_configs_finish(&shares);
	}
}

static void demoted(void)
{
	struct rights rights = { .count = 0 };
	struct share_configs shares;
	const char *as;

	table(&shares, "push bob@example.org,fetch buddies");
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "bob@example.org");
	rights_change(&rights, &shares.rows[0], RIGHT_FETCH, "bob@example.org");
	ok(!rights_kept(&rights, &shares.rows[0], &shares, &as),
	   "who may still fetch keeps no more than that");
	rights_finish(&rights);
	share_configs_finish(&shares);
}

/* Patterns and groups. */
static void patterns(void)
{
	static const char bob[] = "bob@example.org", place[] = "bob@example.org:refs/heads/bob/*";
	struct rights rights = { .count = 0 };
	struct share_configs shares;

	table(&shares, "push bob@example.org:refs/heads/bob/*,push bob@example.org:refs/tags/*");
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, bob);
	is_int(rights.count, 3, "all that somebody may is taken at once");
	ok(rights.rows[1].removed && rights.rows[1].had_push && !rights.rows[1].push,
	   "with its pattern");
	rights_finish(&rights);
	rights = (struct rights){ .count = 0 };
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, place);
	is_int(rights.count, 1, "or one of it alone");
	rights_finish(&rights);
	share_configs_finish(&shares);

	rights = (struct rights){ .count = 0 };
	table(&shares, "push bob@example.org");
	rights_change(&rights, &shares.rows[0], RIGHT_PUSH, place);
	ok(rights_idle(&rights, &shares.rows[0]), "a place is of no use to who may push anywhere");
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, bob);
	ok(!rights_idle(&rights, &shares.rows[0]), "unless that is taken");
	rights_finish(&rights);
	share_configs_finish(&shares);
}

static void groups(void)
{
	struct gitconfig c = { .count = 0 };
	static const char text[] = "global\0file:/x\0xmppshare.p.push\ngroup:team\0"
				   "global\0file:/x\0xmppshare.p.push\nbob@example.org\0"
				   "global\0file:/x\0xmppgroup.team.member\nBob@Example.org";
	struct rights rights = { .count = 0 };
	struct share_configs shares;
	const char *as = NULL;

	buf_append(&c.bytes, text, sizeof(text));
	ok(gitconfig_parse(&c), "a configuration with a group");
	share_configs_take(&shares, &c);
	gitconfig_finish(&c);
	ok(share_configs_has_member(&shares, "team", "bob@example.org"), "its member");
	ok(!share_configs_has_member(&shares, "other", "bob@example.org"), "is in no other");
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "bob@example.org");
	ok(rights_kept(&rights, &shares.rows[0], &shares, &as),
	   "a member keeps what the group may");
	is_str(as, "group:team", "and it is named");
	rights_finish(&rights);
	rights = (struct rights){ .count = 0 };
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "eve@example.org");
	ok(!rights_kept(&rights, &shares.rows[0], &shares, &as), "somebody else does not");
	rights_finish(&rights);
	share_configs_finish(&shares);
}

int main(void)
{
	changes();
	buddies();
	demoted();
	patterns();
	groups();
	return tap_done();
}
