/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-key.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "alloc.h"
#include "log.h"
#include "openssl-failure.h"
#include "random.h"

/*
 * A key is generated once in the life of a device, and read from its file ever after. The
 * certificate is only the envelope in which TLS carries the key: its name is the
 * program's, and it is always valid. The fingerprint of the public key alone identifies
 * the device, so that a new certificate for the same key would change nothing.
 *
 * OpenSSL fails to make a key or a certificate only if memory or random numbers run out;
 * either ends the program.
 */

struct device_key {
	EVP_PKEY *private_key;			/* owned */
	X509 *certificate;			/* owned */
	unsigned char fp[FINGERPRINT_BYTES];
	SSL_CTX *context;			/* owned; made by tls.c for the first path */
};

bool device_key_fingerprint_of(const EVP_PKEY *public_key, unsigned char fp[FINGERPRINT_BYTES])
{
	unsigned char *der = NULL;
	int n;

	if (!public_key || EVP_PKEY_get_base_id(public_key) != EVP_PKEY_ED25519)
		return false;
	n = i2d_PUBKEY(public_key, &der);
	if (n <= 0)
		return false;
	SHA256(der, (size_t)n, fp);
	OPENSSL_free(der);
	return true;
}

static bool set_name(X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const unsigned char *)"git-remote-xmpp", -1, -1, 0) &&
	       X509_set_issuer_name(x, name);
}

/*
 * A random positive number. Nobody reads it, but two certificates with one name should
 * differ.
 */
static bool set_serial(X509 *x)
{
	uint64_t serial;

	random_bytes(&serial, sizeof(serial));
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1 | 1);
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();

	if (!x || !X509_set_version(x, X509_VERSION_3) || !set_serial(x) || !set_name(x) ||
	    !ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "19700101000000Z") ||
	    !ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "99991231235959Z") ||
	    !X509_set_pubkey(x, key) || !X509_sign(x, key, NULL))
		openssl_failure("make the device's certificate");
	return x;
}

/*
 * Takes ownership of both. NULL, with both freed, if they do not belong together or are of
 * another kind.
 */
static struct device_key *assemble(EVP_PKEY *private_key, X509 *certificate)
{
	struct device_key *key = xcalloc(1, sizeof(*key));

	key->private_key = private_key;
	key->certificate = certificate;
	if (!private_key || !certificate || !device_key_fingerprint_of(private_key, key->fp) ||
	    X509_check_private_key(certificate, private_key) != 1) {
		device_key_destroy(key);
		return NULL;
	}
	return key;
}

struct device_key *device_key_generate(void)
{
	struct device_key *key;
	EVP_PKEY *private_key;

	ERR_clear_error();
	private_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!private_key)
		openssl_failure("make a device key");
	key = assemble(private_key, make_certificate(private_key));
	assert(key);
	return key;
}

/* Without this OpenSSL would ask on the terminal; an encrypted key is none of ours. */
static int no_password(char *password, int size, int writing, void *arg)
{
	return -1;
}

struct device_key *device_key_parse(const char *pem)
{
	struct device_key *key;
	EVP_PKEY *private_key;
	X509 *certificate;
	BIO *bio;

	ERR_clear_error();
	bio = BIO_new_mem_buf(pem, -1);
	if (!bio)
		openssl_failure("read the device key");
	private_key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	certificate = private_key ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	key = assemble(private_key, certificate);
	ERR_clear_error();
	return key;
}

char *device_key_pem(const struct device_key *key)
{
	BIO *bio;
	char *data, *pem;
	long n;

	ERR_clear_error();
	bio = BIO_new(BIO_s_mem());
	if (!bio || !PEM_write_bio_PrivateKey(bio, key->private_key, NULL, NULL, 0, NULL, NULL) ||
	    !PEM_write_bio_X509(bio, key->certificate))
		openssl_failure("write the device key");
	n = BIO_get_mem_data(bio, &data);
	pem = xstrndup(data, (size_t)n);
	OPENSSL_cleanse(data, (size_t)n);
	BIO_free(bio);
	return pem;
}

void device_key_destroy(struct device_key *key)
{
	if (!key)
		return;
	SSL_CTX_free(key->context);
	X509_free(key->certificate);
	EVP_PKEY_free(key->private_key);
	free(key);
}

const unsigned char *device_key_fingerprint(const struct device_key *key)
{
	return key->fp;
}

EVP_PKEY *device_key_private(const struct device_key *key)
{
	return key->private_key;
}

X509 *device_key_certificate(const struct device_key *key)
{
	return key->certificate;
}

SSL_CTX **device_key_tls_context(const struct device_key *key)
{
	return (SSL_CTX **)&key->context;
}
