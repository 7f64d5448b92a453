/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_JOINING_EVENTS_H
#define DAEMON_JOINING_EVENTS_H

/* What the broker does for invitations, and about what became of them. arg is the broker. */

#include "admission.h"
#include "join-waiting.h"

extern const struct admission_ops broker_admission_ops;
extern const struct join_waiting_ops broker_join_waiting_ops;

#endif
