/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PUMP_H
#define HELPER_PUMP_H

/*
 * Copies between git, on standard input and output, and the far service, whose data are
 * frames on the broker's socket.
 */

#include "opening.h"

/*
 * Copies until the far service, which was opened so, has ended or git has gone. Returns
 * the exit status for git. The reason of a failure was printed, or is on its way to git,
 * which prints it last (last-word.h). If git has ended before, nothing is printed, because
 * the user reads something else by now; "git xmpp log" has the reason. SIGPIPE must be
 * ignored.
 */
int pump_run(struct client *broker, const struct opening *opening, struct early_input *early);

#endif
