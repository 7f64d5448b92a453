/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMMAND_INTERNAL_H
#define DAEMON_COMMAND_INTERNAL_H

/*
 * What the verbs of git-xmpp have in common: those that steer (command.c), that show
 * (command-show.c), and that decide about a person (command-invite.c, command-buddy.c,
 * command-block.c).
 */

#include "broker.h"
#include "conn.h"

/* Sends and empties the row. */
void command_row(struct conn *conn, struct buf *row);

/* message may be NULL. */
void command_done(struct conn *conn, const char *message);
void command_refuse(struct conn *conn, enum message_id id, const char *name, const char *value);

/* The bare JID a command names; false when it was refused. */
bool command_jid(struct conn *conn, struct fields command, char jid[JID_MAX]);

/* A device as a row. */
void command_device(struct broker *b, struct conn *conn, const struct trusted_device *d,
		    struct buf *row);

/* False when we are not online, which was said then. */
bool command_online(struct broker *b, struct conn *conn);

/* Whether it is our own bare JID; whether the server hears us. */
bool command_is_self(const struct broker *b, const char *jid);
bool command_is_online(const struct broker *b);

/* The JID of somebody else; false when it was refused. */
bool command_other(struct broker *b, struct conn *conn, struct fields command, char jid[JID_MAX]);

/* The end of a command that closes the connection by itself. message is freed. */
void command_finish(struct conn *conn, char *message);
void command_fail_with(struct conn *conn, const struct message *m);
void command_fail(struct conn *conn, enum message_id id, const char *jid);

/*
 * Saves what was changed since keyring_remember(); false when it was undone,
 * and that is the answer.
 */
bool command_keep(struct broker *b, struct conn *conn, struct buf *before);

/* Each answers. */
void command_status(struct broker *b, struct conn *conn, struct fields command);
void command_buddies(struct broker *b, struct conn *conn, struct fields command);

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
