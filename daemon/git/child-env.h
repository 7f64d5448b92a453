/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILD_ENV_H
#define DAEMON_CHILD_ENV_H

/*
 * The environment of a child. What serves others gets what a login would give it, and nothing else
 * of what the broker happens to have. What runs for the user alone gets the user's: agents,
 * password stores and hooks depend on variables that nobody can list. Neither gets what belongs to
 * one git command (gitenv.h): the one that started the broker.
 *
 * extra: pairs of name and value, ended by NULL, which go before what the broker has; with a
 * NULL value there is no such variable.
 */
char **child_env_for_others(const char *const *extra);
char **child_env_for_user(const char *const *extra);
void child_env_destroy(char **env);

#endif
