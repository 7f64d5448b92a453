/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "grantee.h"
#include "tap.h"

static void t_parse(void)
{
	static const struct {
		const char *text;
		enum grantee_kind kind;
		const char *name, *pattern, *again;
	} rows[] = {
		{ "Bob@Example.org", GRANTEE_JID, "bob@example.org", "", "bob@example.org" },
		{ "bob@example.org:refs/heads/bob/*", GRANTEE_JID, "bob@example.org",
		  "refs/heads/bob/*", "bob@example.org:refs/heads/bob/*" },
		{ "bob@[2001:db8::7]:refs/heads/x", GRANTEE_JID, "bob@[2001:db8::7]",
		  "refs/heads/x", "bob@[2001:db8::7]:refs/heads/x" },
		{ "buddies", GRANTEE_BUDDIES, "buddies", "", "buddies" },
		{ "buddies:refs/heads/*", GRANTEE_BUDDIES, "buddies", "refs/heads/*",
		  "buddies:refs/heads/*" },
		{ "group:team", GRANTEE_GROUP, "team", "", "group:team" },
		{ "group:The Team:refs/tags/*", GRANTEE_GROUP, "The Team", "refs/tags/*",
		  "group:The Team:refs/tags/*" },
		{ "group:buddies", GRANTEE_GROUP, "buddies", "", "group:buddies" },
	};
	static const char *const bad[] = {
		"", "example.org", "everybody", "bob@example.org/phone", "group:", "group: x",
		"group:x ", "group:a:b", "group:a\nb", "group:a\xff", "bob@example.org:main",
		"bob@example.org:refs/heads/**", "bob@example.org:refs/heads/a..b",
		"bob@example.org:refs/heads/x:refs/heads/y", "bob@example.org:", ":refs/heads/x",
		"group:12345678901234567890123456789012345678901234567890123456789012345",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf again = { 0 };
		struct grantee g;

		ok(grantee_parse(&g, rows[i].text), "'%s' is somebody", rows[i].text);
		is_int(g.kind, rows[i].kind, "of this kind");
		is_str(g.name, rows[i].name, "of this name");
		is_str(g.pattern, rows[i].pattern, "with this pattern");
		grantee_put(&g, true, &again);
		is_str(buf_str(&again), rows[i].again, "and is written so");
		buf_finish(&again);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!grantee_parse(&(struct grantee){ .kind = GRANTEE_JID }, bad[i]),
		   "bad one %zu is nobody", i);
}

static void t_same(void)
{
	struct grantee a, b;

	grantee_parse(&a, "group:team");
	grantee_parse(&b, "group:team:refs/heads/*");
	ok(grantee_same(&a, &b), "a pattern makes nobody else of them");
	grantee_parse(&a, "group:buddies");
	grantee_parse(&b, "buddies");
	ok(!grantee_same(&a, &b), "a group that is called buddies is not all buddies");
}

static void t_words(void)
{
	ok(grantee_is_word("buddies") && grantee_is_word("group"), "nobody is called so");
	ok(!grantee_is_word("group:") && !grantee_is_word("buddy") && !grantee_is_word(""),
	   "... but so they may be");
}

int main(void)
{
	t_parse();
	t_words();
	t_same();
	return tap_done();
}
