/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_PROXY_DIAL_H
#define DAEMON_PROXY_DIAL_H

/*
 * A TCP connection through a SOCKS5 proxy (socks5.h). Only the proxy's own name is looked up
 * here, if it is no address; the proxy looks up the host's.
 */

#include <uv.h>

#include "proxy-url.h"

struct proxy_dial;

/*
 * fd is connected to the host, non-blocking, and the callee's; -1: there is no connection, and
 * why says the reason. The proxy_dial has ended then.
 */
typedef void (*proxy_dialled)(void *arg, int fd, const char *why);

/*
 * Starts; done is called once, later, unless cancelled before. proxy is copied. There is no
 * time limit here.
 */
struct proxy_dial *proxy_dial_start(uv_loop_t *loop, const struct proxy_url *proxy,
				    const char *host, uint16_t port, proxy_dialled done, void *arg);
/* d may be NULL. */
void proxy_dial_cancel(struct proxy_dial *d);

#endif
