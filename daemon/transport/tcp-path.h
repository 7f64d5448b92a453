/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_PATH_H
#define DAEMON_TCP_PATH_H

/*
 * A path over TCP: dialled, accepted, opened by both sides at once, or through an XEP-0065
 * proxy, where a SOCKS5 exchange goes before TLS. The end of data is a record of the link, so both
 * halves of the connection are always closed together.
 */

#include <uv.h>

#include "netaddr.h"
#include "tls-path.h"

enum {
	TCP_CONNECT_TIMEOUT = 5 * 1000,
	TCP_HANDSHAKE_TIMEOUT = 10 * 1000,	/* ms, each for SOCKS5 and for TLS */
	TCP_JOINED_TIMEOUT = 30 * 1000,		/* ms, from joined to tcp_path_begin() */
	TCP_LINGER_TIMEOUT = 1000,		/* ms, for a closed path to send the rest */
};

/*
 * Dials `to`. Our side is the TLS client, with the pass `use`. Nothing is written before
 * TLS's hello. Never NULL: an immediate failure is reported later. name is for the log and
 * the user.
 */
struct path *tcp_path_dial(uv_loop_t *loop, const struct device_key *key, const struct netaddr *to,
			   const struct pass_use *use, const char *name,
			   const struct path_events *events, void *owner);

/*
 * Connects from the port `from`, at which nobody listens, while the other side does the same.
 * use: our side is the TLS client; NULL: it is the server, and has the gate, as below.
 * connected is called when the connection stands. Never NULL, as above.
 */
typedef void (*tcp_path_joined)(void *owner);
struct path *tcp_path_punch(uv_loop_t *loop, const struct device_key *key,
			    const struct netaddr *from, const struct netaddr *to,
			    const struct pass_use *use, const struct tls_gate *gate,
			    const char *name, tcp_path_joined connected,
			    const struct path_events *events, void *owner);

/*
 * Accepts a connection from a listening socket (uv_listen()'s callback). Our side is the TLS
 * server. gate is borrowed and gets the path's owner as its argument; if it says no, the
 * connection is closed without a byte sent. NULL if accept() failed.
 */
struct path *tcp_path_accept(uv_loop_t *loop, uv_stream_t *listener, const struct device_key *key,
			     const struct tls_gate *gate, const struct path_events *events,
			     void *owner);
/* The peer's address; false if the system does not know it any more. */
bool tcp_path_from(const struct path *path, struct netaddr *out);

/*
 * Dials an XEP-0065 proxy and asks for the bytestream hash (socks5.h). joined is called when
 * the proxy has agreed; TLS then waits for tcp_path_begin(). client: our side of TLS. use:
 * the pass that the client shows and the server requires. Never NULL, as above.
 */
struct path *tcp_path_join(uv_loop_t *loop, const struct device_key *key,
			   const struct netaddr *proxy, const char *hash,
			   const struct pass_use *use, bool client, const char *name,
			   tcp_path_joined joined, const struct path_events *events, void *owner);
/*
 * Starts TLS: the bytestream is active, or will be when the other side is ready. To be called
 * from `joined` on.
 */
void tcp_path_begin(struct path *p);

#endif
