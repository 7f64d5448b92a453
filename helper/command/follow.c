/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp follow, unfollow: the remotes that the broker fetches by itself. As with shares,
 * the table is in the user's configuration, so that a repository cannot add itself:
 * [xmppFollow "<jid>/<share>"] with remote = <name> <git directory>.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-pick.h"
#include "alloc.h"
#include "amend.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "remote.h"
#include "run-git.h"
#include "screen.h"
#include "text.h"

static const char follow_usage[] =
	"usage: git xmpp follow [<remote>]\n"
	"   or: git xmpp follow --list [--json]\n"
	"\n"
	"    --list  what is followed\n"
	"    --json  that as one JSON object\n"
	"\n"
	"Without <remote>: the only one with an xmpp URL, or origin. A buddy stands for the only\n"
	"one that leads to them.\n"
	"\n"
	"    git xmpp follow bob\n";

static const char unfollow_usage[] = "usage: git xmpp unfollow [<remote>]\n"
				     "\n"
				     "Without <remote>: the only one that is followed.\n"
				     "\n"
				     "    git xmpp unfollow origin\n";

/* One value of the table. */
struct row {
	char *address;		/* owned; <jid>/<share> */
	char *value;		/* owned; <name> <git directory> */
};

struct follow_table {
	struct row *rows;	/* owned */
	size_t count;
};

/*
 * Reads the table. False, with the reason printed, if the configuration cannot be read. The
 * caller finishes *table in both cases.
 */
static bool read_table(struct follow_table *table)
{
	struct message trouble;
	struct gitconfig c;
	bool good = gitconfig_read(&c, &trouble) == 0;

	*table = (struct follow_table){ .count = 0 };
	if (!good)
		report_trouble(&trouble, false);
	for (size_t i = 0; good && i < c.count; i++) {
		const char *name, *variable;
		size_t len;

		variable = gitconfig_variable(&c.rows[i], "xmppfollow", &name, &len);
		if (!variable || strcmp(variable, "remote") || !c.rows[i].value)
			continue;
		table->rows = xrealloc(table->rows, (table->count + 1) * sizeof(*table->rows));
		table->rows[table->count++] = (struct row){
			.address = xstrndup(name, len), .value = xstrdup(c.rows[i].value),
		};
	}
	gitconfig_finish(&c);
	return good;
}

static void finish_table(struct follow_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].address);
		free(table->rows[i].value);
	}
	free(table->rows);
}

/* The directory in a row's value, "" if there is none. */
static const char *path_of(const struct row *row)
{
	const char *space = strchr(row->value, ' ');

	return space ? space + 1 : "";
}

static void hint_at_refspec(const char *remote)
{
	char *key = xasprintf("remote.%s.fetch", remote);
	char *refspec = xasprintf("+refs/heads/*:refs/remotes/%s/*", remote);
	struct buf words = { 0 };

	text_shell(&words, key);
	buf_puts(&words, " ");
	text_shell(&words, refspec);
	report("hint", "Set one with \"git config %s\"", buf_str(&words));
	buf_finish(&words);
	free(refspec);
	free(key);
}

/*
 * Whether the remote has a refspec. Without one a fetch keeps nothing, and there is nothing
 * to compare.
 */
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
		hint_at_refspec(remote);
	}
	return has;
}

static char *key_of(const char *address)
{
	return xasprintf("xmppFollow.%s.remote", address);
}

/* Wishes that the row is there, and that no row of this remote is left for an earlier URL. */
static void wish_row(struct amendment *a, const struct follow_table *table,
		     const struct remote *remote)
{
	char *address = xasprintf("%s/%s", remote->address.jid, remote->address.share);
	char *value = xasprintf("%s %s", remote->name, remote->git_dir);

	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->rows[i].value, value) && strcmp(table->rows[i].address, address))
			amendment_wish(a, WISH_HAS_NOT, key_of(table->rows[i].address), value);
	amendment_wish(a, WISH_HAS, key_of(address), value);
	free(value);
	free(address);
}

/* With several accounts, the one that the remote is fetched by is written down. */
static bool wish_account(struct amendment *a, const struct remote *remote)
{
	struct gitconfig c;
	struct account_pick pick;
	struct message trouble;
	bool good = gitconfig_read(&c, &trouble) == 0 &&
		    account_pick(&c, remote->address.jid, remote->name, &pick, &trouble);

	if (!good)
		report_trouble(&trouble, false);
	else if (pick.several && *pick.jid)
		amendment_wish(a, WISH_VALUE,
			       xasprintf("xmppFollow.%s/%s.account", remote->address.jid,
					 remote->address.share),
			       pick.jid);
	gitconfig_finish(&c);
	return good;
}

static bool make_so(struct amendment *a)
{
	struct query answer = { .count = 0 };
	bool good = amendment_write(a) && amendment_settle(a, false, &answer);

	query_finish(&answer);
	return good;
}

static int follow(const char *name)
{
	struct amendment amendment = { .count = 0 };
	struct remote remote = { .name = NULL };
	struct follow_table table;
	int status = STATUS_FATAL;

	if (read_table(&table) && remote_find(&remote, name, false)) {
		if (has_refspec(remote.name)) {
			wish_row(&amendment, &table, &remote);
			if (wish_account(&amendment, &remote) && make_so(&amendment))
				status = STATUS_OK;
		}
		if (status == STATUS_OK) {
			printf("following %s/", remote.address.jid);
			print_text(remote.address.share);
			printf(" as ");
			print_text(remote.name);
			printf(" in ");
			print_text(remote.git_dir);
			putchar('\n');
			amendment_report(&amendment);
		}
	}
	amendment_finish(&amendment);
	remote_finish(&remote);
	finish_table(&table);
	return status;
}

static void list_for_people(const struct follow_table *table)
{
	if (!table->count)
		screen_empty("nothing is followed");
	for (size_t i = 0; i < table->count; i++) {
		print_text(table->rows[i].address);
		printf("  ");
		print_text(table->rows[i].value);
		putchar('\n');
	}
}

static void list_for_programs(const struct follow_table *table)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "follows", '[');
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		char *remote = xstrndup(row->value, strcspn(row->value, " "));

		json_open(&out, NULL, '{');
		json_string(&out, "address", row->address);
		json_string(&out, "remote", remote);
		json_string(&out, "path", path_of(row));
		json_close(&out, '}');
		free(remote);
	}
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static int list(bool json)
{
	struct follow_table table;
	int status = read_table(&table) ? STATUS_OK : STATUS_FATAL;

	if (status == STATUS_OK && json)
		list_for_programs(&table);
	else if (status == STATUS_OK)
		list_for_people(&table);
	finish_table(&table);
	return status;
}

int cmd_follow(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool listing = false, json = false;
	int c;

	while ((c = cmd_option(argc, argv, options, follow_usage)) != -1) {
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
		return cmd_misused(follow_usage, "too many arguments");
	if (json && !listing)
		return cmd_misused(follow_usage, "--json needs --list");
	return listing ? list(json) : follow(optind < argc ? argv[optind] : NULL);
}

/* Whether a row belongs to this repository and, if name is given, to this remote. */
static bool is_meant(const struct row *row, const char *git_dir, const char *name)
{
	size_t n = strcspn(row->value, " ");

	return !strcmp(path_of(row), git_dir) &&
	       (!name || (strlen(name) == n && !strncmp(row->value, name, n)));
}

/* Whether a row stays that follows the same share. */
static bool is_followed_elsewhere(const struct follow_table *table, const struct row *row,
				  const char *git_dir, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->rows[i].address, row->address) &&
		    !is_meant(&table->rows[i], git_dir, name))
			return true;
	return false;
}

static int unfollow(const struct follow_table *table, const char *git_dir, const char *name)
{
	struct amendment amendment = { .count = 0 };
	const struct row *row = NULL;
	size_t count = 0;
	int status = STATUS_FATAL;

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
	for (size_t i = 0; i < table->count; i++) {
		if (!is_meant(&table->rows[i], git_dir, name))
			continue;
		amendment_wish(&amendment, WISH_HAS_NOT, key_of(table->rows[i].address),
			       table->rows[i].value);
		if (!is_followed_elsewhere(table, &table->rows[i], git_dir, name))
			amendment_wish(&amendment, WISH_GONE,
				       xasprintf("xmppFollow.%s", table->rows[i].address), NULL);
	}
	if (make_so(&amendment)) {
		printf("no longer followed: ");
		print_text(row->value);
		putchar('\n');
		amendment_report(&amendment);
		status = STATUS_OK;
	}
	amendment_finish(&amendment);
	return status;
}

int cmd_unfollow(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct follow_table table;
	char *git_dir;
	int status = STATUS_FATAL;

	if (cmd_option(argc, argv, options, unfollow_usage) != -1)
		return STATUS_USAGE;
	if (argc - optind > 1)
		return cmd_misused(unfollow_usage, "too many arguments");
	git_dir = repository_git_dir();
	if (read_table(&table) && git_dir)
		status = unfollow(&table, git_dir, optind < argc ? argv[optind] : NULL);
	finish_table(&table);
	free(git_dir);
	return status;
}
