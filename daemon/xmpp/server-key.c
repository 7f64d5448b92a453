/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server-key.h"

/*
 * libstrophe sets a callback for the verification, and hears of failures only. As in
 * strophe-names.c, the definition of SSL_set_verify() here comes before that of the library:
 * it puts a callback of ours before libstrophe's. OpenSSL calls it for each certificate of
 * the chain and for each failure, before anything but the handshake was sent.
 */

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <time.h>

static struct server_key *watched;
static SSL_verify_cb original;	/* libstrophe's, for the watched one */

void server_key_watch(struct server_key *k)
{
	watched = k;
}

static uint64_t end_of(const X509 *certificate)
{
	struct tm end;
	time_t t;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
		return 0;
	t = timegm(&end);
	return t > 0 ? (uint64_t)t : 0;
}

static void note(struct server_key *k, const X509 *leaf)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *spki = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);

	if (n > 0 && EVP_Digest(spki, (size_t)n, digest, NULL, EVP_sha256(), NULL))
		key_pin_format(digest, k->key);
	OPENSSL_free(spki);
	k->until = end_of(leaf);
}

static int verify(int verified, X509_STORE_CTX *store)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	if (!watched)
		return 0;
	if (leaf && !*watched->key)
		note(watched, leaf);
	if (!watched->pins)
		return original ? original(verified, store) : verified;
	watched->refused = !key_pins_have(watched->pins, watched->key);
	X509_STORE_CTX_set_error(store, watched->refused ? X509_V_ERR_APPLICATION_VERIFICATION
							 : X509_V_OK);
	return !watched->refused;
}

void SSL_set_verify(SSL *ssl, int mode, SSL_verify_cb callback)
{
	static void (*set)(SSL *, int, SSL_verify_cb);

	if (!set)
		set = (void (*)(SSL *, int, SSL_verify_cb))dlsym(RTLD_NEXT, "SSL_set_verify");
	if (!set)
		return;
	if (!watched) {
		set(ssl, mode, callback);
		return;
	}
	original = callback;
	set(ssl, SSL_VERIFY_PEER, verify);
}
