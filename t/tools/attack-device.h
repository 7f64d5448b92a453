/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_ATTACK_DEVICE_H
#define T_ATTACK_DEVICE_H

/*
 * The common part of all attacks that begin with a link: each JID has one link, and gets
 * another one when it is lost.
 */

#include "attack-link.h"

/*
 * The link of this JID, with the key of --key, if the link is up; else NULL. It also opens
 * the link and moves it on, so it has to be called again and again.
 */
struct raw_link *device_link(struct attack *a, struct who *who, uint64_t now);

enum { NEG_ID_BYTES = 12, NEG_ID_LEN = 2 * NEG_ID_BYTES };

/* Makes the id of a negotiation. */
void device_new_id(char id[NEG_ID_LEN + 1]);

/* The take and end functions for an attack_kind. */
void device_take(struct attack *a, struct who *who, const char *stanza);
void device_end(struct who *who);

#endif
