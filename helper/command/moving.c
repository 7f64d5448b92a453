/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each change is of one value: what other values a variable has stays as it is. All of it may
 * be done again, and then there is nothing left to do.
 */
#include "moving.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "grantee.h"
#include "output.h"
#include "query.h"
#include "queue-entries.h"
#include "run-git.h"
#include "share-text.h"
#include "text.h"

static bool is_old(const struct moving *m, const char *text)
{
	char jid[JID_MAX];

	return jid_bare(text, jid) && !strcmp(jid, m->from);
}

static bool has(const struct gitconfig *c, const char *key, const char *value)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->rows[i].key, key) && c->rows[i].value &&
		    !strcmp(c->rows[i].value, value))
			return true;
	return false;
}

/* The key as people write it: xmppfollow is xmppFollow. malloc'd. */
static char *spelled(const char *key)
{
	char *copy = xstrdup(key);

	if (!strncmp(copy, "xmpp", 4))
		copy[4] = toupper((unsigned char)copy[4]);
	return copy;
}

/* Wishes that a value is moved. Both keys are as in struct gitconfig_entry. */
static void wish(struct moving *m, const struct gitconfig_entry *row, const char *key,
		 const char *value)
{
	amendment_wish(&m->there, WISH_HAS, spelled(key), value);
	amendment_wish(&m->there, WISH_HAS_NOT, spelled(row->key), row->value);
	amendment_wish(&m->back, WISH_HAS, spelled(row->key), row->value);
	if (!has(&m->configuration, key, value))
		amendment_wish(&m->back, WISH_HAS_NOT, spelled(key), value);
}

/* A right in a share. Its pattern of refs stays. */
static void wish_right(struct moving *m, const struct gitconfig_entry *row)
{
	struct buf value = { 0 };
	struct grantee g;

	if (!grantee_parse(&g, row->value) || g.kind != GRANTEE_JID || strcmp(g.name, m->from))
		return;
	strcpy(g.name, m->to);
	grantee_put(&g, true, &value);
	wish(m, row, row->key, buf_str(&value));
	buf_finish(&value);
}

/* A followed share; name is like "bob@example.org/project". */
static void wish_follow(struct moving *m, const struct gitconfig_entry *row, const char *name)
{
	const char *share = strchr(name, '/');
	char *jid = xstrndup(name, strcspn(name, "/")), *key;

	if (share && is_old(m, jid)) {
		key = xasprintf("xmppfollow.%s%s.remote", m->to, share);
		wish(m, row, key, row->value);
		free(key);
	}
	free(jid);
}

static void wish_row(struct moving *m, const struct gitconfig_entry *row)
{
	const char *name, *variable;
	size_t len;
	char *copy;

	if (!row->value)
		return;
	variable = gitconfig_variable(row, "xmppshare", &name, &len);
	if (variable && (!strcmp(variable, "fetch") || !strcmp(variable, "push")))
		wish_right(m, row);
	variable = gitconfig_variable(row, "xmppgroup", &name, &len);
	if (variable && !strcmp(variable, "member") && is_old(m, row->value))
		wish(m, row, row->key, m->to);
	variable = gitconfig_variable(row, "xmppbuddy", &name, &len);
	if (variable && !strcmp(variable, "address") && is_old(m, row->value))
		wish(m, row, row->key, m->to);
	variable = gitconfig_variable(row, "xmppfollow", &name, &len);
	if (variable && !strcmp(variable, "remote")) {
		copy = xstrndup(name, len);
		wish_follow(m, row, copy);
		free(copy);
	}
}

bool moving_tell(const struct moving *m, const char *verb, enum moving_ask ask, bool autostart,
		 struct message *trouble)
{
	struct buf command = { 0 };
	struct query answer;
	bool good;

	fields_add(&command, "verb", verb);
	fields_add(&command, "jid", m->from);
	fields_add(&command, "to", m->to);
	fields_add(&command, "check", ask == MOVING_CHECK ? "1" : NULL);
	fields_add(&command, "again", ask == MOVING_GO_ON ? "1" : NULL);
	good = query_get(&answer, &command, autostart, trouble) == 0;
	if (good && *answer.message)
		puts(answer.message);
	query_finish(&answer);
	buf_finish(&command);
	return good;
}

bool moving_apply(struct amendment *a)
{
	struct query answer = { .count = 0 };
	bool good = !a->count || (amendment_write(a) && amendment_settle(a, false, &answer));

	if (good)
		share_show_ended(&answer);
	query_finish(&answer);
	return good;
}

/* Prints, as a hint, the command that is left to be said. */
static void hint_at_command(const char *const *args)
{
	struct buf command = { 0 };

	buf_puts(&command, "git");
	for (size_t i = 0; args[i]; i++) {
		buf_puts(&command, " ");
		text_shell(&command, args[i]);
	}
	report("hint", "This is left to do: %s", buf_str(&command));
	buf_finish(&command);
}

/* where: the option of git that names the repository. */
static bool move_url(const struct moving *m, const char *where, const char *key, const char *url)
{
	char *moved = address_moved(url, m->from, m->to);
	const char *const args[] = {
		where, "config", "--local", "--fixed-value", "--replace-all", key, moved, url, NULL
	};
	bool good = true;

	if (moved) {
		good = run_git(args, NULL, NULL, GIT_ERRORS_SHOWN) == 0;
		if (good) {
			print_text(key);
			printf(" is now ");
			print_text(moved);
			putchar('\n');
		} else {
			hint_at_command(args);
		}
	}
	free(moved);
	return good;
}

/* The remotes of one repository. False if one was not changed, which was said. */
static bool move_remotes(const struct moving *m, const char *git_dir)
{
	char *where = xasprintf("--git-dir=%s", git_dir);
	const char *const args[] = { where, "config",	    "--local",
				     "-z",  "--get-regexp", "^remote\\..*\\.(push)?url$",
				     NULL };
	struct buf out = { 0 };
	bool good = true;

	/* It also fails where there is no remote. */
	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0) {
		for (size_t at = 0; at < buf_len(&out);) {
			char *key = xstrdup(buf_str(&out) + at), *url = strchr(key, '\n');

			at += strlen(key) + 1;
			if (url) {
				*url++ = '\0';
				good &= move_url(m, where, key, url);
			}
			free(key);
		}
	}
	buf_finish(&out);
	free(where);
	return good;
}

bool moving_remotes(const struct moving *m)
{
	bool good = true;

	for (size_t i = 0; i < m->count; i++)
		good &= move_remotes(m, m->repositories[i]);
	return good;
}

/* Takes path. */
static void add_repository(struct moving *m, char *path)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->repositories[i], path))
			continue;
		free(path);
		return;
	}
	m->repositories = xrealloc(m->repositories, (m->count + 1) * sizeof(*m->repositories));
	m->repositories[m->count++] = path;
}

static void add_present(struct moving *m)
{
	static const char *const args[] = { "rev-parse", "--path-format=absolute",
					    "--git-common-dir", NULL };
	struct buf out = { 0 };

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0 && buf_len(&out))
		add_repository(m, xstrndup(buf_str(&out), buf_len(&out) - 1));
	buf_finish(&out);
}

/*
 * What is followed is "<remote> <git directory>". Where an earlier run was cut off, it may be
 * followed at the new address by now.
 */
static void add_followed(struct moving *m, const struct gitconfig_entry *row)
{
	const char *path = row->value ? strchr(row->value, ' ') : NULL, *name, *variable;
	char *who, jid[JID_MAX];
	size_t len;

	variable = gitconfig_variable(row, "xmppfollow", &name, &len);
	if (!path || !variable || strcmp(variable, "remote") != 0)
		return;
	who = xstrndup(name, strcspn(name, "/"));
	if (jid_bare(who, jid) && (!strcmp(jid, m->from) || !strcmp(jid, m->to)))
		add_repository(m, xstrdup(path + 1));
	free(who);
}

/* A queued push names a remote of its repository, and goes where that leads. */
static bool add_queued(struct moving *m, struct message *trouble)
{
	struct queue_entries entries;
	bool good = !queue_entries_read(&entries, trouble);

	for (size_t i = 0; good && i < entries.count; i++)
		if (!strcmp(row_get(entries.rows[i].f, "jid"), m->from) ||
		    !strcmp(row_get(entries.rows[i].f, "jid"), m->to))
			add_repository(m, xstrdup(row_get(entries.rows[i].f, "path")));
	queue_entries_finish(&entries);
	return good;
}

bool moving_read(struct moving *m, struct message *trouble)
{
	if (gitconfig_read(&m->configuration, trouble) < 0)
		return false;
	for (size_t i = 0; i < m->configuration.count; i++)
		wish_row(m, &m->configuration.rows[i]);
	add_present(m);
	for (size_t i = 0; i < m->configuration.count; i++)
		add_followed(m, &m->configuration.rows[i]);
	return add_queued(m, trouble);
}

void moving_finish(struct moving *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->repositories[i]);
	free(m->repositories);
	amendment_finish(&m->there);
	amendment_finish(&m->back);
	gitconfig_finish(&m->configuration);
}
