/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LIST_COMMAND_H
#define DAEMON_LIST_COMMAND_H

/*
 * "git xmpp list": asks the trusted devices that are online, of one buddy or of all, what they
 * share with us (core/transfer/share-list.h). The verb owns the connection until all have
 * answered or were waited for. Its rows: kind=share, one for each device; kind=device for
 * each device, with what became of the question, or state=pending for one that is online and
 * waits to be compared.
 */

#include "broker.h"
#include "conn.h"

extern const struct share_list_events list_command_events;

void list_command(struct broker *b, struct conn *conn, struct fields command);

#endif
