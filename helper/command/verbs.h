/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_VERBS_H
#define HELPER_VERBS_H

/* The verbs of git xmpp: each is given its own arguments, argv[0] the verb, and returns the exit status. */

#include <getopt.h>

#include "exit-status.h"

int verb_setup(int argc, char **argv);
int verb_buddies(int argc, char **argv);
int verb_add(int argc, char **argv);
int verb_accept(int argc, char **argv);
int verb_decline(int argc, char **argv);
int verb_remove(int argc, char **argv);
int verb_distrust(int argc, char **argv);
int verb_block(int argc, char **argv);
int verb_unblock(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_share(int argc, char **argv);
int verb_unshare(int argc, char **argv);
int verb_follow(int argc, char **argv);
int verb_unfollow(int argc, char **argv);
int verb_queue(int argc, char **argv);
int verb_log(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_daemon(int argc, char **argv);

/*
 * getopt_long() with -h, where a long option of one letter is a short one as well, and in git's words:
 * the next option's val, -1 after the last (optind is the first argument), '?' when the usage was
 * printed and STATUS_USAGE is to be returned.
 */
int verb_option(int argc, char **argv, const struct option *options, const char *usage);

/* Says what is wrong with the arguments, prints the usage, returns STATUS_USAGE. */
int verb_misused(const char *usage, const char *problem);

#endif
