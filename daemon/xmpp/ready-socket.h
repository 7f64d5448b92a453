/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_READY_SOCKET_H
#define DAEMON_READY_SOCKET_H

/*
 * Has libstrophe, which makes and connects its sockets itself, use one that is connected
 * already.
 */

#include <stdbool.h>

/*
 * Puts the connection `ready` in the place of libstrophe's new socket, and closes `ready`. The
 * next connect() of that socket does nothing. False with errno.
 */
bool ready_socket_put(int ready, int socket);

#endif
