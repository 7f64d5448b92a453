/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_GETPEEREID_H
#define T_GETPEEREID_H

/*
 * The BSDs' getpeereid() for systems that have SO_PEERCRED instead, so that the code for
 * BSD is built and tested there too.
 */

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((unused))
static int getpeereid(int fd, uid_t *uid, gid_t *gid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -1;
	*uid = peer.uid;
	*gid = peer.gid;
	return 0;
}

#endif
