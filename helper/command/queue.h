/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_QUEUE_H
#define HELPER_QUEUE_H

#include <stdbool.h>

/*
 * git xmpp queue push [<remote> [<refspec>...]]: argv holds the arguments after "push".
 * Returns the exit status.
 */
int cmd_queue_push(int argc, char **argv, bool json);

#endif
