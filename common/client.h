/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_CLIENT_H
#define COMMON_CLIENT_H

/*
 * A client's end of the broker's socket: finds it, starts a broker where none
 * runs, says HELLO. Blocking; for the helper and for git-xmpp.
 */

#include "frame.h"
#include "message.h"

struct client {
	int fd;			/* connected, blocking, close-on-exec; owned */
	struct buf in;		/* bytes read, not yet parsed */
	struct buf out;		/* frames for the first client_flush(), HELLO already in it */
};

/*
 * Connects. With autostart, a broker that is not there is started with
 * "git-xmpp-daemon --detach" (from the directory of this program, else from
 * PATH), in an environment without git's own variables, and waited for at most ten seconds.
 * program is what HELLO says, like "git-remote-xmpp/0.1.0". 0 or -1.
 */
int client_connect(struct client *c, const char *program, bool autostart, struct message *trouble);

/* Writes all of out; -1 if the broker is gone. */
int client_flush(struct client *c);

/*
 * The next frame, whose payload is valid until the next call. Waits at most
 * timeout_ms (-1: for ever). 1, 0 at end of file, -1 on a broken frame or error, -2 in time-out.
 */
int client_next(struct client *c, struct frame *frame, int timeout_ms);

/* Reads the broker's HELLO, at most 5 s, and compares versions. */
int client_expect_hello(struct client *c, struct message *trouble);

void client_finish(struct client *c);

#endif
