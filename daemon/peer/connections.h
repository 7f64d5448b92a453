/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONNECTIONS_H
#define DAEMON_CONNECTIONS_H

/*
 * How attempts at a path are made: what the connector asks for (connector.h), with sockets and
 * stanzas. In-band paths, dialled ones, and bytestreams through proxies.
 */

#include <uv.h>

#include "connector.h"

struct context;
struct ibb_paths;
struct local_candidates;

/* The arg of all of these: what is needed of the broker, borrowed. */
struct connections {
	uv_loop_t *loop;
	const struct context *context;
	struct ibb_paths *ibb_paths;	/* with the connection with the server, and our key */
	struct local_candidates *local_candidates;
};

extern const struct connector_ops connection_ops;

/* As peers::may_answer and peers::accept_inband; the offer is an IBB_OPEN stanza. */
bool connection_may_answer(void *arg, const char *bare);
struct path *connection_accept(void *arg, const void *offer, enum ibb_path_standing standing,
			       const struct path_events *events, void *owner);

#endif
