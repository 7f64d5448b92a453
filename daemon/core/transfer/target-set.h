/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TARGET_SET_H
#define CORE_TARGET_SET_H

/*
 * The devices of a buddy that a session can ask: those that run a broker we trust. First those
 * with a link that is up, then the others that are online. Pure.
 */

#include "address.h"
#include "message.h"
#include "peers.h"
#include "service-request.h"

struct target_set {
	unsigned asked;		/* number of devices that were added to the request */
	bool path_wanted;	/* a device is there, but not on a path of these kinds yet */
};

struct target_set_wanted {
	const struct address *to;
	const char *prefer;	/* the device that goes first among equally good ones; "": any */
	unsigned kinds;		/* mask of kinds of path that may be used */
	const void *by;		/* owner of the demand for a path (peer_demand()) */
};

/*
 * Adds the devices to the request, those that it does not have yet. If not all kinds of path are
 * allowed, and a device has no link or one on a path of another kind, a path is demanded and the
 * device is not added.
 */
struct target_set target_set_add(struct context *context, struct peers *peers,
				 const struct target_set_wanted *wanted,
				 struct service_request *request);

/* Why no device can be asked. Call it only if that is so. */
enum message_id target_set_none(const struct context *context, const struct address *to);

/*
 * The protocol of a device that is online and speaks none of ours (MSG_PEER_VERSION); 0: there
 * is none such.
 */
uint64_t target_set_protocol(const struct context *context, const struct address *to);

#endif
