/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer-cred.h"

/* For the BSDs and macOS. */

#include <unistd.h>

bool peer_cred(int fd, uid_t *uid, pid_t *pid)
{
	gid_t gid;

	*pid = 0;
	return getpeereid(fd, uid, &gid) == 0;
}
