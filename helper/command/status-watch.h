/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STATUS_WATCH_H
#define HELPER_STATUS_WATCH_H

/* git xmpp status --watch. */

#include <stdbool.h>

/*
 * Asks the broker each second, until the user ends it, and shows what there is: on a terminal
 * in one place, which is drawn again; in a pipe a block for each change, with an empty line
 * behind it. As JSON it is one object for each change. Returns the exit status of an error.
 */
int status_watch(bool verbose, bool json);

#endif
