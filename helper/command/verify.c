/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp verify: two people find out whether somebody is between their devices, over
 * anything but this chat account, and the result is noted. If both devices are online, both
 * see the same few words. Otherwise each reads their own fingerprint to the other. A person
 * who finds that a device is somebody else's can shut that device out at once. Between two
 * devices of one account it is the same, with one person at both.
 */

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "compare.h"
#include "device-text.h"
#include "output.h"
#include "person.h"
#include "table.h"
#include "time-text.h"

static const char usage[] =
	"usage: git xmpp verify <jid> [--fingerprint=<fingerprint>]\n"
	"   or: git xmpp verify --self\n"
	"\n"
	"    --fingerprint=<fingerprint>  compare with this one, ask nothing: all of it, or\n"
	"                                 the 13 words or 40 digits that they read out\n"
	"    --self                       print the fingerprint of this device\n"
	"\n"
	"    git xmpp verify bob@example.org\n";

enum {
	MEET_MS = 10 * 1000,		/* ms; for a device that is online to show its key */
	MEET_AGAIN_MS = 250,
};

/*
 * Explains why there is no fingerprint of our own. Each account has its own; there is none
 * without an account, or if its key cannot be read.
 */
static int no_fingerprint(const struct query *answer, struct message *trouble)
{
	struct fields account;

	message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (query_find(answer, "account", &account) && strcmp(row_get(account, "state"), "none"))
		message_set(trouble, MSG_INTERNAL, "reason", row_get(account, "error"), NULL);
	return report_trouble(trouble, false);
}

/*
 * Prints our own fingerprint: with our address, for a comparison (labelled), or alone. Where a
 * program reads it, it is in hex and nothing else. It is that of the account that knows them;
 * them may be NULL.
 */
static int show_self(bool labelled, const char *them)
{
	struct message trouble = { .id = MSG_NONE };
	char text[FINGERPRINT_TEXT_MAX];
	const char *hex;
	struct fields broker, account;
	struct query answer;
	int status = STATUS_OK;

	if (query_to(&answer, "status", them ? "jid" : "self", them ? them : "1",
		     autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!query_find(&answer, "broker", &broker) ||
		   !*fingerprint_text(row_get(broker, "fingerprint"), text)) {
		status = no_fingerprint(&answer, &trouble);
	} else {
		hex = row_get(broker, "fingerprint");
		if (labelled) {
			printf("you   ");
			if (query_find(&answer, "account", &account))
				print_text(row_get(account, "jid"));
			putchar('\n');
		}
		if (labelled || isatty(STDOUT_FILENO))
			compare_print_fingerprint(hex, labelled ? "      " : "");
		else
			puts(text);
	}
	query_finish(&answer);
	return status;
}

/* Says something about the device that was shown. */
static void __attribute__((format(printf, 1, 2))) say_below(const char *fmt, ...)
{
	struct table t = { .indent = 6 };
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	table_row(&t);
	table_cell(&t, PAINT_PLAIN, "%s", text);
	table_print(&t);
}

static void show_device(struct fields row, bool own)
{
	struct table t = { .count = 0 };
	char first[32];

	table_row(&t);
	table_cell(&t, PAINT_PLAIN, "%s", own ? "other" : "them");
	table_cell(&t, PAINT_PLAIN, "device %s, %s, first seen %s, %s", row_get(row, "device"),
		   fields_get_u64(row, "online", 0) ? "online" : "offline",
		   date_text(fields_get_u64(row, "first-seen", 0), first), device_trust_text(row));
	table_print(&t);
	if (*row_get(row, "also"))
		say_below("the same key as one of %s", row_get(row, "also"));
}

/* Prints what a device may do that was not verified and is left as it was. */
static void tell_left(struct fields row)
{
	bool trusted = device_has_trust(row, "seen") || device_has_trust(row, "vouched");

	table_say("not verified; this device %s",
		  trusted ? "keeps the access it has" : "can do nothing");
}

/* Sends what the user decided. words: that they saw, in hex; NULL: they read fingerprints. */
static int tell(const char *verb, const char *jid, struct fields row, const char *words)
{
	struct message trouble = { .id = MSG_NONE };
	int status = person_judge(verb, jid, row_get(row, "fingerprint"), words, &trouble);

	return trouble.id == MSG_NONE ? status : report_trouble(&trouble, false);
}

/* Asks about one device. Returns the exit status. */
static int judge(const char *jid, struct fields row, const char *question, const char *words)
{
	enum reply reply = compare_ask(question);

	if (reply == REPLY_YES)
		return tell("verify", jid, row, words);
	if (reply == REPLY_NO) {
		reply = compare_ask("Shut this device out? [Y/n]");
		if (reply == REPLY_YES || reply == REPLY_ENTER) {
			int status = tell("distrust", jid, row, words);

			return status == STATUS_OK ? STATUS_NO : status;
		}
	}
	tell_left(row);
	return STATUS_NO;
}

/*
 * Compares one device: by the words that both see, if it is online, or else by both
 * fingerprints. *self: ours was shown.
 */
static int compare_device(const char *jid, struct fields row, bool *self)
{
	struct shown_words shown = { .hex = "" };
	int status = STATUS_OK;

	if (fields_get_u64(row, "online", 0) &&
	    compare_words(jid, row_get(row, "fingerprint"), &shown)) {
		say_below("\"git xmpp verify\" shows the same on both devices:");
		compare_print(&shown);
		if (shown.different)
			say_below("The other side says that it shows something else there.");
		return judge(jid, row, "Do both show the same? [y/n, Enter: later]", shown.hex);
	}
	if (*shown.why)
		say_below("there are no words for both: %s", shown.why);
	compare_print_fingerprint(row_get(row, "fingerprint"), "      ");
	if (!*self)
		status = show_self(true, jid);
	*self = true;
	return status == STATUS_OK
		       ? judge(jid, row, "Do they read the same? [y/n, Enter: later]", NULL)
		       : status;
}

/* Such a device was thrown out, by the user or by another device of its person. */
static bool device_is_out(struct fields row)
{
	return device_has_trust(row, "distrusted") || device_has_trust(row, "revoked");
}

static bool is_compared(struct fields row)
{
	return device_has_trust(row, "verified") || device_is_out(row);
}

/* Without a terminal: prints the command for each device that is to be compared. */
static int cannot_ask(const struct query *answer, const size_t *devices, size_t count)
{
	report("error", "cannot ask whether they match: standard input is no terminal");
	report("hint", "Give the fingerprint that they read out. If it is one of these:");
	for (size_t i = 0; i < count; i++)
		if (!is_compared(query_row(answer, devices[i])))
			device_hint(query_row(answer, devices[i]));
	return STATUS_FATAL;
}

/*
 * Shows each device, and asks about those that were not compared yet. A device that was
 * shut out is not asked about, so that a hasty answer cannot bring it back: the user has to
 * type the command.
 */
static int compare_devices(const char *jid, const struct query *answer, bool own)
{
	size_t count, *devices = devices_sorted(answer, &count), left = 0;
	bool asks = isatty(STDIN_FILENO), self = !asks;
	int status = asks ? STATUS_OK : show_self(true, jid);

	for (size_t i = 0; i < count && status != STATUS_FATAL; i++) {
		struct fields row = query_row(answer, devices[i]);

		show_device(row, own);
		if (!asks || is_compared(row))
			compare_print_fingerprint(row_get(row, "fingerprint"), "      ");
		if (device_is_out(row))
			device_hint(row);
		if (is_compared(row))
			continue;
		left++;
		if (asks) {
			int result = compare_device(jid, row, &self);

			status = result == STATUS_OK ? status : result;
		}
	}
	if (left && !asks && status != STATUS_FATAL)
		status = cannot_ask(answer, devices, count);
	free(devices);
	return status;
}

/*
 * Asks for the devices of a person, once the roster is read. The broker makes devices that are
 * online show their keys, so this asks again until all have. False, with the reason in *trouble, if
 * the broker gives no answer.
 */
static bool meet(struct query *answer, const char *jid, struct message *trouble)
{
	for (int waited = 0;; waited += MEET_AGAIN_MS) {
		struct buf command = { 0 };
		struct fields row;
		int result;

		fields_add(&command, "verb", "buddies");
		fields_add(&command, "jid", jid);
		fields_add(&command, "meet", "1");
		fields_add(&command, "wait", "1");
		result = query_get(answer, &command, autostart_allowed(), trouble);
		buf_finish(&command);
		if (result < 0 || waited >= MEET_MS)
			return result == 0;
		if (!query_find(answer, "buddy", &row) || !fields_get_u64(row, "unshown", 0))
			return true;
		query_finish(answer);
		poll(NULL, 0, MEET_AGAIN_MS);
	}
}

static int compare(const char *jid)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	struct fields row;
	bool own;
	int status;

	if (!meet(&answer, jid, &trouble)) {
		status = report_trouble(&trouble, false);
	} else if (!query_find(&answer, "device", &row)) {
		message_set(&trouble, MSG_NO_DEVICE_KNOWN, "jid", jid, NULL);
		status = report_trouble(&trouble, false);
	} else {
		own = query_find(&answer, "buddy", &row) && fields_get_u64(row, "self", 0);
		if (own)
			table_say("Run \"git xmpp verify\" of your own address on your other "
				  "device, too, and compare.");
		else
			table_say("Compare with %s by voice, video or in person. "
				  "Do not use this chat account.", jid);
		status = compare_devices(jid, &answer, own);
	}
	query_finish(&answer);
	return status;
}

/*
 * Verifies one fingerprint, or what was read of it. Waits like meet() for a device that has not
 * shown its key.
 */
static int verify_fingerprint(const char *jid, const char *reading)
{
	for (int waited = 0;; waited += MEET_AGAIN_MS) {
		struct message trouble = { .id = MSG_NONE };
		int status = person_try("verify", jid, reading, &trouble);

		if (status == STATUS_OK || trouble.id != MSG_NOT_SHOWN || waited >= MEET_MS)
			return status == STATUS_OK ? status : report_trouble(&trouble, false);
		poll(NULL, 0, MEET_AGAIN_MS);
	}
}

int cmd_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fingerprint", required_argument, NULL, 'f' },
		{ "self", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	char jid[JID_MAX], reading[FINGERPRINT_WORDS_MAX];
	const char *fingerprint = NULL;
	struct message trouble;
	bool self = false;
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c == 'f')
			fingerprint = optarg;
		else if (c == 's')
			self = true;
		else
			return STATUS_USAGE;
	}
	if (self)
		return optind < argc || fingerprint
			       ? cmd_misused(usage, "--self takes no arguments")
			       : show_self(false, NULL);
	if (argc - optind != 1)
		return cmd_misused(usage, "expected one address");
	if (!buddy_name_jid(argv[optind], jid, &trouble) ||
	    (fingerprint && !person_reading(fingerprint, reading, &trouble)))
		return report_trouble(&trouble, false);
	return fingerprint ? verify_fingerprint(jid, reading) : compare(jid);
}
