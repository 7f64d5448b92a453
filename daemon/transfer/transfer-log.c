/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody whom we serve could fill the journal with fetches or refused requests; so each
 * has a budget (log.h).
 */
#include "transfer-log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "journal.h"
#include "log.h"
#include "size-text.h"

/* The verb for what we did, or, if served, for what they did. */
static const char *verb(enum service service, bool served)
{
	static const char *const verbs[SERVICE_COUNT][2] = {
		[SERVICE_UPLOAD_PACK] = { "fetch", "fetched" },
		[SERVICE_RECEIVE_PACK] = { "push", "pushed" },
		[SERVICE_UPLOAD_ARCHIVE] = { "archive", "archived" },
	};

	return verbs[service][served];
}

/* Writes the event, with this text and what was left out before it. */
static void add(struct journal_event *event, bool served, struct buf *text)
{
	char more[JOURNAL_LEFT_OUT_MAX];
	unsigned left_out;

	if (!log_admits(served ? LOG_EVENTS : LOG_TRANSFERS, event->jid, &left_out))
		return;
	buf_puts(text, journal_left_out(left_out, more));
	event->text = buf_str(text);
	journal_add(event);
}

/*
 * Exit status as a shell has it: 128 + n means signal n. But git itself exits with 128 on a
 * fatal error and 129 on wrong usage.
 */
static void put_status(struct buf *text, unsigned status)
{
	if (status > 129)
		buf_printf(text, ": git was ended by signal %u", status - 128);
	else
		buf_printf(text, ": status %u", status);
}

void transfer_log_add(const char *account, const struct transfer *t)
{
	enum witness_result result = witness_result(t->witness, t->reason);
	bool with_reason = t->reason && (result == RESULT_FAILED || result == RESULT_UNKNOWN);
	struct buf text = { 0 }, refs = { 0 }, why = { 0 };
	char size[SIZE_TEXT_MAX];
	struct journal_event event = {
		.kind = "transfer",
		.jid = t->jid,
		.share = t->share,
		.what = verb(t->service, t->served),
		.result = witness_result_name(result),
		.bytes = t->sent + t->received,
		.way = t->path,
		.account = account,
	};

	if (result == RESULT_NOTHING)
		return;
	buf_puts(&text, size_text(event.bytes, size));
	if (t->path)
		buf_printf(&text, ", %s", t->path);
	if (t->note)
		buf_printf(&text, ", %s", t->note);
	if (with_reason)
		buf_printf(&why, ": %s", t->reason);
	else if ((result == RESULT_FAILED || t->witness->commands) && t->witness->exited &&
		 t->witness->status)
		put_status(&why, t->witness->status);
	buf_puts(&text, buf_str(&why));
	if (t->witness->commands) {
		witness_describe(t->witness, &refs);
		buf_printf(&text, "; %s", buf_str(&refs));
	}
	event.refs = buf_str(&refs);
	event.why = buf_len(&why) ? buf_str(&why) + strlen(": ") : t->note;
	add(&event, t->served, &text);
	buf_finish(&text);
	buf_finish(&refs);
	buf_finish(&why);
}

void transfer_log_request(const char *account, const char *jid, const char *share,
			  enum service service, bool served, const char *result, const char *reason)
{
	struct journal_event event = {
		.kind = "transfer",
		.jid = jid,
		.share = share,
		.what = verb(service, served),
		.result = result,
		.why = reason,
		.account = account,
	};
	struct buf text = { 0 };

	buf_puts(&text, reason);
	add(&event, served, &text);
	buf_finish(&text);
}
