/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ANNOUNCER_PORT_H
#define DAEMON_ANNOUNCER_PORT_H

/*
 * Watches repositories (refwatch.h) and reads their refs (refs.h) for the announcer
 * (core/sync/announcer.h).
 */

#include "announcer.h"

/* The arg of the ops is the loop (uv_loop_t). */
extern const struct announcer_ops announcer_ops;

#endif
