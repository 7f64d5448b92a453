/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_KEEP_H
#define HELPER_KEEP_H

/*
 * Where the password of an account lies from now on. The credential helpers that are
 * configured keep it; without one the user chooses on the terminal, among what is installed
 * (keepers.h). It counts as kept only when it has come back from there.
 */

#include "credential.h"

/*
 * Keeps a password that has worked, and prints where. Returns the exit status: if it is not
 * kept, the broker has it until it ends, and how to keep it is printed. *command: the
 * passwordCommand that the caller configures, malloc'd; NULL if none was chosen.
 */
int keep_password(const char *jid, const struct credential *credential, char **command);

#endif
