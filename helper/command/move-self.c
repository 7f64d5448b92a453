/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker is first asked whether it would refuse, and then the password of the new account
 * is got, so that nothing was done if the user gives up. Then the broker moves the device,
 * which is one step. What the user's files say of the old address follows, and last the
 * account: until then no account has a device, and nobody is online. Each step can be done
 * again, so after a failure the same command goes on where it was.
 */
#include "move-self.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "exit-status.h"
#include "output.h"
#include "query.h"
#include "setup.h"
#include "text.h"

enum { SETUP_ARGS_MAX = 32 };

bool move_self_is_meant(const struct moving *m)
{
	for (size_t i = 0; i < m->configuration.count; i++) {
		const struct gitconfig_entry *row = &m->configuration.rows[i];
		const char *name, *variable;
		char jid[JID_MAX];
		size_t len;

		variable = gitconfig_variable(row, "xmpp", &name, &len);
		if (variable && !strcmp(variable, "jid") && row->value &&
		    jid_bare(row->value, jid) && !strcmp(jid, m->from))
			return true;
	}
	return false;
}

static void hint_at_again(const struct moving *m)
{
	report("hint", "Not all was moved: \"git xmpp move %s %s\" goes on", m->from, m->to);
}

/* Everything but the account. */
static bool move_all(void *arg)
{
	struct moving *m = arg;
	struct message trouble = { .id = MSG_NONE };

	if (!moving_tell(m, "account-move", MOVING_DO, true, &trouble)) {
		report_trouble(&trouble, false);
		return false;
	}
	fflush(stdout);
	if (!moving_apply(&m->there)) {
		hint_at_again(m);
		return false;
	}
	amendment_report(&m->there);
	/* A remote that was not changed was named; it keeps nothing else. */
	moving_remotes(m);
	return true;
}

static int set_up(struct moving *m, char **options)
{
	char name[] = "move", end[] = "--", *argv[SETUP_ARGS_MAX + 4] = { name };
	int argc = 1;

	for (; *options && argc < SETUP_ARGS_MAX; options++)
		argv[argc++] = *options;
	argv[argc++] = end;
	argv[argc++] = m->to;
	argv[argc] = NULL;
	return setup_to_move(argc, argv, move_all, m);
}

int move_self(struct moving *m, char **options)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf command = { 0 };
	int status;

	if (!moving_tell(m, "account-move", MOVING_CHECK, true, &trouble))
		return report_trouble(&trouble, false);
	status = set_up(m, options);
	if (status != STATUS_OK)
		return status;
	buf_puts(&command, "git xmpp move ");
	text_operand(&command, m->from);
	buf_puts(&command, " ");
	text_operand(&command, m->to);
	printf("next: each buddy says \"");
	print_text(buf_str(&command));
	printf("\", and so do you on your other devices\n");
	report("hint",
	       "Your buddies are asked now. In other clones, change the remote with \"git remote "
	       "set-url\"; the account '%s' stays on its server until you end it there",
	       m->from);
	buf_finish(&command);
	return STATUS_OK;
}
