/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ANNOUNCER_H
#define DAEMON_ANNOUNCER_H

/*
 * The announcer: watches the refs of our shares and tells buddies' devices
 * where they are now, as daemon/core/announce.h decides.
 */

#include "broker.h"

/* All functions take NULL, which does nothing: a broker that stops has none. */
struct announcer;

/* Shares as the broker's policy has them. */
struct announcer *announcer_create(struct broker *b);

/* Ends what runs. The memory goes with the last handle. */
void announcer_destroy(struct announcer *a);

/* The policy, or who is trusted, has changed. */
void announcer_reload(struct announcer *a);

/* It appeared, or its presence came once more: which process it is, its link will tell. */
void announcer_device_online(struct announcer *a, const char *jid, const char *device);
void announcer_device_offline(struct announcer *a, const char *jid, const char *device);

/* A link with it is up, with this process of it; or has ended, and it may have restarted. */
void announcer_met(struct announcer *a, const char *jid, const char *device, const uint8_t instance[INSTANCE_BYTES]);
void announcer_lost(struct announcer *a, const char *jid, const char *device);

#endif
