/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_TLS_HANDSHAKE_H
#define DAEMON_TLS_HANDSHAKE_H

/*
 * Has libstrophe's TLS begin and end without waiting for the server. libstrophe would sleep in
 * the handshake for as long as the server is silent, and for up to a second in the farewell, and
 * with it the loop would, and all links of all accounts.
 *
 * libstrophe believes the handshake done as soon as its first message is sent. The rest of it is
 * made by OpenSSL inside of the reads and writes that follow (SSL_read(3), SSL_write(3)). Nothing
 * of the stream is sent or read before that is over and the server's certificate was accepted.
 */

#include <stdbool.h>

struct tls_handshake {
	bool direct;		/* TLS from the first byte: it names XMPP by ALPN (XEP-0368) */
	bool pending;		/* it has begun, and is not over */
};

/*
 * From here on, TLS that libstrophe begins on this thread is noted here; NULL when libstrophe has
 * returned. Other TLS of the program is left alone.
 */
void tls_handshake_watch(struct tls_handshake *h);

#endif
