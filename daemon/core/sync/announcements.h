/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANNOUNCEMENTS_H
#define CORE_ANNOUNCEMENTS_H

/*
 * Announcements: which device has been told what the refs of our shares are.
 * For each share the newest tips are kept, nothing older; for each device that is
 * online, which version of them it has seen. A process of a device is told once of each
 * version it may fetch: when the refs move, or when it appears. Whether who appears is the
 * process that has seen something, or another one, its HELLO says: so it is met first, if there
 * is anything that it may have seen, and any sign that it may have restarted has it met again.
 * What cannot be told now is told when presence shows the device, or tried again with back-off
 * while it stays. A device is told of one share at a time, and ANNOUNCE_AT_ONCE devices are met
 * or told at once, of one JID half of what is free. Pure.
 *
 * jid is bare and normalised, device is as in presence.h, instance as in link.h. There are
 * SHARES_MAX shares at most; more are ignored.
 *
 * tips are fields as can-push carries them: tip=<object> <ref>, repeated, and
 * cut=1 when there are more refs than ANNOUNCE_TIPS_MAX; the ledger does not look inside.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "bounds.h"
#include "device-id.h"

struct announcements;

struct announcements_events {
	/* Whether the device may fetch the share (and is trusted). Asked before each telling. */
	bool (*permitted)(void *owner, const char *jid, const char *device, const char *share);
	/*
	 * Find out which process of the device is there: announcements_met() or
	 * announcements_lost() follows, not within the call.
	 */
	void (*meet)(void *owner, const char *jid, const char *device);
	/*
	 * Tell the device with a can-push: announcements_told() or announcements_failed() follows
	 * exactly once, not within the call. tips are valid during the call.
	 */
	void (*tell)(void *owner, const char *jid, const char *device, const char *share,
		     uint64_t version, const void *tips, size_t len);
	/*
	 * The refs of the share have moved and come to rest: read them and say
	 * announcements_tips().
	 */
	void (*read)(void *owner, const char *share);
};

struct announcements *announcements_create(const struct announcements_events *events, void *owner);
void announcements_destroy(struct announcements *a);

/*
 * Something moved in the share's refs; read is asked ANNOUNCE_DEBOUNCE after
 * the last move, ANNOUNCE_DEBOUNCE_MAX after the first at the latest.
 */
void announcements_moved(struct announcements *a, const char *share, uint64_t now);

/* The tips as they are now. The same as before: nothing happens. */
void announcements_tips(struct announcements *a, const char *share, const void *tips, size_t len,
			uint64_t now);

/*
 * They could not be read: that is asked for again, after a pause that doubles
 * from one failure to the next.
 */
void announcements_unread(struct announcements *a, const char *share, uint64_t now);

/*
 * The share is gone, or what it allows has changed: what is on its way is not
 * waited for any more.
 */
void announcements_share_gone(struct announcements *a, const char *share);

/* Permissions may have changed: everything that is permitted now and was not told is told. */
void announcements_review(struct announcements *a, uint64_t now);

/* It appeared, or may have. */
void announcements_device_online(struct announcements *a, const char *jid, const char *device,
				 uint64_t now);
void announcements_device_offline(struct announcements *a, const char *jid, const char *device);

/*
 * A link with this process of the device is up: to be said of every one,
 * whoever wanted it, as soon as it is.
 */
void announcements_met(struct announcements *a, const char *jid, const char *device,
		       const uint8_t instance[INSTANCE_BYTES], uint64_t now);
/* Its link has ended, or none came up: the next one may be with another process. */
void announcements_lost(struct announcements *a, const char *jid, const char *device, uint64_t now);

/* instance: the process that was told. */
void announcements_told(struct announcements *a, const char *jid, const char *device,
			const char *share, uint64_t version, const uint8_t instance[INSTANCE_BYTES],
			uint64_t now);
void announcements_failed(struct announcements *a, const char *jid, const char *device,
			  const char *share, uint64_t version, uint64_t now);

uint64_t announcements_deadline(const struct announcements *a);
void announcements_tick(struct announcements *a, uint64_t now);

/* How many (device, share) pairs still have to be told of the devices online, for status. */
unsigned announcements_waiting(const struct announcements *a);

#endif
