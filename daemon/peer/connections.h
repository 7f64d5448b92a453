/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONNECTIONS_H
#define DAEMON_CONNECTIONS_H

/*
 * Makes the paths that a connector asks for (connector.h): in-band, dialled, or a bytestream
 * through a proxy.
 */

#include <uv.h>

#include "connector.h"

struct context;
struct ibb_paths;
struct local_candidates;

/* The arg of all these functions: the parts of the broker that they need, borrowed. */
struct connections {
	uv_loop_t *loop;
	const struct context *context;
	struct ibb_paths *ibb_paths;	/* also holds the account and our key */
	struct local_candidates *local_candidates;
};

extern const struct connector_ops connection_ops;

/* For peers::may_answer and peers::accept_inband; offer is an IBB_OPEN stanza. */
bool connection_may_answer(void *arg, const char *bare);
struct path *connection_accept(void *arg, const void *offer, enum ibb_path_standing standing,
			       const struct path_events *events, void *owner);

#endif
