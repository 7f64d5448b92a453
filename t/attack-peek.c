/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peek: what somebody learns who has seen on the way the word with which a device is
 * dialled. A link of ours hears it as everybody's does; then a connection that has nothing of that link but the
 * word begins TLS, shows no certificate, and prints the key of whoever answers.
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attack-device.h"
#include "text.h"

static int print_key(int ok, X509_STORE_CTX *context)
{
	X509 *certificate = X509_STORE_CTX_get0_cert(context);
	unsigned char fp[FINGERPRINT_BYTES];
	char hex[2 * FINGERPRINT_BYTES + 1];

	if (certificate && device_key_fingerprint_of(X509_get0_pubkey(certificate), fp)) {
		hex_encode(fp, sizeof(fp), hex);
		printf("saw %s\n", hex);
		fflush(stdout);
	}
	return 1;
}

static void peek(unsigned port, const char *word)
{
	static const unsigned char alpn[] = "\x0agit-xmpp/1";
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	int fd = attack_dial(port);

	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, print_key);
	ssl = SSL_new(context);
	SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1);
	SSL_set_tlsext_host_name(ssl, word);
	SSL_set_fd(ssl, fd);
	SSL_connect(ssl);
	SSL_free(ssl);
	SSL_CTX_free(context);
	close(fd);
}

static void peek_step(struct attack *a, uint64_t now)
{
	struct raw_link *l = device_link(a, &a->who[0], now);

	if (!a->done && l && l->port) {
		peek(l->port, l->token);
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
