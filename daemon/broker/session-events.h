/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SESSION_EVENTS_H
#define DAEMON_SESSION_EVENTS_H

/* Tells sessions the state of the account, and passes their reports to the broker's parts. */

#include "session.h"

/* The owner of both is the broker. */
extern const struct session_ops broker_session_ops;
extern const struct session_events broker_session_events;

#endif
