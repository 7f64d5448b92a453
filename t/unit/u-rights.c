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

		table(&shares, cases[i].entries);
		rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "bob@example.org");
		if (*cases[i].others)
			rights_change(&rights, &shares.rows[0], change_of(*cases[i].others),
				      "buddies");
		kept = rights_kept_as_buddy(&rights, &shares.rows[0]);
		is_str(kept ? kept->who : NULL, cases[i].kept, "who keeps something as a buddy");
		rights_finish(&rights);
		share_configs_finish(&shares);
	}
}

static void demoted(void)
{
	struct rights rights = { .count = 0 };
	struct share_configs shares;

	table(&shares, "push bob@example.org,fetch buddies");
	rights_change(&rights, &shares.rows[0], RIGHT_REMOVE, "bob@example.org");
	rights_change(&rights, &shares.rows[0], RIGHT_FETCH, "bob@example.org");
	ok(!rights_kept_as_buddy(&rights, &shares.rows[0]),
	   "who may still fetch keeps no more than that");
	rights_finish(&rights);
	share_configs_finish(&shares);
}

int main(void)
{
	changes();
	buddies();
	demoted();
	return tap_done();
}
