/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUECOMMAND_H
#define DAEMON_QUEUECOMMAND_H

/*
 * The verbs of the Unix socket for the queue. They answer when what they have changed is on the disk,
 * or could not be written; until then they own the connection.
 */

#include "broker.h"
#include "conn.h"

void queuecommand_reload(struct broker *b, struct conn *conn, struct fields command);
void queuecommand_retry(struct broker *b, struct conn *conn, struct fields command);
void queuecommand_drop(struct broker *b, struct conn *conn, struct fields command);

#endif
