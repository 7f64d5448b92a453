/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_HOOK_LINKS_H
#define HELPER_HOOK_LINKS_H

/*
 * The directory that stands in for the hooks of a repository while somebody pushes by rules
 * (core.hooksPath): "pre-receive", "update", and a hook of each name that the repository has
 * one of, all of them links to git-xmpp-hook. A hook that is not there must not seem to be: git
 * would ask push-to-checkout instead of changing the work tree itself.
 *
 * There is one directory for each set of names. It is made once, whole, and not changed
 * afterwards, so that pushes share it.
 */

#include <stdbool.h>

/* Whether git-xmpp-hook was called as a hook of this name. */
bool hook_name_known(const char *name);

/*
 * The directory of the hooks that git would run in the repository at path, which is found
 * as receive-pack finds it; malloc'd. NULL if there is no repository.
 */
char *hook_links_own(const char *path);

/*
 * The directory below root that stands in for it; malloc'd. NULL, with errno, if it cannot
 * be made.
 */
char *hook_links_make(const char *root, const char *own);

#endif
