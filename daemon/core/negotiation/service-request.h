/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SERVICE_REQUEST_H
#define CORE_SERVICE_REQUEST_H

/*
 * A service request asks for one service of one share from a buddy, who may have several
 * devices. A fetch asks them one after another, best first, and goes on when one refuses
 * or is lost. A push is offered to all: the first device that wants it gets it, and the
 * offers to the others are withdrawn. A request ends with an open channel, or with the
 * most telling of the reasons given. Devices can be added while it is under way.
 */

#include "device-id.h"
#include "negotiation.h"

struct service_request;

struct service_request_events {
	/*
	 * A channel is open with a device; tag is what service_request_add() got with it.
	 * The request is gone.
	 */
	void (*open)(void *owner, struct negotiation *neg, struct channel *channel, void *tag);
	/* No device serves it. The request is gone after this. reason lasts for the call. */
	void (*failed)(void *owner, const char *reason);
	/*
	 * A device is alive and makes us wait ("deferred" or "starting"), or "more": all that were
	 * asked have refused, and the owner may still add devices.
	 */
	void (*waiting)(void *owner, const char *state);
};

struct service_request *service_request_create(enum service service, const char *share,
					       const char *git_protocol,
					       const struct service_request_events *events,
					       const struct channel_events *channel_events,
					       void *owner);

/*
 * Adds a device to try; the best one comes first. False when it was added before and its link
 * has not ended since, or when there are DEVICES_PER_BUDDY already. name: the id of the device.
 * id is for the negotiation with it: random, and another one for each.
 */
bool service_request_add(struct service_request *e, struct negotiations *device, const char *name,
			 const uint8_t id[NEG_ID_BYTES], void *tag);

/*
 * Begins, or goes on with the devices that were added since. more: the owner may add further
 * devices and calls this again, until it is with false; the request does not fail before that.
 * failed may be called before it returns.
 */
void service_request_start(struct service_request *e, bool more, uint64_t now);

/* Withdraws the request from all devices and frees it; nothing is reported. */
void service_request_destroy(struct service_request *e);

#endif
