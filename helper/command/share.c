/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp share, unshare: the table of what others may fetch and push. It lies in the
 * user's configuration, [xmppShare "name"] with path, fetch and push, and not in a
 * repository, so that no repository can share itself. When the command reports a change,
 * the change is in effect: see amend.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-list.h"
#include "account-pick.h"
#include "address.h"
#include "alloc.h"
#include "amend.h"
#include "output.h"
#include "rights.h"
#include "share-group.h"
#include "share-request.h"
#include "shareable.h"
#include "share.h"
#include "share-text.h"
#include "share-config.h"
#include "text.h"
#include "commands.h"

static const char unshare_usage[] = "usage: git xmpp unshare <name>\n"
				    "\n"
				    "    git xmpp unshare project\n";

/* The share that is changed, and what is known of it. */
struct sharing {
	struct gitconfig configuration;
	struct share_configs table;
	struct shareable repo;
	char *name;			/* owned */
	struct rights rights;
	struct amendment amendment;
	struct query answer;
	struct share_group group;	/* that is shared with; without a name: none */
};

/*
 * The bare JID of the account that serves the share, the first of several, written to out;
 * NULL if there is none.
 */
static const char *own_jid(const struct sharing *s, char out[JID_MAX])
{
	const struct share_config *row = s->name ? share_configs_find(&s->table, s->name) : NULL;
	struct account_list list;
	const char *jid = NULL;
	size_t at;

	account_list_take(&list, &s->configuration);
	if (row && row->accounts_count)
		at = account_list_find(&list, row->accounts[0]);
	else
		at = list.preferred;
	if (at < list.count && list.rows[at].jid)
		jid = strcpy(out, list.rows[at].jid);
	account_list_finish(&list);
	return jid;
}

/*
 * The name as it was typed, malloc'd. The ".git" that an address would lose is cut, unless
 * a share has exactly this name.
 */
static char *typed_name(const struct share_configs *table, const char *name)
{
	char *copy = xstrdup(name);

	if (!share_configs_find(table, name))
		share_name_trim(copy);
	return copy;
}

/*
 * Finds the row of the table: the one with this name, else the one that has this repository
 * already, else a new one. False with the reason printed.
 */
static bool find_row(struct sharing *s, const struct share_request *r)
{
	const struct share_config *row;

	s->name = r->name ? typed_name(&s->table, r->name) : NULL;
	row = s->name ? share_configs_find(&s->table, s->name) : NULL;
	if (row && row->path && !r->path) {
		/*
		 * Works from any directory: git xmpp share --name=project
		 * --push=bob@example.org
		 */
		s->repo.path = xstrdup(row->path);
		s->repo.bare = true;	/* not examined: so no word of a checked out branch */
		return true;
	}
	if (!shareable_find(&s->repo, r->path))
		return false;
	if (!s->name) {
		row = share_configs_find_path(&s->table, s->repo.path);
		s->name = row ? xstrdup(row->name) : shareable_name(&s->repo);
	}

	row = share_configs_find(&s->table, s->name);
	if (!share_name_valid(s->name)) {
		report("fatal", "'%s' cannot be the name of a share: %s", s->name,
		       share_name_fault(s->name));
		report("hint", "Choose one with --name=<name>");
		return false;
	}
	if (row && row->path && strcmp(row->path, s->repo.path)) {
		report("fatal", "'%s' is the name of another share: %s", s->name, row->path);
		report("hint", "Choose another name with --name=<name>, "
		       "or stop that with \"git xmpp unshare '%s'\"", s->name);
		return false;
	}
	return true;
}

/*
 * Refuses to take a right from a person who would keep it in another way: as the user's own
 * account, as one of the buddies, or as a member of a group.
 */
static bool can_be_taken(const struct sharing *s)
{
	const struct share_config *row = share_configs_find(&s->table, s->name);
	const char *as;
	const struct right *kept = rights_kept(&s->rights, row, &s->table, &as);
	char jid[JID_MAX];
	const char *own = own_jid(s, jid);
	struct buf who = { 0 }, all = { 0 };

	for (size_t i = 0; own && i < s->rights.count; i++) {
		const struct right *r = &s->rights.rows[i];

		if (!r->removed || strcmp(r->who, own))
			continue;
		report("fatal", "'%s' is your own account: your other devices may fetch and push",
		       own);
		return false;
	}
	if (!kept)
		return true;
	text_shell(&who, kept->who);
	text_shell(&all, as);
	if (!strcmp(as, "buddies"))
		report("fatal", "'%s' would keep what all buddies may do with '%s'", kept->who,
		       s->name);
	else
		report("fatal", "'%s' would keep what '%s' may do with '%s'", kept->who, as,
		       s->name);
	report("hint", "Take it from all with \"git xmpp share --name='%s' --rm=%s --rm=%s\"",
	       s->name, buf_str(&all), buf_str(&who));
	buf_finish(&who);
	buf_finish(&all);
	return false;
}

/* Refuses a place for somebody who may push anywhere: it would not bind them. */
static bool binds(const struct sharing *s)
{
	const struct right *idle = rights_idle(&s->rights, share_configs_find(&s->table, s->name));
	struct buf who = { 0 }, place = { 0 };
	struct grantee g;

	if (!idle || !grantee_parse(&g, idle->who))
		return true;
	grantee_put(&g, false, &who);
	report("fatal", "'%s' may push to all refs of '%s' already", buf_str(&who), s->name);
	text_shell(&place, idle->who);
	buf_reset(&who);
	grantee_put(&g, false, &who);
	report("hint", "Leave only that with \"git xmpp share --name='%s' --rm=%s --push=%s\"",
	       s->name, buf_str(&who), buf_str(&place));
	buf_finish(&who);
	buf_finish(&place);
	return false;
}

/* The pattern that a rule of the table protects. */
static bool protects(const struct share_rule *rule, const char *pattern)
{
	struct ref_patterns patterns = { .count = 0 };
	bool same;

	if (rule->kind != RULE_PROTECT)
		return false;
	if (!rule->valid)
		return !strcmp(rule->text, pattern);
	ref_patterns_add(&patterns, rule->text);
	same = !strcmp(patterns.rows[0], pattern);
	ref_patterns_finish(&patterns);
	return same;
}

static void wish_protection(struct sharing *s, const struct rule_wish *change)
{
	const struct share_config *row = share_configs_find(&s->table, s->name);
	bool there = false;

	for (size_t i = 0; row && i < row->rules_count; i++) {
		const struct share_rule *rule = &row->rules[i];

		if (!protects(rule, change->value))
			continue;
		there = true;
		if (change->remove)
			amendment_wish(&s->amendment, WISH_HAS_NOT,
				       xasprintf("xmppShare.%s.protect", s->name), rule->text);
	}
	if (!change->remove && !there)
		amendment_wish(&s->amendment, WISH_HAS, xasprintf("xmppShare.%s.protect", s->name),
			       change->value);
}

static void wish_rules(struct sharing *s, const struct share_request *r)
{
	for (size_t i = 0; i < r->rules_count; i++) {
		const struct rule_wish *change = &r->rules[i];

		if (change->kind == RULE_PROTECT)
			wish_protection(s, change);
		else
			amendment_wish(&s->amendment, WISH_VALUE,
				       xasprintf("xmppShare.%s.%s", s->name,
						 share_rule_variable(change->kind)),
				       change->value);
	}
}

/* One group in a command: who is in it is asked once, and shown. */
static bool wish_group(struct sharing *s, const struct share_request *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct right_wish *change = &r->changes[i];

		if (change->kind == RIGHT_REMOVE || !*change->group)
			continue;
		if (s->group.name && strcmp(s->group.name, change->group) != 0) {
			report("fatal", "only one group can be shared with at once");
			return false;
		}
		if (!s->group.name && !share_group_read(&s->group, &s->table, change->group))
			return false;
	}
	if (s->group.name) {
		share_group_take_first(&s->group);
		share_group_wish(&s->group, &s->amendment);
	}
	return true;
}

static void wish_right(struct sharing *s, enum share_right right, const struct right *r)
{
	const char *variable = right == SHARE_PUSH ? "push" : "fetch";
	struct amendment *a = &s->amendment;
	bool had = right == SHARE_PUSH ? r->had_push : r->had_fetch;
	bool has = right == SHARE_PUSH ? r->push : r->fetch;
	const struct share_config *row = share_configs_find(&s->table, s->name);

	if (has && !had)
		amendment_wish(a, WISH_HAS, xasprintf("xmppShare.%s.%s", s->name, variable),
			       r->who);
	for (size_t i = 0; had && !has && i < row->count; i++) {
		const struct share_entry *e = &row->entries[i];

		if (e->right == right && e->who && !strcmp(e->who, r->who))
			amendment_wish(a, WISH_HAS_NOT,
				       xasprintf("xmppShare.%s.%s", s->name, variable), e->text);
	}
}

/* Whether the share is this account's already. */
static bool serves(const struct share_config *row, const struct account_list *list, const char *jid)
{
	size_t at = account_list_find(list, jid);

	for (size_t i = 0; row && i < row->accounts_count; i++)
		if (account_list_find(list, row->accounts[i]) == at)
			return true;
	return row && !row->accounts_count && at == list->preferred;
}

/*
 * The share is to be of this account as well. It says so for good, and so does the default
 * account whose share it was without a word: another default does not change whose it is.
 */
static void wish_account(struct sharing *s, const struct account_list *list, const char *jid)
{
	const struct share_config *row = share_configs_find(&s->table, s->name);

	if (serves(row, list, jid))
		return;
	if (row && row->path && !row->accounts_count && list->preferred < list->count &&
	    list->rows[list->preferred].jid)
		amendment_wish(&s->amendment, WISH_HAS, xasprintf("xmppShare.%s.account", s->name),
			       list->rows[list->preferred].jid);
	amendment_wish(&s->amendment, WISH_HAS, xasprintf("xmppShare.%s.account", s->name), jid);
}

/* The account that serves one whom the command lets in; NULL: whoever is let in. */
static bool wish_account_for(struct sharing *s, const struct account_list *list, const char *buddy)
{
	struct account_pick pick;
	struct message trouble;

	if (!account_pick(&s->configuration, buddy, NULL, &pick, &trouble)) {
		report_trouble(&trouble, false);
		return false;
	}
	if (pick.several && *pick.jid)
		wish_account(s, list, pick.jid);
	return true;
}

/*
 * With several accounts: the share is of those that know the buddies whom the command lets in.
 * One that is new, and lets in nobody by name, is of the account that commands are for.
 */
static bool wish_accounts(struct sharing *s, const struct share_request *r)
{
	const struct share_config *row = share_configs_find(&s->table, s->name);
	struct account_list list;
	bool good = true, named = false;
	struct grantee g;

	account_list_take(&list, &s->configuration);
	for (size_t i = 0; list.count > 1 && good && i < r->count; i++) {
		const struct right_wish *change = &r->changes[i];

		if (change->kind == RIGHT_REMOVE || !grantee_parse(&g, change->who) ||
		    g.kind != GRANTEE_JID)
			continue;
		named = true;
		good = wish_account_for(s, &list, g.name);
	}
	if (list.count > 1 && good && !named && !(row && row->path))
		good = wish_account_for(s, &list, NULL);
	account_list_finish(&list);
	return good;
}

static void wish_all(struct sharing *s)
{
	amendment_wish(&s->amendment, WISH_VALUE, xasprintf("xmppShare.%s.path", s->name),
		       s->repo.path);
	for (size_t i = 0; i < s->rights.count; i++) {
		wish_right(s, SHARE_FETCH, &s->rights.rows[i]);
		wish_right(s, SHARE_PUSH, &s->rights.rows[i]);
	}
}

static void show_taken(const struct sharing *s)
{
	for (size_t i = 0; i < s->rights.count; i++) {
		const struct right *r = &s->rights.rows[i];

		if (!r->removed || (r->had_push && r->push))
			continue;
		print_text(r->who);
		if (!r->had_fetch && !r->had_push)
			printf(" had no right to '");
		else if (r->fetch || r->push)
			printf(" may %s '", r->push ? "push to" : "only fetch from");
		else
			printf(" may no longer fetch from%s '", r->had_push ? " or push to" : "");
		print_text(s->name);
		printf("'\n");
	}
}

static void show_result(struct sharing *s, const struct share_request *r)
{
	const struct share_config *row;
	char own[JID_MAX];

	if (s->group.name)
		share_group_show(&s->group);
	share_configs_finish(&s->table);
	gitconfig_finish(&s->configuration);
	if (gitconfig_read(&s->configuration, &(struct message){ .id = MSG_NONE }) == 0)
		share_configs_take(&s->table, &s->configuration);
	row = share_configs_find(&s->table, s->name);
	show_taken(s);
	if (!share_request_only_takes(r)) {
		printf("shared ");
		print_text(s->repo.path);
		printf(" as ");
		share_print_address(own_jid(s, own), s->name);
		putchar('\n');
	}
	if (row)
		share_show_rights(&s->table, row);
	amendment_report(&s->amendment);
	share_show_ended(&s->answer);
	if (!row || row->count == 0)
		report("hint", "Nobody may fetch from it; "
		       "allow it with \"git xmpp share --name='%s' --fetch=<jid>\"", s->name);
	if (share_request_lets_push(r))
		shareable_offer_update(&s->repo);
}

/* Whether the request only takes rights away, and nobody that it names had any. */
static bool takes_nothing(const struct sharing *s, const struct share_request *r)
{
	for (size_t i = 0; i < s->rights.count; i++)
		if (s->rights.rows[i].had_fetch || s->rights.rows[i].had_push)
			return false;
	return share_request_only_takes(r);
}

static int share(struct sharing *s, const struct share_request *r)
{
	if (!find_row(s, r))
		return STATUS_FATAL;
	for (size_t i = 0; i < r->count; i++)
		rights_change(&s->rights, share_configs_find(&s->table, s->name),
			      r->changes[i].kind, r->changes[i].who);
	if (!can_be_taken(s) || !binds(s))
		return STATUS_FATAL;
	/*
	 * A share that git would not serve is refused. To take rights away, git is not
	 * needed.
	 */
	if (!share_request_only_takes(r) && !shareable_is_served(&s->repo))
		return STATUS_FATAL;
	if (takes_nothing(s, r)) {
		show_taken(s);
		return STATUS_NO;
	}
	if (!wish_group(s, r) || !wish_accounts(s, r))
		return STATUS_FATAL;
	wish_all(s);
	wish_rules(s, r);
	if (!amendment_write(&s->amendment) || !amendment_settle(&s->amendment, false, &s->answer))
		return STATUS_FATAL;
	show_result(s, r);
	return STATUS_OK;
}

static int accept_group(struct sharing *s, const struct share_request *r)
{
	struct share_group *g = &s->group;

	if (!share_group_read(g, &s->table, r->accept_group))
		return STATUS_FATAL;
	if (r->members_count && !share_group_take_named(g, r->members, r->members_count))
		return STATUS_FATAL;
	if (!r->members_count && !share_group_take_confirmed(g))
		return STATUS_NO;
	share_group_wish(g, &s->amendment);
	if (!amendment_write(&s->amendment) || !amendment_settle(&s->amendment, false, &s->answer))
		return STATUS_FATAL;
	share_group_show(g);
	amendment_report(&s->amendment);
	share_show_ended(&s->answer);
	return STATUS_OK;
}

static int begin(struct sharing *s)
{
	struct message trouble;

	*s = (struct sharing){ .name = NULL };
	if (gitconfig_read(&s->configuration, &trouble) < 0)
		return report_trouble(&trouble, false);
	share_configs_take(&s->table, &s->configuration);
	return STATUS_OK;
}

static void finish(struct sharing *s)
{
	query_finish(&s->answer);
	share_group_finish(&s->group);
	amendment_finish(&s->amendment);
	rights_finish(&s->rights);
	shareable_finish(&s->repo);
	share_configs_finish(&s->table);
	gitconfig_finish(&s->configuration);
	free(s->name);
}

static void list(const struct sharing *s, bool json)
{
	char jid[JID_MAX];

	if (json)
		share_configs_json(&s->table, own_jid(s, jid));
	else
		share_configs_list(&s->table, own_jid(s, jid));
}

int cmd_share(int argc, char **argv)
{
	struct share_request r;
	int status = share_request_read(&r, argc, argv);
	struct sharing s;

	if (status == STATUS_OK) {
		status = begin(&s);
		if (status == STATUS_OK && r.list)
			list(&s, r.json);
		else if (status == STATUS_OK && r.accept_group)
			status = accept_group(&s, &r);
		else if (status == STATUS_OK)
			status = share(&s, &r);
		finish(&s);
	}
	share_request_finish(&r);
	return status;
}

char *share_make(const char *path, const char *name, bool push)
{
	const struct share_request r = { .path = path, .name = name };
	struct sharing s;
	char *made = NULL;

	if (begin(&s) == STATUS_OK && find_row(&s, &r) && shareable_is_served(&s.repo) &&
	    wish_accounts(&s, &r)) {
		wish_all(&s);
		if (amendment_write(&s.amendment) &&
		    amendment_settle(&s.amendment, false, &s.answer)) {
			made = s.name;
			s.name = NULL;
			if (push)
				shareable_offer_update(&s.repo);
		}
	}
	finish(&s);
	return made;
}

static int unshare(struct sharing *s, const char *name)
{
	struct message trouble;

	s->name = typed_name(&s->table, name);
	if (!share_configs_find(&s->table, s->name)) {
		message_set(&trouble, MSG_NO_SUCH_SHARE, "share", name, NULL);
		return report_trouble(&trouble, false);
	}
	amendment_wish(&s->amendment, WISH_GONE, xasprintf("xmppShare.%s", s->name), NULL);
	if (!amendment_write(&s->amendment) || !amendment_settle(&s->amendment, false, &s->answer))
		return STATUS_FATAL;
	printf("no longer shared: ");
	print_text(s->name);
	putchar('\n');
	amendment_report(&s->amendment);
	share_show_ended(&s->answer);
	return STATUS_OK;
}

int cmd_unshare(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct sharing s;
	int status;

	if (cmd_option(argc, argv, options, unshare_usage) != -1)
		return STATUS_USAGE;
	if (argc - optind != 1)
		return cmd_misused(unshare_usage, "expected the name of a share");
	status = begin(&s);
	if (status == STATUS_OK)
		status = unshare(&s, argv[optind]);
	finish(&s);
	return status;
}
