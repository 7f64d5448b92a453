/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TCP_PATH_INTERNAL_H
#define DAEMON_TCP_PATH_INTERNAL_H

/*
 * The record of a path over TCP, shared by its files: tcp-path.c (its life, and the calls of its
 * owner), tcp-begin.c (how one comes about) and tcp-bytes.c (what is written and read).
 */

#include "socks5.h"
#include "tcp-path.h"

enum { TCP_QUIET = 4 * 1024 }; /* bytes read at a time, while little comes */

enum tcp_path_state {
	TCP_CONNECTING, /* connect() is under way */
	TCP_ASKING,	/* SOCKS5 is not done */
	TCP_JOINED,	/* SOCKS5 is done; waiting for tcp_path_begin() */
	TCP_OPEN,	/* TLS is in its handshake or up */
	TCP_LINGERING,	/* closed by the owner; sends what is left, waits for the other
			   side's end */
	TCP_CLOSED,	/* waits for its handles to close */
};

struct tcp_path {
	struct tls_path tls; /* first: a struct path * is one of us */
	enum tcp_path_state state;
	uv_tcp_t tcp;
	uv_timer_t timer; /* limits the state; stopped when TLS is up */
	uv_idle_t soon;
	uv_timer_t pause; /* until the user's bandwidth allows more */
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	int open_handles;
	int dial_error;		     /* uv_tcp_connect()'s; the timer tells the owner */
	const struct tls_gate *gate; /* of an accepted path; borrowed */
	char *hash;		     /* of a path through a proxy; owned */
	struct pass_use use;	     /* of a path through a proxy: what the client must
					show */
	tcp_path_joined joined;	     /* of a path by both sides at once: it is connected */
	struct socks5 socks;
	bool writing_now;
	struct buf writing; /* uv_write()'s, while writing_now */
	char *busy_in;	    /* BUSY bytes, while much comes; owned; else NULL */
	char quiet_in[TCP_QUIET];
};

/* tcp-path.c */
struct tcp_path *tcp_path_create(uv_loop_t *loop, const struct device_key *key, enum path_kind kind,
				 const char *name, bool client, const struct pass_use *use,
				 const struct path_events *events, void *owner);
/* timeout: in ms; 0: none. */
void tcp_path_enter(struct tcp_path *p, enum tcp_path_state state, uint64_t timeout,
		    const char *because);
/* Bounds the present state by so many ms. */
void tcp_path_limit(struct tcp_path *p, uint64_t timeout);
/* The only way to end a path, but for a reset. Its memory is freed when its handles are closed. */
void tcp_path_finish(struct tcp_path *p, const char *because);
/* The path broke: ends it, and tells the owner unless it has let go. Nothing if it has ended. */
void tcp_path_break(struct tcp_path *p, const char *why);
/* Sends what is left first, then closes our half. */
void tcp_path_linger(struct tcp_path *p);
/* Has tcp_bytes_send() run from the loop. */
void tcp_path_send_soon(struct tcp_path *p);

/* tcp-bytes.c */
void tcp_bytes_read(struct tcp_path *p);
/* Sends what there is, as far as the socket and the user's bandwidth allow. */
void tcp_bytes_send(struct tcp_path *p);
/* Writes what is encrypted, and gives the rest to libuv. False if the path broke. */
bool tcp_bytes_write(struct tcp_path *p);
/* Handles what has come on an open path. */
void tcp_bytes_take(struct tcp_path *p, const void *data, size_t n);
/*
 * Writes a message of SOCKS5, which this frees. They are short: a socket that does not take one
 * whole is given up, and false returned.
 */
bool tcp_bytes_ask_proxy(struct tcp_path *p, struct buf *out);

#endif
