/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PEER_INTERNAL_H
#define CORE_PEER_INTERNAL_H

/* Shared by peer.c (its life), peer-path.c (its paths) and peer-link.c (its link). */

#include "connector.h"
#include "peer.h"

extern const struct connector_events peer_connector_events;
extern const struct link_events peer_link_events;
extern const struct negotiation_events peer_negotiation_events;

/* A peer without a path. */
struct peer *peer_create(struct peers *all, const char *jid, const char *device);
/*
 * The only way a peer ends, once: tells all who wait for it and gives up all that it holds. The
 * device is not told; peer_end() does that first.
 */
void peer_over(struct peer *p, const char *reason);

/*
 * Whether git's data may go over the present path. Where the users do not allow in-band, it is
 * used only to find a better path.
 */
bool peer_may_carry(const struct peer *p);
/* Whether something waits for a path that may carry it has changed, or may have. */
void peer_note_stall(struct peer *p, uint64_t now);

/*
 * peer_drop_path(): the path does not work any more, though it has not noticed that itself.
 * collision: the device has opened a path at the same moment, and that one counts.
 * peer_drop_left(): the link has come up on the path for which it left that one.
 */
void peer_drop_path(struct peer *p, const char *why, bool collision);
void peer_drop_left(struct peer *p);

#endif
