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

#include "address.h"
#include "alloc.h"
#include "amend.h"
#include "output.h"
#include "rights.h"
#include "shareable.h"
#include "share-text.h"
#include "share-config.h"
#include "text.h"
#include "commands.h"

static const char share_usage[] =
	"usage: git xmpp share [<path>] [--name=<name>] [--fetch=<who>]... [--push=<who>]... "
	"[--rm=<who>]...\n"
	"   or: git xmpp share --list\n"
	"\n"
	"    --name=<name>  what it is called, in xmpp::<you>/<name>\n"
	"    --fetch=<who>  this buddy may fetch; \"buddies\" are all of them\n"
	"    --push=<who>   this buddy may push, and fetch\n"
	"    --rm=<who>     this buddy may do neither any more\n"
	"    --list         what is shared, and with whom\n";

static const char unshare_usage[] = "usage: git xmpp unshare <name>\n";

/* One --fetch, --push or --rm of the command line. */
struct change {
	enum right_change kind;
	char who[JID_MAX];
};

struct request {
	const char *path, *name;	/* borrowed from argv; NULL: not given */
	struct change *changes;		/* owned; RIGHTS_MAX of them */
	size_t count;
	bool list;
};

/* The share that is changed, and what is known of it. */
struct sharing {
	struct gitconfig configuration;
	struct share_configs table;
	struct shareable repo;
	char *name;			/* owned */
	struct rights rights;
	struct amendment amendment;
	struct query answer;
};

static int add_change(struct request *r, enum right_change kind, const char *who)
{
	struct change *change = &r->changes[r->count];
	struct message trouble;

	if (r->count == RIGHTS_MAX)
		return cmd_misused(share_usage, "too many buddies at once");
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

	while (status == STATUS_OK && (c = cmd_option(argc, argv, options, share_usage)) != -1) {
		switch (c) {
		case 'n':
			r->name = optarg;
			break;
		case 'f':
			status = add_change(r, RIGHT_FETCH, optarg);
			break;
		case 'p':
			status = add_change(r, RIGHT_PUSH, optarg);
			break;
		case 'r':
			status = add_change(r, RIGHT_REMOVE, optarg);
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
		return cmd_misused(share_usage, "too many arguments");
	if (optind < argc)
		r->path = argv[optind];
	if (r->list && (r->path || r->name || r->count))
		return cmd_misused(share_usage, "--list takes no arguments");
	return STATUS_OK;
}

/* The bare JID of the account, written to out; NULL if there is none. */
static const char *own_jid(const struct gitconfig *configuration, char out[JID_MAX])
{
	char *account = gitconfig_account(configuration);
	char *key = xasprintf("xmpp.%s.jid", account ? account : "");
	const char *jid = gitconfig_get(configuration, key);

	free(account);
	free(key);
	return jid && jid_bare(jid, out) ? out : NULL;
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
static bool find_row(struct sharing *s, const struct request *r)
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
		s->repo.bare = true;	/* not examined: so no hint about a checked out branch */
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
 * account, or as one of the buddies.
 */
static bool can_be_taken(const struct sharing *s)
{
	const struct right *kept =
		rights_kept_as_buddy(&s->rights, share_configs_find(&s->table, s->name));
	char jid[JID_MAX];
	const char *own = own_jid(&s->configuration, jid);
	struct buf who = { 0 };

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
	report("fatal", "'%s' would keep what all buddies may do with '%s'", kept->who, s->name);
	report("hint", "Take it from all with \"git xmpp share --name='%s' --rm=buddies --rm=%s\"",
	       s->name, buf_str(&who));
	buf_finish(&who);
	return false;
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

static bool only_takes(const struct request *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->changes[i].kind != RIGHT_REMOVE)
			return false;
	return r->count > 0;
}

static bool lets_push(const struct request *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->changes[i].kind == RIGHT_PUSH)
			return true;
	return false;
}

static void show_result(struct sharing *s, const struct request *r)
{
	const struct share_config *row;
	char own[JID_MAX];

	share_configs_finish(&s->table);
	gitconfig_finish(&s->configuration);
	if (gitconfig_read(&s->configuration, &(struct message){ .id = MSG_NONE }) == 0)
		share_configs_take(&s->table, &s->configuration);
	row = share_configs_find(&s->table, s->name);
	show_taken(s);
	if (!only_takes(r)) {
		printf("shared ");
		print_text(s->repo.path);
		printf(" as ");
		share_print_address(own_jid(&s->configuration, own), s->name);
		putchar('\n');
	}
	if (row)
		share_show_rights(row);
	amendment_report(&s->amendment);
	share_show_ended(&s->answer);
	if (!row || row->count == 0)
		report("hint", "Nobody may fetch from it; "
		       "allow it with \"git xmpp share --name='%s' --fetch=<jid>\"", s->name);
	if (lets_push(r))
		shareable_warn(&s->repo);
}

/* Whether the request only takes rights away, and nobody that it names had any. */
static bool takes_nothing(const struct sharing *s, const struct request *r)
{
	for (size_t i = 0; i < s->rights.count; i++)
		if (s->rights.rows[i].had_fetch || s->rights.rows[i].had_push)
			return false;
	return only_takes(r);
}

static int share(struct sharing *s, const struct request *r)
{
	if (!find_row(s, r))
		return STATUS_FATAL;
	for (size_t i = 0; i < r->count; i++)
		rights_change(&s->rights, share_configs_find(&s->table, s->name),
			      r->changes[i].kind, r->changes[i].who);
	if (!can_be_taken(s))
		return STATUS_FATAL;
	/*
	 * A share that git would not serve is refused. To take rights away, git is not
	 * needed.
	 */
	if (!only_takes(r) && !shareable_is_served(&s->repo))
		return STATUS_FATAL;
	if (takes_nothing(s, r)) {
		show_taken(s);
		return STATUS_NO;
	}
	wish_all(s);
	if (!amendment_write(&s->amendment) || !amendment_settle(&s->amendment, false, &s->answer))
		return STATUS_FATAL;
	show_result(s, r);
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
	amendment_finish(&s->amendment);
	rights_finish(&s->rights);
	shareable_finish(&s->repo);
	share_configs_finish(&s->table);
	gitconfig_finish(&s->configuration);
	free(s->name);
}

int cmd_share(int argc, char **argv)
{
	struct request r = { .changes = xcalloc(RIGHTS_MAX, sizeof(struct change)) };
	int status = read_request(&r, argc, argv);
	struct sharing s;

	if (status == STATUS_OK) {
		status = begin(&s);
		if (status == STATUS_OK && r.list)
			share_configs_list(&s.table);
		else if (status == STATUS_OK)
			status = share(&s, &r);
		finish(&s);
	}
	free(r.changes);
	return status;
}

static int unshare(struct sharing *s, const char *name)
{
	s->name = typed_name(&s->table, name);
	if (!share_configs_find(&s->table, s->name)) {
		report("fatal", "there is no share '%s'", name);
		report("hint", "\"git xmpp share --list\" names them");
		return STATUS_NO;
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
