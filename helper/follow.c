/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp follow, unfollow: which remotes the broker fetches by itself. As
 * with shares the table is in the user's global configuration, so a repository
 * cannot have itself followed: [xmppFollow "<jid>/<share>"] with remote = <name> <git directory>.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "answer.h"
#include "git-child.h"
#include "remote.h"
#include "report.h"
#include "verbs.h"

static const char follow_usage[] =
	"usage: git xmpp follow [<remote>]\n"
	"   or: git xmpp follow --list [--json]\n"
	"\n"
	"    --list  what is followed\n"
	"    --json  that as one JSON object\n"
	"\n"
	"Without <remote>: the only one with an xmpp URL, or origin.\n";

static const char unfollow_usage[] =
	"usage: git xmpp unfollow [<remote>]\n"
	"\n"
	"Without <remote>: the only one that is followed.\n";

static const char section[] = "xmppfollow.";

/* One value of the table. */
struct row {
	char *key;		/* owned; as git wants it */
	char *value;		/* owned */
};

struct table {
	struct row *rows;	/* owned */
	size_t count;
};

static void add_row(struct table *table, const char *entry)
{
	const char *value = strchr(entry, '\n');

	if (!value)
		return;
	table->rows = xrealloc(table->rows, (table->count + 1) * sizeof(*table->rows));
	table->rows[table->count].key = xstrndup(entry, value - entry);
	table->rows[table->count].value = xstrdup(value + 1);
	table->count++;
}

/* "git config -z" prints key, newline, value, NUL. */
static void read_table(struct table *table)
{
	const char *const args[] = {
		"config", "--global", "--includes", "-z", "--get-regexp", "^xmppfollow\\..*\\.remote$", NULL,
	};
	struct buf out = { 0 };
	char *end;

	*table = (struct table){ .count = 0 };
	git_run(args, NULL, &out, GIT_ERRORS_HIDDEN);
	while (buf_len(&out) && (end = memchr(buf_data(&out), '\0', buf_len(&out)))) {
		add_row(table, buf_data(&out));
		buf_consume(&out, end - buf_data(&out) + 1);
	}
	buf_finish(&out);
}

static void finish_table(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].key);
		free(table->rows[i].value);
	}
	free(table->rows);
}

/* The address in a key, malloc'd. */
static char *address_of(const struct row *row)
{
	const char *name = row->key + strlen(section);

	return xstrndup(name, strrchr(name, '.') - name);
}

/* The directory in a value, "" if there is none. */
static const char *path_of(const struct row *row)
{
	const char *space = strchr(row->value, ' ');

	return space ? space + 1 : "";
}

/* Without one a fetch brings nothing that stays, and nothing could be compared. */
static bool has_refspec(const char *remote)
{
	char *key = xasprintf("remote.%s.fetch", remote);
	const char *const args[] = { "config", "--get-all", key, NULL };
	char *refspec = git_line(args);
	bool has = refspec && *refspec;

	free(refspec);
	free(key);
	if (!has) {
		report("fatal", "remote '%s' has no refspec to fetch by", remote);
		report("hint", "Set one with \"git config remote.%s.fetch '+refs/heads/*:refs/remotes/%s/*'\"",
		       remote, remote);
	}
	return has;
}

/* Writes the row, and removes what the remote was followed as when it had another URL. */
static bool write_row(const struct remote *remote)
{
	char *key = xasprintf("xmppFollow.%s/%s.remote", remote->address.jid, remote->address.share);
	char *value = xasprintf("%s %s", remote->name, remote->git_dir);
	bool there = false, good;
	struct table table;

	read_table(&table);
	for (size_t i = 0; i < table.count; i++) {
		if (strcmp(table.rows[i].value, value))
			continue;
		if (!strcmp(table.rows[i].key + strlen(section), key + strlen(section)))
			there = true;
		else
			config_remove_value(table.rows[i].key, value);
	}
	good = there || config_add(key, value);
	finish_table(&table);
	free(value);
	free(key);
	return good;
}

static int follow(const char *name)
{
	struct remote remote;
	int status = STATUS_FATAL;

	if (remote_find(&remote, name, false) && has_refspec(remote.name) && write_row(&remote)) {
		answer_reload("reload");
		printf("following %s/", remote.address.jid);
		print_text(remote.address.share);
		printf(" as ");
		print_text(remote.name);
		printf(" in ");
		print_text(remote.git_dir);
		putchar('\n');
		status = STATUS_OK;
	}
	remote_finish(&remote);
	return status;
}

static void list_for_people(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		char *address = address_of(&table->rows[i]);

		print_text(address);
		printf("  ");
		print_text(table->rows[i].value);
		putchar('\n');
		free(address);
	}
}

static void list_for_programs(const struct table *table)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "follows", '[');
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		char *address = address_of(row), *remote = xstrndup(row->value, strcspn(row->value, " "));

		json_open(&out, NULL, '{');
		json_string(&out, "address", address);
		json_string(&out, "remote", remote);
		json_string(&out, "path", path_of(row));
		json_close(&out, '}');
		free(remote);
		free(address);
	}
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static int list(bool json)
{
	struct table table;

	read_table(&table);
	if (json)
		list_for_programs(&table);
	else
		list_for_people(&table);
	finish_table(&table);
	return STATUS_OK;
}

int verb_follow(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool listing = false, json = false;
	int c;

	while ((c = verb_option(argc, argv, options, follow_usage)) != -1) {
		switch (c) {
		case 'l':
			listing = true;
			break;
		case 'j':
			json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (argc - optind > (listing ? 0 : 1))
		return verb_misused(follow_usage, "too many arguments");
	if (json && !listing)
		return verb_misused(follow_usage, "--json needs --list");
	return listing ? list(json) : follow(optind < argc ? argv[optind] : NULL);
}

/* Whether a row is of this repository and, if one is named, this remote. */
static bool is_meant(const struct row *row, const char *git_dir, const char *name)
{
	size_t n = strcspn(row->value, " ");

	return !strcmp(path_of(row), git_dir) &&
	       (!name || (strlen(name) == n && !strncmp(row->value, name, n)));
}

static int unfollow(const struct table *table, const char *git_dir, const char *name)
{
	const struct row *row = NULL;
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (!is_meant(&table->rows[i], git_dir, name))
			continue;
		count++;
		row = &table->rows[i];
	}
	if (count == 0) {
		if (name)
			report("fatal", "remote '%s' is not followed", name);
		else
			report("fatal", "no remote of this repository is followed");
		report("hint", "\"git xmpp follow --list\" shows what is");
		return STATUS_NO;
	}
	if (count > 1 && !name) {
		report("fatal", "more than one remote is followed: name the one that is meant");
		return STATUS_FATAL;
	}
	for (size_t i = 0; i < table->count; i++)
		if (is_meant(&table->rows[i], git_dir, name))
			config_remove_value(table->rows[i].key, table->rows[i].value);
	answer_reload("reload");
	printf("no longer followed: ");
	print_text(row->value);
	putchar('\n');
	return STATUS_OK;
}

int verb_unfollow(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct table table;
	char *git_dir;
	int status = STATUS_FATAL;

	if (verb_option(argc, argv, options, unfollow_usage) != -1)
		return STATUS_USAGE;
	if (argc - optind > 1)
		return verb_misused(unfollow_usage, "too many arguments");
	git_dir = repository_git_dir();
	read_table(&table);
	if (git_dir)
		status = unfollow(&table, git_dir, optind < argc ? argv[optind] : NULL);
	finish_table(&table);
	free(git_dir);
	return status;
}
