/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TARGET_SET_H
#define CORE_TARGET_SET_H

/*
 * Who a session can ask: the devices of a buddy that run a broker we trust,
 * best first: those that a link is up with, then the others that are online. Pure.
 */

#include "address.h"
#include "message.h"
#include "peers.h"
#include "service-request.h"

struct target_set {
	unsigned asked;		/* devices the request goes to */
	bool path_wanted;	/* there are some, but not yet on a path of the kinds wanted */
};

struct target_set_wanted {
	const struct address *to;
	const char *prefer;	/* goes first among those that are as good; "": any */
	unsigned kinds;		/* of path that it may go over */
	const void *by;		/* in whose name a path is demanded, as for peer_demand() */
};

/*
 * Adds them to the request. Where a link is on a path of another kind, or is not there
 * yet and the kinds are not all, the path is demanded, and the device is not added.
 */
struct target_set target_set_add(struct context *context, struct peers *peers,
				 const struct target_set_wanted *wanted,
				 struct service_request *request);

/* Why nobody can be asked, when nobody can. */
enum message_id target_set_none(const struct context *context, const struct address *to);

/* The protocol of a device that is online and speaks none of ours (MSG_PEER_VERSION); 0. */
uint64_t target_set_protocol(const struct context *context, const struct address *to);

#endif
