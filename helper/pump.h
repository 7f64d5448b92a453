/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PUMP_H
#define HELPER_PUMP_H

/*
 * The copy machine between git, on standard input and output, and the far
 * service, as frames on the broker's socket.
 */

#include "opening.h"

/*
 * Copies until the far service has ended or git wants no more, and returns
 * the exit status for git; the reason of a failure was printed. SIGPIPE must
 * be ignored.
 */
int pump_run(struct client *broker, struct early_input *early);

#endif
