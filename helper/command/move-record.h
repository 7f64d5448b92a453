/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_MOVE_RECORD_H
#define HELPER_MOVE_RECORD_H

/*
 * That the move of a buddy has begun, in $XDG_STATE_HOME/git-xmpp/moving: a line of the old
 * address, a blank and the new one. A move that was cut off leaves it, and by it the same command
 * knows that it goes on, where the broker would refuse a new move. Another move replaces it.
 */

#include <stdbool.h>

#include "jid.h"
#include "message.h"

/* Whether the last move that has begun, and was not ended, is this one. */
bool move_record_is(const char *from, const char *to);

/* False with *trouble if it cannot be written. */
bool move_record_begin(const char *from, const char *to, struct message *trouble);
/* All of it was done. */
void move_record_end(void);

#endif
