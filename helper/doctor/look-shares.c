/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shared: whether git serves it, takes pushes to it, and to whom it is given. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "alloc.h"
#include "look.h"
#include "remote.h"
#include "run-git.h"
#include "share-config.h"
#include "text.h"

static const struct gitconfig_entry *row_of(const struct look *look, const char *share,
					    const char *variable, const char *value)
{
	char *key = xasprintf("xmppshare.%s.%s", share, variable);
	const struct gitconfig_entry *found = NULL;

	for (size_t i = 0; !found && i < look->config.count; i++) {
		const struct gitconfig_entry *e = &look->config.rows[i];

		if (!strcasecmp(e->key, key) && e->value && !strcmp(e->value, value))
			found = e;
	}
	free(key);
	return found;
}

/* What a repository's own git says of it. */
static char *ask_git(const char *path, const char *const *rest)
{
	char *option = xasprintf("--git-dir=%s", path), *line;
	const char *args[8] = { option };

	for (size_t i = 0; i + 2 < ARRAY_SIZE(args) && rest[i]; i++)
		args[i + 1] = rest[i];
	line = git_line(args);
	free(option);
	return line;
}

/* As the broker serves it. False if git does not. */
static bool look_at_repository_of(struct look *look, const struct share_config *s)
{
	struct buf command = { 0 }, out = { 0 };
	const char *said;
	bool served;
	char *line;

	buf_puts(&command, "GIT_PROTOCOL=version=2 LC_ALL=C exec git upload-pack --strict "
			   "--advertise-refs -- ");
	text_shell(&command, s->path);
	buf_puts(&command, " 2>&1 >/dev/null");
	served = run_command(buf_str(&command), NULL, &out, GIT_ERRORS_HIDDEN) == 0;
	said = buf_str(&out);
	line = xstrndup(said, strcspn(said, "\n"));
	if (!served && (strstr(said, "ownership") || strstr(said, "safe.directory")))
		findings_add(look->found, FOUND_SHARE_OWNER, "share", s->name, "path", s->path,
			     NULL);
	else if (!served)
		findings_add(look->found, FOUND_SHARE_NO_REPOSITORY, "share", s->name, "path",
			     s->path, "reason", strncmp(line, "fatal: ", 7) ? line : line + 7,
			     NULL);
	free(line);
	buf_finish(&command);
	buf_finish(&out);
	return served;
}

static bool takes_pushes(const struct share_config *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].right == SHARE_PUSH && s->entries[i].who)
			return true;
	return false;
}

static void look_at_checkout(struct look *look, const struct share_config *s)
{
	static const char *const is_bare[] = { "rev-parse", "--is-bare-repository", NULL };
	static const char *const deny[] = { "config", "receive.denyCurrentBranch", NULL };
	char *bare = ask_git(s->path, is_bare), *denies = ask_git(s->path, deny);

	if (takes_pushes(s) && bare && !strcmp(bare, "false") &&
	    (!denies || !strcasecmp(denies, "refuse") || !strcasecmp(denies, "true")))
		findings_add(look->found, FOUND_SHARE_CHECKED_OUT, "share", s->name, "path",
			     s->path, NULL);
	free(bare);
	free(denies);
}

static void look_at_hooks(struct look *look, const struct share_config *s)
{
	static const char *const where[] = { "rev-parse", "--path-format=absolute", "--git-path",
					     "hooks", NULL };
	static const char *const hooks[] = {
		"pre-receive",	    "update",	    "post-receive",
		"post-update",	    "proc-receive", "reference-transaction",
		"push-to-checkout",
	};
	char *directory = ask_git(s->path, where);

	for (size_t i = 0; directory && i < ARRAY_SIZE(hooks); i++) {
		char *path = xasprintf("%s/%s", directory, hooks[i]);

		if (access(path, F_OK) == 0 && access(path, X_OK))
			findings_add(look->found, FOUND_HOOK_MODE, "share", s->name, "path", path,
				     NULL);
		free(path);
	}
	free(directory);
}

static void look_at_rights(struct look *look, const struct share_config *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct share_entry *e = &s->entries[i];
		const char *variable = e->right == SHARE_PUSH ? "push" : "fetch";
		const struct gitconfig_entry *row;

		if (!e->who) {
			row = row_of(look, s->name, variable, e->text);
			if (row)
				findings_add(look->found, FOUND_RIGHT_MALFORMED, "share", s->name,
					     "key", row->key, "value", row->value, "file",
					     row->file, NULL);
		} else if (e->grantee.kind == GRANTEE_JID &&
			   look_is_nobody(look, e->grantee.name)) {
			findings_add(look->found, FOUND_RIGHT_NOBODY, "share", s->name, "jid",
				     e->grantee.name, NULL);
		}
	}
}

static void look_at_rules(struct look *look, const struct share_config *s)
{
	for (size_t i = 0; i < s->rules_count; i++) {
		const struct share_rule *rule = &s->rules[i];
		const struct gitconfig_entry *row;

		if (rule->valid)
			continue;
		row = row_of(look, s->name, share_rule_variable(rule->kind), rule->text);
		if (row)
			findings_add(look->found, FOUND_RULE, "share", s->name, "key", row->key,
				     "value", row->value, "file", row->file, NULL);
	}
}

void look_at_shares(struct look *look)
{
	struct share_configs shares = { .count = 0 };

	share_configs_take(&shares, &look->config);
	for (size_t i = 0; i < shares.count; i++) {
		const struct share_config *s = &shares.rows[i];
		const char *fault = share_fault(s->name, s->path);

		look_at_rights(look, s);
		look_at_rules(look, s);
		if (fault) {
			findings_add(look->found, FOUND_SHARE_FAULT, "share", s->name, "path",
				     s->path, "fault", fault, NULL);
		} else if (look_at_repository_of(look, s)) {
			look_at_checkout(look, s);
			look_at_hooks(look, s);
		}
	}
	findings_fact(look->found, AREA_SHARES, "%zu shared", shares.count);
	share_configs_finish(&shares);
}
