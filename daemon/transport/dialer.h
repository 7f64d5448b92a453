/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DIALER_H
#define DAEMON_DIALER_H

/*
 * Dials all addresses of a device, best first, each DIALER_STAGGER after the one before
 * without waiting for that to fail. The first attempt that finishes its TLS handshake with
 * the device's pass becomes the path, and the others are closed. (Happy Eyeballs, RFC 8305.)
 */

#include <uv.h>

#include "attempts.h"
#include "netaddr.h"
#include "tls-path.h"

enum { DIALER_STAGGER = 100 };	/* ms between two addresses */

/*
 * n > 0. fp is the fingerprint of the device that gave the pass. *number is the number of the
 * pass's last use; the dialer increments it, and it must outlive the dialer. Events come
 * later, never from within this call.
 */
struct dialer *dialer_start(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			    size_t n, const unsigned char *fp, const struct pass *pass,
			    uint64_t *number, const struct dialer_events *events, void *owner);
/* No event comes any more. */
void dialer_destroy(struct dialer *d);

#endif
