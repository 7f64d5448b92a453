/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer-cred.h"

#include <sys/socket.h>

bool peer_cred(int fd, uid_t *uid, pid_t *pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	*uid = peer.uid;
	*pid = peer.pid;
	return true;
}
