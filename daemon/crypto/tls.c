/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "alloc.h"
#include "log.h"
#include "openssl-failure.h"
#include "wipe.h"

/*
 * OpenSSL runs over a BIO of our own. It reads from the caller's bytes and appends to the
 * caller's buffer, without a copy in between. The client's hello is put out at once.
 *
 * The certificate is not judged by a chain, for there is none: it must hold an Ed25519
 * key, the handshake proves that the peer owns that key, and the caller compares its
 * fingerprint. With a pass neither side has a certificate, so there is none to fall back
 * to. The server answers only after OpenSSL has verified the binder of the hello (RFC 8446
 * 4.2.11.2), which shows as a resumed session. The client gives up if it is shown a
 * certificate.
 *
 * What can go wrong: the peer is no broker (no ALPN, an older TLS, another kind of key);
 * it talks for ever without finishing the handshake; it asks for new keys for ever (an
 * answer is as long as the request, and a peer that does not read the answers would make
 * us keep them); or bytes were changed on the way. Each ends the connection, with an alert
 * to be sent. But a stranger before a gate does not get even that: what OpenSSL writes
 * there is dropped.
 */

enum {
	/*
	 * bytes; a handshake takes about 2 KiB each way, and a stranger may try with no
	 * more than this
	 */
	HANDSHAKE_MAX = 16 * 1024,
	/* bytes before the gate has admitted the client; a hello of ours has about 300 */
	HELLO_MAX = 2 * 1024,
	/* bytes; a certificate of ours has 320 */
	CERTIFICATES_MAX = 4 * 1024,
	/*
	 * in the life of a connection; OpenSSL never asks by itself, other libraries do
	 * after some hundred gigabytes
	 */
	KEY_UPDATES_MAX = 64,
	/* bytes; the most that one TLS record holds */
	RECORD = 16 * 1024,
};

static const unsigned char alpn[] = "\x0agit-xmpp/1";
enum { ALPN_LEN = sizeof(alpn) - 1 };

struct tls {
	SSL *ssl;		/* owned */
	BIO_METHOD *wire;	/* owned */
	const char *in;		/* borrowed, during tls_input(): what OpenSSL has not read yet */
	size_t in_left;
	struct buf *out;	/* borrowed */
	bool established;
	bool closed;		/* the peer's close_notify has come */
	bool failed;
	bool shut;		/* our close_notify was sent */
	struct pass_use use;	/* identity is empty without a pass; of a server: the pass that
				   was found */
	const struct tls_gate *gate;	/* borrowed; NULL: anybody may try, with a certificate */
	void *gate_arg;
	bool admitted;		/* the hello was proven, and the gate admitted the client */
	bool turned_away;	/* the gate refused, or there was no pass to ask it about */
	bool reading;		/* inside SSL_read: what OpenSSL writes then is an answer to the
				   peer */
	unsigned answers;	/* of that kind, so far */
	size_t handshake_bytes;	/* input before it was established */
	unsigned char peer_fp[FINGERPRINT_BYTES];
	char error[160];
};

static bool has_pass(const struct tls *tls)
{
	return *tls->use.identity;
}

static int accept_ed25519(X509_STORE_CTX *store, void *arg)
{
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = SSL_get_app_data(ssl);
	unsigned char fp[FINGERPRINT_BYTES];

	if (!has_pass(tls) && certificate &&
	    device_key_fingerprint_of(X509_get0_pubkey(certificate), fp)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned in_len, void *arg)
{
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, out_len, alpn, ALPN_LEN, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/*
 * Called for each ClientHello before it is answered. OpenSSL calls select_alpn() only if
 * the client offers ALPN, so a hello without it is refused here. It calls take_pass() only
 * if the client offers a PSK, so one without it is refused here if there is a gate.
 */
static int judge_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls *tls = SSL_get_app_data(ssl);
	const unsigned char *data;
	size_t n;

	if (tls->gate && !SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &data, &n)) {
		tls->turned_away = true;
		*alert = SSL_AD_HANDSHAKE_FAILURE;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
				      &data, &n))
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

/* OpenSSL takes an external PSK for a session that is resumed. SHA-256 is its hash. */
static SSL_SESSION *session_of(SSL *ssl, const struct pass_use *use)
{
	static const unsigned char aes_128_gcm_sha256[] = { 0x13, 0x01 };
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, aes_128_gcm_sha256);
	SSL_SESSION *session = SSL_SESSION_new();

	if (session && cipher && SSL_SESSION_set1_master_key(session, use->psk, sizeof(use->psk)) &&
	    SSL_SESSION_set_cipher(session, cipher) &&
	    SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
		return session;
	SSL_SESSION_free(session);
	return NULL;
}

/* The client's callback, called once for a hello. */
static int offer_pass(SSL *ssl, const EVP_MD *md, const unsigned char **identity, size_t *n,
		      SSL_SESSION **session)
{
	const struct tls *tls = SSL_get_app_data(ssl);

	*identity = (const unsigned char *)tls->use.identity;
	*n = strlen(tls->use.identity);
	*session = session_of(ssl, &tls->use);
	return *session != NULL;
}

/* The server's callback. OpenSSL checks the binder with the session. */
static int take_pass(SSL *ssl, const unsigned char *identity, size_t n, SSL_SESSION **session)
{
	struct tls *tls = SSL_get_app_data(ssl);
	char text[PASS_IDENTITY_LEN + 1] = "";

	*session = NULL;
	if (n == PASS_IDENTITY_LEN)
		memcpy(text, identity, n);
	/* Only once: we never ask one of our own devices for a second hello (RFC 8446 4.1.4). */
	if (*text && !tls->admitted && tls->gate->find(tls->gate_arg, text, &tls->use))
		*session = session_of(ssl, &tls->use);
	tls->turned_away = !*session;
	return *session != NULL;
}

/* Asks the gate once the binder was found right, just before the first answer leaves. */
static bool is_admitted(struct tls *tls)
{
	if (!tls->admitted && !tls->turned_away && SSL_session_reused(tls->ssl)) {
		tls->admitted = tls->gate->admit(tls->gate_arg);
		tls->turned_away = !tls->admitted;
	}
	return tls->admitted;
}

static bool context_set_up(SSL_CTX *ctx, const struct device_key *key)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_MAX);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, accept_ed25519, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_client_hello_cb(ctx, judge_hello, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) &&
	       SSL_CTX_set_num_tickets(ctx, 0) &&
	       SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:"
					     "TLS_CHACHA20_POLY1305_SHA256:"
					     "TLS_AES_256_GCM_SHA384") &&
	       SSL_CTX_set1_groups_list(ctx, "X25519") &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ed25519") &&
	       SSL_CTX_set1_client_sigalgs_list(ctx, "ed25519") &&
	       SSL_CTX_set_alpn_protos(ctx, alpn, ALPN_LEN) == 0 &&
	       SSL_CTX_use_certificate(ctx, device_key_certificate(key)) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, device_key_private(key)) == 1;
}

/*
 * One context for both roles and all connections of a key, because it takes most of the
 * memory.
 */
static SSL_CTX *context_of(const struct device_key *key)
{
	SSL_CTX **shared = device_key_tls_context(key);

	if (*shared)
		return *shared;
	*shared = SSL_CTX_new(TLS_method());
	if (!*shared || !context_set_up(*shared, key))
		openssl_failure("set up TLS");
	return *shared;
}

/* Marks the connection as broken. Only an alert, if there is one, may still leave. */
static int fail(struct tls *tls, const char *why)
{
	if (!tls->failed)
		snprintf(tls->error, sizeof(tls->error), "%s%s",
			 tls->established ? "" : "TLS handshake failed: ", why);
	tls->failed = true;
	return -1;
}

static int fail_openssl(struct tls *tls)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(code);

	ERR_clear_error();
	if (tls->turned_away)
		why = "it has no pass that is expected";
	else if (tls->answers > KEY_UPDATES_MAX)
		why = "it asks for new keys too often";
	return fail(tls, why ? why : "unexpected bytes");
}

static bool alpn_selected(const struct tls *tls)
{
	const unsigned char *name;
	unsigned n;

	SSL_get0_alpn_selected(tls->ssl, &name, &n);
	return n == ALPN_LEN - 1 && !memcmp(name, alpn + 1, n);
}

/* Finds the fingerprint of the peer that finished the handshake. */
static bool identify(struct tls *tls)
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

	if (!has_pass(tls))
		return certificate &&
		       device_key_fingerprint_of(X509_get0_pubkey(certificate), tls->peer_fp);
	if (certificate || !SSL_session_reused(tls->ssl))
		return false;
	memcpy(tls->peer_fp, tls->use.peer, sizeof(tls->peer_fp));
	return true;
}

/* Continues the handshake. Returns 0, also while it waits for more, or -1 if it failed. */
static int handshake(struct tls *tls)
{
	int ret;

	ERR_clear_error();
	ret = SSL_do_handshake(tls->ssl);
	if (ret != 1)
		return SSL_get_error(tls->ssl, ret) == SSL_ERROR_WANT_READ ? 0 : fail_openssl(tls);
	if (!alpn_selected(tls))
		return fail(tls, "the peer does not speak git-xmpp/1");
	if (!identify(tls))
		return fail(tls, has_pass(tls) ? "the peer has not taken the pass" :
			    "the peer has no Ed25519 key");
	tls->established = true;
	return 0;
}

static bool read_some(struct tls *tls, struct buf *plain, size_t *n)
{
	bool good;

	ERR_clear_error();
	tls->reading = true;
	good = SSL_read_ex(tls->ssl, buf_reserve(plain, RECORD), RECORD, n) == 1;
	tls->reading = false;
	return good;
}

static int decrypt(struct tls *tls, struct buf *plain)
{
	for (;;) {
		size_t n;

		if (read_some(tls, plain, &n)) {
			buf_added(plain, n);
			continue;
		}
		switch (SSL_get_error(tls->ssl, 0)) {
		case SSL_ERROR_WANT_READ:
			return 0;
		case SSL_ERROR_ZERO_RETURN:
			tls->closed = true;
			return 1;
		default:
			return fail_openssl(tls);
		}
	}
}

static int wire_read(BIO *bio, char *out, int max)
{
	struct tls *tls = BIO_get_data(bio);
	size_t n = tls->in_left < (size_t)max ? tls->in_left : (size_t)max;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(out, tls->in, n);
	tls->in += n;
	tls->in_left -= n;
	return (int)n;
}

/*
 * Before the gate has admitted the client, what OpenSSL writes is dropped: it would be an
 * alert.
 */
static int wire_write(BIO *bio, const char *data, int n)
{
	struct tls *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	tls->answers += tls->reading;
	if (tls->answers > KEY_UPDATES_MAX)
		return -1;
	if (!tls->gate || is_admitted(tls))
		buf_append(tls->out, data, (size_t)n);
	else if (SSL_session_reused(tls->ssl))
		return -1;	/* the gate refused after a right binder: this would be the answer
				   to the hello */
	return n;
}

static long wire_ctrl(BIO *bio, int command, long arg, void *pointer)
{
	return command == BIO_CTRL_FLUSH;
}

static BIO *wire_create(struct tls *tls)
{
	BIO *bio;

	tls->wire = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");
	if (!tls->wire || !BIO_meth_set_read(tls->wire, wire_read) ||
	    !BIO_meth_set_write(tls->wire, wire_write) || !BIO_meth_set_ctrl(tls->wire, wire_ctrl))
		openssl_failure("set up TLS");
	bio = BIO_new(tls->wire);
	if (!bio)
		openssl_failure("set up TLS");
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	return bio;
}

struct tls *tls_create(const struct device_key *key, bool client, const struct pass_use *use,
		       struct buf *out)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));
	BIO *wire = wire_create(tls);

	ERR_clear_error();
	tls->out = out;
	tls->ssl = SSL_new(context_of(key));
	if (!tls->ssl)
		openssl_failure("set up TLS");
	SSL_set_bio(tls->ssl, wire, wire);
	SSL_set_app_data(tls->ssl, tls);
	if (use) {
		assert(client);
		tls->use = *use;
		SSL_certs_clear(tls->ssl);
		SSL_set_psk_use_session_callback(tls->ssl, offer_pass);
	}
	if (client)
		SSL_set_connect_state(tls->ssl);
	else
		SSL_set_accept_state(tls->ssl);
	if (client)
		handshake(tls);	/* fails only without memory; then tls_input() tells it */
	return tls;
}

void tls_set_gate(struct tls *tls, const struct tls_gate *gate, void *arg)
{
	assert(!tls->handshake_bytes);
	tls->gate = gate;
	tls->gate_arg = arg;
	SSL_certs_clear(tls->ssl);
	/*
	 * No certificate is requested: OpenSSL would not resume the session of a client
	 * that has to show one.
	 */
	SSL_set_verify(tls->ssl, SSL_VERIFY_NONE, NULL);
	SSL_set_psk_find_session_callback(tls->ssl, take_pass);
}

void tls_destroy(struct tls *tls)
{
	if (!tls)
		return;
	wipe(&tls->use, sizeof(tls->use));
	SSL_free(tls->ssl);
	BIO_meth_free(tls->wire);
	free(tls);
}

int tls_input(struct tls *tls, const void *data, size_t n, struct buf *plain)
{
	const char *p = data;
	int ret = 0;

	while (n > 0 && ret == 0 && !tls->failed && !tls->closed) {
		size_t piece = n;

		if (!tls->established) {
			size_t most = tls->gate && !tls->admitted ? HELLO_MAX : HANDSHAKE_MAX;
			size_t left = most - tls->handshake_bytes;

			if (left == 0)
				return fail(tls, "it takes too long");
			piece = n < left ? n : left;
			tls->handshake_bytes += piece;
		}
		tls->in = p;
		tls->in_left = piece;
		if (!tls->established)
			ret = handshake(tls);
		if (ret == 0 && tls->established)
			ret = decrypt(tls, plain);
		/* OpenSSL has read all of it, or has failed. */
		tls->in_left = 0;
		p += piece;
		n -= piece;
	}
	return tls->failed ? -1 : tls->closed ? 1 : ret;
}

int tls_write(struct tls *tls, const void *data, size_t n)
{
	size_t written;

	assert(tls->established);
	if (tls->failed)
		return -1;
	assert(!tls->shut);
	if (n == 0)
		return 0;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, data, n, &written) != 1)
		return fail_openssl(tls);
	assert(written == n);	/* our BIO takes everything */
	return 0;
}

bool tls_established(const struct tls *tls)
{
	return tls->established && !tls->failed;
}

const unsigned char *tls_peer_fingerprint(const struct tls *tls)
{
	assert(tls->established);
	return tls->peer_fp;
}

bool tls_exporter(struct tls *tls, const char *label, unsigned char *out, size_t n)
{
	assert(tls->established);
	ERR_clear_error();
	return !tls->failed &&
	       SSL_export_keying_material(tls->ssl, out, n, label, strlen(label), NULL, 0, 0) == 1;
}

void tls_close_notify(struct tls *tls)
{
	if (!tls->established || tls->failed || tls->shut)
		return;
	tls->shut = true;
	ERR_clear_error();
	if (SSL_shutdown(tls->ssl) < 0)
		fail_openssl(tls);
}

const char *tls_error(const struct tls *tls)
{
	return tls->error;
}

void tls_clear_errors(void)
{
	ERR_clear_error();
}
