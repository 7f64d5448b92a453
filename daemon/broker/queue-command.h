/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUE_COMMAND_H
#define DAEMON_QUEUE_COMMAND_H

/*
 * The queue's verbs on the Unix socket. "retry" and "drop" own the connection until their
 * change is on the disk, or could not be written, and answer then. "reload" answers at once.
 */

#include "broker.h"
#include "conn.h"

void queue_command_reload(struct broker *b, struct conn *conn, struct fields command);
void queue_command_retry(struct broker *b, struct conn *conn, struct fields command);
void queue_command_drop(struct broker *b, struct conn *conn, struct fields command);

#endif
