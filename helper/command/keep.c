/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "exit-status.h"
#include "jid.h"
#include "keepers.h"
#include "output.h"
#include "run-git.h"
#include "table.h"
#include "text.h"

enum { ANSWERS_MAX = 3 };	/* tries on the terminal */

struct keep {
	const char *jid;		/* borrowed */
	const struct credential *credential;	/* borrowed */
	const struct keeper *found[KEEPERS_MAX];
	size_t count;
	char **command;
};

/* A keeper's command line for this JID, malloc'd. */
static char *command_for(const char *form, const char *jid)
{
	const char *at = strstr(form, "%s");
	struct buf word = { 0 };
	char *line;

	text_shell(&word, jid);
	line = xasprintf("%.*s%s%s", (int)(at - form), form, buf_str(&word), at + 2);
	buf_finish(&word);
	return line;
}

/* Whether the command prints the password in its first line, as the broker reads it. */
static bool prints_it(const struct keep *k, const char *command)
{
	char *password = credential_password(k->credential);
	struct buf printed = { .secret = true };
	bool same = false;
	size_t n;

	if (run_command(command, "", &printed, GIT_ERRORS_SHOWN) == 0 && password) {
		n = strcspn(buf_str(&printed), "\r\n");
		same = n == strlen(password) && !memcmp(buf_str(&printed), password, n);
	}
	buf_finish(&printed);
	credential_free_text(password);
	return same;
}

/* Has the broker ask this command from now on, if it knows the password. */
static bool take_command(struct keep *k, char *command)
{
	if (!prints_it(k, command)) {
		report("error", "'%s' does not print this password", command);
		free(command);
		return false;
	}
	table_say("the password comes from '%s'", command);
	*k->command = command;
	return true;
}

static bool keep_by_program(struct keep *k, const struct keeper *keeper)
{
	char *password = credential_password(k->credential);
	char *store = command_for(keeper->store, k->jid);
	struct buf noise = { 0 };
	bool stored = password && run_command(store, password, &noise, GIT_ERRORS_SHOWN) == 0;

	credential_free_text(password);
	buf_finish(&noise);
	if (!stored)
		report("error", "'%s' has not kept the password", store);
	free(store);
	return stored && take_command(k, command_for(keeper->print, k->jid));
}

/* The setting is for this domain only: what git does elsewhere stays as it is. */
static bool keep_by_helper(struct keep *k, const struct keeper *keeper)
{
	char *key = xasprintf("credential.xmpp://%s.helper", jid_domain(k->jid));
	const char *const set[] = { "config", "--global", "--add", key, keeper->name, NULL };
	const char *const unset[] = {
		"config", "--global", "--fixed-value", "--unset", key, keeper->name, NULL,
	};
	bool kept = run_git(set, NULL, NULL, GIT_ERRORS_SHOWN) == 0;

	if (kept) {
		credential_approve(k->credential, keeper->name);
		kept = credential_is_from(k->credential, k->jid, keeper->name);
		if (kept)
			table_say("password kept by '%s', for %s", keeper->name, key);
		else
			run_git(unset, NULL, NULL, GIT_ERRORS_SHOWN);
	}
	if (!kept)
		report("error", "the credential helper '%s' has not kept the password",
		       keeper->name);
	free(key);
	return kept;
}

/* The line that the user types, without its end, malloc'd; NULL at the end of the input. */
static char *read_line(const char *prompt)
{
	char *line = NULL;
	size_t room = 0;

	fputs(prompt, stderr);
	if (getline(&line, &room, stdin) < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static void show_choices(const struct keep *k, size_t usual)
{
	struct table choices = { .indent = 2 };
	struct buf text = { 0 };

	for (size_t i = 0; i < k->count; i++) {
		const struct keeper *keeper = k->found[i];

		table_row(&choices);
		table_cell(&choices, PAINT_PLAIN, "%zu", i + 1);
		table_cell(&choices, PAINT_PLAIN, "%s%s%s", keeper->name, keeper->what ? ", " : "",
			   keeper->what ? keeper->what : "");
	}
	table_row(&choices);
	table_cell(&choices, PAINT_PLAIN, "%zu", k->count + 1);
	table_cell(&choices, PAINT_PLAIN, "a command of your own");
	table_row(&choices);
	table_cell(&choices, PAINT_PLAIN, "%zu", k->count + 2);
	table_cell(&choices, PAINT_PLAIN, "until the broker ends");
	table_put(&choices, screen_width(), &text);
	fprintf(stderr, "Keep the password?\n%s[%zu] ", buf_str(&text), usual);
	fflush(stderr);
	buf_finish(&text);
}

enum choice { CHOICE_KEPT, CHOICE_NOT_KEPT, CHOICE_AGAIN };

static enum choice take_own_command(struct keep *k)
{
	char *command = read_line("Command, whose first line of output is the password: ");

	if (!command || !*command) {
		free(command);
		return CHOICE_AGAIN;
	}
	return take_command(k, command) ? CHOICE_KEPT : CHOICE_AGAIN;
}

static enum choice choose(struct keep *k, size_t usual)
{
	const struct keeper *keeper;
	size_t number = usual;
	char *line, *end;
	bool kept;

	show_choices(k, usual);
	line = read_line("");
	if (!line)
		return CHOICE_NOT_KEPT;
	if (*line) {
		number = strtoul(line, &end, 10);
		if (*end)
			number = 0;
	}
	free(line);
	if (number == 0 || number > k->count + 2)
		return CHOICE_AGAIN;
	if (number == k->count + 2)
		return CHOICE_NOT_KEPT;
	if (number == k->count + 1)
		return take_own_command(k);
	keeper = k->found[number - 1];
	kept = keeper->is_helper ? keep_by_helper(k, keeper) : keep_by_program(k, keeper);
	return kept ? CHOICE_KEPT : CHOICE_AGAIN;
}

/* Plain text is nobody's choice who has not made it. */
static bool ask_where(struct keep *k)
{
	size_t usual = k->count && !k->found[0]->is_plain ? 1 : k->count + 2;
	enum choice choice = CHOICE_AGAIN;

	fflush(stdout);
	for (int i = 0; choice == CHOICE_AGAIN && i < ANSWERS_MAX; i++)
		choice = choose(k, usual);
	return choice == CHOICE_KEPT;
}

static void hint_at_keeping(const struct keep *k)
{
	for (size_t i = 0; i < k->count; i++) {
		if (!k->found[i]->is_helper)
			continue;
		report("hint",
		       "Keep it%s with \"git config --global credential.xmpp://%s.helper "
		       "%s\", and run \"git xmpp setup\" again;",
		       k->found[i]->is_plain ? " in a file of yours, in plain text," : "",
		       jid_domain(k->jid), k->found[i]->name);
		break;
	}
	report("hint", "%s a command tell it: \"git xmpp setup --password-command=<command>\"",
	       k->count ? "or have" : "Have");
}

/* Says where a helper has it: the last one that is configured, if that one has it. */
static void say_kept(const struct keep *k, const char *helper)
{
	if (helper && credential_is_from(k->credential, k->jid, helper))
		table_say("password kept by '%s'", helper);
	else
		table_say("password kept by git's credential helpers");
}

static bool is_absent(const char *helper)
{
	return helper && !keepers_has_helper(helper);
}

int keep_password(const char *jid, const struct credential *credential, char **command)
{
	struct keep k = { .jid = jid, .credential = credential, .command = command };
	char *helper = credential_helper(jid);
	enum credential_fate fate;
	int status = STATUS_OK;

	*command = NULL;
	if (!is_absent(helper))
		credential_approve(credential, NULL);
	fate = credential_look(credential, jid);
	if (fate == CREDENTIAL_KEPT) {
		say_kept(&k, helper);
		free(helper);
		return STATUS_OK;
	}
	if (is_absent(helper))
		report("error", "credential.helper is '%s', which is not installed", helper);
	else if (fate == CREDENTIAL_LOST)
		report("error", "no credential helper has kept the password");
	k.count = keepers_find(k.found);
	if (isatty(STDIN_FILENO)) {
		if (!ask_where(&k))
			table_say("the password is kept until the broker stops");
	} else {
		report("warning", "%sthe password is kept until the broker stops",
		       fate == CREDENTIAL_LOST ? "" : "no credential helper is configured; ");
		hint_at_keeping(&k);
		status = fate == CREDENTIAL_LOST ? STATUS_FATAL : STATUS_OK;
	}
	fflush(stdout);
	free(helper);
	return status;
}
