/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMMAND_INTERNAL_H
#define DAEMON_COMMAND_INTERNAL_H

/*
 * Shared by the verbs of git-xmpp: those that control the broker (command.c), that show its
 * state (command-show.c), and that decide about a person or a device (command-invite.c,
 * command-buddy.c, command-block.c, command-device.c, command-move.c), make invitations
 * (command-invitation.c), or move this device to another machine (command-device-move.c) or
 * account (command-account-move.c).
 */

#include "broker.h"
#include "conn.h"

/* Sends and empties the row. */
void command_row(struct conn *conn, struct buf *row);

/* message may be NULL. */
void command_done(struct conn *conn, const char *message);
void command_refuse(struct conn *conn, enum message_id id, const char *name, const char *value);

/* Reads the bare JID that a command names. False if it is invalid; an error was sent then. */
bool command_jid(struct conn *conn, struct fields command, char jid[JID_MAX]);

/* Sends a row that describes a device; row is empty before and after. */
void command_device(struct broker *b, struct conn *conn, const struct trusted_device *d,
		    struct buf *row);

/* Whether we are online. If not, an error was sent. */
bool command_online(struct broker *b, struct conn *conn);

/*
 * Whether who asks would rather wait for the roster than get a list that is not complete, and it
 * has not been read.
 */
bool command_awaits_roster(const struct broker *b, struct fields command);

/* Whether jid is our own bare JID; whether the server accepts stanzas from us. */
bool command_is_self(const struct broker *b, const char *jid);
bool command_is_online(const struct broker *b);

/* Like command_jid(), but also refuses our own account. */
bool command_other(struct broker *b, struct conn *conn, struct fields command, char jid[JID_MAX]);

/* Each ends a command and closes its connection. message is freed. */
void command_finish(struct conn *conn, char *message);
void command_fail_with(struct conn *conn, const struct message *m);
void command_fail(struct conn *conn, enum message_id id, const char *jid);

/*
 * Saves what was changed since keyring_remember(). On failure undoes it, sends the error,
 * closes the connection and returns false.
 */
bool command_keep(struct broker *b, struct conn *conn, struct buf *before);

/*
 * Before the user's decision against jid: no invitation of theirs is used any more. If that
 * cannot be kept, the decision fails: sends the error, closes the connection and returns false.
 */
bool command_forget_joining(struct broker *b, struct conn *conn, const char *jid);

/*
 * Sends what is missing for a subscription both ways, and puts into text what was done. True
 * if a refusal may come.
 */
bool command_subscribe(struct broker *b, const char *jid, struct buf *text);

/*
 * Says why nothing was moved, and closes the connection. nothing: what is said if there was
 * nothing to move.
 */
void command_move_refused(struct conn *conn, enum trust_move outcome, enum message_id nothing,
			  const char *from, const char *to);

/* Sends the rows of status that are about one account. Nothing ends the answer yet. */
void command_status_rows(struct broker *b, struct conn *conn);

/* Each sends the answer; command_run() closes the connection. */
void command_login(struct broker *b, struct conn *conn, struct fields command);
/* Who is in a group of the roster. */
void command_group(struct broker *b, struct conn *conn, struct fields command);
void command_invite(struct broker *b, struct conn *conn, struct fields command);
void command_invitations(struct broker *b, struct conn *conn, struct fields command);
void command_invite_revoke(struct broker *b, struct conn *conn, struct fields command);
void command_buddies(struct broker *b, struct conn *conn, struct fields command);
void command_devices(struct broker *b, struct conn *conn, struct fields command);

/* Each sends the answer and closes the connection, now or when the server has answered. */
void command_add(struct broker *b, struct conn *conn, struct fields command);
void command_accept(struct broker *b, struct conn *conn, struct fields command);
void command_decline(struct broker *b, struct conn *conn, struct fields command);
void command_remove(struct broker *b, struct conn *conn, struct fields command);
void command_block(struct broker *b, struct conn *conn, struct fields command);
void command_unblock(struct broker *b, struct conn *conn, struct fields command);
void command_verify(struct broker *b, struct conn *conn, struct fields command);
void command_distrust(struct broker *b, struct conn *conn, struct fields command);
void command_account_move(struct broker *b, struct conn *conn, struct fields command);
void command_move(struct broker *b, struct conn *conn, struct fields command);
void command_device_rename(struct broker *b, struct conn *conn, struct fields command);
void command_device_retire(struct broker *b, struct conn *conn, struct fields command);
void command_device_export(struct broker *b, struct conn *conn, struct fields command);
void command_device_import(struct broker *b, struct conn *conn, struct fields command);

#endif
