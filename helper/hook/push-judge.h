/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PUSH_JUDGE_H
#define HELPER_PUSH_JUDGE_H

/*
 * What is asked of the refs of a push while git has the pack in quarantine: whether each
 * moves forward, and whether it is another ref under a second name (git-symbolic-ref(1)),
 * whose rules count then. The rules are in the environment (hook-env.h). What they refuse is
 * written to the file of verdicts; without one, to standard error.
 */

#include <stdbool.h>

#include "buf.h"

/*
 * list: what git's pre-receive hook reads, lines of "<old> <new> <ref>". False if nothing of
 * the push may happen, so that git drops the pack: the rules refuse all refs; or one of
 * them, where the push is atomic or signed, or where git would not run the update hook for
 * each.
 */
bool push_judge_list(struct buf *list);

/* The arguments of git's update hook: whether this ref may be changed. */
bool push_judge_ref(const char *ref, const char *old, const char *new);

#endif
