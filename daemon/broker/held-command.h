/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_HELD_COMMAND_H
#define DAEMON_HELD_COMMAND_H

/*
 * A command that needs the server comes while the login is under way: the broker has just
 * started, or it asks for the password. The command is held until we are online, or it is known
 * why not, HOLD_LIMIT at the longest, and run then.
 */

#include "broker.h"
#include "conn.h"

struct held_command;

/* Whether a command that comes now has to be held. */
bool held_command_must(const struct broker *b);

/*
 * Takes the connection over, and copies the command. Later releases the connection and calls
 * run(). If the client goes before that, its command is not run. The broker may have been stopped
 * by this, as by login_wanted().
 */
void held_command_create(struct broker *b, struct conn *conn, struct fields command,
			 void (*run)(struct broker *b, struct conn *conn, struct fields command));

/* The login may have ended. The commands are run later, by the loop. */
void held_commands_wake(struct broker *b);

#endif
