/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_GITENV_H
#define COMMON_GITENV_H

#include <stdbool.h>

/*
 * Whether a variable ("NAME=value") is of one git command, and not of the user: what "git rev-parse
 * --local-env-vars" names, what git sets for its children and its hooks, what a supervisor set
 * for one process. GIT_CONFIG_GLOBAL and its like are the user's: they say where the
 * configuration is.
 */
bool gitenv_is_of_one_command(const char *variable);

#endif
