/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUNCH_LOG_H
#define DAEMON_PUNCH_LOG_H

/*
 * Writes attempts to punch to the journal, for "git xmpp log": what stands before both sides, as
 * far as is known, what came of it, and how long it took. That is what somebody can report who
 * has no direct path.
 */

#include "connector.h"

/* account: ours, bare. */
void punch_log_add(const char *account, const struct punch_report *report);

#endif
