/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_MOVE_SELF_H
#define HELPER_MOVE_SELF_H

/* "git xmpp move" of the user themselves, to another account of theirs. */

#include "moving.h"

/* Whether the old address is an account of the configuration. */
bool move_self_is_meant(const struct moving *m);

/* options: of "git xmpp setup", for the new account, ended by NULL. Returns the exit status. */
int move_self(struct moving *m, char **options);

#endif
