/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp log: prints the journal, the events that happened without a command. It asks no
 * broker.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "commands.h"
#include "journal.h"
#include "json.h"
#include "output.h"
#include "time-text.h"

static const char usage[] = "usage: git xmpp log [-n <number>] [--json]\n"
			    "\n"
			    "    -n <number>  the last ones; default: 20\n"
			    "    --json       one JSON object\n"
			    "\n"
			    "    git xmpp log -n 100\n";

enum { EVENTS_DEFAULT = 20, EVENTS_MAX = 100000 };

static void show(void *arg, const struct journal_event *e)
{
	const char *const columns[] = { e->kind, e->what, e->result, e->text };
	char when[32];

	printf("%s  ", time_text(e->when, when));
	print_text(e->jid);
	if (*e->share)
		putchar('/');
	print_text(e->share);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (!*columns[i])
			continue;
		printf("  ");
		print_text(columns[i]);
	}
	putchar('\n');
}

static void put_json(void *arg, const struct journal_event *e)
{
	struct buf *out = arg;

	json_open(out, NULL, '{');
	json_time(out, "time", e->when);
	json_string(out, "kind", e->kind);
	json_string(out, "jid", e->jid);
	json_string(out, "share", e->share);
	json_string(out, "what", e->what);
	json_string(out, "result", e->result);
	json_string(out, "text", e->text);
	json_close(out, '}');
}

static int log_for_programs(size_t n)
{
	struct message trouble;
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "events", '[');
	if (journal_read(n, put_json, &out, &trouble)) {
		buf_finish(&out);
		return report_trouble(&trouble, true);
	}
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
	return STATUS_OK;
}

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return end == text || *end || n < 0 ? -1 : n > EVENTS_MAX ? EVENTS_MAX : n;
}

int cmd_log(int argc, char **argv)
{
	static const struct option options[] = {
		{ "n", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct message trouble;
	long n = EVENTS_DEFAULT;
	bool json = false;
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 'n':
			n = number(optarg);
			if (n < 0)
				return cmd_misused(usage, "-n needs a number");
			break;
		case 'j':
			json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return cmd_misused(usage, "log takes no arguments");
	if (json)
		return log_for_programs(n);
	if (journal_read(n, show, NULL, &trouble))
		return report_trouble(&trouble, false);
	return STATUS_OK;
}
