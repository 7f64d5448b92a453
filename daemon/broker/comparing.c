/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client asks for the state of a comparison until the string is there, as it does for
 * devices that have to show their key. What its user then says comes back with the string that
 * they saw. A string that was made anew meanwhile was not compared by anybody, so a "yes"
 * about the old one does not count. A "no" does: whoever is in between may make a new string
 * at the moment at which they are found.
 */
#include "comparing.h"

#include <string.h>

#include "command-internal.h"
#include "comparison.h"
#include "hex.h"
#include "log.h"
#include "notices.h"

static void on_begun(void *owner, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];
	struct broker *b = owner;

	device_id_of(fp, device);
	log_about(jid, LOG_INFO, "%s: device %s compares with us", jid, device);
	notices_add(b->context.notices, NOTICE_COMPARES, jid, device, NULL);
}

static void on_told(void *owner, const char *jid, const unsigned char *fp, bool same)
{
	char device[DEVICE_ID_LEN + 1];
	struct broker *b = owner;

	device_id_of(fp, device);
	notices_add(b->context.notices, same ? NOTICE_COMPARED : NOTICE_DIFFERS, jid, device, NULL);
}

static void on_over(void *owner, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];
	struct broker *b = owner;

	device_id_of(fp, device);
	notices_settle(b->context.notices, NOTICE_COMPARES, jid, device);
}

static const struct comparison_events events = {
	.begun = on_begun,
	.told = on_told,
	.over = on_over,
};

void comparing_begin(struct broker *b)
{
	b->comparisons = comparisons_create(&b->peers.meetings, &events, b);
}

void comparing_forget(struct broker *b)
{
	comparisons_clear(b->comparisons);
}

void comparing_end(struct broker *b)
{
	comparisons_destroy(b->comparisons);
	b->comparisons = NULL;
}

/* The comparison with the device that has this key. One with another key is none. */
static struct comparison_view look(const struct broker *b, const char *jid, const char *device,
				   const unsigned char *fp)
{
	struct comparison_view view = comparison_look(b->comparisons, jid, device);

	if (view.state == COMPARISON_DONE && memcmp(view.fp, fp, sizeof(view.fp)) != 0)
		view = (struct comparison_view){ .state = COMPARISON_FAILED,
						 .reason = "unknown-key" };
	return view;
}

void command_compare(struct broker *b, struct conn *conn, struct fields command)
{
	const char *text = fields_get(command, "fingerprint");
	char jid[JID_MAX], device[DEVICE_ID_LEN + 1], hex[2 * SHORT_BYTES + 1];
	unsigned char fp[FINGERPRINT_BYTES];
	struct comparison_view view;
	struct buf row = { 0 };

	if (!command_jid(conn, command, jid))
		return;
	if (!text || !fingerprint_parse(text, fp)) {
		command_refuse(conn, MSG_BAD_FINGERPRINT, "fingerprint", text ? text : "");
		return;
	}
	device_id_of(fp, device);
	if (fields_get(command, "begin"))
		comparison_want(b->comparisons, jid, device);
	view = look(b, jid, device, fp);
	fields_add(&row, "kind", "comparison");
	fields_add(&row, "state", comparison_state_name(view.state));
	if (view.state == COMPARISON_DONE) {
		hex_encode(view.bits, sizeof(view.bits), hex);
		fields_add(&row, "words", hex);
		/* Who looks at the words need not be told to. */
		notices_settle(b->context.notices, NOTICE_COMPARES, jid, device);
	}
	if (*view.reason)
		fields_add(&row, "reason", view.reason);
	if (view.theirs != RESULT_NONE)
		fields_add(&row, "theirs", view.theirs == RESULT_SAME ? "same" : "different");
	command_row(conn, &row);
	buf_finish(&row);
	command_done(conn, NULL);
}

bool comparing_is_shown(struct broker *b, struct fields command, const char *jid,
			const unsigned char *fp)
{
	const char *words = fields_get(command, "words");
	char device[DEVICE_ID_LEN + 1], hex[2 * SHORT_BYTES + 1];
	struct comparison_view view;

	if (!words)
		return false;
	device_id_of(fp, device);
	view = look(b, jid, device, fp);
	hex_encode(view.bits, sizeof(view.bits), hex);
	return view.state == COMPARISON_DONE && !strcmp(words, hex);
}

void comparing_said(struct broker *b, const char *jid, const unsigned char *fp, bool same)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(fp, device);
	notices_settle(b->context.notices, NOTICE_COMPARES, jid, device);
	comparison_say(b->comparisons, jid, device, same);
}
