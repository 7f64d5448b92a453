/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PLACE_H
#define HELPER_PLACE_H

/* Where git would run if it were run now, for a push that is run later. */

#include <stdbool.h>

#include "queue-entry.h"

/*
 * The directory and the variables of an entry of the queue, which has none before. False, and
 * why was printed, if there is a place that cannot be written down.
 */
bool place_fill(struct queue_entry *e);

/* Says which settings of "git -c" do not stay with what is run later. */
void place_warn_settings(void);

#endif
