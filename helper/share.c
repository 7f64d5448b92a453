/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp share, unshare: the table of what others may have. It lies in the
 * user's global configuration, [xmppShare "name"] with path, fetch and push,
 * so that there is one place to look and a repository cannot share itself.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "answer.h"
#include "git-child.h"
#include "jid.h"
#include "report.h"
#include "shares.h"
#include "verbs.h"

static const char share_usage[] =
	"usage: git xmpp share [<path>] [--name=<name>] [--fetch=<who>]... [--push=<who>]... [--rm=<who>]...\n"
	"   or: git xmpp share --list\n"
	"\n"
	"    --name=<name>  what it is called, in xmpp::<you>/<name>\n"
	"    --fetch=<who>  this buddy may fetch; \"buddies\" are all of them\n"
	"    --push=<who>   this buddy may push, and fetch\n"
	"    --rm=<who>     this buddy may do neither any more\n"
	"    --list         what is shared, and with whom\n";

static const char unshare_usage[] = "usage: git xmpp unshare <name>\n";

enum { CHANGES_MAX = 64 };

enum change_kind { CHANGE_FETCH, CHANGE_PUSH, CHANGE_REMOVE };

struct change {
	enum change_kind kind;
	char who[JID_MAX];
};

/* What was asked for. */
struct request {
	const char *path, *name;	/* borrowed from argv; NULL: not given */
	struct change *changes;		/* owned; CHANGES_MAX of them */
	size_t count;
	bool list;
};

/* The repository on disk. */
struct repository {
	char *path;		/* owned; absolute, the common directory */
	bool bare;
};

static int add_change(struct request *r, enum change_kind kind, const char *who)
{
	struct change *change = &r->changes[r->count];
	struct message trouble;

	if (r->count == CHANGES_MAX)
		return verb_misused(share_usage, "too many buddies at once");
	change->kind = kind;
	if (!strcmp(who, "buddies")) {
		snprintf(change->who, sizeof(change->who), "buddies");
	} else if (!jid_bare(who, change->who)) {
		message_set(&trouble, MSG_BAD_JID, "jid", who, NULL);
		return report_trouble(&trouble, false);
	}
	r->count++;
	return STATUS_OK;
}

static int read_request(struct request *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "fetch", required_argument, NULL, 'f' },
		{ "push", required_argument, NULL, 'p' },
		{ "rm", required_argument, NULL, 'r' },
		{ "list", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	int c, status = STATUS_OK;

	while (status == STATUS_OK && (c = verb_option(argc, argv, options, share_usage)) != -1) {
		switch (c) {
		case 'n':
			r->name = optarg;
			break;
		case 'f':
			status = add_change(r, CHANGE_FETCH, optarg);
			break;
		case 'p':
			status = add_change(r, CHANGE_PUSH, optarg);
			break;
		case 'r':
			status = add_change(r, CHANGE_REMOVE, optarg);
			break;
		case 'l':
			r->list = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (status != STATUS_OK)
		return status;
	if (argc - optind > 1)
		return verb_misused(share_usage, "too many arguments");
	if (optind < argc)
		r->path = argv[optind];
	if (r->list && (r->path || r->name || r->count))
		return verb_misused(share_usage, "--list takes no arguments");
	return STATUS_OK;
}

/* False if git found no repository there, having said so. */
static bool find_repository(struct repository *repo, const char *path)
{
	const char *const args[] = {
		"-C", path ? path : ".", "rev-parse", "--is-bare-repository",
		"--path-format=absolute", "--git-common-dir", NULL,
	};
	struct buf out = { 0 };
	const char *text, *newline;
	size_t n;

	if (path) {
		/* A path that was named is meant, whatever repository git was called for. */
		unsetenv("GIT_DIR");
		unsetenv("GIT_WORK_TREE");
		unsetenv("GIT_COMMON_DIR");
	}
	if (git_run(args, NULL, &out, GIT_ERRORS_SHOWN) != 0) {
		buf_finish(&out);
		return false;
	}
	text = buf_str(&out);
	newline = strchr(text, '\n');
	if (newline) {
		repo->bare = !strncmp(text, "true", 4);
		n = strlen(newline + 1);
		repo->path = xstrndup(newline + 1, n > 0 ? n - 1 : 0);
	}
	buf_finish(&out);
	return repo->path && *repo->path == '/';
}

/* "project" of /src/project/.git and /srv/project.git. */
static char *name_of(const char *path)
{
	size_t end = strlen(path), start;

	if (end > 5 && !strcmp(path + end - 5, "/.git"))
		end -= 5;
	else if (end > 4 && !strcmp(path + end - 4, ".git"))
		end -= 4;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	return xstrndup(path + start, end - start);
}

/*
 * Which row of the table is meant: the one with this name, else the one that
 * has this repository already, else a new one. Fills *name and *path, owned by
 * the caller. False when the reason was printed.
 */
static bool find_row(const struct request *r, const struct shares *table, char **name, struct repository *repo)
{
	const struct share *row = r->name ? shares_find(table, r->name) : NULL;

	if (row && row->path && !r->path) {
		/* From anywhere: git xmpp share --name=project --push=bob@example.org */
		*name = xstrdup(row->name);
		repo->path = xstrdup(row->path);
		repo->bare = true;	/* not looked at: no hint about a checked out branch */
		return true;
	}
	if (!find_repository(repo, r->path))
		return false;
	if (!r->name)
		row = shares_find_path(table, repo->path);
	*name = row ? xstrdup(row->name) : r->name ? xstrdup(r->name) : name_of(repo->path);

	row = shares_find(table, *name);
	if (!share_name_valid(*name)) {
		report("fatal", "'%s' cannot be the name of a share", *name);
		report("hint", "Choose one with --name=<name>");
		return false;
	}
	if (row && row->path && strcmp(row->path, repo->path)) {
		report("fatal", "'%s' is the name of another share: %s", *name, row->path);
		report("hint", "Choose another name with --name=<name>, or stop that with \"git xmpp unshare %s\"",
		       *name);
		return false;
	}
	return true;
}

static bool add_once(const struct share *row, enum share_right right, const char *who)
{
	char *key;
	bool good;

	if (share_allows(row, right, who))
		return true;
	key = xasprintf("xmppShare.%s.%s", row->name, right == SHARE_PUSH ? "push" : "fetch");
	good = config_add(key, who);
	free(key);
	return good;
}

static void remove_everywhere(const char *name, const char *who)
{
	static const char *const rights[] = { "fetch", "push" };

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		char *key = xasprintf("xmppShare.%s.%s", name, rights[i]);

		config_remove_value(key, who);
		free(key);
	}
}

static bool write_row(const struct request *r, const char *name, const char *path)
{
	char *key = xasprintf("xmppShare.%s.path", name);
	bool good = config_set(key, path);

	free(key);
	for (size_t i = 0; good && i < r->count; i++) {
		struct shares now;
		const struct share *row;

		/* Read again each time: what is to be added may be given twice. */
		shares_read(&now);
		row = shares_find(&now, name);
		if (r->changes[i].kind == CHANGE_REMOVE)
			remove_everywhere(name, r->changes[i].who);
		else
			good = row && add_once(row, r->changes[i].kind == CHANGE_PUSH ? SHARE_PUSH : SHARE_FETCH,
					       r->changes[i].who);
		shares_finish(&now);
	}
	return good;
}

/* Whoever may push may fetch as well, and is not named twice. */
static void show_rights(const struct share *row)
{
	for (size_t i = 0; i < row->count; i++) {
		const char *who = row->rights[i].who;

		if (row->rights[i].right == SHARE_FETCH || !share_allows(row, SHARE_FETCH, who))
			printf("  fetch  "), print_text(who), putchar('\n');
	}
	for (size_t i = 0; i < row->count; i++)
		if (row->rights[i].right == SHARE_PUSH)
			printf("  push   "), print_text(row->rights[i].who), putchar('\n');
}

/* A space in an address would have to be quoted in every command. */
static void print_address(const char *name)
{
	char *account = config_get("xmpp.account");
	char *key = xasprintf("xmpp.%s.jid", account ? account : "");
	char *jid = config_get(key);

	printf("xmpp::");
	print_text(jid ? jid : "<you>");
	putchar('/');
	for (; *name; name++)
		if (*name == ' ')
			printf("%%20");
		else
			putchar(*name);
	free(account);
	free(key);
	free(jid);
}

static void hint_about_pushes(const struct request *r, const struct repository *repo)
{
	const char *const args[] = {
		"-C", repo->path, "config", "--get", "receive.denyCurrentBranch", NULL,
	};
	struct buf value = { 0 };
	bool pushes = false;

	for (size_t i = 0; i < r->count; i++)
		pushes |= r->changes[i].kind == CHANGE_PUSH;
	if (!pushes || repo->bare)
		return;
	if (git_run(args, NULL, &value, GIT_ERRORS_HIDDEN) != 0 || !strcmp(buf_str(&value), "refuse\n")) {
		report("hint", "This is not a bare repository: a push to its checked out branch is refused.");
		report("hint", "Allow it with \"git config receive.denyCurrentBranch updateInstead\".");
	}
	buf_finish(&value);
}

static void show_result(const struct request *r, const char *name, const struct repository *repo)
{
	struct shares now;
	const struct share *row;

	shares_read(&now);
	row = shares_find(&now, name);
	printf("shared ");
	print_text(repo->path);
	printf(" as ");
	print_address(name);
	putchar('\n');
	if (row)
		show_rights(row);
	if (!row || row->count == 0)
		report("hint", "Nobody may fetch from it yet; allow it with \"git xmpp share --name='%s' --fetch=<jid>\"",
		       name);
	hint_about_pushes(r, repo);
	shares_finish(&now);
}

static int list_shares(void)
{
	struct shares table;

	shares_read(&table);
	for (size_t i = 0; i < table.count; i++) {
		print_text(table.rows[i].name);
		printf("  ");
		print_text(table.rows[i].path ? table.rows[i].path : "(no path)");
		putchar('\n');
		show_rights(&table.rows[i]);
	}
	shares_finish(&table);
	return STATUS_OK;
}

static int share(const struct request *r)
{
	struct repository repo = { .path = NULL };
	struct shares table;
	char *name = NULL;
	int status = STATUS_FATAL;

	shares_read(&table);
	if (find_row(r, &table, &name, &repo) && write_row(r, name, repo.path)) {
		answer_reload("reload");
		show_result(r, name, &repo);
		status = STATUS_OK;
	}
	shares_finish(&table);
	free(repo.path);
	free(name);
	return status;
}

int verb_share(int argc, char **argv)
{
	struct request r = { .changes = xcalloc(CHANGES_MAX, sizeof(struct change)) };
	int status = read_request(&r, argc, argv);

	if (status == STATUS_OK)
		status = r.list ? list_shares() : share(&r);
	free(r.changes);
	return status;
}

int verb_unshare(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct shares table;
	int status = STATUS_FATAL;

	if (verb_option(argc, argv, options, unshare_usage) != -1)
		return STATUS_USAGE;
	if (argc - optind != 1)
		return verb_misused(unshare_usage, "expected the name of a share");

	shares_read(&table);
	if (!shares_find(&table, argv[optind])) {
		report("fatal", "there is no share '%s'", argv[optind]);
		report("hint", "\"git xmpp share --list\" names them");
	} else if (shares_remove(argv[optind])) {
		answer_reload("reload");
		printf("no longer shared: ");
		print_text(argv[optind]);
		putchar('\n');
		status = STATUS_OK;
	}
	shares_finish(&table);
	return status;
}
