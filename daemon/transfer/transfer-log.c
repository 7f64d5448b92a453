/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Somebody whom we serve could fill the journal with fetches or refused requests; so each
 * has a budget (log.h).
 */
#include "transfer-log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "journal.h"
#include "log.h"

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

static void put_size(struct buf *text, uint64_t bytes)
{
	if (bytes < 1024)
		buf_printf(text, "%" PRIu64 " bytes", bytes);
	else if (bytes < 100 * 1024)
		buf_printf(text, "%.1f KiB", bytes / 1024.0);
	else
		buf_printf(text, "%.1f MiB", bytes / 1048576.0);
}

static void add(const char *jid, const char *share, enum service service, bool served,
		const char *result, struct buf *text)
{
	struct journal_event event = {
		.kind = "transfer",
		.jid = jid,
		.share = share,
		.what = verb(service, served),
		.result = result,
	};
	char more[JOURNAL_LEFT_OUT_MAX];
	unsigned left_out;

	if (!log_admits(served ? LOG_EVENTS : LOG_TRANSFERS, jid, &left_out))
		return;
	buf_puts(text, journal_left_out(left_out, more));
	event.text = buf_str(text);
	journal_add(&event);
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

void transfer_log_add(const struct transfer *t)
{
	enum witness_result result = witness_result(t->witness, t->reason);
	bool with_reason = t->reason && (result == RESULT_FAILED || result == RESULT_UNKNOWN);
	struct buf text = { 0 };

	if (result == RESULT_NOTHING)
		return;
	put_size(&text, t->sent + t->received);
	if (t->path)
		buf_printf(&text, ", %s", t->path);
	if (t->note)
		buf_printf(&text, ", %s", t->note);
	if (with_reason)
		buf_printf(&text, ": %s", t->reason);
	else if ((result == RESULT_FAILED || t->witness->commands) && t->witness->exited &&
		 t->witness->status)
		put_status(&text, t->witness->status);
	if (t->witness->commands) {
		buf_puts(&text, "; ");
		witness_describe(t->witness, &text);
	}
	add(t->jid, t->share, t->service, t->served, witness_result_name(result), &text);
	buf_finish(&text);
}

void transfer_log_refused(const char *jid, const char *share, enum service service, bool served,
			  const char *reason)
{
	struct buf text = { 0 };

	buf_puts(&text, reason);
	add(jid, share, service, served, "refused", &text);
	buf_finish(&text);
}
