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

struct push_verdicts;

/*
 * Makes the directory, and removes the files of pushes that an earlier broker has left.
 * malloc'd; NULL, which is logged, if it cannot be made.
 */
char *push_hooks_begin(void);

/* The program, with its directory if that is known. */
void push_hooks_program(char out[PATH_MAX]);

/* The file of a push, which is made. NULL, with errno, if that fails. */
struct push_verdicts *push_verdicts_create(const char *directory);
/* Removes the file. The others allow NULL, too. */
void push_verdicts_destroy(struct push_verdicts *v);

const char *push_verdicts_path(const struct push_verdicts *v);
/* Tells the hook that all refs of the push change or none. */
void push_verdicts_atomic(const struct push_verdicts *v);
/*
 * Appends the rule by which a ref was declined. False if the file does not say. It is read the
 * first time, which is when git reports: its hooks are over.
 */
bool push_verdicts_find(struct push_verdicts *v, const char *ref, struct buf *why);

#endif
