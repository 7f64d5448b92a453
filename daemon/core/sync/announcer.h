/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ANNOUNCER_H
#define CORE_ANNOUNCER_H

/*
 * The announcer: has the refs of our shares watched and read, and tells buddies' devices
 * where they are now, as announcements.h decides. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "context.h"

struct peers;

/* A watch, and a reading under way, as whoever provides the ops knows them. */
struct refwatch;
struct refs_read;

/* The refs may have moved: called as often as the provider likes, and once when a watch begins. */
typedef void announcer_moved_fn(void *owner);

/* tips: fields for announcements_tips(). NULL: the repository cannot be read; error says why. */
typedef void announcer_tips_fn(void *owner, const void *tips, size_t len, const char *error);

/* path: the git directory of a share; copied. No callback comes within these calls. */
struct announcer_ops {
	/* Never NULL. */
	struct refwatch *(*watch)(void *arg, const char *path, announcer_moved_fn *moved,
				  void *owner);
	void (*unwatch)(void *arg, struct refwatch *watch);
	/* done follows once, and ends it. */
	struct refs_read *(*read)(void *arg, const char *path, announcer_tips_fn *done,
				  void *owner);
	/* Before done, which is not called any more. */
	void (*cancel)(void *arg, struct refs_read *read);
};

/* All functions take NULL, which does nothing: a broker that stops has none. */
struct announcer;

/* Shares as the context's policy has them. All is borrowed. */
struct announcer *announcer_create(struct context *context, struct peers *peers,
				   const struct announcer_ops *ops, void *arg);

/* Ends what runs. */
void announcer_destroy(struct announcer *a);

/* The policy, or who is trusted, has changed. */
void announcer_reload(struct announcer *a);

/* It appeared, or its presence came once more: which process it is, its link will tell. */
void announcer_device_online(struct announcer *a, const char *jid, const char *device);
void announcer_device_offline(struct announcer *a, const char *jid, const char *device);

/*
 * A link with it is up, with this process of it; or has ended, and it may have restarted: the
 * link is looked at a moment later.
 */
void announcer_met(struct announcer *a, const char *jid, const char *device,
		   const uint8_t instance[INSTANCE_BYTES]);
void announcer_lost(struct announcer *a, const char *jid, const char *device);

/* How many pairs of a share and a device that is online are still to be told. */
unsigned announcer_waiting(const struct announcer *a);

#endif
