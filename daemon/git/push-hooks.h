/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUSH_HOOKS_H
#define DAEMON_PUSH_HOOKS_H

/*
 * What the broker and git-xmpp-hook share about a push by rules: a directory for the links
 * that stand in for the repository's hooks, $XDG_STATE_HOME/git-xmpp/hooks, and in it a file
 * for each push, into which the hook writes by which rule it has declined a ref.
 */

#include <limits.h>
#include <stdbool.h>

#include "buf.h"

/*
 * Makes the directory, and removes the files of pushes that an earlier broker has left.
 * malloc'd; NULL, which is logged, if it cannot be made.
 */
char *push_hooks_begin(void);

/* The program, with its directory if that is known. */
void push_hooks_program(char out[PATH_MAX]);

/* Makes the file of a push. The path is malloc'd; NULL, with errno, if that fails. */
char *push_verdicts_create(const char *directory);
/* Tells the hook that all refs of the push change or none. The path may be NULL. */
void push_verdicts_atomic(const char *path);
/* Appends the rule by which a ref was declined. False if the file does not say; it may be NULL. */
bool push_verdicts_find(const char *path, const char *ref, struct buf *why);
/* Removes the file, and frees the path. NULL is allowed. */
void push_verdicts_remove(char *path);

#endif
