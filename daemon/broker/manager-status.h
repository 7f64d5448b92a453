/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_MANAGER_STATUS_H
#define DAEMON_MANAGER_STATUS_H

/* The line that a service manager shows of the broker. */

#include "service-manager.h"

struct manager_status {
	const char *jid; /* of the account; NULL: there is none */
	bool online;
	const char *trouble; /* why it is not online; "": that is not known yet */
	unsigned shares;
};

/* Sends "STATUS=online as alice@example.org, 2 shares". */
void manager_status_tell(const struct service_manager *m, const struct manager_status *status);

#endif
