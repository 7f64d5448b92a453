/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TRANSFER_LOG_H
#define DAEMON_TRANSFER_LOG_H

/*
 * Writes transfers to the journal, for "git xmpp log": a line for each push, with its refs
 * and their fate, for each fetch that brought something or should have, and for each refused
 * request. What only read refs (ls-remote, a fetch without news) is left out. Both sides
 * write a line.
 */

#include <stdbool.h>

#include "transfer.h"

/*
 * Writes a line about t, unless witness_result() says that nothing happened. account: ours, bare.
 */
void transfer_log_add(const char *account, const struct transfer *t);

/*
 * Writes a line about a request of which no stream has come. result: "refused", or "failed" where
 * nobody said no; reason: a word, as in a refuse record, or the name of a message. served: they
 * asked us.
 */
void transfer_log_request(const char *account, const char *jid, const char *share,
			  enum service service, bool served, const char *result,
			  const char *reason);

#endif
