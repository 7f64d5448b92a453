/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PUNCHER_H
#define DAEMON_PUNCHER_H

/*
 * Opens a path by connecting to the device while the device connects to us (punch.h). Each
 * attempt has ports of its own, one for each family, on which nobody listens.
 */

#include <uv.h>

#include "attempts.h"
#include "tls-path.h"

/* What is known of how the world sees our ports. */
struct puncher_world {
	bool local;			/* loopback and link-local addresses may be dialled */
	const struct netaddr *mapped;	/* our address of IPv4 behind a NAT; its port does not
					   matter. NULL: not known */
	/*
	 * Our NAT changes ports, and this STUN server says by TCP how ours is seen; NULL: the
	 * NAT keeps them, as far as is known, or there is nobody to ask.
	 */
	const struct netaddr *observer;
};

/*
 * Whether there is an address to tell that the world may reach: a global one of ours, or what
 * a NAT shows of us.
 */
bool puncher_has_address(const struct puncher_world *world);

/*
 * offer: of the device, which is answered; NULL: ours is made. What is told is sent within the
 * call, or later if there is an observer to be asked. fp is the device's fingerprint. NULL if there
 * is no port, or nothing in the offer may be dialled.
 */
struct puncher *puncher_start(uv_loop_t *loop, const struct device_key *key,
			      const unsigned char *fp, const struct puncher_world *world,
			      const struct punch_record *offer, const struct puncher_events *events,
			      void *owner);
/* The device says something of this attempt. */
void puncher_record(struct puncher *p, const struct punch_record *record);
const char *puncher_sid(const struct puncher *p);
/* No event comes any more. */
void puncher_destroy(struct puncher *p);

#endif
