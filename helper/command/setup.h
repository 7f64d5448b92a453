/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SETUP_H
#define HELPER_SETUP_H

#include <stdbool.h>

/* As cmd_setup(), from within "git xmpp join", which says itself what comes next. */
int setup_to_join(int argc, char **argv);

/*
 * From within "git xmpp move", for the account to which the user goes. move() is called when
 * the password is there, before anything is written; if it returns false, nothing is. An
 * account that is new gets a name that no other one has.
 */
int setup_to_move(int argc, char **argv, bool (*move)(void *arg), void *arg);

#endif
