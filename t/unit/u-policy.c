/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"
#include "tap.h"

static const char *const verdict_names[] = {
	[POLICY_ALLOWED] = "allowed",
	[POLICY_NOT_SHARED] = "not shared",
	[POLICY_PUSH_DENIED] = "push denied",
	[POLICY_UNVERIFIED] = "unverified",
};

static struct policy *example(void)
{
	struct policy *p = policy_create("Me@example.org");
	struct share *s = policy_share(p, "project");

	share_set_path(s, "/srv/project.git");
	share_allow(s, "Bob@Example.org", false);
	share_allow(s, "carol@example.org", true);
	s = policy_share(p, "team/site");
	share_set_path(s, "/srv/site.git");
	share_allow(s, "buddies", false);
	share_allow(s, "carol@example.org", true);
	s = policy_share(p, "open");
	share_set_path(s, "/srv/open.git");
	share_allow(s, "buddies", true);
	share_set_path(policy_share(p, "mine"), "/home/me/mine");
	share_allow(policy_share(p, "nowhere"), "buddies", true);
	return p;
}

static const struct {
	const char *jid;
	enum service service;
	const char *name;
	enum policy_verdict verdict;
	const char *path;
} rows[] = {
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "project", POLICY_ALLOWED, "/srv/project.git" },
	{ "BOB@example.org", SERVICE_UPLOAD_ARCHIVE, "project", POLICY_ALLOWED,
	  "/srv/project.git" },
	{ "bob@example.org", SERVICE_RECEIVE_PACK, "project", POLICY_PUSH_DENIED, NULL },
	{ "carol@example.org", SERVICE_RECEIVE_PACK, "project", POLICY_ALLOWED,
	  "/srv/project.git" },
	{ "carol@example.org", SERVICE_UPLOAD_PACK, "project", POLICY_ALLOWED, "/srv/project.git" },
	{ "eve@example.org", SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED, NULL },
	{ "eve@example.org", SERVICE_RECEIVE_PACK, "project", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "nothing", POLICY_NOT_SHARED, NULL },
	{ "eve@example.org", SERVICE_UPLOAD_PACK, "team/site", POLICY_ALLOWED, "/srv/site.git" },
	{ "eve@example.org", SERVICE_RECEIVE_PACK, "team/site", POLICY_PUSH_DENIED, NULL },
	{ "carol@example.org", SERVICE_RECEIVE_PACK, "team/site", POLICY_ALLOWED, "/srv/site.git" },
	{ "eve@example.org", SERVICE_RECEIVE_PACK, "open", POLICY_ALLOWED, "/srv/open.git" },
	{ "me@example.org", SERVICE_RECEIVE_PACK, "mine", POLICY_ALLOWED, "/home/me/mine" },
	{ "me@example.org", SERVICE_RECEIVE_PACK, "project", POLICY_ALLOWED, "/srv/project.git" },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "mine", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "nowhere", POLICY_NOT_SHARED, NULL },
	{ "me@example.org", SERVICE_UPLOAD_PACK, "nowhere", POLICY_NOT_SHARED, NULL },
	{ "buddies", SERVICE_UPLOAD_PACK, "open", POLICY_NOT_SHARED, NULL },
	{ "", SERVICE_UPLOAD_PACK, "open", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org/phone", SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "Project", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "project/", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "project.git", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "./project", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "../srv/project.git", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "/srv/project.git", POLICY_NOT_SHARED, NULL },
	{ "bob@example.org", SERVICE_UPLOAD_PACK, "-project", POLICY_NOT_SHARED, NULL },
};

static void t_rows(void)
{
	struct policy *p = example();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct subject subject = { .jid = rows[i].jid };
		const struct share *share;
		enum policy_verdict v =
			policy_check(p, &subject, rows[i].service, rows[i].name, &share);

		if (!ok(v == rows[i].verdict &&
				(share ? rows[i].path && !strcmp(share->path, rows[i].path)
				       : !rows[i].path),
			"'%s' %s '%s': %s", rows[i].jid, service_name(rows[i].service),
			rows[i].name, verdict_names[rows[i].verdict]))
			printf("# is %s, %s\n", verdict_names[v], share ? share->path : "no share");
	}
	policy_destroy(p);
}

static void t_table(void)
{
	struct policy *p = policy_create(NULL);
	const struct share *share;
	struct share *s = policy_share(p, "project");

	ok(policy_share(p, "project") == s, "a share is made once");
	ok(policy_first(p) == s && !s->next, "and listed once");
	ok(policy_find(p, "project") == s, "and found");
	ok(!policy_find(p, "other"), "another is not");
	ok(!policy_share(p, "../etc"), "a bad name makes no share");
	ok(!policy_share(p, ""), "nor an empty one");
	share_set_path(s, "/a");
	share_set_path(s, "/b");
	is_str(s->path, "/b", "the last path counts");
	ok(!share_allow(s, "example.org", false), "a server is nobody");
	ok(!share_allow(s, "everybody", true), "nor is another word");
	ok(!share_allow(s, "bob@example.org/phone", true), "nor a full JID");
	ok(!s->who, "and nobody was let in");
	ok(share_allow(s, "bob@example.org", true) && share_allow(s, "bob@example.org", false),
	   "fetch after push");
	ok(s->who->push && !s->who->next, "does not take push away");
	is_int(policy_check(p, &(struct subject){ .jid = "me@example.org" }, SERVICE_UPLOAD_PACK,
			    "project", &share),
	       POLICY_NOT_SHARED, "without an account nobody is ourselves");
	policy_destroy(p);
}

/*
 * What a verdict is for somebody; the roster says that they are in the group, or does not, or
 * with NULL was not read.
 */
static void judge(const struct policy *p, const char *jid, bool verified, const char *groups,
		  enum service service, const char *name, enum policy_verdict expected)
{
	struct presence *presence = presence_create();
	struct subject subject = { .jid = jid, .verified = verified };
	const struct share *share;
	enum policy_verdict v;

	if (groups) {
		presence_roster_item(presence, jid, SUBSCRIPTION_BOTH, false, false);
		presence_roster_groups(presence, jid, groups);
	}
	subject.buddy = presence_buddy(presence, jid);
	v = policy_check(p, &subject, service, name, &share);
	ok(v == expected, "%s, %s, %s, %s: %s", jid, verified ? "verified" : "seen",
	   groups ? groups : "no roster", service_name(service), verdict_names[expected]);
	if (v != expected)
		printf("# is %s\n", verdict_names[v]);
	presence_destroy(presence);
}

static void t_verified(void)
{
	struct policy *p = policy_create("me@example.org");
	struct share *s = policy_share(p, "project");

	share_set_path(s, "/srv/project.git");
	share_allow(s, "bob@example.org", true);
	s->push_verified = true;
	judge(p, "bob@example.org", false, NULL, SERVICE_UPLOAD_PACK, "project", POLICY_ALLOWED);
	judge(p, "bob@example.org", false, NULL, SERVICE_RECEIVE_PACK, "project",
	      POLICY_UNVERIFIED);
	judge(p, "bob@example.org", true, NULL, SERVICE_RECEIVE_PACK, "project", POLICY_ALLOWED);
	judge(p, "me@example.org", false, NULL, SERVICE_RECEIVE_PACK, "project", POLICY_UNVERIFIED);
	judge(p, "eve@example.org", false, NULL, SERVICE_RECEIVE_PACK, "project",
	      POLICY_NOT_SHARED);
	s->fetch_verified = true;
	judge(p, "bob@example.org", false, NULL, SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED);
	judge(p, "bob@example.org", false, NULL, SERVICE_RECEIVE_PACK, "project",
	      POLICY_NOT_SHARED);
	judge(p, "bob@example.org", true, NULL, SERVICE_UPLOAD_PACK, "project", POLICY_ALLOWED);
	s->faulty = true;
	judge(p, "bob@example.org", true, NULL, SERVICE_UPLOAD_PACK, "project", POLICY_ALLOWED);
	judge(p, "bob@example.org", true, NULL, SERVICE_RECEIVE_PACK, "project",
	      POLICY_PUSH_DENIED);
	policy_destroy(p);
}

/* Both the user and the server have a say, and only the user can give. */
static void t_groups(void)
{
	static const char team[] = "other\0team\0", other[] = "other\0", none[] = "";
	struct policy *p = policy_create("me@example.org");
	struct share *s = policy_share(p, "project");

	share_set_path(s, "/srv/project.git");
	ok(share_allow(s, "group:team", true), "a group is allowed");
	ok(policy_group_add(p, "team", "Bob@example.org"), "bob is a member, says the user");
	ok(policy_group_add(p, "team", "bob@example.org"), "and says it again");
	ok(policy_concerns(p, "stranger@example.org"), "a share of a group may be for anybody");
	is_int(policy_groups(p)->members.count, 1, "he is one once");
	ok(!policy_group_add(p, "a:b", "bob@example.org"), "a group has a name");
	ok(!policy_group_add(p, "team", "bob@example.org/x"), "and persons");
	share_allow(s, "group:empty", true);
	policy_group_add(p, "unused", "bob@example.org");
	policy_groups_settle(p);
	ok(policy_groups(p) && policy_groups(p)->next && !policy_groups(p)->next->next,
	   "the groups are those that a share names");
	judge(p, "bob@example.org", false, team, SERVICE_RECEIVE_PACK, "project", POLICY_ALLOWED);
	judge(p, "bob@example.org", false, NULL, SERVICE_RECEIVE_PACK, "project",
	      POLICY_NOT_SHARED);
	judge(p, "bob@example.org", false, other, SERVICE_UPLOAD_PACK, "project",
	      POLICY_NOT_SHARED);
	judge(p, "bob@example.org", false, none, SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED);
	judge(p, "eve@example.org", false, team, SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED);
	judge(p, "eve@example.org", false, NULL, SERVICE_UPLOAD_PACK, "project", POLICY_NOT_SHARED);
	policy_destroy(p);
}

static void rules_are(const struct policy *p, const char *jid, const char *expected)
{
	struct presence *presence = presence_create();
	struct subject subject = { .jid = jid };
	struct buf text = { 0 };
	struct ref_rules rules;

	presence_roster_item(presence, jid, SUBSCRIPTION_BOTH, false, false);
	presence_roster_groups(presence, jid, "team\0");
	subject.buddy = presence_buddy(presence, jid);
	policy_ref_rules(p, &subject, policy_find(p, "project"), &rules);
	ref_rules_write(&rules, &text);
	is_str(buf_str(&text), expected, jid);
	ref_rules_finish(&rules);
	buf_finish(&text);
	presence_destroy(presence);
}

static void t_rules(void)
{
	struct policy *p = policy_create("me@example.org");
	struct share *s = policy_share(p, "project");
	const struct share *share;

	share_set_path(s, "/srv/project.git");
	ok(share_allow(s, "bob@example.org:refs/heads/bob/*", true), "bob has a place");
	ok(share_allow(s, "bob@example.org:refs/tags/bob-*", true), "and another one");
	ok(!share_allow(s, "bob@example.org:refs/heads/x", false), "to fetch there are none");
	ok(!share_allow(s, "bob@example.org:main", true), "nor without refs/");
	share_allow(s, "buddies:refs/heads/all/*", true);
	share_allow(s, "group:team:refs/heads/team/*", true);
	policy_group_add(p, "team", "dave@example.org");
	share_allow(s, "carol@example.org", true);
	share_allow(s, "carol@example.org:refs/heads/x", true);
	ref_patterns_add(&s->protect, "main");
	is_int(policy_check(p, &(struct subject){ .jid = "bob@example.org" }, SERVICE_RECEIVE_PACK,
			    "project", &share),
	       POLICY_ALLOWED, "who may push somewhere may push");
	rules_are(p, "bob@example.org",
		  "push refs/heads/bob/*\npush refs/tags/bob-*\npush refs/heads/all/*\n"
		  "protect refs/heads/main\n");
	rules_are(p, "dave@example.org",
		  "push refs/heads/all/*\npush refs/heads/team/*\nprotect refs/heads/main\n");
	rules_are(p, "carol@example.org", "push anywhere\nprotect refs/heads/main\n");
	rules_are(p, "me@example.org", "push anywhere\nprotect refs/heads/main\n");
	rules_are(p, "eve@example.org", "push refs/heads/all/*\nprotect refs/heads/main\n");
	policy_destroy(p);
}

static void t_services(void)
{
	static const char *const bad[] = { "", "git-upload-pack", "upload-packs", "Upload-pack",
					   "sh" };

	for (int i = 0; i < SERVICE_COUNT; i++)
		is_int(service_by_name(service_name(i)), i, service_name(i));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(service_by_name(bad[i]) == -1, "'%s' is no service", bad[i]);
}

static void t_concerns(void)
{
	struct policy *p = policy_create("me@example.org");
	struct share *s = policy_share(p, "project");

	share_allow(s, "Bob@example.org", false);
	share_allow(policy_share(p, "other"), "bob@example.org", true);
	ok(policy_concerns(p, "bob@example.org"), "somebody whom two shares name is concerned");
	ok(policy_concerns(p, "me@example.org"), "so are own devices");
	ok(!policy_concerns(p, "eve@example.org"), "and nobody else");
	share_allow(s, "buddies", false);
	ok(policy_concerns(p, "eve@example.org"), "until a share is for all buddies");
	policy_destroy(p);
}

int main(void)
{
	t_rows();
	t_table();
	t_verified();
	t_groups();
	t_rules();
	t_services();
	t_concerns();
	return tap_done();
}
