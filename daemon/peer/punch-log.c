/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "punch-log.h"

#include <inttypes.h>

#include "buf.h"
#include "journal.h"
#include "log.h"

/* The texts of the other side come from a record. Each device has a budget (log.h). */

static const char *or_nothing(const char *kind)
{
	return *kind ? kind : "nothing said";
}

void punch_log_add(const char *account, const struct punch_report *report)
{
	char more[JOURNAL_LEFT_OUT_MAX];
	struct buf text = { 0 };
	struct journal_event event = {
		.kind = "path",
		.jid = report->jid,
		.what = "punch",
		.result = report->path ? "ok" : "failed",
		.way = report->path,
		.account = account,
	};
	unsigned left_out;

	if (!log_admits(LOG_EVENTS, report->jid, &left_out))
		return;
	buf_printf(&text, "%s here, %s there: %s after %" PRIu64 " ms%s", or_nothing(report->here),
		   or_nothing(report->there), report->path ? "a direct path" : report->why,
		   report->ms, journal_left_out(left_out, more));
	event.text = buf_str(&text);
	journal_add(&event);
	buf_finish(&text);
}
