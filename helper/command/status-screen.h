/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STATUS_SCREEN_H
#define HELPER_STATUS_SCREEN_H

/*
 * git xmpp status, for people: who they are, what waits for them, what moves, what there is.
 * A thing that waits for the user stands on a line with "!", and with the command that settles
 * it.
 */

#include <stdbool.h>

#include "query.h"

/*
 * Appends the screen to out, for a terminal of so many columns (0: any number). answer: the
 * broker's answer to verb=status; without rows no broker runs. verbose: with the broker, the
 * links, and all that is followed.
 */
void status_screen(const struct query *answer, bool verbose, size_t limit, struct buf *out);

#endif
