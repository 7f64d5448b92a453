/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ref-rules.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void t_names(void)
{
	static const char *const good[] = { "refs/heads/main", "refs/heads/bob/x", "refs/x",
					    "refs/tags/v1.0", "refs/heads/ä", "refs/heads/@",
					    "refs/heads/-x", "refs/heads/a.b" };
	static const char *const bad[] = {
		"", "main", "HEAD", "refs/", "refs", "refs//x", "/refs/heads/x",
		"refs/heads/", "refs/heads/.x", "refs/heads/x.", "refs/heads/a..b",
		"refs/heads/bob/../main", "refs/heads/bob/./x", "refs/heads/x.lock",
		"refs/heads/x.lock/y", "refs/heads/a b", "refs/heads/a~1", "refs/heads/a^",
		"refs/heads/a:b", "refs/heads/a?", "refs/heads/a[b", "refs/heads/a\\b",
		"refs/heads/a@{b", "refs/heads/a\nb", "refs/heads/a\177b", "refs/heads/a*",
	};
	static const char beginning[] = "refs/heads/";
	char *more = malloc(REF_NAME_MAX + 1);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(ref_name_valid(good[i]), "'%s' is a name", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!ref_name_valid(bad[i]), "bad name %zu is none", i);
	memset(more, 'x', REF_NAME_MAX);
	more[REF_NAME_MAX] = '\0';
	memcpy(more, beginning, strlen(beginning));
	ok(!ref_name_valid(more), "nor is one that is too long");
	more[REF_NAME_MAX - 1] = '\0';
	ok(ref_name_valid(more), "while one byte less is");
	free(more);
}

static void t_patterns(void)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} rows[] = {
		{ "refs/heads/main", "refs/heads/main", true },
		{ "refs/heads/main", "refs/heads/main2", false },
		{ "refs/heads/main", "refs/heads/Main", false },
		{ "refs/heads/bob/*", "refs/heads/bob/x", true },
		{ "refs/heads/bob/*", "refs/heads/bob/x/y", true },
		{ "refs/heads/bob/*", "refs/heads/bob", false },
		{ "refs/heads/bob/*", "refs/heads/bobby/x", false },
		{ "refs/heads/*-bob", "refs/heads/x-bob", true },
		{ "refs/heads/*-bob", "refs/heads/x/y-bob", true },
		{ "refs/heads/*-bob", "refs/heads/x-bobby", false },
		{ "refs/heads/ab*ba", "refs/heads/abba", true },
		{ "refs/heads/ab*ba", "refs/heads/aba", false },
		{ "refs/*", "refs/heads/main", true },
		{ "refs/*", "refs/x", true },
	};

	ok(ref_pattern_valid("refs/heads/*"), "a pattern has a star");
	ok(ref_pattern_valid("refs/heads/main"), "or none");
	ok(!ref_pattern_valid("refs/heads/*/x/*"), "not two");
	ok(!ref_pattern_valid("refs/heads/.*"), "and else is like a name");
	ok(!ref_pattern_valid("*"), "of a ref");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(ref_pattern_matches(rows[i].pattern, rows[i].name) == rows[i].matches,
		   "'%s' %s '%s'", rows[i].pattern, rows[i].matches ? "has" : "has not",
		   rows[i].name);
}

static void t_lists(void)
{
	struct ref_patterns p = { .count = 0 };
	char name[32];

	ok(ref_patterns_add(&p, "main"), "a branch may be called by its name");
	is_str(p.rows[0], "refs/heads/main", "and is meant");
	ok(ref_patterns_add(&p, "refs/heads/main"), "and added again");
	is_int(p.count, 1, "is there once");
	ok(!ref_patterns_add(&p, "a b"), "what is no pattern is not added");
	ok(!ref_patterns_add(&p, ""), "nor is nothing");
	for (int i = 1; i < REF_PATTERNS_MAX; i++) {
		snprintf(name, sizeof(name), "refs/heads/%d", i);
		ref_patterns_add(&p, name);
	}
	is_int(p.count, REF_PATTERNS_MAX, "a list has an end");
	ok(!ref_patterns_add(&p, "refs/heads/more"), "one more is refused");
	ref_patterns_finish(&p);
}

/* protects main, releases and tags; may push to bob's and to main. */
static void example(struct ref_rules *r, bool everywhere)
{
	*r = (struct ref_rules){ .everywhere = everywhere };
	ref_patterns_add(&r->push, "refs/heads/bob/*");
	ref_patterns_add(&r->push, "refs/heads/main");
	ref_patterns_add(&r->protect, "refs/heads/main");
	ref_patterns_add(&r->protect, "refs/heads/release/*");
	ref_patterns_add(&r->protect, "refs/tags/*");
}

static void t_judge(void)
{
	static const struct {
		bool everywhere;
		const char *name;
		enum ref_change change;
		const char *why;	/* NULL: allowed */
	} rows[] = {
		{ false, "refs/heads/bob/x", REF_MADE, NULL },
		{ false, "refs/heads/bob/x", REF_DELETED, NULL },
		{ false, "refs/heads/bob/x", REF_REWOUND, NULL },
		{ false, "refs/heads/main", REF_MADE, NULL },
		{ false, "refs/heads/main", REF_FORWARD, NULL },
		{ false, "refs/heads/main", REF_CHANGED, NULL },
		{ false, "refs/heads/main", REF_REWOUND, "protected: not a fast-forward" },
		{ false, "refs/heads/main", REF_DELETED, "protected: may not be deleted" },
		{ false, "refs/heads/other", REF_MADE,
		  "only refs/heads/bob/*, refs/heads/main may be pushed" },
		{ false, "refs/heads/other", REF_DELETED,
		  "only refs/heads/bob/*, refs/heads/main may be pushed" },
		{ false, "refs/heads/bob/../x", REF_MADE, "funny refname" },
		{ true, "refs/heads/other", REF_REWOUND, NULL },
		{ true, "refs/heads/release/1", REF_DELETED, "protected: may not be deleted" },
		{ true, "refs/tags/v1", REF_MADE, NULL },
		{ true, "refs/tags/v1", REF_CHANGED, "protected: a tag may not be moved" },
		{ true, "refs/tags/v1", REF_FORWARD, "protected: a tag may not be moved" },
		{ true, "refs/tags/v1", REF_REWOUND, "protected: a tag may not be moved" },
		{ true, "refs/tags/v1", REF_DELETED, "protected: may not be deleted" },
		{ true, "HEAD", REF_CHANGED, "funny refname" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf why = { 0 };
		struct ref_rules r;
		bool refused;

		example(&r, rows[i].everywhere);
		refused = ref_rules_refuse(&r, rows[i].name, rows[i].change, &why);
		ok(refused == (rows[i].why != NULL), "%s, %d, is %s", rows[i].name, rows[i].change,
		   rows[i].why ? "refused" : "allowed");
		is_str(buf_str(&why), rows[i].why ? rows[i].why : "", "with the rule in words");
		buf_finish(&why);
		ref_rules_finish(&r);
	}
}

static void t_nobody(void)
{
	struct ref_rules none = { .everywhere = false }, all = { .everywhere = true };
	struct buf why = { 0 };

	ok(ref_rules_refuse(&none, "refs/heads/x", REF_MADE, &why),
	   "no rule at all allows nothing");
	is_str(buf_str(&why), "nothing may be pushed", "and says so");
	ok(!ref_rules_allow_all(&none) && ref_rules_allow_all(&all), "and is not all");
	for (int i = 0; i < 5; i++) {
		char name[] = "refs/heads/0";

		name[11] += i;
		ref_patterns_add(&none.push, name);
	}
	buf_reset(&why);
	ref_rules_refuse(&none, "refs/heads/x", REF_MADE, &why);
	is_str(buf_str(&why),
	       "only refs/heads/0, refs/heads/1, refs/heads/2 and 2 more may be pushed",
	       "many places are not all named");
	buf_finish(&why);
	ref_rules_finish(&none);
}

static void t_narrower(void)
{
	struct ref_rules a, b;

	example(&a, false);
	example(&b, false);
	ok(!ref_rules_narrower(&a, &b), "the same is not narrower");
	ref_patterns_add(&b.push, "refs/heads/x");
	ok(ref_rules_narrower(&a, &b), "less to push to is");
	ok(!ref_rules_narrower(&b, &a), "more is not");
	b.everywhere = true;
	ok(ref_rules_narrower(&a, &b), "some is narrower than all");
	ok(!ref_rules_narrower(&b, &a), "all is not");
	ref_patterns_add(&b.protect, "refs/heads/y");
	ok(ref_rules_narrower(&b, &a), "more that is protected is narrower");
	ref_rules_finish(&a);
	ref_rules_finish(&b);
}

static void t_text(void)
{
	static const char *const bad[] = { "push",
					   "push anywhere",
					   "push refs/heads/a b\n",
					   "protect main\n",
					   "push refs/heads/x\nnonsense\n",
					   "push refs/heads/x\n\n",
					   "Push anywhere\n" };
	struct ref_rules r;
	struct buf text = { 0 }, again = { 0 };

	for (int everywhere = 0; everywhere < 2; everywhere++) {
		example(&r, everywhere);
		buf_reset(&text);
		buf_reset(&again);
		ref_rules_write(&r, &text);
		ref_rules_finish(&r);
		ok(ref_rules_read(&r, buf_str(&text)), "what was written is read");
		ref_rules_write(&r, &again);
		is_str(buf_str(&again), buf_str(&text), "and is the same");
		ref_rules_finish(&r);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!ref_rules_read(&r, bad[i]) && !r.everywhere && !r.push.count,
		   "bad rules %zu allow nothing", i);
	ok(ref_rules_read(&r, "") && !r.everywhere && !r.push.count, "and none allow nothing");
	buf_finish(&text);
	buf_finish(&again);
}

int main(void)
{
	t_names();
	t_patterns();
	t_lists();
	t_judge();
	t_nobody();
	t_narrower();
	t_text();
	return tap_done();
}
