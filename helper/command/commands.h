/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_COMMANDS_H
#define HELPER_COMMANDS_H

/*
 * The commands of git xmpp: each is given its own arguments, argv[0] its name, and returns the
 * exit status.
 */

#include <getopt.h>

#include "exit-status.h"

int cmd_setup(int argc, char **argv);
int cmd_buddies(int argc, char **argv);
int cmd_add(int argc, char **argv);
int cmd_accept(int argc, char **argv);
int cmd_decline(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_distrust(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_unblock(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_share(int argc, char **argv);
int cmd_unshare(int argc, char **argv);
int cmd_follow(int argc, char **argv);
int cmd_unfollow(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_daemon(int argc, char **argv);

/*
 * getopt_long() with -h, where a long option of one letter is a short one as well, and in git's
 * words: the next option's val, -1 after the last (optind is the first argument), '?' when the
 * usage was printed and STATUS_USAGE is to be returned.
 */
int cmd_option(int argc, char **argv, const struct option *options, const char *usage);

/* Says what is wrong with the arguments, prints the usage, returns STATUS_USAGE. */
int cmd_misused(const char *usage, const char *problem);

#endif
