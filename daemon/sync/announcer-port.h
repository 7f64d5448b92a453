/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ANNOUNCER_PORT_H
#define DAEMON_ANNOUNCER_PORT_H

/*
 * How the announcer (core/sync/announcer.h) watches repositories (refwatch.h) and reads their
 * refs (refs.h).
 */

#include "announcer.h"

/* Their arg is the loop (uv_loop_t). */
extern const struct announcer_ops announcer_ops;

#endif
