/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMMAND_INTERNAL_H
#define DAEMON_COMMAND_INTERNAL_H

/* What command.c (the verbs that show and steer) and command-buddy.c (those that decide about a person) have in common. */

#include "control.h"

/* Sends and empties the row. */
void command_row(struct conn *conn, struct buf *row);

/* message may be NULL. */
void command_done(struct conn *conn, const char *message);
void command_refuse(struct conn *conn, enum message_id id, const char *name, const char *value);

/* The bare JID a command names; false when it was refused. */
bool command_jid(struct conn *conn, struct fields command, char jid[JID_MAX]);

/* A device as a row. */
void command_device(struct broker *b, struct conn *conn, const struct trusted_device *d, struct buf *row);

/* False when we are not online, which was said then. */
bool command_online(struct broker *b, struct conn *conn);

/* Each answers, and closes the connection, now or when the server has answered. */
void command_add(struct broker *b, struct conn *conn, struct fields command);
void command_accept(struct broker *b, struct conn *conn, struct fields command);
void command_decline(struct broker *b, struct conn *conn, struct fields command);
void command_remove(struct broker *b, struct conn *conn, struct fields command);
void command_block(struct broker *b, struct conn *conn, struct fields command);
void command_unblock(struct broker *b, struct conn *conn, struct fields command);
void command_verify(struct broker *b, struct conn *conn, struct fields command);
void command_distrust(struct broker *b, struct conn *conn, struct fields command);

#endif
