/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp nickname: short names for buddies, in the user's configuration, so that neither the
 * server nor a buddy can say who is meant: [xmppBuddy "bob"] with address = bob@example.org.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "amend.h"
#include "buddy-name.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "text.h"

static const char usage[] =
	"usage: git xmpp nickname [--json]\n"
	"   or: git xmpp nickname <name> <jid>\n"
	"   or: git xmpp nickname --remove <name>\n"
	"\n"
	"    --remove  forget this name\n"
	"    --json    one JSON object\n"
	"\n"
	"Gives a buddy a short name for the commands of git xmpp, or lists the names. Without\n"
	"one, the part before the @ will do if only one buddy of yours has it.\n"
	"\n"
	"    git xmpp nickname bob robert.miller@example.org\n";

static void show_one(void *arg, const char *name, const char *jid)
{
	print_text(name);
	printf("  ");
	print_text(jid);
	putchar('\n');
}

static void put_one(void *arg, const char *name, const char *jid)
{
	struct buf *out = arg;

	json_open(out, NULL, '{');
	json_string(out, "name", name);
	json_string(out, "jid", jid);
	json_close(out, '}');
}

static void show_json(const struct gitconfig *c)
{
	struct buf out = { 0 };

	json_begin(&out);
	json_open(&out, "nicknames", '[');
	nicknames_each(c, put_one, &out);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static int list(bool json)
{
	struct message trouble;
	struct gitconfig c;
	int status = STATUS_OK;

	if (gitconfig_read(&c, &trouble) < 0)
		status = report_trouble(&trouble, json);
	else if (json)
		show_json(&c);
	else
		nicknames_each(&c, show_one, NULL);
	gitconfig_finish(&c);
	return status;
}

/* Makes the wish come true. */
static int change(enum wish_kind kind, char *key, const char *value)
{
	struct amendment a = { .count = 0 };
	struct query answer = { .count = 0 };
	int status = STATUS_FATAL;

	amendment_wish(&a, kind, key, value);
	if (amendment_write(&a) && amendment_settle(&a, false, &answer)) {
		amendment_report(&a);
		status = STATUS_OK;
	}
	query_finish(&answer);
	amendment_finish(&a);
	return status;
}

static int set(const char *name, const char *text)
{
	struct message trouble;
	char jid[JID_MAX];
	int status;

	if (!nickname_valid(name)) {
		report("fatal", "not a nickname: '%s'", name);
		report("hint", "Letters, digits, '.', '_' and '-', at most %d bytes",
		       NICKNAME_MAX - 1);
		return STATUS_FATAL;
	}
	if (!buddy_name_jid(text, jid, &trouble))
		return report_trouble(&trouble, false);
	status = change(WISH_VALUE, xasprintf("xmppBuddy.%s.address", name), jid);
	if (status == STATUS_OK) {
		print_text(name);
		printf(" is ");
		print_text(jid);
		putchar('\n');
	}
	return status;
}

static int forget(const char *name)
{
	char *key = xasprintf("xmppbuddy.%s.address", name);
	struct message trouble;
	struct gitconfig c;
	int status = STATUS_OK;

	if (gitconfig_read(&c, &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!gitconfig_find(&c, key)) {
		message_set(&trouble, MSG_NOBODY_CALLED, "name", name, NULL);
		status = report_trouble(&trouble, false);
	}
	gitconfig_finish(&c);
	free(key);
	return status == STATUS_OK ? change(WISH_GONE, xasprintf("xmppBuddy.%s", name), NULL)
				   : status;
}

int cmd_nickname(int argc, char **argv)
{
	static const struct option options[] = {
		{ "remove", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	const char *gone = NULL;
	bool json = false;
	int c, left;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'r':
			gone = optarg;
			break;
		case 'j':
			json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	left = argc - optind;
	if (gone && !left)
		return forget(gone);
	if (!gone && !left)
		return list(json);
	if (gone || left != 2 || json)
		return cmd_misused(usage, "expected a name and an address");
	return set(argv[optind], argv[optind + 1]);
}
