/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_SOCKPATH_H
#define COMMON_SOCKPATH_H

/*
 * Where the user's broker listens: the broker and all its clients find the same path.
 * $GIT_XMPP_SOCKET, else $XDG_RUNTIME_DIR/git-xmpp/socket, else
 * /run/user/UID/git-xmpp/socket, else /tmp/git-xmpp-UID/socket. The second and the third
 * only if the runtime directory belongs to us.
 */

#include <stddef.h>
#include <sys/un.h>

#include "message.h"

/* bytes, NUL included: 104 to 108, by system */
enum { SOCKPATH_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

/* 0, or -1 with the reason in *trouble (the path is too long, or not absolute). */
int sockpath_find(char out[SOCKPATH_MAX], struct message *trouble);

/* The last of these paths, /tmp/git-xmpp-UID/socket, whatever the environment says. */
void sockpath_last_resort(char out[SOCKPATH_MAX]);

/*
 * Checks the directory of a socket: it must be a real directory, ours, and closed to
 * everybody else. With create, a missing directory is made (mode 0700). 0; -1 with the
 * reason in *trouble, or with trouble->id MSG_NONE if the directory does not exist and was
 * not to be made.
 */
int sockpath_check_dir(const char *path, bool create, struct message *trouble);

/*
 * Whether a process listens at path. The check itself connects for a moment, which starts the
 * broker that a service manager has for the socket.
 */
bool sockpath_is_served(const char *path);

#endif
