/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUESTIONS_H
#define DAEMON_QUESTIONS_H

/*
 * How the requester (core/contacts/requester.h) and the inquirer (core/contacts/inquirer.h)
 * talk to the server, and what the broker does with their findings.
 */

#include "inquirer.h"
#include "requester.h"

/* arg and owner are the broker. */
extern const struct requester_ops requester_ops;
extern const struct inquirer_ops inquirer_ops;
extern const struct inquirer_events inquirer_events;

#endif
