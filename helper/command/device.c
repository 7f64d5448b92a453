/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp device: the devices of the own account or of a buddy, and what is done with one.
 * A device is named by its id, by the first letters of the id, or by its fingerprint; never by
 * its name, which its owner chose and somebody else may have chosen, too.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "device-file.h"
#include "device-text.h"
#include "json.h"
#include "output.h"
#include "person.h"
#include "question.h"
#include "table.h"
#include "time-text.h"

static const char usage[] =
	"usage: git xmpp device [<jid>] [--json]\n"
	"   or: git xmpp device rename <name>\n"
	"   or: git xmpp device distrust <jid> <device>\n"
	"   or: git xmpp device retire [<device>] [--yes]\n"
	"   or: git xmpp device export | import <file> [--passphrase-file=<file>]\n"
	"\n"
	"Lists the devices of this account, or of a buddy; gives this one a name; shuts out a\n"
	"device of a buddy; ends one of this account, for everybody; moves this one to another\n"
	"machine, in a file that a passphrase protects.\n"
	"\n"
	"    --json                    one JSON object\n"
	"    --yes                     retire this very device, ask nothing\n"
	"    --passphrase-file=<file>  its first line is the passphrase\n"
	"\n"
	"    git xmpp device retire k7wq\n";

enum { PREFIX_MIN = 4, MARK_WIDTH = 2 };

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "yes", no_argument, NULL, 'y' },
	{ "passphrase-file", required_argument, NULL, 'p' },
	{ NULL, 0, NULL, 0 },
};

static void put_times(struct table *t, struct fields row)
{
	uint64_t since = fields_get_u64(row, "since", 0);
	uint64_t seen = fields_get_u64(row, "last-seen", 0);
	uint64_t now = time(NULL);
	char text[32];

	if (since)
		table_cell(t, PAINT_PLAIN, "since %s", date_text(since, text));
	if (fields_get_u64(row, "online", 0) || fields_get_u64(row, "this", 0))
		return;
	if (seen && seen <= now)
		table_cell(t, PAINT_PLAIN, "last seen %s ago", span_text(now - seen, text));
	else
		table_cell(t, PAINT_PLAIN, "never seen");
}

static void put_trust(struct table *t, struct fields row)
{
	bool revoked = device_has_trust(row, "revoked");

	if (fields_get_u64(row, "this", 0))
		table_cell(t, revoked ? PAINT_FAILED : PAINT_PLAIN, "this device%s",
			   revoked ? ", retired" : "");
	else
		table_cell(t, device_paint(row), "%s", row_get(row, "trust"));
	if (*row_get(row, "by") && !device_has_trust(row, "verified"))
		table_more(t, " by %s", row_get(row, "by"));
}

/* The mark stands in the indent of the row. */
static void show_device(struct fields row)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];
	struct table t = { .indent = MARK_WIDTH };
	struct buf out = { 0 };
	char mark = device_waits(row) ? '!' : ' ';

	device_cells(&t, row);
	put_trust(&t, row);
	put_times(&t, row);
	if (fields_get_u64(row, "compared", 0))
		table_cell(&t, PAINT_PLAIN, "has verified this device");
	table_put(&t, screen_width(), &out);
	printf("%c %s", fields_get_u64(row, "this", 0) ? '*' : mark, buf_str(&out) + MARK_WIDTH);
	table_groups("    ", fingerprint_text(row_get(row, "fingerprint"), fingerprint),
		     FINGERPRINT_GROUPS);
	buf_finish(&out);
}

static void show_json(const struct query *answer)
{
	struct buf out = { 0 };

	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "devices", '[');
	for (size_t i = 0; i < answer->count; i++)
		if (row_is(query_row(answer, i), "device"))
			device_json(&out, query_row(answer, i));
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

/* jid NULL: of this account. */
static int list(const char *text, bool json)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	char jid[JID_MAX];
	int status = STATUS_OK;

	if (text && !buddy_name_jid(text, jid, &trouble))
		return report_trouble(&trouble, json);
	if (query_to(&answer, "devices", text ? "jid" : NULL, text ? jid : NULL,
		     autostart_allowed(), &trouble) < 0)
		status = report_trouble(&trouble, json);
	else if (json)
		show_json(&answer);
	for (size_t i = 0; status == STATUS_OK && !json && i < answer.count; i++)
		if (row_is(query_row(&answer, i), "device"))
			show_device(query_row(&answer, i));
	query_finish(&answer);
	return status;
}

/* Whether text names the device of this row: it begins its id, or is its fingerprint. */
static bool is_named(struct fields row, const char *text)
{
	unsigned char named[FINGERPRINT_BYTES], has[FINGERPRINT_BYTES];
	size_t n = strlen(text);

	if (fingerprint_parse(text, named))
		return fingerprint_parse(row_get(row, "fingerprint"), has) &&
		       !memcmp(named, has, sizeof(has));
	return n >= PREFIX_MIN && !strncmp(row_get(row, "device"), text, n);
}

/*
 * Finds the one device that is meant, and its fingerprint, in 64 digits. NULL: this device.
 * False with *trouble.
 */
static bool find(const char *jid, const char *text, char hex[2 * FINGERPRINT_BYTES + 1], bool *this,
		 struct message *trouble)
{
	unsigned found = 0;
	struct query answer;

	if (query_to(&answer, "devices", jid ? "jid" : NULL, jid, autostart_allowed(), trouble) <
	    0) {
		query_finish(&answer);
		return false;
	}
	for (size_t i = 0; i < answer.count; i++) {
		struct fields row = query_row(&answer, i);
		bool own = fields_get_u64(row, "this", 0);

		if (!row_is(row, "device") || (text ? !is_named(row, text) : !own))
			continue;
		snprintf(hex, 2 * FINGERPRINT_BYTES + 1, "%s", row_get(row, "fingerprint"));
		*this = own;
		found++;
	}
	query_finish(&answer);
	if (found == 1)
		return true;
	message_set(trouble, MSG_WHICH_DEVICE, "device", text ? text : "", NULL);
	return false;
}

static int tell(const char *verb, const char *key, const char *value)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	int status;

	if (query_to(&answer, verb, key, value, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else {
		status = answer.status;
		if (*answer.message)
			table_say("%s", answer.message);
	}
	query_finish(&answer);
	return status;
}

static int distrust(const char *text, const char *device)
{
	struct message trouble = { .id = MSG_NONE };
	char jid[JID_MAX], hex[2 * FINGERPRINT_BYTES + 1];
	bool this = false;

	if (!buddy_name_jid(text, jid, &trouble) || !find(jid, device, hex, &this, &trouble))
		return report_trouble(&trouble, false);
	return person_tell("distrust", jid, hex);
}

static int retire(const char *device, bool yes)
{
	struct message trouble = { .id = MSG_NONE };
	char hex[2 * FINGERPRINT_BYTES + 1];
	bool this = false;

	if (!find(NULL, device, hex, &this, &trouble))
		return report_trouble(&trouble, false);
	if (this && !yes &&
	    !question_sure("retire this very device",
			   "Retire this very device? Nobody will talk to it any more."))
		return STATUS_NO;
	return tell("device-retire", "fingerprint", hex);
}

/* Whether this begins a command, so that it cannot be a buddy. */
static bool is_word(const char *text)
{
	static const char *const words[] = { "rename", "distrust", "retire", "export", "import" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

int cmd_device(int argc, char **argv)
{
	bool json = false, yes = false;
	const char *verb, *passphrase_file = NULL;
	int c, left;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c == 'j')
			json = true;
		else if (c == 'y')
			yes = true;
		else if (c == 'p')
			passphrase_file = optarg;
		else
			return STATUS_USAGE;
	}
	left = argc - optind;
	verb = left ? argv[optind] : "";
	if (!strcmp(verb, "rename") && left == 2)
		return tell("device-rename", "name", argv[optind + 1]);
	if (!strcmp(verb, "distrust") && left == 3)
		return distrust(argv[optind + 1], argv[optind + 2]);
	if (!strcmp(verb, "retire") && left <= 2)
		return retire(left == 2 ? argv[optind + 1] : NULL, yes);
	if ((!strcmp(verb, "export") || !strcmp(verb, "import")) && left == 2)
		return device_file(*verb == 'e', argv[optind + 1], passphrase_file);
	if (left <= 1 && !is_word(verb))
		return list(left ? verb : NULL, json);
	return cmd_misused(usage, is_word(verb) ? "wrong arguments" : "unknown command");
}
