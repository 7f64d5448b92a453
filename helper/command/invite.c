/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp invite: makes a link by which one other person, or another machine of the user's
 * own, gets all that it needs. Only the link goes to standard output, so that it can be
 * passed on; what to do with it is said on standard error.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "commands.h"
#include "decimal.h"
#include "json.h"
#include "output.h"
#include "qr.h"
#include "query.h"
#include "screen.h"
#include "share.h"
#include "time-text.h"

static const char usage[] =
	"usage: git xmpp invite [<path>] [--share=<name>] [--push] [--expires=<days>] [--qr]\n"
	"   or: git xmpp invite --device [--expires=<days>] [--qr]\n"
	"   or: git xmpp invite --list [--json]\n"
	"   or: git xmpp invite --revoke=<id>\n"
	"\n"
	"    --share=<name>    they may fetch this share; with <path>, or in a repository that\n"
	"                      is not shared yet, it is made\n"
	"    --push            and push to it\n"
	"    --expires=<days>  for how long the link is good; default 3, at most 30\n"
	"    --device          for another machine of your own account\n"
	"    --qr              show it as a QR code as well\n"
	"    --list            the invitations there are, and what became of them\n"
	"    --revoke=<id>     take one back\n"
	"\n"
	"Prints a link for one other person, who types \"git xmpp join '<link>'\". Both of you\n"
	"are buddies then, and both devices are verified. It works once. Whoever gets the link\n"
	"first can use it: send it by a way that others neither read nor change.\n"
	"\n"
	"    git xmpp invite ~/src/project --push\n";

enum { DAYS = 3, DAYS_MAX = 30 };

struct request {
	const char *path, *share, *revoke;	/* borrowed from argv; NULL: not given */
	uint64_t days;
	bool push, device, qr, list, json;
};

static int check(const struct request *r)
{
	bool makes = r->path || r->share || r->push || r->device || r->qr;

	if ((r->list && r->revoke) || ((r->list || r->revoke) && makes))
		return cmd_misused(usage, "--list and --revoke go with nothing else");
	if (r->device && (r->path || r->share || r->push))
		return cmd_misused(usage, "your own devices need no right: --device goes alone");
	if (r->push && !r->path && !r->share)
		return cmd_misused(usage, "push to what? Name a path or a --share");
	if (r->qr && !qr_possible()) {
		report("fatal", "this git-xmpp was built without QR codes");
		return STATUS_FATAL;
	}
	return STATUS_OK;
}

static int read_request(struct request *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "share", required_argument, NULL, 's' },
		{ "push", no_argument, NULL, 'p' },
		{ "expires", required_argument, NULL, 'e' },
		{ "device", no_argument, NULL, 'd' },
		{ "qr", no_argument, NULL, 'q' },
		{ "list", no_argument, NULL, 'l' },
		{ "revoke", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		switch (c) {
		case 's':
			r->share = optarg;
			break;
		case 'p':
			r->push = true;
			break;
		case 'e':
			if (!decimal_parse(optarg, DAYS_MAX, &r->days) || !r->days)
				return cmd_misused(usage, "--expires is a number of days, 1 to 30");
			break;
		case 'd':
			r->device = true;
			break;
		case 'q':
			r->qr = true;
			break;
		case 'l':
			r->list = true;
			break;
		case 'r':
			r->revoke = optarg;
			break;
		case 'j':
			r->json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (argc - optind > 1)
		return cmd_misused(usage, "too many arguments");
	r->path = argv[optind];
	return check(r);
}

static void put_json(struct buf *out, const char *name, struct fields row)
{
	const char *share = fields_get(row, "share"), *link = fields_get(row, "link");

	json_open(out, name, '{');
	json_string(out, "id", row_get(row, "id"));
	json_string(out, "state", row_get(row, "state"));
	json_time(out, "made", fields_get_u64(row, "made", 0));
	json_time(out, "expires", fields_get_u64(row, "expires", 0));
	json_bool(out, "device", fields_get(row, "device") != NULL);
	json_string(out, "share", share);
	json_string(out, "right", fields_get(row, "right"));
	json_string(out, "jid", fields_get(row, "jid"));
	json_string(out, "fingerprint", fields_get(row, "fingerprint"));
	json_time(out, "used", fields_get_u64(row, "used", 0));
	if (link)
		json_string(out, "link", link);
	json_close(out, '}');
}

static void show_what_for(struct fields row)
{
	if (fields_get(row, "device")) {
		printf("for a device of yours");
	} else if (fields_get(row, "share")) {
		printf("%s '", row_get(row, "right"));
		print_text(row_get(row, "share"));
		putchar('\'');
	} else {
		printf("no share");
	}
}

static void show_row(struct fields row)
{
	char time[32];

	print_text(row_get(row, "id"));
	printf("  %-7s  ", row_get(row, "state"));
	show_what_for(row);
	if (fields_get(row, "jid")) {
		printf("  by ");
		print_text(row_get(row, "jid"));
		printf(", %s", when_shown(fields_get_u64(row, "used", 0), time));
	} else {
		printf("  until %s", when_shown(fields_get_u64(row, "expires", 0), time));
	}
	putchar('\n');
}

static int list(bool json)
{
	struct message trouble;
	struct buf out = { 0 };
	struct query answer;
	int result = query_to(&answer, "invitations", NULL, NULL, autostart_allowed(), &trouble);

	if (result == 0 && json) {
		json_open(&out, NULL, '{');
		json_number(&out, "version", 1);
		json_open(&out, "invitations", '[');
		for (size_t i = 0; i < answer.count; i++)
			put_json(&out, NULL, query_row(&answer, i));
		json_close(&out, ']');
		json_close(&out, '}');
		json_print(&out);
	}
	if (result == 0 && !json && !answer.count)
		screen_empty("no invitations");
	for (size_t i = 0; result == 0 && !json && i < answer.count; i++)
		show_row(query_row(&answer, i));
	query_finish(&answer);
	return result == 0 ? STATUS_OK : report_trouble(&trouble, json);
}

static int revoke(const char *id)
{
	struct message trouble;
	struct query answer;
	int result = query_to(&answer, "invite-revoke", "id", id, autostart_allowed(), &trouble);

	if (result == 0)
		puts(answer.message);
	query_finish(&answer);
	return result == 0 ? STATUS_OK : report_trouble(&trouble, false);
}

/* Says on standard error what the link is good for. */
static void explain(struct fields row)
{
	char span[32];

	span_text(fields_get_u64(row, "expires", 0) - fields_get_u64(row, "made", 0), span);
	if (fields_get(row, "device"))
		report("invitation", "%s, for one other machine of yours, for %s",
		       row_get(row, "id"), span);
	else if (fields_get(row, "share"))
		report("invitation", "%s, for one person, for %s; they may %s '%s'",
		       row_get(row, "id"), span,
		       strcmp(row_get(row, "right"), "push") ? "fetch" : "fetch and push to",
		       row_get(row, "share"));
	else
		report("invitation", "%s, for one person, for %s", row_get(row, "id"), span);
	report("hint", "%s \"git xmpp join '<link>'\"",
	       fields_get(row, "device") ? "On that machine:" : "They type");
	report("hint",
	       "Whoever has the link first can use it, and whoever changes it on its way can "
	       "take your place: send it by a way that you trust");
}

static void show(struct fields row, const struct request *r)
{
	struct buf out = { 0 };

	if (r->json) {
		json_open(&out, NULL, '{');
		json_number(&out, "version", 1);
		put_json(&out, "invitation", row);
		json_close(&out, '}');
		json_print(&out);
		return;
	}
	print_text(row_get(row, "link"));
	putchar('\n');
	fflush(stdout);
	if (r->qr)
		qr_show(row_get(row, "link"));
	explain(row);
}

static int invite(const struct request *r, const char *share)
{
	struct buf command = { 0 };
	struct message trouble;
	struct query answer;
	struct fields row;
	int status = STATUS_OK;

	fields_add(&command, "verb", "invite");
	fields_add_u64(&command, "days", r->days);
	fields_add(&command, "share", share);
	fields_add(&command, "right", r->push ? "push" : "fetch");
	fields_add(&command, "device", r->device ? "1" : NULL);
	if (query_get(&answer, &command, autostart_allowed(), &trouble) < 0)
		status = report_trouble(&trouble, r->json);
	else if (query_find(&answer, "invitation", &row))
		show(row, r);
	buf_finish(&command);
	query_finish(&answer);
	return status;
}

int cmd_invite(int argc, char **argv)
{
	struct request r = { .days = DAYS };
	int status = read_request(&r, argc, argv);
	char *share = NULL;

	if (status != STATUS_OK)
		return status;
	if (r.list)
		return list(r.json);
	if (r.revoke)
		return revoke(r.revoke);
	if (r.path || r.share) {
		share = share_make(r.path, r.share, r.push);
		if (!share)
			return STATUS_FATAL;
	}
	status = invite(&r, share);
	free(share);
	return status;
}
