/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_PATH_H
#define DAEMON_TCP_PATH_H

/*
 * A path over TCP: to an address of the device, from one, or through an
 * XEP-0065 proxy, where a SOCKS5 exchange goes before TLS. The end of data is a
 * record of the link, so the two halves of the connection are always closed together.
 */

#include <uv.h>

#include "netaddr.h"
#include "tls-path.h"

enum {
	TCP_CONNECT_TIMEOUT = 5 * 1000,
	TCP_HANDSHAKE_TIMEOUT = 10 * 1000,	/* of SOCKS5, and of TLS, from where it begins */
	TCP_JOINED_TIMEOUT = 30 * 1000,		/* a joined proxy, and no tcp_path_begin() */
	TCP_LINGER_TIMEOUT = 1000,		/* a closed path, for its last words */
};

/*
 * Dials; our side is the TLS client, with this pass. Nothing is written before TLS's hello.
 * Never NULL: what fails at once is told later. name is for people.
 */
struct path *tcp_path_dial(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			   const struct pass_use *use, const char *name,
			   const struct path_events *events, void *owner);

/*
 * Accepts one from a listening socket (uv_listen()'s callback); our side is the
 * TLS server. gate, which is borrowed, is asked with the owner for its argument: a no closes the
 * connection without a byte said. NULL if accept failed.
 */
struct path *tcp_path_accept(uv_loop_t *loop, uv_stream_t *listener, const struct device_key *key,
			     const struct tls_gate *gate, const struct path_events *events,
			     void *owner);
/* Where it comes from; false if that is not known any more. */
bool tcp_path_from(const struct path *path, struct netaddr *out);

/*
 * Dials an XEP-0065 proxy and asks for the bytestream hash (socks5.h); joined is called when
 * the proxy has agreed, and TLS waits for tcp_path_begin(). client: our side of TLS; use is
 * what it shows, or what it wants to be shown. Never NULL, as above.
 */
typedef void (*tcp_path_joined)(void *owner);
struct path *tcp_path_join(uv_loop_t *loop, const struct device_key *key,
			   const struct netaddr *proxy, const char *hash,
			   const struct pass_use *use, bool client, const char *name,
			   tcp_path_joined joined, const struct path_events *events, void *owner);
/* The bytestream is active, or will be when the other side is ready: TLS begins. From joined on. */
void tcp_path_begin(struct path *p);

#endif
