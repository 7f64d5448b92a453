/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_VERB_RUN_H
#define HELPER_VERB_RUN_H

/* Runs a verb, for people or for programs. */

#include "verbs.h"

/*
 * argv[0] is the name of the verb; NULL stands for one that there is not. With --json or
 * --porcelain, what has no form for programs of its own gets one (answer.h). Returns the exit
 * status.
 */
int verb_run(const struct verb *verb, int argc, char **argv);

#endif
