/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker logs in as the new account, and the user sees how that goes. A password that the
 * server refuses is asked for again; only one that worked is given to git's credential helpers
 * to keep. A key that nobody signed can be pinned, as ssh does with a host's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "commands.h"
#include "fingerprint.h"
#include "keep.h"
#include "output.h"
#include "question.h"
#include "session-offer.h"
#include "setup-internal.h"
#include "table.h"
#include "text.h"

enum {
	ONLINE_SECONDS = 20,
	PROXY_SECONDS = 60,	/* Tor builds a circuit first */
};

/* Sets a variable of the account, and has the broker obey that. */
static bool configure(struct setup *s, const char *variable, const char *value)
{
	struct amendment amendment = { .count = 0 };
	struct query answer = { .count = 0 };
	bool good;

	amendment_wish(&amendment, WISH_VALUE, setup_key(s, variable), value);
	good = amendment_write(&amendment) &&
	       (!s->start || amendment_settle(&amendment, true, &answer));
	query_finish(&answer);
	amendment_finish(&amendment);
	return good;
}

/* Pins the key that the server has shown. */
static bool pin_key(struct setup *s)
{
	memcpy(s->shown_key, s->watch.key, sizeof(s->shown_key));
	if (!configure(s, "pinnedPubkey", s->shown_key))
		return false;
	table_say("pinned the key of %s: %s", jid_domain(s->jid), s->shown_key);
	s->pin = s->shown_key;
	return true;
}

/* Has the user trust a key whose certificate does not verify, as ssh does. */
static bool may_pin(const struct setup *s, const struct message *trouble)
{
	if (!s->pins || s->pin || trouble->id != MSG_CERT_INVALID || !*s->watch.key ||
	    !isatty(STDIN_FILENO))
		return false;
	report("error", "%s", trouble->text);
	return question_yes(stderr, "Its key is %s\nTrust this key, whoever signed it?",
			    s->watch.key);
}

int setup_keep(struct setup *s)
{
	char *command;
	int status;

	if (!s->asks_password)
		return STATUS_OK;
	status = keep_password(s->jid, &s->password.credential, &command);
	if (command && !configure(s, "passwordCommand", command))
		status = STATUS_FATAL;
	s->is_told = command || credential_look(&s->password.credential, s->jid) == CREDENTIAL_KEPT;
	free(command);
	return status;
}

/* Each account has a key of its own. A broker of an earlier version has one account. */
static void show_fingerprint(const struct setup *s, const struct query *answer)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char text[FINGERPRINT_TEXT_MAX];
	struct fields row;

	account_status(answer, s->name, &row);
	if ((!row.data || !fields_get(row, "fingerprint")) && !query_find(answer, "broker", &row))
		return;
	if (!fingerprint_parse(row_get(row, "fingerprint"), bytes))
		return;
	fingerprint_format(bytes, text);
	table_groups("your fingerprint: ", text, FINGERPRINT_GROUPS);
}

static void show_request(const char *jid)
{
	struct table line = { .count = 0 };
	struct buf word = { 0 };

	text_operand(&word, jid);
	table_row(&line);
	table_cell(&line, PAINT_PLAIN, "%s wants to be your buddy:", jid);
	table_cell(&line, PAINT_COMMAND, "git xmpp accept %s", buf_str(&word));
	table_print(&line);
	buf_finish(&word);
}

/* Prints who we are. */
static void show_online(const struct setup *s)
{
	struct message unheard;
	struct query answer;

	table_say("logged in as %s", s->watch.jid);
	if (query_to(&answer, "status", NULL, NULL, false, &unheard) == 0)
		show_fingerprint(s, &answer);
	query_finish(&answer);
	fflush(stdout);
}

/* Prints the requests that wait for an answer. Returns whether there are any. */
static bool show_requests(const struct setup *s)
{
	struct message unheard;
	struct query answer;
	bool asked = false;

	if (query_to(&answer, "buddies", "account", s->jid, false, &unheard) < 0)
		return false;
	for (size_t i = 0; i < answer.count; i++) {
		struct fields row = query_row(&answer, i);

		if (!row_is(row, "buddy") || strcmp(row_get(row, "wants"), "1") != 0)
			continue;
		asked = true;
		show_request(row_get(row, "jid"));
	}
	query_finish(&answer);
	return asked;
}

/* Prints what comes next, if the user did not come here on the way to something else. */
static void show_next(const struct setup *s)
{
	bool other = *s->before && !s->prefer; /* it is not the default account */
	char *account = other ? xasprintf(" --account=%s", s->name) : xstrdup("");

	if (!s->joins && !s->move && !show_requests(s))
		table_say("next: git xmpp%s add <buddy>, or cd to a repository and git xmpp%s "
			  "share",
			  account, account);
	free(account);
	fflush(stdout);
}

static bool log_in(struct setup *s, struct message *trouble)
{
	s->watch = (struct login_watch){ .account = s->name, .domain = jid_domain(s->jid) };
	if (s->asks_password && !password_source_give(&s->password, trouble))
		return false;
	fflush(stdout);
	if (login_watch(&s->watch,
			s->proxy || setup_get(s, "proxy") ? PROXY_SECONDS : ONLINE_SECONDS,
			trouble))
		return true;
	if (!*trouble->text)
		message_set(trouble, MSG_NOT_ONLINE, "jid", s->jid, NULL);
	return false;
}

/*
 * Offers that the broker starts with the session. The one that systemd has started then logs in
 * anew, by what keeps the password and in another environment: the user sees whether it can.
 */
static int offer(const struct setup *s)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	struct fields row;
	bool online = false;

	if (s->move || !session_offer(!s->asks_password || s->is_told))
		return STATUS_OK;
	if (account_status_wait(&answer, s->name, ONLINE_SECONDS, &trouble) == 0) {
		online = account_status(&answer, s->name, &row) == ACCOUNT_STATUS_ONLINE;
		account_status_trouble(row, &trouble);
	}
	query_finish(&answer);
	if (online)
		return STATUS_OK;
	if (!*trouble.text)
		message_set(&trouble, MSG_NOT_ONLINE, "jid", s->jid, NULL);
	return report_trouble(&trouble, false);
}

/*
 * The password comes from a command. Running setup once more would only ask that command
 * again, so the hint names another way.
 */
static void hint_at_command(const struct setup *s, struct message *trouble)
{
	const char *command =
		s->password_command ? s->password_command : setup_get(s, "passwordcommand");
	struct buf shown = { 0 };

	text_escape(&shown, command, strlen(command), false);
	snprintf(trouble->hint, sizeof(trouble->hint),
		 "It is what '%.300s' prints; another command can be given with "
		 "\"git xmpp setup --password-command=<command>\",\nor it is asked for with \"git "
		 "xmpp setup --ask\"",
		 buf_str(&shown));
	buf_finish(&shown);
}

int setup_go_online(struct setup *s)
{
	struct message trouble;
	int status;

	for (;;) {
		bool refused, found, again;

		if (log_in(s, &trouble)) {
			if (!s->pins || s->pin)
				break;
			if (!pin_key(s))
				return STATUS_FATAL;
			continue;
		}
		if (may_pin(s, &trouble)) {
			if (!pin_key(s))
				return STATUS_FATAL;
			continue;
		}
		refused = s->asks_password && trouble.id == MSG_AUTH_FAILED;
		if (trouble.id == MSG_AUTH_FAILED && !s->asks_password)
			hint_at_command(s, &trouble);
		if (refused)
			password_source_refuse(&s->password);
		found = refused && password_source_find(&s->password);
		again = found || (refused && password_source_can_ask(&s->password));
		message_print(&trouble, again ? "error: " : "fatal: ");
		if (!again || (!found && !password_source_ask(&s->password)))
			return STATUS_FATAL;
	}
	show_online(s);
	status = setup_keep(s);
	if (status == STATUS_OK)
		status = offer(s);
	if (status == STATUS_OK)
		show_next(s);
	return status;
}
