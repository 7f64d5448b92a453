/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_DEVICE_KEY_H
#define CORE_DEVICE_KEY_H

/*
 * The device key: an Ed25519 key in a self-signed certificate, made at the first start.
 * Nobody checks the validity dates. The fingerprint, SHA-256 of the SubjectPublicKeyInfo,
 * is the device's identity (device-id.h).
 */

#include <stdbool.h>

#include "fingerprint.h"

struct device_key;
struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

struct device_key *device_key_generate(void);

/* Reads the PEM of device_key_pem(); NULL if it is malformed. */
struct device_key *device_key_parse(const char *pem);

/*
 * Private key and certificate in PEM; the caller frees it, and keeps it in a file of mode
 * 0600.
 */
char *device_key_pem(const struct device_key *key);
void device_key_destroy(struct device_key *key);

const unsigned char *device_key_fingerprint(const struct device_key *key);

/* For tls.c, the other user of OpenSSL. Borrowed from the key. */
struct evp_pkey_st *device_key_private(const struct device_key *key);
struct x509_st *device_key_certificate(const struct device_key *key);

/*
 * The context that all TLS connections of this key share: NULL until tls.c sets it; freed
 * with the key. It is a cache, not part of the key.
 */
struct ssl_ctx_st **device_key_tls_context(const struct device_key *key);

/* SHA-256 of a public key's SubjectPublicKeyInfo in DER; false if it is no Ed25519 key. */
bool device_key_fingerprint_of(const struct evp_pkey_st *public_key,
			       unsigned char fp[FINGERPRINT_BYTES]);

#endif
