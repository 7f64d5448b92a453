/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp buddies: the contacts of the account, and the account's own other devices, as
 * far as they concern git.
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "account-status.h"
#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "device-text.h"
#include "json.h"
#include "output.h"
#include "password-prompt.h"
#include "person.h"
#include "query.h"
#include "text.h"
#include "time-text.h"

static const char buddies_usage[] =
	"usage: git xmpp buddies [<jid>] [--online] [--json | --porcelain]\n"
	"\n"
	"    --online     only those who are online\n"
	"    --json       one JSON object\n"
	"    --porcelain  a line per buddy: jid, state, subscription, trust, number of\n"
	"                 devices, last seen, how many wait, marks, error, protocol, when asked\n"
	"                 again; separated by tabs\n"
	"\n"
	"    git xmpp buddies --online\n";

enum { COLUMN_MAX = 40 };

/* The state of a buddy, in one word for programs. */
static const char *state_of(struct fields row)
{
	if (fields_get_u64(row, "self", 0))
		return "self";
	if (fields_get_u64(row, "wants", 0))
		return "wants";
	if (fields_get_u64(row, "git", 0))
		return "git";
	if (fields_get_u64(row, "online", 0))
		return "online";
	if (fields_get_u64(row, "asked", 0))
		return "asked";
	return "offline";
}

/* How many devices a buddy has: their rows follow, up to the next buddy. */
static size_t device_count(const struct query *answer, size_t buddy)
{
	size_t i = buddy + 1;

	while (i < answer->count && row_is(query_row(answer, i), "device"))
		i++;
	return i - buddy - 1;
}

static void print_padded(const char *text, size_t width)
{
	struct buf shown = { 0 };
	size_t n = 0;

	text_escape(&shown, text, strlen(text), false);
	/* The width is in characters: continuation bytes of UTF-8 do not count. */
	for (const char *c = buf_str(&shown); *c; c++)
		n += (*c & 0xc0) != 0x80;
	printf("%s%*s", buf_str(&shown), n < width ? (int)(width - n) : 0, "");
	buf_finish(&shown);
}

static size_t jid_width(const struct query *answer)
{
	size_t width = 0;

	for (size_t i = 0; i < answer->count; i++) {
		size_t n = strlen(row_get(query_row(answer, i), "jid"));

		if (n > width)
			width = n;
	}
	return width < COLUMN_MAX ? width : COLUMN_MAX;
}

static const char *trust_text(struct fields row)
{
	static const struct {
		const char *trust, *text;
	} texts[] = {
		{ "verified", "verified" },
		{ "vouched", "vouched for" },
		{ "seen", "seen, not verified" },
		{ "pending", "new" },
		{ "suspended", "suspended" },
		{ "revoked", "revoked" },
		{ "distrusted", "shut out" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(row_get(row, "trust"), texts[i].trust))
			return texts[i].text;
	return "no device known";
}

/*
 * Whether the person is no buddy any more, and only their devices are remembered: one side
 * has removed the other.
 */
static bool was_removed(struct fields row)
{
	return !fields_get_u64(row, "self", 0) && !fields_get_u64(row, "asked", 0) &&
	       !strcmp(row_get(row, "subscription"), "none");
}

/* Whether a device waits for the user to compare it. */
static bool has_waiting(struct fields row)
{
	return fields_get_u64(row, "pending", 0) || device_has_trust(row, "pending") ||
	       (device_has_trust(row, "suspended") && !was_removed(row));
}

static char mark_of(struct fields row, const char *state)
{
	if (!strcmp(state, "wants"))
		return '?';
	return has_waiting(row) || *row_get(row, "error") ? '!' : ' ';
}

static void show_last_seen(uint64_t last_seen)
{
	uint64_t now = time(NULL);
	char span[32];

	if (last_seen > 0 && last_seen <= now)
		printf("  last seen %s ago", span_text(now - last_seen, span));
}

/* Prints a command, like "  (git xmpp accept bob@example.org)". */
static void show_command(const char *verb, struct fields row)
{
	struct buf command = { 0 };

	buf_printf(&command, "git xmpp %s ", verb);
	text_operand(&command, row_get(row, "jid"));
	printf("  (");
	print_text(buf_str(&command));
	printf(")\n");
	buf_finish(&command);
}

/* Prints what replaces the state and the devices; false if nothing does. */
static bool show_exception(struct fields row, const char *state)
{
	uint64_t again = fields_get_u64(row, "asked-again", 0);
	char span[32];

	if (fields_get_u64(row, "blocked", 0)) {
		printf("blocked");
		show_command("unblock", row);
	} else if (!strcmp(state, "wants")) {
		printf("wants to be your buddy");
		show_command("accept", row);
	} else if (*row_get(row, "error")) {
		printf(again ? "could not be asked: " : "the request was refused: ");
		print_text(row_get(row, "error"));
		if (again)
			printf("; again in %s", span_text(again, span));
		show_command("remove", row);
	} else if (!strcmp(state, "asked")) {
		printf("has not answered yet");
		if (again)
			printf("; is asked again in %s", span_text(again, span));
		putchar('\n');
	} else if (was_removed(row)) {
		printf("%sno longer a buddy", fields_get_u64(row, "removed", 0) ? "removed: " : "");
		show_command("add", row);
	} else {
		return false;
	}
	return true;
}

/* Prints a summary, like "  verified, 2 devices; 1 new device to be compared". */
static void show_trust(struct fields row, size_t devices)
{
	uint64_t pending = fields_get_u64(row, "pending", 0);

	if (!device_has_trust(row, "pending")) {
		printf("  %s, ", trust_text(row));
		print_count(devices, fields_get_u64(row, "self", 0) ? "other device" : "device");
		if (pending)
			printf(";");
	}
	if (pending || device_has_trust(row, "pending")) {
		printf("%s", device_has_trust(row, "pending") ? "  " : " ");
		print_count(pending ? pending : 1, "new device");
		printf(" to be compared");
	}
}

static void show_buddy(const struct query *answer, size_t i, size_t width)
{
	struct fields row = query_row(answer, i);
	const char *state = state_of(row);
	size_t devices = device_count(answer, i);

	printf("%c ", mark_of(row, state));
	print_padded(row_get(row, "jid"), width);
	printf("  ");
	if (show_exception(row, state))
		return;
	printf("%-7s", state);
	if (devices > 0)
		show_trust(row, devices);
	else if (!strcmp(state, "online"))
		printf("  no git-xmpp");
	if (!strcmp(state, "offline"))
		show_last_seen(fields_get_u64(row, "last-seen", 0));
	if (*row_get(row, "protocol")) {
		printf("  speaks another protocol: ");
		print_text(row_get(row, "protocol"));
	}
	/*
	 * Only one half of the subscription is there: they have not asked us, or their
	 * request was lost.
	 */
	if (!strcmp(row_get(row, "subscription"), "to") && !fields_get_u64(row, "self", 0))
		printf("  does not see you yet");
	if (has_waiting(row))
		show_command("verify", row);
	else
		putchar('\n');
}

static void print_marks(struct fields row)
{
	static const char *const marks[] = { "self", "blocked", "removed" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!fields_get_u64(row, marks[i], 0))
			continue;
		printf("%s%s", any ? "," : "", marks[i]);
		any = true;
	}
	if (!any)
		putchar('-');
}

static void show_porcelain(const struct query *answer, size_t i)
{
	struct fields row = query_row(answer, i);
	char seen[32];

	print_text(row_get(row, "jid"));
	printf("\t%s\t", state_of(row));
	print_text(row_get(row, "subscription"));
	putchar('\t');
	print_text(row_get(row, "trust"));
	printf("\t%zu\t%s\t%" PRIu64 "\t", device_count(answer, i),
	       time_text(fields_get_u64(row, "last-seen", 0), seen),
	       fields_get_u64(row, "pending", 0));
	print_marks(row);
	putchar('\t');
	print_text(*row_get(row, "error") ? row_get(row, "error") : "-");
	printf("\t%" PRIu64 "\t%" PRIu64 "\n", fields_get_u64(row, "protocol", 0),
	       fields_get_u64(row, "asked-again", 0));
}

static void json_buddy(struct buf *out, const struct query *answer, size_t i)
{
	struct fields row = query_row(answer, i);
	size_t devices = device_count(answer, i);

	json_open(out, NULL, '{');
	json_string(out, "jid", row_get(row, "jid"));
	json_string(out, "state", state_of(row));
	json_string(out, "subscription", row_get(row, "subscription"));
	json_string(out, "trust", row_get(row, "trust"));
	json_time(out, "last_seen", fields_get_u64(row, "last-seen", 0));
	json_number(out, "pending", fields_get_u64(row, "pending", 0));
	json_bool(out, "self", fields_get_u64(row, "self", 0) > 0);
	json_bool(out, "blocked", fields_get_u64(row, "blocked", 0) > 0);
	json_bool(out, "removed", fields_get_u64(row, "removed", 0) > 0);
	json_string(out, "error", fields_get(row, "error"));
	json_number(out, "asked_again", fields_get_u64(row, "asked-again", 0));
	json_number(out, "protocol", fields_get_u64(row, "protocol", 0));
	json_open(out, "devices", '[');
	for (size_t d = 0; d < devices; d++)
		device_json(out, query_row(answer, i + 1 + d));
	json_close(out, ']');
	json_close(out, '}');
}

enum {
	ROSTER_MS = 5000,	/* ms; for a broker that has just started */
	ASK_AGAIN_MS = 200,
};

/* Why there is no list: the account's own error, or that the login takes too long. */
static void explain(struct fields account, struct message *trouble)
{
	account_status_trouble(account, trouble);
	if (trouble->id == MSG_NONE && !strcmp(row_get(account, "state"), "none"))
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	else if (trouble->id == MSG_NONE)
		message_set(trouble, MSG_NOT_ONLINE, "jid", row_get(account, "jid"), NULL);
}

/*
 * Whether the account is offline, and why: then nobody is seen, and the roster is the last
 * known one.
 */
static bool is_offline(const struct query *answer, struct message *why)
{
	struct fields account;

	if (!query_find(answer, "account", &account) ||
	    !strcmp(row_get(account, "state"), "online"))
		return false;
	explain(account, why);
	return true;
}

static void json_offline(struct buf *out, const struct query *answer)
{
	struct message why;

	if (!is_offline(answer, &why)) {
		json_string(out, "offline", NULL);
		return;
	}
	json_open(out, "offline", '{');
	json_string(out, "id", message_name(why.id));
	json_string(out, "message", why.text);
	json_string(out, "hint", *why.hint ? why.hint : NULL);
	json_close(out, '}');
}

enum form { FORM_TABLE, FORM_JSON, FORM_PORCELAIN };

static void show_buddies(const struct query *answer, enum form form, bool online, bool devices)
{
	size_t width = jid_width(answer);
	struct buf out = { 0 };

	if (form == FORM_JSON) {
		json_open(&out, NULL, '{');
		json_number(&out, "version", 1);
		json_offline(&out, answer);
		json_open(&out, "buddies", '[');
	}
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		size_t count = device_count(answer, i);
		bool own = fields_get_u64(row, "self", 0);

		if (!row_is(row, "buddy") || (online && !own && !fields_get_u64(row, "online", 0)))
			continue;
		if (form == FORM_JSON)
			json_buddy(&out, answer, i);
		else if (form == FORM_PORCELAIN)
			show_porcelain(answer, i);
		else
			show_buddy(answer, i, width);
		/*
		 * The devices of one's own account are always shown, so that a new one is
		 * noticed.
		 */
		for (size_t d = 0; form == FORM_TABLE && (devices || own) && d < count; d++)
			device_show(query_row(answer, i + 1 + d));
	}
	if (form == FORM_JSON) {
		json_close(&out, ']');
		json_close(&out, '}');
		json_print(&out);
	}
}

/*
 * Whether the broker has not yet read the roster, so that its list is not complete.
 * *account is the account's row.
 */
static bool is_incomplete(const struct query *answer, struct fields *account)
{
	return query_find(answer, "account", account) && !strcmp(row_get(*account, "roster"), "0");
}

/* As ask(). The prompt is for the password that the account lacks. */
static int ask_until_known(struct query *answer, const char *jid, struct password_prompt *prompt,
			   struct message *trouble)
{
	struct fields account;

	for (int waited = 0;; waited += ASK_AGAIN_MS) {
		if (query_to(answer, "buddies", jid ? "jid" : NULL, jid, autostart_allowed(),
			     trouble) == 0) {
			if (!is_incomplete(answer, &account))
				return 0;
			explain(account, trouble);
			if (password_prompt_again(prompt, trouble, NULL)) {
				query_finish(answer);
				continue;
			}
		}
		if ((trouble->id != MSG_NOT_ONLINE && trouble->id != MSG_PASSWORD_AWAITED) ||
		    waited >= ROSTER_MS)
			return -1;
		query_finish(answer);
		poll(NULL, 0, ASK_AGAIN_MS);
	}
}

/*
 * Asks for the buddies, or one of them, until the roster is known. The caller finishes
 * *answer. -1 with *trouble.
 */
static int ask(struct query *answer, const char *jid, struct message *trouble)
{
	struct password_prompt prompt;
	int result;

	password_prompt_init(&prompt);
	result = ask_until_known(answer, jid, &prompt, trouble);
	password_prompt_finish(&prompt);
	return result;
}

int cmd_buddies(int argc, char **argv)
{
	static const struct option options[] = {
		{ "online", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "porcelain", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct message trouble = { .id = MSG_NONE };
	enum form form = FORM_TABLE;
	struct query answer;
	char jid[JID_MAX];
	bool online = false, one;
	int c, status = STATUS_OK;
	struct fields row;

	while ((c = cmd_option(argc, argv, options, buddies_usage)) != -1) {
		if (c == 'o')
			online = true;
		else if (c == 'j' || c == 'p')
			form = c == 'j' ? FORM_JSON : FORM_PORCELAIN;
		else
			return STATUS_USAGE;
	}
	if (argc - optind > 1)
		return cmd_misused(buddies_usage, "too many arguments");
	one = optind < argc;
	if (one && !buddy_name_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, form == FORM_JSON);

	if (ask(&answer, one ? jid : NULL, &trouble) < 0) {
		status = report_trouble(&trouble, form == FORM_JSON);
	} else if (one && !query_find(&answer, "buddy", &row)) {
		message_set(&trouble, MSG_NOT_BUDDY, "jid", jid, NULL);
		status = report_trouble(&trouble, form == FORM_JSON);
	} else {
		show_buddies(&answer, form, online, one);
		if (form != FORM_JSON && is_offline(&answer, &trouble))
			report("warning", "not online, so nobody is seen: %s", trouble.text);
	}
	query_finish(&answer);
	return status;
}
