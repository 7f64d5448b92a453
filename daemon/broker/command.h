/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

/*
 * The verbs of git-xmpp that are for one account; accounts-command.h has the others. Each is
 * one COMMAND frame, answered with ROW frames, then DONE or ERROR.
 */

#include "broker.h"
#include "conn.h"

/* Runs a command; answers and closes the connection, at once or later. */
void command_run(struct broker *b, struct conn *conn, struct fields command);

#endif
