/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_SOCKPATH_H
#define COMMON_SOCKPATH_H

/*
 * Where the user's broker listens; the same answer for the broker and all
 * its clients. $GIT_XMPP_SOCKET, else $XDG_RUNTIME_DIR/git-xmpp/socket, else
 * /run/user/UID/git-xmpp/socket, each of these if that directory is ours, else
 * /tmp/git-xmpp-UID/socket.
 */

#include <stddef.h>
#include <sys/un.h>

#include "message.h"

/* NUL included: 104 to 108 */
enum { SOCKPATH_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

/* 0, or -1 with the reason in *trouble (path too long). */
int sockpath_find(char out[SOCKPATH_MAX], struct message *trouble);

/* The last of these, whatever the environment says. */
void sockpath_last_resort(char out[SOCKPATH_MAX]);

/*
 * The directory of a socket must be a real directory, ours, and closed to
 * everybody else. create makes it (mode 0700) if it is missing. -1 with the
 * reason in *trouble, or with trouble->id MSG_NONE if the directory does not
 * exist and was not to be made.
 */
int sockpath_check_dir(const char *path, bool create, struct message *trouble);

#endif
