/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PEER_CRED_H
#define COMMON_PEER_CRED_H

/*
 * The user and process at the other end of a Unix socket, as the system knows them. One
 * source file for each kind of system.
 */

#include <stdbool.h>
#include <sys/types.h>

/*
 * False if the system does not know. *pid is 0 where the system tells only the user, or the
 * process is not visible to us.
 */
bool peer_cred(int fd, uid_t *uid, pid_t *pid);

#endif
