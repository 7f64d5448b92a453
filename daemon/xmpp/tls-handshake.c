/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls-handshake.h"

/*
 * As in strophe-names.c, the definitions of SSL_connect() and SSL_shutdown() here come before those
 * of the library. OpenSSL tells a callback when a handshake is over. The TLS of our paths has
 * neither a descriptor nor comes here by SSL_connect().
 */

#include <dlfcn.h>
#include <openssl/ssl.h>

#include "expat-guard.h"

/* XEP-0368 2.2; the length comes first, as SSL_set_alpn_protos() wants it. */
static const unsigned char alpn[] = "\x0bxmpp-client";

static struct tls_handshake *watched;

void tls_handshake_watch(struct tls_handshake *h)
{
	watched = h;
}

static void on_info(const SSL *ssl, int where, int value)
{
	if (watched && where & SSL_CB_HANDSHAKE_DONE)
		watched->pending = false;
}

/* Success, too, if the server has yet to answer. */
int SSL_connect(SSL *ssl)
{
	static int (*begin)(SSL *);
	int result, error;

	if (!begin)
		begin = (int (*)(SSL *))dlsym(RTLD_NEXT, "SSL_connect");
	if (!begin)
		return -1;
	if (!watched)
		return begin(ssl);
	if (watched->direct)
		SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1);
	SSL_set_info_callback(ssl, on_info);
	watched->pending = true;
	expat_guard_last();
	result = begin(ssl);
	error = result < 0 ? SSL_get_error(ssl, result) : SSL_ERROR_NONE;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 1 : result;
}

/* The server's farewell is not waited for. */
int SSL_shutdown(SSL *ssl)
{
	static int (*end)(SSL *);
	int result;

	if (!end)
		end = (int (*)(SSL *))dlsym(RTLD_NEXT, "SSL_shutdown");
	if (!end)
		return -1;
	result = end(ssl);
	return watched && result == 0 && SSL_get_fd(ssl) >= 0 ? 1 : result;
}
