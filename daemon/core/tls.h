/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TLS_H
#define CORE_TLS_H

/*
 * TLS 1.3 on one path: ciphertext goes in by calls and comes out to a
 * buffer, nothing here touches a descriptor. Both ends show a certificate; the
 * handshake proves that the peer holds the key whose fingerprint
 * tls_peer_fingerprint() tells, and nothing more: whether that key is trusted
 * is the caller's question, to be asked before any application byte is believed.
 * No session tickets, no renegotiation, no 1.2, ALPN "git-xmpp/1" required. A peer
 * that asks for new keys again and again is cut off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "devicekey.h"

struct tls;

/*
 * key and out are borrowed for the life of the tls. What is to be sent is
 * appended to out, by any call below, also by a failure (an alert). The client
 * is the side that opened the path: its hello is in out from the start, and
 * names server_name (copied, at most 255 bytes), if that is not NULL.
 */
struct tls *tls_create(const struct device_key *key, bool client, const char *server_name,
		       struct buf *out);
void tls_destroy(struct tls *tls);

/*
 * A server that answers only who knows the word: gate is asked for the name in
 * the client's hello. If it says no, if there is no name, or if what comes is no
 * hello, tls_input() fails and nothing is put out, not even an alert. Before the first input.
 */
typedef bool (*tls_gate)(void *arg, const char *server_name);
void tls_set_gate(struct tls *tls, tls_gate gate, void *arg);

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

#endif
