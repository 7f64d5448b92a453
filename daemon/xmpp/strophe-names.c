/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libstrophe uses one form of a name where protocols need two.
 *
 * It has one domain for the stream, which needs U-labels, and for TLS, which needs A-labels.
 * The functions here convert what it passes to OpenSSL.
 *
 * It puts the local part of the JID unescaped into each SASL mechanism. SCRAM needs ',' and
 * '=' escaped (RFC 5802 5.1); no other mechanism does.
 *
 * As in strophe-guards.c, these definitions come before those of the libraries. Our own calls
 * of SSL_ctrl() come here, too; everything but the server's name is passed on unchanged.
 */

#include <dlfcn.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>

#include "hostname.h"
#include "login-error.h"

long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg)
{
	static long (*control)(SSL *, int, long, void *);
	char address[INET6_ADDRSTRLEN], *ascii;
	long ret;

	if (!control)
		control = (long (*)(SSL *, int, long, void *))dlsym(RTLD_NEXT, "SSL_ctrl");
	if (!control)
		return 0;
	if (cmd != SSL_CTRL_SET_TLSEXT_HOSTNAME || !parg)
		return control(ssl, cmd, larg, parg);
	/* RFC 6066 3: the server name is never an address. */
	if (hostname_address(parg, address))
		return 1;
	ascii = hostname_ascii(parg);
	ret = control(ssl, cmd, larg, ascii);
	free(ascii);
	return ret;
}

int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM *param, const char *name, size_t len)
{
	static int (*set)(X509_VERIFY_PARAM *, const char *, size_t);
	char address[INET6_ADDRSTRLEN], *ascii;
	int ret;

	if (!set)
		set = (int (*)(X509_VERIFY_PARAM *, const char *, size_t))dlsym(
			RTLD_NEXT, "X509_VERIFY_PARAM_set1_host");
	if (!set)
		return 0;
	if (!name || len)
		return set(param, name, len);
	if (hostname_address(name, address))
		return X509_VERIFY_PARAM_set1_ip_asc(param, address);
	ascii = hostname_ascii(name);
	ret = set(param, ascii, 0);
	free(ascii);
	return ret;
}

/*
 * Whether libstrophe is about to name the user in a SCRAM mechanism. Static: all is on one
 * thread.
 */
static bool scram;

int xmpp_stanza_set_attribute(xmpp_stanza_t *stanza, const char *key, const char *value)
{
	static int (*set)(xmpp_stanza_t *, const char *, const char *);

	if (!set)
		set = (int (*)(xmpp_stanza_t *, const char *, const char *))dlsym(
			RTLD_NEXT, "xmpp_stanza_set_attribute");
	if (!strcmp(key, "mechanism"))
		scram = !strncmp(value, "SCRAM-", 6);
	return set ? set(stanza, key, value) : XMPP_EMEM;
}

char *xmpp_jid_node(xmpp_ctx_t *ctx, const char *jid)
{
	static char *(*node_of)(xmpp_ctx_t *, const char *);
	char *node, *name;

	if (!node_of)
		node_of = (char *(*)(xmpp_ctx_t *, const char *))dlsym(RTLD_NEXT, "xmpp_jid_node");
	node = node_of ? node_of(ctx, jid) : NULL;
	if (!node || !scram)
		return node;
	/* libstrophe frees the name by our context's allocator, which is free(). */
	name = login_error_saslname(node);
	xmpp_free(ctx, node);
	scram = false;
	return name;
}
