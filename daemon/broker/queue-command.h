/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUEUE_COMMAND_H
#define DAEMON_QUEUE_COMMAND_H

/*
 * The queue's verbs on the Unix socket, for the queue of one account. "retry" and "drop" own
 * the connection until their change is on the disk, or could not be written, and answer then.
 */

#include "broker.h"
#include "conn.h"

/*
 * Reads new entries, and sends a row for each that is in the queue then: a client that added
 * one looks for it. Returns how many; nothing ends the answer yet.
 */
uint64_t queue_command_reload(struct broker *b, struct conn *conn);

/* Whether the entry is in this queue. */
bool queue_command_has(const struct broker *b, const char *id);

void queue_command_retry(struct broker *b, struct conn *conn, struct fields command);
void queue_command_drop(struct broker *b, struct conn *conn, struct fields command);

#endif
