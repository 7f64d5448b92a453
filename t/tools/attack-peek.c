/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peek: what an observer learns who saw how a device was dialled, but has no secret of that
 * link. First a link of ours obtains a pass from the victim. Then the victim is dialled
 *
 *   - with the token as the server name, and no certificate,
 *   - with a valid hello, and with the very same hello again,
 *   - with the next identity, and a guessed secret.
 *
 * Prints the key of the device that answers, and how many bytes each attempt got.
 */
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attack-device.h"
#include "fingerprint.h"
#include "hex.h"
#include "pass-key.h"

enum { PATIENCE = 1000 };

static int print_key(int ok, X509_STORE_CTX *context)
{
	X509 *certificate = X509_STORE_CTX_get0_cert(context);
	unsigned char fp[FINGERPRINT_BYTES];
	char hex[2 * FINGERPRINT_BYTES + 1];

	if (certificate && device_key_fingerprint_of(X509_get0_pubkey(certificate), fp)) {
		hex_encode(fp, sizeof(fp), hex);
		printf("saw %s\n", hex);
	}
	return 1;
}

static void dial_with_name(unsigned port, const char *token)
{
	static const unsigned char alpn[] = "\x0agit-xmpp/1";
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int fd = attack_dial(port);
	SSL *ssl;

	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, print_key);
	ssl = SSL_new(context);
	SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1);
	SSL_set_tlsext_host_name(ssl, token);
	SSL_set_fd(ssl, fd);
	SSL_connect(ssl);
	printf("to a name: %llu bytes\n", (unsigned long long)BIO_number_read(SSL_get_rbio(ssl)));
	SSL_free(ssl);
	SSL_CTX_free(context);
	close(fd);
}

/* Sends these bytes, and prints how many come back until the connection is closed or silent. */
static void say_bytes(unsigned port, const char *what, const struct buf *bytes)
{
	struct pollfd fd = { .fd = attack_dial(port), .events = POLLIN };
	char answer[4096];
	size_t sum = 0;
	ssize_t n = write(fd.fd, buf_data(bytes), buf_len(bytes));

	while (n > 0 && poll(&fd, 1, PATIENCE) > 0) {
		n = read(fd.fd, answer, sizeof(answer));
		sum += n > 0 ? (size_t)n : 0;
	}
	printf("to %s: %zu bytes\n", what, sum);
	close(fd.fd);
}

static void peek(const struct raw_link *l)
{
	struct buf guessed = { 0 }, said = { 0 };
	struct pass_use use;
	struct tls *tls;

	pass_use(&l->pass, 1, true, device_key_fingerprint(l->key), tls_peer_fingerprint(l->tls),
		 &use);
	tls = tls_create(l->key, true, &use, &said);
	tls_destroy(tls);
	dial_with_name(l->port, l->pass.token);
	say_bytes(l->port, "the hello", &said);
	say_bytes(l->port, "the same hello again", &said);
	/* The number is a new one, so that only the secret is wrong. */
	pass_use(&l->pass, 2, true, device_key_fingerprint(l->key), tls_peer_fingerprint(l->tls),
		 &use);
	memset(use.psk, 0, sizeof(use.psk));
	tls = tls_create(l->key, true, &use, &guessed);
	tls_destroy(tls);
	say_bytes(l->port, "a guess", &guessed);
	buf_finish(&guessed);
	buf_finish(&said);
	fflush(stdout);
}

static void peek_step(struct attack *a, uint64_t now)
{
	struct raw_link *l = device_link(a, &a->who[0], now);

	if (!a->done && l && l->port) {
		peek(l);
		a->done++;
	}
	attack_ready_if(a, a->done, now);
}

const struct attack_kind attack_peek = {
	.name = "peek",
	.usage = "peek    --key FILE",
	.step = peek_step,
	.take = device_take,
	.end = device_end,
};
