/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOIN_COMMAND_H
#define DAEMON_JOIN_COMMAND_H

/* The verbs "join" and "join-cancel" of git-xmpp. */

#include "broker.h"

struct conn;

/*
 * Each sends the answer and closes the connection. join does so when the inviter has answered,
 * or is found to be away.
 */
void join_command_run(struct broker *b, struct conn *conn, struct fields command);
void join_command_cancel(struct broker *b, struct conn *conn, struct fields command);

/* Somebody's presence may have come: commands that wait for it look again. */
void join_command_wake(struct broker *b);

#endif
