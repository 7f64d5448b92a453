/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PEER_CRED_H
#define COMMON_PEER_CRED_H

/*
 * Who made the other end of a Unix socket, as the system knows it. One file for
 * each kind of system.
 */

#include <stdbool.h>
#include <sys/types.h>

/*
 * False if it is not known. *pid is 0 where the system tells the user only, or
 * it is out of our sight.
 */
bool peer_cred(int fd, uid_t *uid, pid_t *pid);

#endif
