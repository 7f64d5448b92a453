/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"

static struct share_config *row_of(struct share_configs *shares, const char *name, size_t n)
{
	for (size_t i = 0; i < shares->count; i++)
		if (strlen(shares->rows[i].name) == n && !strncmp(shares->rows[i].name, name, n))
			return &shares->rows[i];
	shares->rows = xrealloc(shares->rows, (shares->count + 1) * sizeof(*shares->rows));
	shares->rows[shares->count] = (struct share_config){ .name = xstrndup(name, n) };
	return &shares->rows[shares->count++];
}

static void add_entry(struct share_config *row, enum share_right right, const char *text)
{
	struct buf who = { 0 };
	struct share_entry *e;

	row->entries = xrealloc(row->entries, (row->count + 1) * sizeof(*row->entries));
	e = &row->entries[row->count++];
	*e = (struct share_entry){ .right = right, .text = xstrdup(text) };
	if (!grantee_parse(&e->grantee, text) || (right == SHARE_FETCH && *e->grantee.pattern))
		return;
	grantee_put(&e->grantee, true, &who);
	e->who = buf_detach(&who);
}

static const char *const rule_variables[] = {
	[RULE_PROTECT] = "protect",
	[RULE_FETCH_REQUIRES] = "fetchRequires",
	[RULE_PUSH_REQUIRES] = "pushRequires",
	[RULE_MAX_PACK] = "maxPack",
};

const char *share_rule_variable(enum share_rule_kind kind)
{
	return rule_variables[kind];
}

static bool is_valid(enum share_rule_kind kind, const char *text)
{
	struct ref_patterns patterns = { .count = 0 };
	int64_t size;
	bool valid;

	switch (kind) {
	case RULE_PROTECT:
		valid = ref_patterns_add(&patterns, text);
		ref_patterns_finish(&patterns);
		return valid;
	case RULE_MAX_PACK:
		return gitconfig_number(text, &size) && size >= 0;
	default:
		return !strcmp(text, "verified") || !strcmp(text, "trusted");
	}
}

static void add_rule(struct share_config *row, enum share_rule_kind kind, const char *text)
{
	row->rules = xrealloc(row->rules, (row->rules_count + 1) * sizeof(*row->rules));
	row->rules[row->rules_count++] = (struct share_rule){
		.kind = kind,
		.text = xstrdup(text),
		.valid = is_valid(kind, text),
	};
}

const struct share_rule *share_rule_find(const struct share_config *share,
					 enum share_rule_kind kind)
{
	const struct share_rule *found = NULL;

	for (size_t i = 0; share && i < share->rules_count; i++)
		if (share->rules[i].kind == kind)
			found = &share->rules[i];
	return found;
}

static void add_account(struct share_config *row, const char *account)
{
	row->accounts = xrealloc(row->accounts, (row->accounts_count + 1) * sizeof(*row->accounts));
	row->accounts[row->accounts_count++] = xstrdup(account);
}

static void add_member(struct share_configs *shares, const char *group, size_t n, const char *text)
{
	struct group_member m = { .group = xstrndup(group, n), .text = xstrdup(text) };
	char jid[JID_MAX];

	if (jid_bare(text, jid))
		m.jid = xstrdup(jid);
	shares->members =
		xrealloc(shares->members, (shares->members_count + 1) * sizeof(*shares->members));
	shares->members[shares->members_count++] = m;
}

bool share_configs_has_member(const struct share_configs *shares, const char *group,
			      const char *jid)
{
	for (size_t i = 0; i < shares->members_count; i++) {
		const struct group_member *m = &shares->members[i];

		if (m->jid && !strcmp(m->group, group) && !strcmp(m->jid, jid))
			return true;
	}
	return false;
}

void share_configs_take(struct share_configs *shares, const struct gitconfig *configuration)
{
	*shares = (struct share_configs){ .count = 0 };
	for (size_t i = 0; i < configuration->count; i++) {
		const struct gitconfig_entry *e = &configuration->rows[i];
		const char *variable, *name, *value = e->value ? e->value : "";
		struct share_config *row;
		size_t len;

		variable = gitconfig_variable(e, "xmppgroup", &name, &len);
		if (variable && !strcmp(variable, "member"))
			add_member(shares, name, len, value);
		variable = gitconfig_variable(e, "xmppshare", &name, &len);
		if (!variable)
			continue;
		row = row_of(shares, name, len);
		if (!strcmp(variable, "path")) {
			free(row->path);
			row->path = xstrdup(value);
		} else if (!strcmp(variable, "fetch")) {
			add_entry(row, SHARE_FETCH, value);
		} else if (!strcmp(variable, "push")) {
			add_entry(row, SHARE_PUSH, value);
		} else if (!strcmp(variable, "account")) {
			add_account(row, value);
		}
		for (size_t k = 0; k < ARRAY_SIZE(rule_variables); k++)
			if (!strcasecmp(variable, rule_variables[k]))
				add_rule(row, k, value);
	}
}

void share_configs_finish(struct share_configs *shares)
{
	for (size_t i = 0; i < shares->count; i++) {
		struct share_config *row = &shares->rows[i];

		for (size_t k = 0; k < row->count; k++) {
			free(row->entries[k].text);
			free(row->entries[k].who);
		}
		for (size_t k = 0; k < row->rules_count; k++)
			free(row->rules[k].text);
		for (size_t k = 0; k < row->accounts_count; k++)
			free(row->accounts[k]);
		free(row->accounts);
		free(row->rules);
		free(row->entries);
		free(row->path);
		free(row->name);
	}
	for (size_t i = 0; i < shares->members_count; i++) {
		free(shares->members[i].group);
		free(shares->members[i].text);
		free(shares->members[i].jid);
	}
	free(shares->members);
	free(shares->rows);
	*shares = (struct share_configs){ .count = 0 };
}

const struct share_config *share_configs_find(const struct share_configs *shares, const char *name)
{
	for (size_t i = 0; i < shares->count; i++)
		if (!strcmp(shares->rows[i].name, name))
			return &shares->rows[i];
	return NULL;
}

const struct share_config *share_configs_find_path(const struct share_configs *shares,
						   const char *path)
{
	for (size_t i = 0; i < shares->count; i++)
		if (shares->rows[i].path && !strcmp(shares->rows[i].path, path))
			return &shares->rows[i];
	return NULL;
}

bool share_allows(const struct share_config *share, enum share_right right, const char *who)
{
	for (size_t i = 0; share && i < share->count; i++) {
		const struct share_entry *e = &share->entries[i];

		if (e->right == right && e->who && !strcmp(e->who, who))
			return true;
	}
	return false;
}

const char *share_fault(const char *name, const char *path)
{
	if (!share_name_valid(name))
		return "that cannot be a share's name";
	if (!path)
		return "no path is set";
	if (path[0] != '/')
		return "its path is not absolute";
	return access(path, F_OK) && errno == ENOENT ? "its repository is gone" : NULL;
}
