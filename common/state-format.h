/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_STATE_FORMAT_H
#define COMMON_STATE_FORMAT_H

/*
 * The number of the format of what is kept in $XDG_STATE_HOME/git-xmpp and
 * $XDG_DATA_HOME/git-xmpp. A version that writes what an earlier one would drop or misread
 * has the next number, and keeps it in the file "format" of the state, on the disk before
 * anything of that format. Where there is no such file the format is 1.
 */

#include "message.h"

enum { STATE_FORMAT = 1 };

/*
 * Whether this version may read, and write, what is there. 0, or -1 with *trouble:
 * MSG_STATE_NEWER, or MSG_STATE_FILE if the number cannot be read.
 */
int state_format_check(struct message *trouble);

#endif
