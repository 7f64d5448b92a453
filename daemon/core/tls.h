/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TLS_H
#define CORE_TLS_H

/*
 * TLS 1.3 on one path, over memory BIOs: ciphertext goes in and comes out by
 * calls, nothing here touches a descriptor. Both ends show a certificate; the
 * handshake proves that the peer holds the key whose fingerprint
 * tls_peer_fingerprint() tells, and nothing more: whether that key is trusted
 * is the caller's question, to be asked before any application byte is believed.
 * No session tickets, no renegotiation, no 1.2, ALPN "git-xmpp/1" required.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "devicekey.h"

struct tls;

/* key is borrowed for the life of the tls. The client is the side that opened the path. */
struct tls *tls_create(const struct device_key *key, bool client);
void tls_destroy(struct tls *tls);

/*
 * Ciphertext from the path. Decrypted application bytes are appended to
 * plain. 0; 1 after the peer's close_notify; or -1 when the connection is
 * broken, with tls_error(). May produce output (tls_output()).
 */
int tls_input(struct tls *tls, const void *data, size_t n, struct buf *plain);

/* Encrypts; only while tls_established(), before tls_close_notify(). -1 as above. */
int tls_write(struct tls *tls, const void *data, size_t n);

/*
 * Moves what is to be sent to out. A client has its first bytes from the start,
 * a broken connection may have an alert.
 */
void tls_output(struct tls *tls, struct buf *out);

/* Bytes tls_output() would give. */
size_t tls_pending(const struct tls *tls);

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
