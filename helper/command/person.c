/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp add, accept, decline, remove, distrust, block, unblock: the user's decisions
 * about a person. The broker carries them out and reports what it did. Devices that have to
 * be compared first are shown with the command for that.
 */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "buddy-name.h"
#include "commands.h"
#include "device-text.h"
#include "hex.h"
#include "output.h"

static const char add_usage[] =
	"usage: git xmpp add <jid>\n"
	"\n"
	"Asks them to become a buddy. The first device of theirs that comes is trusted.\n"
	"\n"
	"    git xmpp add bob@example.org\n";

static const char accept_usage[] =
	"usage: git xmpp accept <jid>\n"
	"\n"
	"Agrees to somebody who asked. The first device of theirs that comes is trusted.\n"
	"\n"
	"    git xmpp accept alice@example.org\n";

static const char decline_usage[] =
	"usage: git xmpp decline <jid>\n"
	"\n"
	"Says no to somebody who asked.\n"
	"\n"
	"    git xmpp decline mallory@example.net\n";

static const char remove_usage[] =
	"usage: git xmpp remove <jid>\n"
	"\n"
	"Ends being buddies, and what they are transferring, at once. What was trusted of\n"
	"theirs counts again only when it was added, and verified, again.\n"
	"\n"
	"    git xmpp remove bob@example.org\n";

static const char distrust_usage[] =
	"usage: git xmpp distrust <jid> [--fingerprint=<fingerprint>]\n"
	"\n"
	"    --fingerprint=<fingerprint>  this device of theirs; default: all that are known\n"
	"\n"
	"Shuts devices out at once, until the very same keys are verified. For one that was\n"
	"lost or stolen, also of one's own account.\n"
	"\n"
	"    git xmpp distrust bob@example.org\n";

static const char block_usage[] =
	"usage: git xmpp block <jid>\n"
	"\n"
	"Removes them, and hears nothing of them any more; at the server, if it can.\n"
	"\n"
	"    git xmpp block mallory@example.net\n";

static const char unblock_usage[] =
	"usage: git xmpp unblock <jid>\n"
	"\n"
	"Ends that. They are no buddy by it.\n"
	"\n"
	"    git xmpp unblock mallory@example.net\n";

static void show_devices(const struct query *answer)
{
	size_t count, *devices = devices_sorted(answer, &count);

	for (size_t i = 0; i < count; i++)
		device_show(query_row(answer, devices[i]));
	for (size_t i = 0; i < count; i++)
		if (device_waits(query_row(answer, devices[i])))
			device_hint(query_row(answer, devices[i]));
	free(devices);
}

int person_judge(const char *verb, const char *jid, const char *fingerprint, const char *words,
		 struct message *trouble)
{
	struct buf command = { 0 };
	struct query answer;
	int status;

	fields_add(&command, "verb", verb);
	fields_add(&command, "jid", jid);
	fields_add(&command, "fingerprint", fingerprint);
	fields_add(&command, "words", words);
	if (query_get(&answer, &command, autostart_allowed(), trouble) < 0) {
		status = STATUS_FATAL;
	} else {
		status = answer.status;
		if (*answer.message)
			table_say("%s", answer.message);
		show_devices(&answer);
	}
	buf_finish(&command);
	query_finish(&answer);
	return status;
}

int person_try(const char *verb, const char *jid, const char *fingerprint, struct message *trouble)
{
	return person_judge(verb, jid, fingerprint, NULL, trouble);
}

int person_tell(const char *verb, const char *jid, const char *fingerprint)
{
	struct message trouble = { .id = MSG_NONE };
	int status = person_try(verb, jid, fingerprint, &trouble);

	return trouble.id == MSG_NONE ? status : report_trouble(&trouble, false);
}

bool person_fingerprint(const char *text, char hex[2 * FINGERPRINT_BYTES + 1],
			struct message *trouble)
{
	unsigned char bytes[FINGERPRINT_BYTES];

	if (fingerprint_parse(text, bytes)) {
		hex_encode(bytes, sizeof(bytes), hex);
		return true;
	}
	message_set(trouble, MSG_BAD_FINGERPRINT, "fingerprint", text, NULL);
	return false;
}

bool person_reading(const char *text, char reading[FINGERPRINT_WORDS_MAX], struct message *trouble)
{
	struct fingerprint_part part;

	if (!fingerprint_part_parse(text, &part)) {
		message_set(trouble, MSG_BAD_FINGERPRINT, "fingerprint", text, NULL);
		return false;
	}
	if (part.bits == 8 * FINGERPRINT_BYTES)
		hex_encode(part.fp, sizeof(part.fp), reading);
	else if (part.bits == FINGERPRINT_WORDS * WORD_BITS)
		words_write(part.fp, FINGERPRINT_WORDS, reading);
	else
		words_fingerprint_digits(part.fp, reading);
	return true;
}

static int decide(int argc, char **argv, const struct option *options, const char *usage)
{
	char jid[JID_MAX], hex[2 * FINGERPRINT_BYTES + 1];
	const char *fingerprint = NULL;
	struct message trouble;
	int c;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c != 'f')
			return STATUS_USAGE;
		fingerprint = optarg;
	}
	if (argc - optind != 1)
		return cmd_misused(usage, "expected one address");
	if (!buddy_name_jid(argv[optind], jid, &trouble) ||
	    (fingerprint && !person_fingerprint(fingerprint, hex, &trouble)))
		return report_trouble(&trouble, false);
	return person_tell(argv[0], jid, fingerprint ? hex : NULL);
}

static const struct option no_options[] = { { NULL, 0, NULL, 0 } };

int cmd_add(int argc, char **argv)
{
	return decide(argc, argv, no_options, add_usage);
}

int cmd_accept(int argc, char **argv)
{
	return decide(argc, argv, no_options, accept_usage);
}

int cmd_decline(int argc, char **argv)
{
	return decide(argc, argv, no_options, decline_usage);
}

int cmd_remove(int argc, char **argv)
{
	return decide(argc, argv, no_options, remove_usage);
}

int cmd_distrust(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fingerprint", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};

	return decide(argc, argv, options, distrust_usage);
}

int cmd_block(int argc, char **argv)
{
	return decide(argc, argv, no_options, block_usage);
}

int cmd_unblock(int argc, char **argv)
{
	return decide(argc, argv, no_options, unblock_usage);
}
