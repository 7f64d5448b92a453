/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp status: all that the broker knows about itself; the exit status says whether it
 * is online. It never starts a broker: a question changes nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-status.h"
#include "commands.h"
#include "output.h"
#include "screen.h"
#include "status-json.h"
#include "status-screen.h"
#include "status-watch.h"

static const char usage[] =
	"usage: git xmpp status [-v] [--json] [--wait[=<seconds>] | --watch]\n"
	"\n"
	"    -v, --verbose       the broker, links, and all that is followed, too\n"
	"    --json              one JSON object\n"
	"    --wait[=<seconds>]  until online or failed, at most 10 seconds\n"
	"    --watch             again and again, until Ctrl-C\n"
	"\n"
	"The exit status is 0 when online, 1 when not.\n"
	"\n"
	"    git xmpp status --wait\n"
	"    git xmpp status --watch\n";

enum { WAIT_SECONDS = 10, WAIT_SECONDS_MAX = 86400 };

/* The seconds of --wait, or -1 if the text is no valid number. */
static int wait_seconds(const char *text)
{
	char *end;
	long n;

	if (!text)
		return WAIT_SECONDS;
	n = strtol(text, &end, 10);
	return end == text || *end || n < 0 || n > WAIT_SECONDS_MAX ? -1 : (int)n;
}

/* A person has seen the notices: no other command needs to tell them. */
static void tell_shown(const struct query *answer)
{
	struct message trouble;
	struct query none;
	struct fields row;

	if (!query_find(answer, "notice", &row))
		return;
	query_to(&none, "notices-shown", NULL, NULL, false, &trouble);
	query_finish(&none);
}

/* Shows what the broker has answered; without rows, that none runs. */
static void show(const struct query *answer, bool verbose, bool json)
{
	struct buf out = { 0 };

	if (json) {
		status_json(answer);
		return;
	}
	status_screen(answer, verbose, screen_width(), &out);
	fputs(buf_str(&out), stdout);
	buf_finish(&out);
	if (screen_is_terminal())
		tell_shown(answer);
}

/* Asks once, or until the account is online or the time is up. Returns the exit status. */
static int ask(int seconds, bool verbose, bool json)
{
	struct message trouble = { .id = MSG_NONE };
	int result, status = STATUS_NO;
	struct query answer;
	struct fields row;

	result = account_status_wait(&answer, NULL, seconds, &trouble);
	if (result < 0 && trouble.id != MSG_BROKER_UNREACHABLE) {
		status = report_trouble(&trouble, json);
	} else {
		if (account_status(&answer, NULL, &row) == ACCOUNT_STATUS_ONLINE)
			status = STATUS_OK;
		show(&answer, verbose, json);
	}
	query_finish(&answer);
	return status;
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "v", no_argument, NULL, 'v' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' },
		{ "wait", optional_argument, NULL, 'w' },
		{ "watch", no_argument, NULL, 'W' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false, verbose = false, watch = false, wait = false;
	int c, seconds = 0;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'v':
			verbose = true;
			break;
		case 'j':
			json = true;
			break;
		case 'w':
			wait = true;
			seconds = wait_seconds(optarg);
			if (seconds < 0)
				return cmd_misused(usage, "--wait needs a number of seconds");
			break;
		case 'W':
			watch = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return cmd_misused(usage, "status takes no arguments");
	if (watch && wait)
		return cmd_misused(usage, "--wait and --watch exclude each other");
	return watch ? status_watch(verbose, json) : ask(seconds, verbose, json);
}
