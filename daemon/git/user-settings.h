/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_USER_SETTINGS_H
#define DAEMON_USER_SETTINGS_H

/*
 * What git's configuration of the system and of the user says, to whoever looks at a repository
 * with libgit2. It is kept in memory until one of its files has changed. Without that each look
 * would read those files, and they have the shares: what one push costs would grow with the
 * number of shares. The sections of git-remote-xmpp itself (gitconfig.h) are not in it.
 */

#include <git2.h>

/* The name of a setting is in lower case. Without a "=" there is no value: NULL. */
typedef void setting_fn(void *owner, const char *name, const char *value);

/* By repository_library_begin() and repository_library_end() only. */
void user_settings_begin(void);
void user_settings_end(void);

/*
 * Calls fn for each setting in git's order, the system's first, from any thread. fn keeps none
 * of its arguments and does not come back here. repo, which may be NULL, decides about the
 * files that an includeIf adds; where there is one, nothing is kept. A file that libgit2 cannot
 * read is left out.
 */
void user_settings_each(git_repository *repo, setting_fn *fn, void *owner);

/* The same for the settings of one configuration. -1: it cannot be read. */
int config_each(git_config *config, setting_fn *fn, void *owner);

#endif
