/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TLS_H
#define CORE_TLS_H

/*
 * TLS 1.3 on one path: ciphertext goes in by calls and comes out to a
 * buffer, nothing here touches a descriptor. Both ends show a certificate, and the
 * handshake proves that the peer holds the key whose fingerprint
 * tls_peer_fingerprint() tells. Or both have a pass (pass.h): then no certificate
 * is shown or taken, and the fingerprint is the one that the pass was made with. Whether
 * that key is trusted is the caller's question, to be asked before any application byte is
 * believed. No session tickets, no renegotiation, no 1.2, ALPN "git-xmpp/1" required. A peer
 * that asks for new keys again and again is cut off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "device-key.h"
#include "pass.h"

struct tls;

/*
 * key and out are borrowed for the life of the tls. What is to be sent is
 * appended to out, by any call below, also by a failure (an alert). The client
 * is the side that opened the path: its hello is in out from the start. One with a
 * pass (use is copied) talks to who proves the same; use is NULL for certificates, and for a
 * server.
 */
struct tls *tls_create(const struct device_key *key, bool client, const struct pass_use *use,
		       struct buf *out);
void tls_destroy(struct tls *tls);

/*
 * A server that answers only who has a pass: find is asked for the identity that the
 * hello names; then the hello is proven, and admit has the last word. If one of them
 * says no, if the proof is wrong, or what comes is no such hello, tls_input() fails and nothing
 * is put out, not even an alert. Before the first input; gate is borrowed.
 */
struct tls_gate {
	/* Fills in out, or says no. Nothing is to be believed yet. */
	bool (*find)(void *arg, const char *identity, struct pass_use *out);
	/* Who named what was found last has proven it. */
	bool (*admit)(void *arg);
};
void tls_set_gate(struct tls *tls, const struct tls_gate *gate, void *arg);

/*
 * Ciphertext from the path. Decrypted application bytes are appended to
 * plain. 0; 1 after the peer's close_notify; or -1 when the connection is
 * broken, with tls_error().
 */
int tls_input(struct tls *tls, const void *data, size_t n, struct buf *plain);

/* Encrypts; only while tls_established(), before tls_close_notify(). -1 as above. */
int tls_write(struct tls *tls, const void *data, size_t n);

/*
 * The handshake is complete, the peer's fingerprint is known, and nothing has
 * failed since. A client is there before the server has looked at its key.
 */
bool tls_established(const struct tls *tls);
const unsigned char *tls_peer_fingerprint(const struct tls *tls);
void tls_close_notify(struct tls *tls);
/* Why -1; empty before. OpenSSL's words, never the peer's. */
const char *tls_error(const struct tls *tls);

/*
 * Forgets the errors that lie in this thread's queue: another user of OpenSSL would take what
 * was left there for an error of its own.
 */
void tls_clear_errors(void);

#endif
