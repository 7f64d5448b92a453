/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_ADVICE_H
#define HELPER_ADVICE_H

/*
 * Whether the user wants hints, as git's own advice is asked for: advice.xmppHints for all of
 * them, the key of a message (message_advice()) for its own, GIT_ADVICE for what is said in this
 * environment. What programs read, JSON, has its hints all the same.
 */

#include <stdbool.h>

#include "message.h"

/* MSG_NONE stands for hints that belong to no message. git is asked at the first call. */
bool advice_wanted(enum message_id id);

#endif
