/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transferlog.h"

#include <stdio.h>

#include "journal.h"
#include "log.h"

/*
 * A ref advertisement and the questions about it are a few kilobytes; what is
 * more than that is a pack. A push that says nothing but "nothing" is four bytes.
 *
 * Whoever is served could fill the journal with what they fetch: they have a budget (log.h).
 */
enum {
	FETCH_WORTH = 64 * 1024,
	PUSH_WORTH = 5,
};

static bool is_worth_a_line(const struct transfer *t)
{
	uint64_t pushed = t->served ? t->received : t->sent, fetched = t->served ? t->sent : t->received;

	return t->failed || (t->service == SERVICE_RECEIVE_PACK ? pushed >= PUSH_WORTH : fetched >= FETCH_WORTH);
}

void transferlog_add(const struct transfer *t)
{
	static const char *const verbs[SERVICE_COUNT][2] = {
		[SERVICE_UPLOAD_PACK] = { "fetch", "fetched" },
		[SERVICE_RECEIVE_PACK] = { "push", "pushed" },
		[SERVICE_UPLOAD_ARCHIVE] = { "archive", "archived" },
	};
	struct journal_event event = {
		.kind = "transfer",
		.jid = t->jid,
		.share = t->share,
		/* What we did, or what they did. */
		.what = verbs[t->service][t->served],
		.result = t->failed ? "failed" : "ok",
	};
	unsigned left_out;
	char text[256], more[JOURNAL_LEFT_OUT_MAX];

	if (!is_worth_a_line(t) || !log_admits(t->served ? LOG_EVENTS : LOG_TRANSFERS, t->jid, &left_out))
		return;
	snprintf(text, sizeof(text), "%.1f MiB, %s%s%s%s%s%s", (t->sent + t->received) / 1048576.0, t->path,
		 t->note ? ", " : "", t->note ? t->note : "", t->failed ? ": " : "", t->failed ? t->failed : "",
		 journal_left_out(left_out, more));
	event.text = text;
	journal_add(&event);
}
