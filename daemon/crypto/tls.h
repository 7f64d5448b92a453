/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TLS_H
#define CORE_TLS_H

/*
 * TLS 1.3 on one path. Ciphertext goes in by calls and comes out in a buffer; no
 * descriptor is touched here.
 *
 * Either both ends show a certificate, and the handshake proves that the peer holds the
 * key of tls_peer_fingerprint(). Or both have a pass (pass.h): then no certificate is
 * shown or accepted, and the fingerprint is the one for which the pass was made. The
 * caller decides whether that key is trusted, before it believes any application byte.
 *
 * There are no session tickets, no renegotiation and no TLS 1.2; ALPN "git-xmpp/1" is
 * required. A peer that asks for new keys too often is cut off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "device-key.h"
#include "pass.h"

struct tls;

/*
 * key and out are borrowed for the life of the tls. Bytes to be sent are appended to out,
 * by any call below, also by one that fails (an alert). The client is the side that opened
 * the path; its hello is in out at once. With a pass (use is copied) the client accepts
 * only a server that proves the same pass. use is NULL for certificates, and for a server.
 */
struct tls *tls_create(const struct device_key *key, bool client, const struct pass_use *use,
		       struct buf *out);
void tls_destroy(struct tls *tls);

/*
 * Makes a server answer only clients with a pass. find is called with the identity that
 * the hello names. If the hello proves that pass, admit is called, and has the last word.
 * If one of them returns false, if the proof is wrong, or if the input is no such hello,
 * tls_input() fails and nothing is put out, not even an alert. To be called before the
 * first input; gate is borrowed.
 */
struct tls_gate {
	/* Fills in out and returns true if it knows the pass. Nothing is proven yet. */
	bool (*find)(void *arg, const char *identity, struct pass_use *out);
	/* The client has proven the pass that find returned last. */
	bool (*admit)(void *arg);
};
void tls_set_gate(struct tls *tls, const struct tls_gate *gate, void *arg);

/*
 * Takes ciphertext from the path, and appends the decrypted application bytes to plain.
 * Returns 0, 1 after the peer's close_notify, or -1 when the connection is broken, with
 * tls_error().
 */
int tls_input(struct tls *tls, const void *data, size_t n, struct buf *plain);

/*
 * Encrypts to out. Only while tls_established(), and before tls_close_notify(). 0 or -1 as
 * above.
 */
int tls_write(struct tls *tls, const void *data, size_t n);

/*
 * The handshake is complete, the peer's fingerprint is known, and nothing has failed
 * since. A client is established before the server has checked the client's key.
 */
bool tls_established(const struct tls *tls);
const unsigned char *tls_peer_fingerprint(const struct tls *tls);
/*
 * Writes n bytes that both ends of this connection know, and nobody else (RFC 8446 7.5,
 * without a context). Only while tls_established(). False if OpenSSL has none.
 */
bool tls_exporter(struct tls *tls, const char *label, unsigned char *out, size_t n);
void tls_close_notify(struct tls *tls);
/* The reason of a -1; empty before. The words are OpenSSL's, never the peer's. */
const char *tls_error(const struct tls *tls);

/*
 * Clears this thread's OpenSSL error queue: another user of OpenSSL would take an error
 * that was left there for its own.
 */
void tls_clear_errors(void);

#endif
