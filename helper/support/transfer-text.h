/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TRANSFER_TEXT_H
#define HELPER_TRANSFER_TEXT_H

/* Transfers, and the ways they take, in the words of users. */

#include "query.h"
#include "table.h"

/*
 * Adds a row for a transfer: who does what, how much of it has moved, how fast, how long it
 * still takes where that is known, and which way. own: the account's JID, whose server is in
 * the way of what goes in band.
 */
void transfer_put(struct table *t, struct fields row, const char *own);

/* The name of a path for people, like "direct" or "through example.org"; malloc'd. */
char *transfer_way(const char *path, const char *own);

/* What ways there are to this device, by the broker's row "paths"; malloc'd. */
char *transfer_ways(struct fields paths);

#endif
