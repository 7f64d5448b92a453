/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_H
#define HELPER_SHARE_H

#include <stdbool.h>

/*
 * Makes the repository at path (NULL: the current one) a share of this name (NULL: of the name
 * that it has, or of its directory), without a right for anybody. A share of the name that
 * there is already stays as it is, and needs no path. push: somebody is to push to it, so a hint
 * is printed if git would refuse that. Returns its name, malloc'd; NULL if that fails, and the
 * reason was printed.
 */
char *share_make(const char *path, const char *name, bool push);

#endif
