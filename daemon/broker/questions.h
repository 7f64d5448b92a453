/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_QUESTIONS_H
#define DAEMON_QUESTIONS_H

/*
 * What the requester (core/contacts/requester.h) and the inquirer (core/contacts/inquirer.h) say
 * to the server, and what becomes of an answer.
 */

#include "inquirer.h"
#include "requester.h"

/* The arg, and the owner, of all of them is the broker. */
extern const struct requester_ops requester_ops;
extern const struct inquirer_ops inquirer_ops;
extern const struct inquirer_events inquirer_events;

#endif
