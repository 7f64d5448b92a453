/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TRANSFER_LOG_H
#define DAEMON_TRANSFER_LOG_H

/*
 * What "git xmpp log" shows of transfers: a line for each push, with its refs and what became of
 * them, for each fetch that brought something or was to, and for each request that was refused.
 * What only looked (ls-remote, a fetch without news) is left out. Both sides write one.
 */

#include <stdbool.h>

#include "transfer.h"

/* Writes what witness_result() says, if it is worth a line. */
void transfer_log_add(const struct transfer *t);

/* A request that was refused, for the reason: a word as for refuse. */
void transfer_log_refused(const char *jid, const char *share, enum service service, bool served,
			  const char *reason);

#endif
