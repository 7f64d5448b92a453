/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp log: prints the journal, the events that happened without a command. It asks no
 * broker. What is wanted is picked first and counted then, so all events are read: two files of
 * a mebibyte at most.
 */

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-pick.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "event-text.h"
#include "journal.h"
#include "output.h"
#include "run-git.h"
#include "screen.h"
#include "table.h"

static const char usage[] =
	"usage: git xmpp log [<jid>] [--share=<name>] [--since=<when>] [-n <number>] [-f]\n"
	"                    [--json | --porcelain]\n"
	"\n"
	"    --share=<name>   what is about this share\n"
	"    --since=<when>   what is newer, like \"2 hours ago\" or 2025-11-12\n"
	"    -n <number>      the last ones; default: 20, with --since all; -5 is -n 5\n"
	"    -f, --follow     go on with what comes, until Ctrl-C\n"
	"    --json           one JSON object; with -f one for each event\n"
	"    --porcelain      a line for each: time, kind, jid, share, what, result, bytes, way,\n"
	"                     refs, why, text, account; separated by tabs\n"
	"\n"
	"    git xmpp log bob@example.org --since=yesterday\n"
	"    git xmpp log -f\n";

enum { EVENTS_DEFAULT = 20, EVENTS_MAX = 100000, AGAIN_MS = 1000 };

enum form { FORM_PEOPLE, FORM_JSON, FORM_PORCELAIN };

/* What is asked for, and the events that were picked. */
struct log {
	const char *jid, *share;	/* NULL: any */
	uint64_t since;
	size_t last;			/* so many */
	bool follow;
	bool several;			/* there are several accounts */
	enum form form;
	struct event_text *events;	/* owned, oldest first */
	size_t count, room;
};

static bool is_wanted(const struct log *l, const struct journal_event *e)
{
	return e->when >= l->since && (!l->jid || !strcmp(e->jid, l->jid)) &&
	       (!l->share || !strcmp(e->share, l->share));
}

static void pick(void *arg, const struct journal_event *e)
{
	struct log *l = arg;

	if (!is_wanted(l, e))
		return;
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->events = xrealloc(l->events, l->room * sizeof(*l->events));
	}
	event_text_take(&l->events[l->count++], e);
}

static void forget(struct log *l)
{
	for (size_t i = 0; i < l->count; i++)
		event_text_finish(&l->events[i]);
	l->count = 0;
}

static void show_people(const struct log *l, size_t first)
{
	struct table t = { .count = 0 };

	for (size_t i = first; i < l->count; i++)
		event_text_put(&t, &l->events[i].event, l->several);
	table_print(&t);
}

static void show_porcelain(const struct log *l, size_t first)
{
	struct buf line = { 0 };

	for (size_t i = first; i < l->count; i++)
		event_text_porcelain(&line, &l->events[i].event);
	fputs(buf_str(&line), stdout);
	buf_finish(&line);
}

static void show_json(const struct log *l, size_t first)
{
	struct buf out = { 0 };

	if (!l->follow) {
		json_begin(&out);
		json_open(&out, "events", '[');
	}
	for (size_t i = first; i < l->count; i++) {
		if (l->follow) {
			json_begin(&out);
			event_text_json(&out, "event", &l->events[i].event);
			json_close(&out, '}');
			json_print(&out);
		} else {
			event_text_json(&out, NULL, &l->events[i].event);
		}
	}
	if (!l->follow) {
		json_close(&out, ']');
		json_close(&out, '}');
		json_print(&out);
	}
}

/* Shows the last events that were picked, and forgets them all. */
static void show(struct log *l, size_t last)
{
	size_t first = l->count > last ? l->count - last : 0;

	if (l->form == FORM_JSON)
		show_json(l, first);
	else if (l->form == FORM_PORCELAIN)
		show_porcelain(l, first);
	else
		show_people(l, first);
	forget(l);
}

static int run(struct log *l)
{
	struct journal_place place = { .file = 0 };
	struct message trouble;

	if (journal_read_on(&place, pick, l, &trouble))
		return report_trouble(&trouble, l->form == FORM_JSON);
	if (!l->count && l->form == FORM_PEOPLE)
		screen_empty("nothing has happened yet");
	show(l, l->last);
	/* A reader that has gone away ends this: see finish_output(). */
	while (l->follow && fflush(stdout) == 0) {
		poll(NULL, 0, AGAIN_MS);
		if (journal_read_on(&place, pick, l, &trouble))
			return report_trouble(&trouble, l->form == FORM_JSON);
		show(l, SIZE_MAX);
	}
	return STATUS_OK;
}

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return end == text || *end || n < 0 ? -1 : n > EVENTS_MAX ? EVENTS_MAX : n;
}

/* A time as git understands it; 0 if it does not. */
static uint64_t time_of(const char *text)
{
	char *setting = xasprintf("xmpp.since=%s", text);
	const char *args[] = { "-c", setting, "config", "--type=expiry-date", "xmpp.since", NULL };
	struct buf out = { 0 };
	uint64_t when = 0;

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0)
		when = strtoull(buf_str(&out), NULL, 10);
	buf_finish(&out);
	free(setting);
	return when;
}

/* Writes "-5" as "-n5", which getopt understands. */
static void rewrite_numbers(int argc, char **argv)
{
	static char number[16];

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *digits = argv[i] + 1;

		if (*argv[i] != '-' || !*digits || digits[strspn(digits, "0123456789")] ||
		    strlen(digits) > 10)
			continue;
		snprintf(number, sizeof(number), "-n%s", digits);
		argv[i] = number;
	}
}

/* Takes an option. NULL, or what is wrong with its value. */
static const char *take_option(struct log *l, int c)
{
	long n;

	switch (c) {
	case 'n':
		n = number(optarg);
		l->last = (size_t)n;
		return n < 0 ? "-n needs a number" : NULL;
	case 's':
		l->share = optarg;
		return NULL;
	case 'S':
		l->since = time_of(optarg);
		return l->since ? NULL : "--since needs a time, like \"2 hours ago\"";
	case 'f':
		l->follow = true;
		return NULL;
	default:
		l->form = c == 'j' ? FORM_JSON : FORM_PORCELAIN;
		return NULL;
	}
}

int cmd_log(int argc, char **argv)
{
	static const struct option options[] = {
		{ "n", required_argument, NULL, 'n' },
		{ "f", no_argument, NULL, 'f' },
		{ "follow", no_argument, NULL, 'f' },
		{ "share", required_argument, NULL, 's' },
		{ "since", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },
		{ "porcelain", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct log l = { .last = SIZE_MAX };
	struct message trouble;
	char jid[JID_MAX];
	int c, status;

	rewrite_numbers(argc, argv);
	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		const char *problem = c == '?' ? NULL : take_option(&l, c);

		if (problem)
			return cmd_misused(usage, problem);
		if (c == '?')
			return STATUS_USAGE;
	}
	if (argc - optind > 1)
		return cmd_misused(usage, "log takes one address at most");
	if (optind < argc && !buddy_name_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, l.form == FORM_JSON);
	if (optind < argc)
		l.jid = jid;
	if (l.last == SIZE_MAX && !l.since)
		l.last = EVENTS_DEFAULT;
	l.several = accounts_several();
	status = run(&l);
	free(l.events);
	return status;
}
