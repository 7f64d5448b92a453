/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git xmpp buddies, add, accept: the contacts of the account, seen with git's eyes. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "alloc.h"
#include "jid.h"
#include "report.h"
#include "text.h"
#include "verbs.h"

static const char buddies_usage[] =
	"usage: git xmpp buddies [<jid>] [--online] [--json | --porcelain]\n"
	"\n"
	"    --online     only those who are online\n"
	"    --json       one JSON object\n"
	"    --porcelain  a line per buddy: jid, state, subscription, trust,\n"
	"                 number of devices, last seen; separated by tabs\n";

static const char add_usage[] = "usage: git xmpp add <jid>\n";
static const char accept_usage[] = "usage: git xmpp accept <jid>\n";

enum { COLUMN_MAX = 40 };

/* What there is to say about a buddy, in one word for programs. */
static const char *state_of(struct fields row)
{
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

/* The devices are the rows that follow, up to the next buddy. */
static size_t device_count(const struct answer *answer, size_t buddy)
{
	size_t i = buddy + 1;

	while (i < answer->count && row_is(answer_row(answer, i), "device"))
		i++;
	return i - buddy - 1;
}

static void print_padded(const char *text, size_t width)
{
	struct buf shown = { 0 };
	size_t n = 0;

	text_escape(&shown, text, strlen(text), false);
	/* Columns are characters: continuation bytes of UTF-8 take no room. */
	for (const char *c = buf_str(&shown); *c; c++)
		n += (*c & 0xc0) != 0x80;
	printf("%s%*s", buf_str(&shown), n < width ? (int)(width - n) : 0, "");
	buf_finish(&shown);
}

static size_t jid_width(const struct answer *answer)
{
	size_t width = 0;

	for (size_t i = 0; i < answer->count; i++) {
		size_t n = strlen(row_get(answer_row(answer, i), "jid"));

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
		{ "seen", "seen, not verified" },
		{ "pending", "a new device waits for \"git xmpp verify\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(row_get(row, "trust"), texts[i].trust))
			return texts[i].text;
	return "no device known";
}

static void show_last_seen(uint64_t last_seen)
{
	uint64_t now = time(NULL);
	char span[32];

	if (last_seen > 0 && last_seen <= now)
		printf("  last seen %s ago", span_text(now - last_seen, span));
}

static void show_buddy(const struct answer *answer, size_t i, size_t width)
{
	struct fields row = answer_row(answer, i);
	const char *state = state_of(row);
	size_t devices = device_count(answer, i);

	printf(!strcmp(state, "wants") ? "? " : "  ");
	print_padded(row_get(row, "jid"), width);
	printf("  ");
	if (!strcmp(state, "wants")) {
		printf("wants to be your buddy  (git xmpp accept ");
		print_text(row_get(row, "jid"));
		printf(")\n");
		return;
	}
	if (!strcmp(state, "asked")) {
		printf("has not answered yet\n");
		return;
	}
	printf("%-7s", state);
	if (devices > 0) {
		printf("  %s, ", trust_text(row));
		print_count(devices, "device");
	} else if (!strcmp(state, "online")) {
		printf("  no git-xmpp");
	}
	if (!strcmp(state, "offline"))
		show_last_seen(fields_get_u64(row, "last-seen", 0));
	putchar('\n');
}

static void show_device(struct fields row)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char fingerprint[FINGERPRINT_TEXT_MAX] = "";
	char first[32];

	if (fingerprint_parse(row_get(row, "fingerprint"), bytes))
		fingerprint_format(bytes, fingerprint);
	printf("    ");
	print_text(row_get(row, "device"));
	printf("  %s", fields_get_u64(row, "online", 0) ? "online" : "offline");
	printf("  ");
	print_text(row_get(row, "trust"));
	printf("  first seen %.10s\n", time_text(fields_get_u64(row, "first-seen", 0), first));
	printf("      %s\n", fingerprint);
}

static void show_porcelain(const struct answer *answer, size_t i)
{
	struct fields row = answer_row(answer, i);
	char seen[32];

	print_text(row_get(row, "jid"));
	printf("\t%s\t", state_of(row));
	print_text(row_get(row, "subscription"));
	putchar('\t');
	print_text(row_get(row, "trust"));
	printf("\t%zu\t%s\n", device_count(answer, i),
	       time_text(fields_get_u64(row, "last-seen", 0), seen));
}

static void json_device(struct buf *out, struct fields row)
{
	json_open(out, NULL, '{');
	json_string(out, "device", row_get(row, "device"));
	json_string(out, "fingerprint", row_get(row, "fingerprint"));
	json_string(out, "trust", row_get(row, "trust"));
	json_bool(out, "online", fields_get_u64(row, "online", 0) > 0);
	json_time(out, "first_seen", fields_get_u64(row, "first-seen", 0));
	json_close(out, '}');
}

static void json_buddy(struct buf *out, const struct answer *answer, size_t i)
{
	struct fields row = answer_row(answer, i);
	size_t devices = device_count(answer, i);

	json_open(out, NULL, '{');
	json_string(out, "jid", row_get(row, "jid"));
	json_string(out, "state", state_of(row));
	json_string(out, "subscription", row_get(row, "subscription"));
	json_string(out, "trust", row_get(row, "trust"));
	json_time(out, "last_seen", fields_get_u64(row, "last-seen", 0));
	json_open(out, "devices", '[');
	for (size_t d = 0; d < devices; d++)
		json_device(out, answer_row(answer, i + 1 + d));
	json_close(out, ']');
	json_close(out, '}');
}

enum form { FORM_TABLE, FORM_JSON, FORM_PORCELAIN };

static void show_buddies(const struct answer *answer, enum form form, bool online, bool devices)
{
	size_t width = jid_width(answer);
	struct buf out = { 0 };

	if (form == FORM_JSON) {
		json_open(&out, NULL, '{');
		json_number(&out, "version", 1);
		json_open(&out, "buddies", '[');
	}
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = answer_row(answer, i);

		if (!row_is(row, "buddy") || (online && !fields_get_u64(row, "online", 0)))
			continue;
		if (form == FORM_JSON)
			json_buddy(&out, answer, i);
		else if (form == FORM_PORCELAIN)
			show_porcelain(answer, i);
		else
			show_buddy(answer, i, width);
		for (size_t d = 0; form == FORM_TABLE && devices && d < device_count(answer, i); d++)
			show_device(answer_row(answer, i + 1 + d));
	}
	if (form == FORM_JSON) {
		json_close(&out, ']');
		json_close(&out, '}');
		json_print(&out);
	}
}

/* The address as it is kept, or trouble. */
static bool read_jid(const char *text, char jid[JID_MAX], struct message *trouble)
{
	if (jid_bare(text, jid))
		return true;
	message_set(trouble, MSG_BAD_JID, "jid", text, NULL);
	return false;
}

int verb_buddies(int argc, char **argv)
{
	static const struct option options[] = {
		{ "online", no_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "porcelain", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	struct message trouble = { .id = MSG_NONE };
	enum form form = FORM_TABLE;
	struct answer answer;
	char jid[JID_MAX];
	bool online = false, one;
	int c, status = STATUS_OK;
	struct fields row;

	while ((c = verb_option(argc, argv, options, buddies_usage)) != -1) {
		if (c == 'o')
			online = true;
		else if (c == 'j' || c == 'p')
			form = c == 'j' ? FORM_JSON : FORM_PORCELAIN;
		else
			return STATUS_USAGE;
	}
	if (argc - optind > 1)
		return verb_misused(buddies_usage, "too many arguments");
	one = optind < argc;
	if (one && !read_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, form == FORM_JSON);

	if (answer_to(&answer, "buddies", one ? "jid" : NULL, jid, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, form == FORM_JSON);
	} else if (one && !answer_find(&answer, "buddy", &row)) {
		message_set(&trouble, MSG_NOT_BUDDY, "jid", jid, NULL);
		status = report_trouble(&trouble, form == FORM_JSON);
	} else {
		show_buddies(&answer, form, online, one);
	}
	answer_finish(&answer);
	return status;
}

/* A verb with one buddy, about whom the broker does something. */
static int do_with_buddy(int argc, char **argv, const char *usage)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };
	struct message trouble = { .id = MSG_NONE };
	struct answer answer;
	char jid[JID_MAX];
	int status;

	if (verb_option(argc, argv, options, usage) != -1)
		return STATUS_USAGE;
	if (argc - optind != 1)
		return verb_misused(usage, "expected one address");
	if (!read_jid(argv[optind], jid, &trouble))
		return report_trouble(&trouble, false);

	if (answer_to(&answer, argv[0], "jid", jid, autostart_allowed(), &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else {
		if (*answer.message)
			puts(answer.message);
		status = answer.status;
	}
	answer_finish(&answer);
	return status;
}

int verb_add(int argc, char **argv)
{
	return do_with_buddy(argc, argv, add_usage);
}

int verb_accept(int argc, char **argv)
{
	return do_with_buddy(argc, argv, accept_usage);
}
