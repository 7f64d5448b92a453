/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANNOUNCEMENTS_H
#define CORE_ANNOUNCEMENTS_H

/*
 * Announcements: which device has been told where the refs of our shares are. For each share
 * only the newest tips are kept, and for each device that is online, which version of the tips
 * it has seen.
 *
 * A process of a device is told once of each version that it may fetch: when the refs move, or
 * when the device appears. Only the HELLO of a link says whether a device that appears is the
 * process that has seen something, or another one. So if a process of the device has seen
 * anything, the device is met first, and again after any sign that it may have restarted.
 *
 * A device that cannot be told now is told when presence shows it, or is tried again with
 * back-off while it stays online. A device is told of one share at a time. At most
 * ANNOUNCE_AT_ONCE devices are met or told at once, and devices of one JID take half of the
 * free places at most. Pure.
 *
 * jid is bare and normalised, device is as in presence.h, instance as in link.h. There are at
 * most SHARES_MAX shares; more are ignored.
 *
 * tips are fields as a can-push carries them: tip=<object> <ref>, repeated, and cut=1 if there
 * are more refs than ANNOUNCE_TIPS_MAX. The fields are not parsed here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"
#include "device-id.h"

struct announcements;

struct announcements_events {
	/* Whether the device is trusted and may fetch the share. Asked before each telling. */
	bool (*permitted)(void *owner, const char *jid, const char *device, const char *share);
	/*
	 * Find out which process of the device is there. announcements_met() or
	 * announcements_lost() follows, not within the call.
	 */
	void (*meet)(void *owner, const char *jid, const char *device);
	/*
	 * Tell the device with a can-push. announcements_told() or announcements_failed()
	 * follows exactly once, not within the call. tips are valid during the call.
	 */
	void (*tell)(void *owner, const char *jid, const char *device, const char *share,
		     uint64_t version, const void *tips, size_t len);
	/*
	 * The refs of the share have moved and come to rest: read them and call
	 * announcements_tips().
	 */
	void (*read)(void *owner, const char *share);
};

struct announcements *announcements_create(const struct announcements_events *events, void *owner);
void announcements_destroy(struct announcements *a);

/*
 * A ref of the share has moved. read() is called ANNOUNCE_DEBOUNCE after the last move, and at
 * the latest ANNOUNCE_DEBOUNCE_MAX after the first.
 */
void announcements_moved(struct announcements *a, const char *share, uint64_t now);

/* The tips of the share now. If they are the same as before, nothing happens. */
void announcements_tips(struct announcements *a, const char *share, const void *tips, size_t len,
			uint64_t now);

/*
 * The tips could not be read. read() is called again after a pause that doubles with each
 * failure.
 */
void announcements_unread(struct announcements *a, const char *share, uint64_t now);

/*
 * The share is gone, or stands for another directory now: it is forgotten, and tellings of it
 * that are under way are not waited for any more.
 */
void announcements_share_gone(struct announcements *a, const char *share);

/*
 * Permissions may have changed: devices are told all that is permitted now and that they have
 * not seen.
 */
void announcements_review(struct announcements *a, uint64_t now);

/* The device has appeared, or may have; or it is offline. */
void announcements_device_online(struct announcements *a, const char *jid, const char *device,
				 uint64_t now);
void announcements_device_offline(struct announcements *a, const char *jid, const char *device);

/*
 * A link with this process of the device is up. Call it for every link as soon as that is up,
 * whoever wanted the link.
 */
void announcements_met(struct announcements *a, const char *jid, const char *device,
		       const uint8_t instance[INSTANCE_BYTES], uint64_t now);
/* The device's link has ended, or none came up: the next one may be with another process. */
void announcements_lost(struct announcements *a, const char *jid, const char *device, uint64_t now);

/* How a telling ended. instance: the process that was told. */
void announcements_told(struct announcements *a, const char *jid, const char *device,
			const char *share, uint64_t version, const uint8_t instance[INSTANCE_BYTES],
			uint64_t now);
void announcements_failed(struct announcements *a, const char *jid, const char *device,
			  const char *share, uint64_t version, uint64_t now);

uint64_t announcements_deadline(const struct announcements *a);
void announcements_tick(struct announcements *a, uint64_t now);

/* How many pairs of an online device and a share still have to be told, for status. */
unsigned announcements_waiting(const struct announcements *a);

#endif
