/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp move: a buddy has another address. Three things know the old one: the trust table,
 * which is the broker's; the user's configuration, with rights, groups and follows; and the
 * remotes of repositories. The broker is first asked whether it would refuse. Then the
 * configuration is changed, which gives the new address nothing as long as no device of it is
 * trusted, and then the table. If the table cannot be changed, the configuration is changed
 * back. Remotes come last: one that cannot be changed is named, with the command for it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "alloc.h"
#include "amend.h"
#include "buddy-name.h"
#include "commands.h"
#include "grantee.h"
#include "output.h"
#include "person.h"
#include "queue-entries.h"
#include "run-git.h"
#include "share-text.h"
#include "text.h"

static const char usage[] =
	"usage: git xmpp move <old-jid> <new-jid>\n"
	"\n"
	"A buddy has another address: what was decided about their devices, what they may\n"
	"fetch and push, and the remotes of this repository go along.\n"
	"\n"
	"    git xmpp move bob@example.org bob@example.net\n";

struct move {
	char from[JID_MAX], to[JID_MAX];
	struct gitconfig configuration;
	struct amendment there, back; /* there: what is changed; back: what undoes that */
};

static bool is_old(const struct move *m, const char *text)
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
static void wish(struct move *m, const struct gitconfig_entry *row, const char *key,
		 const char *value)
{
	amendment_wish(&m->there, WISH_HAS, spelled(key), value);
	amendment_wish(&m->there, WISH_HAS_NOT, spelled(row->key), row->value);
	amendment_wish(&m->back, WISH_HAS, spelled(row->key), row->value);
	if (!has(&m->configuration, key, value))
		amendment_wish(&m->back, WISH_HAS_NOT, spelled(key), value);
}

/* A right in a share. Its pattern of refs stays. */
static void wish_right(struct move *m, const struct gitconfig_entry *row)
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
static void wish_follow(struct move *m, const struct gitconfig_entry *row, const char *name)
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

static void wish_row(struct move *m, const struct gitconfig_entry *row)
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
	variable = gitconfig_variable(row, "xmppfollow", &name, &len);
	if (variable && !strcmp(variable, "remote")) {
		copy = xstrndup(name, len);
		wish_follow(m, row, copy);
		free(copy);
	}
}

static bool make_so(struct amendment *a)
{
	struct query answer = { .count = 0 };
	bool good = !a->count || (amendment_write(a) && amendment_settle(a, false, &answer));

	if (good)
		share_show_ended(&answer);
	query_finish(&answer);
	return good;
}

/* Asks the broker to move the trust, or with check, whether it would. */
static bool tell(const struct move *m, bool check, struct message *trouble)
{
	struct buf command = { 0 };
	struct query answer;
	bool good;

	fields_add(&command, "verb", "move");
	fields_add(&command, "jid", m->from);
	fields_add(&command, "to", m->to);
	fields_add(&command, "check", check ? "1" : NULL);
	good = query_get(&answer, &command, autostart_allowed(), trouble) == 0;
	if (good && *answer.message)
		puts(answer.message);
	query_finish(&answer);
	buf_finish(&command);
	return good;
}

/*
 * The URL with the new address, malloc'd. NULL if it is not one of the old address. The two
 * forms of a URL of this helper stay as they are.
 */
static char *moved_url(const struct move *m, const char *url)
{
	static const char helper[] = "xmpp::", scheme[] = "xmpp://";
	bool whole = !strncmp(url, scheme, strlen(scheme));
	struct buf moved = { 0 };
	struct address address;
	const char *why;

	if (!whole && strncmp(url, helper, strlen(helper)) != 0)
		return NULL;
	if (address_parse(&address, whole ? url : url + strlen(helper), &why) ||
	    strcmp(address.jid, m->from))
		return NULL;
	buf_puts(&moved, whole ? scheme : helper);
	address_put(&moved, m->to, address.share, address.device);
	return buf_detach(&moved);
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
static bool move_url(const struct move *m, const char *where, const char *key, const char *url)
{
	char *moved = moved_url(m, url);
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
static bool move_remotes(const struct move *m, const char *git_dir)
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

/* The present repository, if there is one, and those in which a remote of theirs is followed. */
static bool move_all_remotes(const struct move *m)
{
	static const char *const args[] = { "rev-parse", "--path-format=absolute",
					    "--git-common-dir", NULL };
	struct buf out = { 0 };
	bool good = true;

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0) {
		char *path = xstrndup(buf_str(&out), buf_len(&out) ? buf_len(&out) - 1 : 0);

		good = move_remotes(m, path);
		free(path);
	}
	buf_finish(&out);
	for (size_t i = 0; i < m->there.count; i++) {
		const struct wish *w = &m->there.wishes[i];
		const char *path = strchr(w->value, ' ');

		if (w->kind == WISH_HAS && !strncmp(w->name, "xmppfollow.", 11) && path)
			good &= move_remotes(m, path + 1);
	}
	return good;
}

/* A queued push names its remote as it was: it is for the user to queue it anew. */
static void hint_at_queue(const struct move *m)
{
	struct queue_entries entries;
	struct message trouble;

	if (queue_entries_read(&entries, &trouble)) {
		report_trouble(&trouble, false);
		return;
	}
	for (size_t i = 0; i < entries.count; i++)
		if (!strcmp(row_get(entries.rows[i].f, "jid"), m->from))
			report("hint",
			       "%s waits for '%s': \"git xmpp queue drop %s\", and queue it again",
			       entries.rows[i].id, m->from, entries.rows[i].id);
	queue_entries_finish(&entries);
}

static int move(struct move *m)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf who = { 0 };
	int status = STATUS_OK;

	if (gitconfig_read(&m->configuration, &trouble) < 0 || !tell(m, true, &trouble))
		return report_trouble(&trouble, false);
	for (size_t i = 0; i < m->configuration.count; i++)
		wish_row(m, &m->configuration.rows[i]);
	if (!make_so(&m->there))
		return STATUS_FATAL;
	if (!tell(m, false, &trouble)) {
		status = report_trouble(&trouble, false);
		if (!make_so(&m->back))
			report("hint",
			       "The rights of '%s' are those of '%s' now, and nothing else "
			       "was moved: say the same command again",
			       m->from, m->to);
		return status;
	}
	amendment_report(&m->there);
	if (!move_all_remotes(m))
		status = STATUS_FATAL;
	hint_at_queue(m);
	text_operand(&who, m->from);
	report("hint",
	       "In other clones, change the remote with \"git remote set-url\"; \"git xmpp "
	       "remove %s\" ends that '%s' is a contact",
	       buf_str(&who), m->from);
	buf_finish(&who);
	return status;
}

int cmd_move(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct message trouble;
	struct move m = { .there = { .count = 0 } };
	int status;

	if (cmd_option(argc, argv, options, usage) != -1)
		return STATUS_USAGE;
	if (argc - optind != 2)
		return cmd_misused(usage, "expected the old address and the new one");
	if (!buddy_name_jid(argv[optind], m.from, &trouble) ||
	    !buddy_name_jid(argv[optind + 1], m.to, &trouble))
		return report_trouble(&trouble, false);
	status = move(&m);
	amendment_finish(&m.there);
	amendment_finish(&m.back);
	gitconfig_finish(&m.configuration);
	return status;
}
