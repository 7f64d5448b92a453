/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_GITENV_H
#define COMMON_GITENV_H

#include <stdbool.h>

/*
 * Whether a variable ("NAME=value") belongs to one git command and not to the user. These
 * are the names that "git rev-parse --local-env-vars" prints, those that git sets for its
 * children and its hooks, and those that a supervisor sets for one process.
 * GIT_CONFIG_GLOBAL and its like are the user's: they say where the configuration is.
 */
bool gitenv_is_of_one_command(const char *variable);

#endif
