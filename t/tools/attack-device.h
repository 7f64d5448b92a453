/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_DEVICE_H
#define T_ATTACK_DEVICE_H

/*
 * What all kinds of attack have in common that begin with a link: each JID has
 * one, and another one when it is lost.
 */

#include "attack-link.h"

/*
 * The link of that JID, with the key of --key, if it is up; else NULL. To be
 * called again and again.
 */
struct raw_link *device_link(struct attack *a, struct who *who, uint64_t now);

enum { NEG_ID_BYTES = 12, NEG_ID_LEN = 2 * NEG_ID_BYTES };

/* Of a negotiation. */
void device_new_id(char id[NEG_ID_LEN + 1]);

/* For attack_kind. */
void device_take(struct attack *a, struct who *who, const char *stanza);
void device_end(struct who *who);

#endif
