/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANNOUNCER_H
#define CORE_ANNOUNCER_H

/*
 * The announcer has the refs of our shares watched and read, and tells buddies' devices where
 * the refs are. announcements.h decides whom, and when. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "context.h"

struct peers;

/* A watch, and a reading under way; defined by the provider of the ops. */
struct refwatch;
struct refs_read;

/*
 * The refs may have moved. The provider may call it at any time, and calls it once when a
 * watch begins.
 */
typedef void announcer_moved_fn(void *owner);

/*
 * tips: fields for announcements_tips(); NULL: the repository cannot be read, and error says
 * why.
 */
typedef void announcer_tips_fn(void *owner, const void *tips, size_t len, const char *error);

/* path: the git directory of a share; copied. No callback comes within these calls. */
struct announcer_ops {
	/* Never NULL. */
	struct refwatch *(*watch)(void *arg, const char *path, announcer_moved_fn *moved,
				  void *owner);
	void (*unwatch)(void *arg, struct refwatch *watch);
	/* done() follows once and ends the reading. */
	struct refs_read *(*read)(void *arg, const char *path, announcer_tips_fn *done,
				  void *owner);
	/* Ends a reading before done(), which is not called any more. */
	void (*cancel)(void *arg, struct refs_read *read);
};

/* All functions accept NULL and then do nothing: a broker that stops has no announcer. */
struct announcer;

/* Announces the shares of the context's policy. All pointers are borrowed. */
struct announcer *announcer_create(struct context *context, struct peers *peers,
				   const struct announcer_ops *ops, void *arg);

/* Withdraws tellings, and ends watches and readings. */
void announcer_destroy(struct announcer *a);

/* The policy, or who is trusted, has changed. */
void announcer_reload(struct announcer *a);

/*
 * The device has appeared, or its presence came once more: its link will tell which process it
 * is. Or the device is offline.
 */
void announcer_device_online(struct announcer *a, const char *jid, const char *device);
void announcer_device_offline(struct announcer *a, const char *jid, const char *device);

/*
 * announcer_met(): a link with this process of the device is up. announcer_lost(): the link
 * has ended, and the device may have restarted; the announcer looks at the link a moment
 * later.
 */
void announcer_met(struct announcer *a, const char *jid, const char *device,
		   const uint8_t instance[INSTANCE_BYTES]);
void announcer_lost(struct announcer *a, const char *jid, const char *device);

/* How many pairs of a share and an online device still have to be told. */
unsigned announcer_waiting(const struct announcer *a);

#endif
