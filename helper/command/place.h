/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PLACE_H
#define HELPER_PLACE_H

/*
 * Where git would run if it ran now: the directory and the environment, for a push that
 * runs later.
 */

#include <stdbool.h>

#include "queue-entry.h"

/*
 * Fills in the directory and the variables of a queue entry that has none. False, with the
 * reason printed, if the directory is gone, or something is too long to be stored.
 */
bool place_fill(struct queue_entry *e);

/* Prints a warning for each setting of "git -c": the push that runs later will not have it. */
void place_warn_settings(void);

#endif
