/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PEER_EVENTS_H
#define DAEMON_PEER_EVENTS_H

/* Passes the events of links on to the parts of the broker that they concern. */

#include "peers.h"

/* The owner is the broker. */
extern const struct peers_events peer_events;

#endif
