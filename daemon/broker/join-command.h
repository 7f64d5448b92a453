/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOIN_COMMAND_H
#define DAEMON_JOIN_COMMAND_H

/* The verb "join" of git-xmpp, and the kind "join" of meetings for both of its sides. */

#include "broker.h"

struct conn;

/* Adds the kind to the table of meetings; once, when the broker starts. */
void join_command_begin(struct broker *b);

/* Sends the answer and closes the connection, when the inviter has answered. */
void join_command_run(struct broker *b, struct conn *conn, struct fields command);

/* Somebody's presence may have come: commands that wait for it look again. */
void join_command_wake(struct broker *b);

#endif
