/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_CLIENT_H
#define COMMON_CLIENT_H

/*
 * A client's end of the broker's socket: finds the socket, starts a broker if none runs,
 * and says HELLO. All calls block. Used by the helper and by git-xmpp.
 */

#include "frame.h"
#include "message.h"

struct client {
	int fd;			/* connected, blocking, close-on-exec; owned */
	struct buf in;		/* bytes read, not yet parsed */
	struct buf out;		/* frames for the first client_flush(), HELLO already in it */
};

/* Whether a missing broker is started, and what its status will say of that. */
enum client_start {
	CLIENT_STARTS_NONE,
	CLIENT_STARTS_ON_DEMAND,
	CLIENT_STARTS_BY_HAND,	/* the user has asked for just that */
};

/*
 * Connects to the broker. A missing broker is started, if it may be, and waited for, ten
 * seconds at most: by the socket unit of the user's systemd where there is one (user-unit.h),
 * else by launch_broker(). program is what HELLO says, like "git-remote-xmpp/0.1.0". 0, or -1
 * with *trouble.
 */
int client_connect(struct client *c, const char *program, enum client_start start,
		   struct message *trouble);

/* Writes all of c->out; -1 if the broker is gone. */
int client_flush(struct client *c);

/*
 * The next frame; its payload is valid until the next call. Waits at most timeout_ms (-1:
 * for ever). 1: a frame; 0: end of file; -1: a broken frame, a frame cut off, or an error;
 * -2: time-out.
 */
int client_next(struct client *c, struct frame *frame, int timeout_ms);

/* Reads the broker's HELLO, at most 5 s, and compares versions. */
int client_expect_hello(struct client *c, struct message *trouble);

void client_finish(struct client *c);

#endif
