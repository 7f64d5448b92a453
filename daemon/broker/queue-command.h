/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUE_COMMAND_H
#define DAEMON_QUEUE_COMMAND_H

/*
 * The verbs of the Unix socket for the queue. They answer when what they have changed is on the
 * disk, or could not be written; until then they own the connection.
 */

#include "broker.h"
#include "conn.h"

void queue_command_reload(struct broker *b, struct conn *conn, struct fields command);
void queue_command_retry(struct broker *b, struct conn *conn, struct fields command);
void queue_command_drop(struct broker *b, struct conn *conn, struct fields command);

#endif
