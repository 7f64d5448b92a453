/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of it goes to the journal. */
#include "serve-events.h"

#include "transferlog.h"

static void on_over(void *owner, const struct transfer *t)
{
	transferlog_add(t);
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	transferlog_refused(jid, share, service, true, reason);
}

const struct serves_events serve_events = {
	.over = on_over,
	.refused = on_refused,
};
