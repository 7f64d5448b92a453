/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVICE_PROCESS_H
#define DAEMON_SERVICE_PROCESS_H

/*
 * The git processes of what is served (git-service.h): their arguments, their environment,
 * and what they may take of this machine.
 */

#include <stdint.h>
#include <uv.h>

#include "git-service.h"
#include "sink.h"

struct service_host {
	uv_loop_t *loop;			/* borrowed */
	struct sink *sink;			/* reads what outlives us; borrowed, may be NULL */
	uint64_t receive_memory, upload_memory;	/* bytes for a process; 0: not bounded */
};

extern const struct service_ops service_process_ops;

#endif
