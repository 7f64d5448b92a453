/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILD_ENV_H
#define DAEMON_CHILD_ENV_H

/*
 * The environment of a child. A child that serves others gets what a login would set, and
 * nothing else of the broker's environment. A child that runs for the user gets the user's
 * variables: agents, password stores and hooks depend on variables that nobody can list.
 * Neither gets variables of a single git command (gitenv.h), such as the one that started the
 * broker.
 *
 * extra: pairs of name and value, ended by NULL, which override the broker's. A NULL value
 * removes the variable.
 */
char **child_env_for_others(const char *const *extra);
char **child_env_for_user(const char *const *extra);
void child_env_destroy(char **env);

#endif
