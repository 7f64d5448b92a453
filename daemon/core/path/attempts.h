/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ATTEMPTS_H
#define CORE_ATTEMPTS_H

/*
 * What attempts at a path report to their owner. How attempts are made is known outside
 * of the core: by sockets and stanzas in the daemon, by a world of its own in the
 * simulator.
 */

#include <stdbool.h>

#include "candidates.h"
#include "path.h"

/*
 * The reason in path_events.closed when an in-band path that we offered had no answer in
 * time.
 */
#define IBB_PATH_UNANSWERED "timeout"
/* The reason when the other side was silent in the TLS handshake of a path. */
#define PATH_HANDSHAKE_UNANSWERED "no answer to the TLS handshake"
/* The reason when another process answers at the other end, which knows of no such path. */
#define IBB_PATH_UNKNOWN "item-not-found"
/* The reason when our own server is lost: it says nothing of the device. */
#define IBB_PATH_SERVER_LOST "the connection with the server is lost"

/*
 * The standing of the device at the other end of an in-band path, for sharing places
 * (quota.h).
 */
enum ibb_path_standing {
	IBB_PATH_STRANGER,	/* of an account of which we trust no device */
	IBB_PATH_TRUSTED,	/* of an account of which we trust a device, or expect the
				   first one */
	/* trusted itself, and we have or make a link with it: it gets a place */
	IBB_PATH_AWAITED,
};

/* Dials the addresses of a device. The dialer is gone after either event. */
struct dialer;

struct dialer_events {
	/* A path is there. It is the owner's now. */
	void (*reached)(void *owner, struct path *path, const unsigned char *fp);
	/* No address answered. why is the reason of the last one. */
	void (*failed)(void *owner, const char *why);
};

/* A bytestream through a proxy (XEP-0065). It is gone after reached or failed. */
struct s5b;

struct s5b_events {
	/* The owner sends this to the device as a BYTESTREAM record. */
	void (*send)(void *owner, const struct s5b_record *record);
	/*
	 * TLS is established, and the path is the owner's: path_set_owner() or
	 * path_close() within this call. client: our side speaks first.
	 */
	void (*reached)(void *owner, struct path *path, const unsigned char *fp, bool client);
	/* The attempt has failed. ours: our own proxy or our way to it is at fault. */
	void (*failed)(void *owner, const char *why, bool ours);
};

/* Both sides connect to each other at once (punch.h). It is gone after reached or failed. */
struct puncher;

struct puncher_events {
	/* The owner sends this to the device as a PUNCH record. */
	void (*send)(void *owner, const struct punch_record *record);
	/* As s5b_events.reached. */
	void (*reached)(void *owner, struct path *path, const unsigned char *fp, bool client);
	void (*failed)(void *owner, const char *why);
};

#endif
