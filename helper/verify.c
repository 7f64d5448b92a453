/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp verify: both people read the fingerprints of their devices to each
 * other, over anything but this chat account, and we note what they found.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "jid.h"
#include "report.h"
#include "text.h"
#include "verbs.h"

static const char usage[] =
	"usage: git xmpp verify <jid> [--fingerprint=<fingerprint>]\n"
	"   or: git xmpp verify --self\n"
	"\n"
	"    --fingerprint=<fingerprint>  compare with this one, ask nothing\n"
	"    --self                       print the fingerprint of this device\n";

/* For people; empty if the text is no fingerprint. */
static const char *format(const char *hex, char out[FINGERPRINT_TEXT_MAX])
{
	unsigned char bytes[FINGERPRINT_BYTES];

	out[0] = '\0';
	if (fingerprint_parse(hex, bytes))
		fingerprint_format(bytes, out);
	return out;
}

/* Each account has its own; there is none without one, or where its key cannot be read. */
static int no_fingerprint(const struct answer *answer, struct message *trouble)
{
	struct fields account;

	message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (answer_find(answer, "account", &account) && strcmp(row_get(account, "state"), "none"))
		message_set(trouble, MSG_INTERNAL, "reason", row_get(account, "error"), NULL);
	return report_trouble(trouble, false);
}

/* Prints it behind nothing, or behind the address when it is to be compared. */
static int show_self(bool labelled)
{
	struct message trouble = { .id = MSG_NONE };
	char text[FINGERPRINT_TEXT_MAX];
	struct fields broker, account;
	struct answer answer;
	int status = STATUS_OK;

	if (answer_to(&answer, "status", NULL, NULL, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!answer_find(&answer, "broker", &broker) || !*format(row_get(broker, "fingerprint"), text)) {
		status = no_fingerprint(&answer, &trouble);
	} else {
		if (labelled) {
			printf("you   ");
			if (answer_find(&answer, "account", &account))
				print_text(row_get(account, "jid"));
			printf("\n      ");
		}
		puts(text);
	}
	answer_finish(&answer);
	return status;
}

static int send_verified(const char *jid, const char *hex)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf command = { 0 };
	struct answer answer;
	int status;

	fields_add(&command, "verb", "verify");
	fields_add(&command, "jid", jid);
	fields_add(&command, "fingerprint", hex);
	if (answer_get(&answer, &command, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else {
		status = answer.status;
		if (*answer.message)
			puts(answer.message);
	}
	buf_finish(&command);
	answer_finish(&answer);
	return status;
}

static int compare_with(const char *jid, const char *text)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char hex[2 * FINGERPRINT_BYTES + 1];
	struct message trouble;

	if (!fingerprint_parse(text, bytes)) {
		message_set(&trouble, MSG_BAD_FINGERPRINT, "fingerprint", text, NULL);
		return report_trouble(&trouble, false);
	}
	hex_encode(bytes, sizeof(bytes), hex);
	return send_verified(jid, hex);
}

static void show_device(struct fields row)
{
	char text[FINGERPRINT_TEXT_MAX], first[32];

	printf("them  device ");
	print_text(row_get(row, "device"));
	printf(", %s, first seen %.10s\n      %s\n",
	       !strcmp(row_get(row, "trust"), "verified") ? "verified" : "not verified",
	       time_text(fields_get_u64(row, "first-seen", 0), first),
	       format(row_get(row, "fingerprint"), text));
}

/* Anything but a clear yes is no. */
static bool ask(const char *question)
{
	char answer[16] = "";

	printf("%s [y/N] ", question);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		putchar('\n');
	return !strcmp(answer, "y\n") || !strcmp(answer, "Y\n") || !strcmp(answer, "yes\n");
}

/* Shows each device, and asks about those that are not verified yet. */
static int compare_devices(const char *jid, const struct answer *answer)
{
	int status = STATUS_OK;

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = answer_row(answer, i);

		if (!row_is(row, "device"))
			continue;
		show_device(row);
		if (!strcmp(row_get(row, "trust"), "verified"))
			continue;
		if (!isatty(STDIN_FILENO)) {
			report("error", "cannot ask whether they match: standard input is no terminal");
			report("hint", "Give their fingerprint with --fingerprint=<fingerprint>");
			return STATUS_FATAL;
		}
		if (!ask("Do they read the same?"))
			status = STATUS_NO;
		else if (send_verified(jid, row_get(row, "fingerprint")) != STATUS_OK)
			return STATUS_FATAL;
	}
	return status;
}

static int compare(const char *jid)
{
	struct message trouble = { .id = MSG_NONE };
	struct answer answer;
	struct fields row;
	int status;

	if (answer_to(&answer, "buddies", "jid", jid, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!answer_find(&answer, "device", &row)) {
		message_set(&trouble, MSG_NO_DEVICE_KNOWN, "jid", jid, NULL);
		status = report_trouble(&trouble, false);
	} else {
		printf("Compare with %s by voice, video or in person. Do not use this chat account.\n", jid);
		status = show_self(true);
		if (status == STATUS_OK)
			status = compare_devices(jid, &answer);
	}
	answer_finish(&answer);
	return status;
}

int verb_verify(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fingerprint", required_argument, NULL, 'f' },
		{ "self", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char *fingerprint = NULL;
	struct message trouble;
	char jid[JID_MAX];
	bool self = false;
	int c;

	while ((c = verb_option(argc, argv, options, usage)) != -1) {
		if (c == 'f')
			fingerprint = optarg;
		else if (c == 's')
			self = true;
		else
			return STATUS_USAGE;
	}
	if (self)
		return optind < argc || fingerprint ? verb_misused(usage, "--self takes no arguments")
						    : show_self(false);
	if (argc - optind != 1)
		return verb_misused(usage, "expected one address");
	if (!jid_bare(argv[optind], jid)) {
		message_set(&trouble, MSG_BAD_JID, "jid", argv[optind], NULL);
		return report_trouble(&trouble, false);
	}
	return fingerprint ? compare_with(jid, fingerprint) : compare(jid);
}
