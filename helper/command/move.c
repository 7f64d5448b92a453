/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp move: a buddy, or the user, has another address. Two things know the old one of a
 * buddy: the broker, with the trust table and the queue; and the user's own files (moving.h).
 * The broker is first asked whether it would refuse. Then the configuration is changed, which
 * gives the new address nothing as long as no device of it is trusted, and then the table. If
 * the table cannot be changed, the configuration is changed back. Remotes come last: one that
 * cannot be changed is named, with the command for it.
 *
 * Each step may be done again. A run that is cut off leaves a record (move-record.h), and with it
 * the same command goes on: where the table has changed already, the broker does what follows from
 * that once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "move-record.h"
#include "move-self.h"
#include "moving.h"
#include "output.h"
#include "query.h"
#include "text.h"

static const char usage[] =
	"usage: git xmpp move <old-jid> <new-jid>\n"
	"   or: git xmpp move <own-old-jid> <own-new-jid> [<options of setup>]\n"
	"\n"
	"A buddy has another address: what was decided about their devices, what they may\n"
	"fetch and push, queued pushes and the remotes of this repository go along. Or you\n"
	"have: this device goes to your other account, with all whom it trusts.\n"
	"\n"
	"    --name=, --server=, --ca-file=, --password-command=, --ask\n"
	"                      as of \"git xmpp setup\", for your other account\n"
	"\n"
	"    git xmpp move bob@example.org bob@example.net\n";

enum { OPTIONS_MAX = 16 };

static int move_buddy(struct moving *m)
{
	bool goes_on = move_record_is(m->from, m->to);
	struct message trouble = { .id = MSG_NONE };
	enum moving_ask ask = MOVING_DO;
	struct buf who = { 0 };
	int status = STATUS_OK;

	if (!moving_tell(m, "move", MOVING_CHECK, autostart_allowed(), &trouble)) {
		if (!goes_on || trouble.id != MSG_MOVE_TAKEN)
			return report_trouble(&trouble, false);
		ask = MOVING_GO_ON;
	}
	if (!move_record_begin(m->from, m->to, &trouble))
		return report_trouble(&trouble, false);
	if (!moving_apply(&m->there))
		return STATUS_FATAL;
	if (!moving_tell(m, "move", ask, autostart_allowed(), &trouble)) {
		status = report_trouble(&trouble, false);
		if (ask == MOVING_DO && !moving_apply(&m->back))
			report("hint",
			       "The rights of '%s' are those of '%s' now, and nothing else "
			       "was moved: say the same command again",
			       m->from, m->to);
		return status;
	}
	amendment_report(&m->there);
	if (!moving_remotes(m))
		status = STATUS_FATAL;
	text_operand(&who, m->from);
	report("hint",
	       "In other clones, change the remote with \"git remote set-url\"; \"git xmpp "
	       "remove %s\" ends that '%s' is a contact",
	       buf_str(&who), m->from);
	/* Last: who is cut off before the hint says the command again, and is told it. */
	move_record_end();
	buf_finish(&who);
	return status;
}

static int move(struct moving *m, char **options)
{
	struct message trouble = { .id = MSG_NONE };

	if (!moving_read(m, &trouble))
		return report_trouble(&trouble, false);
	if (move_self_is_meant(m))
		return move_self(m, options);
	if (*options)
		return cmd_misused(usage, "options are for an account of yours");
	return move_buddy(m);
}

int cmd_move(int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'a' },
		{ "password-command", required_argument, NULL, 'p' },
		{ "ask", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	char *given[OPTIONS_MAX + 1] = { NULL };
	struct message trouble;
	struct moving m = { .count = 0 };
	int c, status, n = 0;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		const struct option *o = options;

		while (o->name && o->val != c)
			o++;
		if (!o->name || n == OPTIONS_MAX) {
			status = STATUS_USAGE;
			goto out;
		}
		given[n++] = xasprintf("--%s%s%s", o->name, o->has_arg ? "=" : "",
				       o->has_arg ? optarg : "");
	}
	if (argc - optind != 2)
		status = cmd_misused(usage, "expected the old address and the new one");
	else if (!buddy_name_jid(argv[optind], m.from, &trouble) ||
		 !buddy_name_jid(argv[optind + 1], m.to, &trouble))
		status = report_trouble(&trouble, false);
	else
		status = move(&m, given);
out:
	while (n)
		free(given[--n]);
	moving_finish(&m);
	return status;
}
