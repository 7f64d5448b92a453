/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SESSION_CLIENT_H
#define DAEMON_SESSION_CLIENT_H

/*
 * The client of a session (session.h) on the Unix socket: what is said to it
 * leaves as frames, and its frames reach the session.
 */

#include "conn.h"
#include "session.h"

extern const struct session_client_ops session_client_ops;

/* Takes the connection over, for a session that ends with it. open: the fields of OPEN. */
void session_client_create(struct conn *conn, struct sessions *all, struct fields open);

#endif
