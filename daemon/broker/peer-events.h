/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PEER_EVENTS_H
#define DAEMON_PEER_EVENTS_H

/* What happens over links, handed to the parts that it concerns. */

#include "peers.h"

/* The owner is the broker. */
extern const struct peers_events peer_events;

#endif
