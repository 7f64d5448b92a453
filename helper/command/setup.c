/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp setup: from a JID to a broker that is online. The password is asked for first,
 * so that nothing is written if the user gives up. Then the account is written and the
 * broker started.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-list.h"
#include "alloc.h"
#include "commands.h"
#include "output.h"
#include "setup-accounts.h"
#include "setup-internal.h"
#include "setup.h"
#include "table.h"

/* Whether no other account has this name: the two would be mixed up in one section. */
static bool name_is_free(const struct setup *s)
{
	const char *other = setup_get(s, "jid");
	char bare[JID_MAX];
	bool good = !other || (jid_bare(other, bare) && !strcmp(bare, s->jid));

	if (!good) {
		report("fatal", "account '%s' is %s already", s->name, other);
		report("hint", "Choose another name with --name=<account>");
	}
	return good;
}

static int get_password(struct setup *s)
{
	struct password_source *p = &s->password;

	password_source_init(p, s->jid);
	p->only_asks = s->ask || s->registers;
	p->registers = s->registers;
	s->asks_password =
		p->only_asks || (!s->password_command && !setup_get(s, "passwordcommand"));
	if (!s->asks_password || password_source_find(p) ||
	    (password_source_can_ask(p) && password_source_ask(p)))
		return STATUS_OK;
	report("fatal", "no password for '%s'", s->jid);
	report("hint", "Run this on a terminal, "
		       "or have a command tell it with --password-command=<command>");
	return STATUS_FATAL;
}

static void wish(struct setup *s, const char *variable, const char *value)
{
	if (value)
		amendment_wish(&s->amendment, WISH_VALUE, setup_key(s, variable), value);
}

/*
 * The first account is the default one. Another one becomes it only if the user says so, as
 * commands and shares that name no account are the default's.
 */
static void wish_default(struct setup *s)
{
	const char *name = s->name;
	struct account_list list;

	account_list_take(&list, &s->configuration);
	/* One who moves is no second account: what was the old one's by default goes along. */
	if (!s->move && list.preferred < list.count &&
	    strcmp(list.rows[list.preferred].name, s->name)) {
		snprintf(s->before, sizeof(s->before), "%s", list.rows[list.preferred].name);
		if (!s->prefer)
			name = list.rows[list.preferred].name;
		else if (list.rows[list.preferred].jid)
			setup_wish_owner(&s->amendment, &s->configuration,
					 list.rows[list.preferred].jid);
	}
	s->first = list.count > 0 && list.preferred == list.count;
	amendment_wish(&s->amendment, WISH_VALUE, xstrdup("xmpp.account"), name);
	account_list_finish(&list);
}

/* Says which account is the default one, if there are two that might be. */
static void tell_default(const struct setup *s)
{
	if (s->first)
		table_say("default account '%s'; there was none", s->name);
	if (!*s->before)
		return;
	if (s->prefer)
		table_say("default account '%s'; it was '%s'", s->name, s->before);
	else
		table_say("default account '%s', as before; \"git xmpp setup --default=%s\" "
			  "changes that",
			  s->before, s->name);
}

static bool write_account(struct setup *s)
{
	const char *there = setup_get(s, "jid");
	char bare[JID_MAX];

	/* A JID that is there means the same, but may be spelled in another way: it stays. */
	if (!there || !jid_bare(there, bare))
		wish(s, "jid", s->jid);
	wish(s, "server", s->server);
	wish(s, "proxy", s->proxy);
	wish(s, "caFile", s->ca_file);
	wish(s, "passwordCommand", s->password_command);
	wish(s, "pinnedPubkey", s->pin);
	if (s->unpins && setup_get(s, "pinnedpubkey"))
		amendment_wish(&s->amendment, WISH_HAS_NOT, setup_key(s, "pinnedPubkey"),
			       setup_get(s, "pinnedpubkey"));
	if (s->ask && setup_get(s, "passwordcommand"))
		amendment_wish(&s->amendment, WISH_HAS_NOT, setup_key(s, "passwordCommand"),
			       setup_get(s, "passwordcommand"));
	wish_default(s);
	return amendment_write(&s->amendment);
}

/* Writes the account to the configuration, and makes the broker, if it is to run, obey that. */
static int save(struct setup *s)
{
	struct query answer = { .count = 0 };
	int status = STATUS_FATAL;

	if (write_account(s) && (!s->start || amendment_settle(&s->amendment, true, &answer))) {
		table_say("saved account '%s', %s", s->name, s->jid);
		tell_default(s);
		amendment_report(&s->amendment);
		status = STATUS_OK;
	}
	query_finish(&answer);
	return status;
}

static int set_up(struct setup *s, int argc, char **argv)
{
	struct message trouble;
	int status;

	if (gitconfig_read(&s->configuration, &trouble) < 0)
		return report_trouble(&trouble, false);
	status = setup_read_arguments(s, argc, argv);
	if (status != STATUS_OK)
		return status;
	if (s->list)
		return setup_list(&s->configuration, s->json);
	if (s->removed)
		return setup_remove(&s->configuration, s->removed, s->yes);
	if (s->other_default)
		return setup_default(&s->configuration, s->other_default);
	status = name_is_free(s) ? get_password(s) : STATUS_FATAL;
	if (status == STATUS_OK && s->move && !s->move(s->move_arg))
		status = STATUS_FATAL;
	if (status == STATUS_OK)
		status = save(s);
	if (status == STATUS_OK)
		status = s->start ? setup_go_online(s) : setup_keep(s);
	return status;
}

static int run(struct setup *s, int argc, char **argv)
{
	int status;

	/* All accounts are looked at here; this one is told by its own options. */
	unsetenv("GIT_XMPP_ACCOUNT");

	s->start = true;
	status = set_up(s, argc, argv);
	password_source_finish(&s->password);
	amendment_finish(&s->amendment);
	gitconfig_finish(&s->configuration);
	free(s->ca_file);
	return status;
}

int cmd_setup(int argc, char **argv)
{
	struct setup s = { .joins = false };

	return run(&s, argc, argv);
}

int setup_to_join(int argc, char **argv)
{
	struct setup s = { .joins = true };

	optind = 0;	/* the options of "join" were read before */
	return run(&s, argc, argv);
}

int setup_to_move(int argc, char **argv, bool (*move)(void *arg), void *arg)
{
	struct setup s = { .move = move, .move_arg = arg };

	optind = 0;	/* the options of "move" were read before */
	return run(&s, argc, argv);
}
