/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CHILDENV_H
#define DAEMON_CHILDENV_H

/*
 * The environment of a git child: built from nothing. Only an allow list of
 * the broker's own variables passes, so that nothing that started the broker
 * (git sets GIT_DIR, GIT_CONFIG_PARAMETERS ...) reaches a process that serves others.
 */

/*
 * extra: pairs of name and value, ended by NULL, which go before what the broker has; with a NULL value
 * there is no such variable.
 */
char **childenv_create(const char *const *extra);
void childenv_destroy(char **env);

#endif
