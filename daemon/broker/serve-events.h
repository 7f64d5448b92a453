/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVE_EVENTS_H
#define DAEMON_SERVE_EVENTS_H

/* What is told of what we serve; the owner is a broker. */

#include "serve.h"

extern const struct serves_events serve_events;

#endif
