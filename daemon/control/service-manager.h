/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVICE_MANAGER_H
#define DAEMON_SERVICE_MANAGER_H

/*
 * What a service manager like systemd hands to the broker, and what it wants to hear:
 * sd_listen_fds(3) and sd_notify(3), as far as the broker needs them and without libsystemd.
 * The variables of the environment are removed, because they are not meant for the programs
 * that the broker starts.
 */

#include <stdbool.h>

#include "message.h"
#include "sockpath.h"

struct service_manager {
	int listener;		 /* owned; listens already, close-on-exec; -1: none was
				    handed over */
	char path[SOCKPATH_MAX]; /* of the listener */
	char *notify;		 /* owned; where notifications go; NULL: nowhere */
	bool is_parent;		 /* it has started this very process */
};

/*
 * Reads the environment. To be called once, before descriptors are opened or children started.
 * Returns 0, or -1 with *trouble if what was handed over is not one listening Unix socket.
 */
int service_manager_begin(struct service_manager *m, struct message *trouble);

/*
 * Sends assignments like "READY=1\nSTATUS=online". Does nothing if nobody listens; a failure
 * is not reported.
 */
void service_manager_notify(const struct service_manager *m, const char *assignments);

void service_manager_finish(struct service_manager *m);

#endif
