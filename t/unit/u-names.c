/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In this program, as in the broker, strophe-names.c stands before the libraries. */
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <strophe.h>

#include "alloc.h"
#include "buf.h"
#include "hostname.h"
#include "resolve.h"
#include "srv.h"
#include "tap.h"

static void test_hostname(void)
{
	static const struct { const char *name, *ascii; } rows[] = {
		{ "example.org", "example.org" },
		{ "_xmpp-client._tcp.example.org", "_xmpp-client._tcp.example.org" },
		{ "b\xc3\xbc" "cher.test", "xn--bcher-kva.test" },
		{ "_x._tcp.b\xc3\xbc" "cher.test", "_x._tcp.xn--bcher-kva.test" },
		{ "xn--bcher-kva.test", "xn--bcher-kva.test" },
		{ "i\xe2\x99\xa5" "git.test", "xn--igit-5u3b.test" },
		{ "\xd7\x90\xd7\x91.test", "xn--4dbc.test" },
		{ "\xff.test", "\xff.test" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *ascii = hostname_ascii(rows[i].name);

		is_str(ascii, rows[i].ascii, rows[i].ascii);
		free(ascii);
	}
}

/* What DNS would be asked, by these in place of the library's. They run in several threads. */
static char asked[4][256];
static int questions;
static uv_barrier_t both;

static void note(const char *name)
{
	int i = __atomic_fetch_add(&questions, 1, __ATOMIC_SEQ_CST);

	snprintf(asked[i % 4], sizeof(asked[0]), "%s", name);
}

size_t srv_ask(const char *service, const char *domain, bool direct_tls, struct srv_target *out,
	       size_t max, bool *denied)
{
	note(domain);
	/* Each service is answered when both were asked for. */
	uv_barrier_wait(&both);
	return 0;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		struct addrinfo **list)
{
	note(host);
	return EAI_NONAME;
}

static void on_targets(void *arg, const struct srv_target *targets, size_t n, const char *why)
{
}

static void on_addresses(void *arg, const struct endpoint *endpoints, size_t n, const char *why)
{
}

static struct buf literals;

static void on_literal(void *arg, const struct srv_target *targets, size_t n, const char *why)
{
	buf_printf(&literals, " %s ", n == 1 ? targets[0].host : "none");
}

static void test_dns(void)
{
	struct srv_target target = { .host = "b\xc3\xbc" "cher.example", .port = 5222 };
	uv_loop_t *loop = uv_default_loop();

	uv_barrier_init(&both, 2);
	resolve_srv_targets(loop, "b\xc3\xbc" "cher.test", NULL, on_targets, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	is_int(questions, 2, "two services are asked for, at once");
	is_str(asked[0], "xn--bcher-kva.test", "of the domain in A-labels");
	is_str(asked[1], "xn--bcher-kva.test", "both times");
	resolve_addresses(loop, &target, on_addresses, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	is_str(asked[2], "xn--bcher-kva.example", "so is a host that the user has named");
	questions = 0;
	resolve_srv_targets(loop, "[::1]", NULL, on_literal, NULL);
	resolve_srv_targets(loop, "192.0.2.1", NULL, on_literal, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	is_int(questions, 0, "DNS is not asked about an address");
	ok(strstr(buf_str(&literals), " ::1 ") && strstr(buf_str(&literals), " 192.0.2.1 "),
	   "which is where the server is:%s", buf_str(&literals));
	buf_finish(&literals);
	uv_loop_close(loop);
	uv_library_shutdown();
}

static void test_tls(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	SSL_set_tlsext_host_name(ssl, "b\xc3\xbc" "cher.test");
	is_str(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "xn--bcher-kva.test",
	       "the server name is in A-labels");
	ok(X509_VERIFY_PARAM_set1_host(param,
				       "b\xc3\xbc"
				       "cher.test",
				       0),
	   "the certificate's name is set");
	is_str(X509_VERIFY_PARAM_get0_host(param, 0), "xn--bcher-kva.test", "and in A-labels");
	SSL_free(ssl);
	ssl = SSL_new(ctx);
	param = SSL_get0_param(ssl);
	SSL_set_tlsext_host_name(ssl, "[2001:db8::7]");
	ok(!SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "an address is no server name");
	ok(X509_VERIFY_PARAM_set1_host(param, "[2001:db8::7]", 0) &&
		   !X509_VERIFY_PARAM_get0_host(param, 0),
	   "nor a name in a certificate");
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void test_sasl(void)
{
	xmpp_ctx_t *ctx;
	xmpp_stanza_t *auth;
	char *node;

	xmpp_initialize();
	ctx = xmpp_ctx_new(NULL, NULL);
	auth = xmpp_stanza_new(ctx);
	xmpp_stanza_set_name(auth, "auth");
	xmpp_stanza_set_attribute(auth, "mechanism", "SCRAM-SHA-1");
	node = xmpp_jid_node(ctx, "a=b,c@example.org");
	is_str(node, "a=3Db=2Cc", "SCRAM has the name escaped");
	xmpp_free(ctx, node);
	xmpp_stanza_set_attribute(auth, "mechanism", "SCRAM-SHA-256");
	xmpp_stanza_set_attribute(auth, "mechanism", "PLAIN");
	node = xmpp_jid_node(ctx, "a=b,c@example.org");
	is_str(node, "a=b,c", "PLAIN has it as it is");
	xmpp_free(ctx, node);
	ok(!xmpp_jid_node(ctx, "example.org"), "a domain has none");
	xmpp_stanza_release(auth);
	xmpp_ctx_free(ctx);
	xmpp_shutdown();
}

int main(void)
{
	test_hostname();
	test_dns();
	test_tls();
	test_sasl();
	return tap_done();
}
