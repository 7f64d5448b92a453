/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_COMMAND_H
#define DAEMON_COMMAND_H

/* The verbs of git-xmpp, one COMMAND frame each: answered with ROW frames, then DONE or ERROR. */

#include "broker.h"
#include "conn.h"

/* Answers and closes the connection. */
void command_run(struct broker *b, struct conn *conn, struct fields command);

#endif
