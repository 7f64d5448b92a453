/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SESSION_EVENTS_H
#define DAEMON_SESSION_EVENTS_H

/* What sessions ask of the account, and where the broker takes what they tell. */

#include "session.h"

/* The owner of both is the broker. */
extern const struct session_ops broker_session_ops;
extern const struct session_events broker_session_events;

#endif
