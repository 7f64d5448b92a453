/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ATTEMPTS_H
#define CORE_ATTEMPTS_H

/*
 * What attempts at a path say to who makes them. How they are made is known outside of
 * the core: by sockets and stanzas in the daemon, by a world of its own in the simulator.
 */

#include <stdbool.h>

#include "candidates.h"
#include "path.h"

/* What path_events.closed says where an in-band path that we offered had no answer in time. */
#define IBB_PATH_UNANSWERED "timeout"

/* Who is at the other end of an in-band path, where places are shared (quota.h). */
enum ibb_path_standing {
	IBB_PATH_STRANGER,	/* of nobody who has a device that we trust */
	IBB_PATH_TRUSTED,	/* of somebody who has one, or whose first one is expected */
	/* itself trusted, and we have or make a link with it: it gets a place */
	IBB_PATH_AWAITED,
};

/* Dials the addresses of a device; it is gone after either event. */
struct dialer;

struct dialer_events {
	/* The path is the owner's now. */
	void (*reached)(void *owner, struct path *path, const unsigned char *fp);
	/* None answered. why is of the last one. */
	void (*failed)(void *owner, const char *why);
};

/* An XEP-0065 bytestream through a proxy; it is gone after reached and failed. */
struct s5b;

struct s5b_events {
	/* To be sent to the device as a BYTESTREAM record. */
	void (*send)(void *owner, const struct s5b_record *record);
	/*
	 * TLS is established; the path is the owner's (path_set_owner() or path_close(), within
	 * this call). client: our side speaks first.
	 */
	void (*reached)(void *owner, struct path *path, const unsigned char *fp, bool client);
	/* ours: our own proxy or our way to it is at fault. */
	void (*failed)(void *owner, const char *why, bool ours);
};

#endif
