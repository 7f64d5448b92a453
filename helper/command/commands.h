/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_COMMANDS_H
#define HELPER_COMMANDS_H

/*
 * The commands of git xmpp. Each gets its own arguments, with its name in argv[0], and
 * returns the exit status.
 */

#include <getopt.h>
#include <stdbool.h>

#include "exit-status.h"

int cmd_setup(int argc, char **argv);
int cmd_buddies(int argc, char **argv);
int cmd_add(int argc, char **argv);
int cmd_accept(int argc, char **argv);
int cmd_decline(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_distrust(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_nickname(int argc, char **argv);
int cmd_move(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_unblock(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_invite(int argc, char **argv);
int cmd_join(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_clone(int argc, char **argv);
int cmd_share(int argc, char **argv);
int cmd_unshare(int argc, char **argv);
int cmd_follow(int argc, char **argv);
int cmd_unfollow(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_lfs(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_cancel(int argc, char **argv);
int cmd_daemon(int argc, char **argv);
int cmd_purge(int argc, char **argv);
int cmd_complete(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* As the only argument of a verb: prints its options, for a shell that completes. */
#define CMD_LIST_OPTIONS "--git-completion-helper"

/*
 * getopt_long() with -h, --help and git's error texts. A long option of one letter is a short
 * option as well. Returns the next option's val; -1 after the last, with optind at the
 * first argument; '?' if the usage was printed and the command returns STATUS_USAGE.
 */
int cmd_option(int argc, char **argv, const struct option *options, const char *usage);

/*
 * All options of a verb that has no other one than --json; false as cmd_option() says '?'. What
 * follows begins at optind.
 */
bool cmd_option_json(int argc, char **argv, const char *usage, bool *json);

/* Prints what is wrong with the arguments, and the usage. Returns STATUS_USAGE. */
int cmd_misused(const char *usage, const char *problem);

/* Prints that there is no such verb, and the nearest one. Returns STATUS_USAGE. */
int cmd_unknown(const char *name);

#endif
