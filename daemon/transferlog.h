/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TRANSFERLOG_H
#define DAEMON_TRANSFERLOG_H

/*
 * What "git xmpp log" shows of transfers: a line for each that moved something,
 * or broke in the middle. What only looked (ls-remote, a fetch without news) is left out.
 */

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

struct transfer {
	const char *jid, *share;
	enum service service;
	bool served;			/* by us, for them */
	uint64_t sent, received;	/* bytes of git's protocol */
	const char *path;		/* the last one, as path_name() has it */
	const char *note;		/* what else there is to say of it, or NULL */
	const char *failed;		/* the reason; NULL: it ended well */
};

void transferlog_add(const struct transfer *t);

#endif
