/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that services report goes to the journal. */
#include "git-service-events.h"

#include "transfer-log.h"

static void on_over(void *owner, const struct transfer *t)
{
	transfer_log_add(owner, t);
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	transfer_log_request(owner, jid, share, service, true, "refused", reason);
}

const struct git_services_events git_service_events = {
	.over = on_over,
	.refused = on_refused,
};
