/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PUMP_H
#define HELPER_PUMP_H

/*
 * The copy machine between git, on standard input and output, and the far
 * service, as frames on the broker's socket.
 */

#include "opening.h"

/*
 * Copies until the far service (as FRAME_OPEN has it) has ended or git wants no more, and returns
 * the exit status for git; the reason of a failure was printed, or is on its way to git, which
 * prints it last (last-word.h). Where git has ended before, nothing is printed: the user reads
 * something else by now, and "git xmpp log" has the reason. SIGPIPE must be ignored.
 */
int pump_run(struct client *broker, const char *service, struct early_input *early);

#endif
