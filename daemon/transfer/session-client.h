/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SESSION_CLIENT_H
#define DAEMON_SESSION_CLIENT_H

/*
 * The client of a session (session.h) on the Unix socket. Turns what the session tells its
 * client into frames, and passes the client's frames to the session.
 */

#include "conn.h"
#include "session.h"

extern const struct session_client_ops session_client_ops;

/*
 * Takes the connection over and makes a session for it, which ends with it. open: the fields
 * of OPEN.
 */
void session_client_create(struct conn *conn, struct sessions *all, struct fields open);

#endif
