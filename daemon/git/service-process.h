/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVICE_PROCESS_H
#define DAEMON_SERVICE_PROCESS_H

/* The git processes of git services (git-service.h): their arguments, environment and limits. */

#include <stdint.h>
#include <uv.h>

#include "git-service.h"
#include "sink.h"

struct service_host {
	uv_loop_t *loop;			/* borrowed */
	struct sink *sink;			/* reads their output if the broker dies;
						   borrowed, may be NULL */
	uint64_t receive_memory, upload_memory;	/* bytes a process; 0: no limit */
	char *hooks;				/* the directory of links to git-xmpp-hook, and of
						   verdicts; owned; NULL: it cannot be made */
};

extern const struct service_ops service_process_ops;

#endif
