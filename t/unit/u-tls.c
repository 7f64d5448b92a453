/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "pass-key.h"
#include "tap.h"
#include "tls.h"

static struct device_key *alice, *bob;

/* One end: what its TLS wants to send is in out. */
struct side {
	struct tls *tls;
	struct buf out;
};

static void side_init(struct side *s, const struct device_key *key, bool client,
		      const struct pass_use *use)
{
	s->out = (struct buf){ 0 };
	s->tls = tls_create(key, client, use, &s->out);
}

static void side_finish(struct side *s)
{
	tls_destroy(s->tls);
	buf_finish(&s->out);
}

/*
 * Moves what `from` has to send to `to`, in pieces of at most step bytes. The
 * last answer of tls_input().
 */
static int carry(struct side *from, struct side *to, size_t step, struct buf *plain)
{
	int ret = 0;

	while (buf_len(&from->out) > 0) {
		size_t n = buf_len(&from->out) < step ? buf_len(&from->out) : step;

		ret = tls_input(to->tls, buf_data(&from->out), n, plain);
		buf_consume(&from->out, n);
	}
	return ret;
}

static bool shake_hands(struct side *client, struct side *server, size_t step)
{
	struct buf none = { 0 };
	bool good = true;

	for (int i = 0; i < 6 && good && (buf_len(&client->out) || buf_len(&server->out)); i++)
		good = carry(client, server, step, &none) == 0 &&
		       carry(server, client, step, &none) == 0;
	good = good && buf_len(&none) == 0 && tls_established(client->tls) &&
	       tls_established(server->tls);
	buf_finish(&none);
	return good;
}

static void pair(struct side *client, struct side *server)
{
	side_init(client, alice, true, NULL);
	side_init(server, bob, false, NULL);
}

/* What both ends have in common, and with no other connection. */
static void test_exporter(void)
{
	unsigned char here[32] = { 0 }, there[32] = { 1 }, other[32], later[32];
	struct side client, server;

	pair(&client, &server);
	shake_hands(&client, &server, 1000);
	ok(tls_exporter(client.tls, "EXPORTER-one", here, sizeof(here)) &&
		   tls_exporter(server.tls, "EXPORTER-one", there, sizeof(there)) &&
		   !memcmp(here, there, sizeof(here)),
	   "both ends have one value for a label");
	ok(tls_exporter(server.tls, "EXPORTER-two", other, sizeof(other)) &&
		   memcmp(here, other, sizeof(here)),
	   "and another one for another label");
	side_finish(&client);
	side_finish(&server);
	pair(&client, &server);
	shake_hands(&client, &server, 1000);
	ok(tls_exporter(client.tls, "EXPORTER-one", later, sizeof(later)) &&
		   memcmp(here, later, sizeof(here)),
	   "another connection of the same keys has another one");
	side_finish(&client);
	side_finish(&server);
}

static void test_loopback(size_t step)
{
	struct side client, server;
	struct buf plain = { 0 }, sent = { 0 };

	pair(&client, &server);
	ok(buf_len(&client.out) > 0, "the client speaks first (pieces of %zu)", step);
	is_int(buf_len(&server.out), 0, "the server waits");
	ok(shake_hands(&client, &server, step), "the handshake completes");
	ok(!memcmp(tls_peer_fingerprint(client.tls), device_key_fingerprint(bob),
		   FINGERPRINT_BYTES),
	   "the client knows the server's key");
	ok(!memcmp(tls_peer_fingerprint(server.tls), device_key_fingerprint(alice),
		   FINGERPRINT_BYTES),
	   "the server knows the client's key");

	for (int i = 0; i < 100000; i++)
		buf_append(&sent, &(char){ (char)rand() }, 1);
	is_int(tls_write(server.tls, buf_data(&sent), buf_len(&sent)), 0,
	       "several records in one write");
	is_int(carry(&server, &client, step, &plain), 0, "arrive");
	ok(buf_len(&plain) == buf_len(&sent) &&
	   !memcmp(buf_data(&plain), buf_data(&sent), buf_len(&sent)), "as they were");
	buf_reset(&plain);
	tls_write(client.tls, "hello", 5);
	tls_write(client.tls, "", 0);
	carry(&client, &server, step, &plain);
	is_str(buf_str(&plain), "hello", "and the other way");

	tls_close_notify(client.tls);
	tls_close_notify(client.tls);
	is_int(carry(&client, &server, step, &plain), 1, "close_notify is told from a cut");
	ok(tls_established(server.tls), "and is no failure");
	is_str(tls_error(server.tls), "", "without error");
	buf_finish(&plain);
	buf_finish(&sent);
	side_finish(&client);
	side_finish(&server);
}

/* One bit turned anywhere on the way: the connection ends, and nothing false is delivered. */
static void test_flipped_bits(void)
{
	int undetected = 0, wrong = 0;

	for (size_t at = 5; at < 45; at++) {
		struct side client, server;
		struct buf plain = { 0 };

		pair(&client, &server);
		shake_hands(&client, &server, 4096);
		tls_write(client.tls, "twenty bytes of text", 20);
		if (at < buf_len(&client.out)) {
			buf_data(&client.out)[at] ^= 1 << at % 8;
			undetected += carry(&client, &server, 4096, &plain) != -1;
			wrong += buf_len(&plain) > 0 || tls_established(server.tls) ||
				 !*tls_error(server.tls) || tls_write(server.tls, "x", 1) != -1;
		}
		buf_finish(&plain);
		side_finish(&client);
		side_finish(&server);
	}
	is_int(undetected, 0, "a flipped bit is always found");
	is_int(wrong, 0, "and nothing of that record is delivered");
}

static void test_garbage(void)
{
	int taken = 0, silent = 0, most = 0;

	srand(3);
	for (int i = 0; i < 300; i++) {
		struct buf out = { 0 }, plain = { 0 };
		struct tls *tls = tls_create(alice, i % 2, NULL, &out);
		char bytes[512];
		int fed = 0, ret = 0;

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (char)rand();
		if (i % 4 >= 2)
			/* looks like a hello */
			memcpy(bytes, "\x16\x03\x03\x01\x00\x01\x00\x00\xfc", 9);
		while (ret == 0 && fed < 1024 * 1024) {
			ret = tls_input(tls, bytes, sizeof(bytes), &plain);
			fed += sizeof(bytes);
		}
		taken += ret != -1 || buf_len(&plain) > 0 || tls_established(tls);
		silent += !*tls_error(tls);
		most = fed > most ? fed : most;
		buf_finish(&plain);
		buf_finish(&out);
		tls_destroy(tls);
	}
	is_int(taken, 0, "garbage never becomes a connection");
	is_int(silent, 0, "and each failure has its words");
	ok(most <= 65536, "nor is much of it taken in (%d bytes)", most);
}

/* A stranger with an OpenSSL of its own, set up in all the ways we must refuse. */
struct stranger {
	const char *what;
	const char *alpn;		/* NULL: none */
	const char *key;		/* an algorithm, or NULL: no certificate */
	int version;
	bool server;
	bool welcome;
};

static const struct stranger strangers[] = {
	{ "a client like ours", "\x0agit-xmpp/1", "ED25519", TLS1_3_VERSION, false, true },
	{ "a client with more protocols", "\x02h2\x0agit-xmpp/1", "ED25519", TLS1_3_VERSION, false,
	  true },
	{ "a client without ALPN", NULL, "ED25519", TLS1_3_VERSION, false, false },
	{ "a client with another ALPN", "\x0agit-xmpp/2", "ED25519", TLS1_3_VERSION, false, false },
	{ "a client with TLS 1.2", "\x0agit-xmpp/1", "ED25519", TLS1_2_VERSION, false, false },
	{ "a client with an RSA key", "\x0agit-xmpp/1", "RSA", TLS1_3_VERSION, false, false },
	{ "a client with an EC key", "\x0agit-xmpp/1", "EC", TLS1_3_VERSION, false, false },
	{ "a client with an Ed448 key", "\x0agit-xmpp/1", "ED448", TLS1_3_VERSION, false, false },
	{ "a client without certificate", "\x0agit-xmpp/1", NULL, TLS1_3_VERSION, false, false },
	{ "a server like ours", "\x0agit-xmpp/1", "ED25519", TLS1_3_VERSION, true, true },
	{ "a server without ALPN", NULL, "ED25519", TLS1_3_VERSION, true, false },
	{ "a server with TLS 1.2", "\x0agit-xmpp/1", "ED25519", TLS1_2_VERSION, true, false },
	{ "a server with an RSA key", "\x0agit-xmpp/1", "RSA", TLS1_3_VERSION, true, false },
	{ "a server with an EC key", "\x0agit-xmpp/1", "EC", TLS1_3_VERSION, true, false },
};

static EVP_PKEY *make_key(const char *algorithm)
{
	if (!strcmp(algorithm, "RSA"))
		return EVP_PKEY_Q_keygen(NULL, NULL, algorithm, (size_t)2048);
	if (!strcmp(algorithm, "EC"))
		return EVP_PKEY_Q_keygen(NULL, NULL, algorithm, "P-256");
	return EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
}

static void give_key(SSL_CTX *ctx, const char *algorithm)
{
	EVP_PKEY *key = make_key(algorithm);
	X509 *x = X509_new();

	X509_set_pubkey(x, key);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_sign(x, key, algorithm[0] == 'E' && algorithm[1] == 'D' ? NULL : EVP_sha256());
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		       const unsigned char *in, unsigned in_len, void *arg)
{
	const struct stranger *s = arg;

	if (!s->alpn)
		return SSL_TLSEXT_ERR_NOACK;
	*out = (const unsigned char *)s->alpn + 1;
	*out_len = (unsigned char)s->alpn[0];
	return SSL_TLSEXT_ERR_OK;
}

static int allow_all(X509_STORE_CTX *store, void *arg)
{
	return 1;
}

static SSL_CTX *stranger_context(const struct stranger *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	SSL_CTX_set_min_proto_version(ctx, s->version);
	SSL_CTX_set_max_proto_version(ctx, s->version);
	SSL_CTX_set_verify(ctx, s->server ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, allow_all, NULL);
	if (s->alpn && !s->server)
		SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)s->alpn, strlen(s->alpn));
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, (void *)s);
	if (s->key)
		give_key(ctx, s->key);
	return ctx;
}

/* Whether the stranger could say a word that our side took. */
static bool meet(const struct stranger *s, const char **why)
{
	SSL_CTX *ctx = stranger_context(s);
	struct buf wire = { 0 }, plain = { 0 };
	struct tls *tls = tls_create(bob, s->server, NULL, &wire);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL *ssl;
	bool said = false, heard;
	static char error[160];

	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, in, out);
	if (s->server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	for (int i = 0; i < 8; i++) {
		char *data;
		long n;

		if (SSL_do_handshake(ssl) == 1 && !said)
			said = SSL_write(ssl, "word", 4) == 4;
		n = BIO_get_mem_data(out, &data);
		if (n > 0)
			tls_input(tls, data, (size_t)n, &plain);
		(void)BIO_reset(out);
		if (buf_len(&wire) > 0)
			BIO_write(in, buf_data(&wire), (int)buf_len(&wire));
		buf_reset(&wire);
	}
	heard = tls_established(tls) && !strcmp(buf_str(&plain), "word");
	snprintf(error, sizeof(error), "%s", tls_error(tls));
	*why = error;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	buf_finish(&wire);
	buf_finish(&plain);
	tls_destroy(tls);
	ERR_clear_error();
	return heard;
}

static void test_strangers(void)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		const struct stranger *s = &strangers[i];
		const char *why;
		bool heard = meet(s, &why);

		ok(heard == s->welcome && (*why != '\0') == !s->welcome, "%s is %s", s->what,
		   s->welcome ? "welcome" : "refused");
		printf("# %s\n", why);
	}
}

/* What the client of stranger_context() and our server say to each other, once there and back. */
static void exchange(SSL *ssl, struct tls *tls, struct buf *wire)
{
	BIO *in = SSL_get_rbio(ssl), *out = SSL_get_wbio(ssl);
	struct buf plain = { 0 };
	char *data;
	long n;

	SSL_do_handshake(ssl);
	n = BIO_get_mem_data(out, &data);
	if (n > 0)
		tls_input(tls, data, (size_t)n, &plain);
	(void)BIO_reset(out);
	if (buf_len(wire) > 0)
		BIO_write(in, buf_data(wire), (int)buf_len(wire));
	buf_reset(wire);
	buf_finish(&plain);
}

/* Each question for new keys is answered by OpenSSL itself, whether the answers are read or not. */
static void test_key_updates(unsigned times, bool borne, const char *what)
{
	static const struct stranger s = { "",	"\x0agit-xmpp/1", "ED25519", TLS1_3_VERSION, false,
					   true };
	SSL_CTX *ctx = stranger_context(&s);
	struct buf wire = { 0 };
	struct tls *tls = tls_create(bob, false, NULL, &wire);
	SSL *ssl = SSL_new(ctx);
	struct buf plain = { 0 };

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(ssl);
	for (int i = 0; i < 8; i++)
		exchange(ssl, tls, &wire);
	ok(tls_established(tls), "a handshake");
	/* From now on nobody reads what we answer. */
	for (unsigned i = 0; i < times; i++) {
		char *data;
		long n;

		SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(ssl);
		n = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
		tls_input(tls, data, (size_t)n, &plain);
		(void)BIO_reset(SSL_get_wbio(ssl));
	}
	ok(tls_established(tls) == borne, "%s", what);
	ok(buf_len(&wire) < 4096, "and does not pile up answers (%zu bytes)", buf_len(&wire));
	buf_finish(&plain);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	buf_finish(&wire);
	tls_destroy(tls);
	ERR_clear_error();
}

struct door {
	struct pass pass;
	const struct device_key *client;	/* who it was given to */
	struct pass_seen seen;
	uint64_t number;
	bool closed;				/* there is no place */
	int asked, admitted;
};

static bool find_pass(void *arg, const char *identity, struct pass_use *out)
{
	struct door *door = arg;
	char token[PASS_TOKEN_LEN + 1];

	door->asked++;
	if (!pass_identity(identity, token, &door->number) || strcmp(token, door->pass.token) ||
	    !pass_is_new(&door->seen, door->number))
		return false;
	pass_use(&door->pass, door->number, false, device_key_fingerprint(bob),
		 device_key_fingerprint(door->client), out);
	return true;
}

static bool admit(void *arg)
{
	struct door *door = arg;

	door->admitted++;
	pass_mark(&door->seen, door->number);
	return !door->closed;
}

static const struct tls_gate gate = { .find = find_pass, .admit = admit };

static void door_init(struct door *door)
{
	*door = (struct door){ .client = alice };
	pass_make(&door->pass);
}

/* Bob, who has given alice a pass. */
static void keep_door(struct side *server, struct door *door)
{
	side_init(server, bob, false, NULL);
	tls_set_gate(server->tls, &gate, door);
}

/* Alice's use of it, as she would have it. */
static struct pass_use use_of(const struct door *door, uint64_t number)
{
	struct pass_use use;

	pass_use(&door->pass, number, true, device_key_fingerprint(alice),
		 device_key_fingerprint(bob), &use);
	return use;
}

/* The public part of a key, which is what a certificate would show. */
static bool has_key(const struct buf *bytes, const struct device_key *key)
{
	unsigned char raw[32];
	size_t n = sizeof(raw);

	EVP_PKEY_get_raw_public_key(device_key_private(key), raw, &n);
	return buf_len(bytes) && (memmem(buf_data(bytes), buf_len(bytes), raw, n) ||
				  memmem(buf_data(bytes), buf_len(bytes),
					 device_key_fingerprint(key), FINGERPRINT_BYTES));
}

static void test_pass(size_t step)
{
	struct door door;
	struct side client, server;
	struct buf plain = { 0 }, said = { 0 };
	struct pass_use use;

	door_init(&door);
	use = use_of(&door, 1);
	side_init(&client, alice, true, &use);
	keep_door(&server, &door);
	buf_append(&said, buf_data(&client.out), buf_len(&client.out));
	ok(memmem(buf_data(&said), buf_len(&said), use.identity, PASS_IDENTITY_LEN) != NULL,
	   "the hello names the pass");
	ok(!has_key(&said, alice), "... and nobody's key");
	ok(shake_hands(&client, &server, step), "who has a pass is let in (pieces of %zu)", step);
	ok(door.asked == 1 && door.admitted == 1, "... asked once");
	ok(!memcmp(tls_peer_fingerprint(client.tls), device_key_fingerprint(bob),
		   FINGERPRINT_BYTES) &&
		   !memcmp(tls_peer_fingerprint(server.tls), device_key_fingerprint(alice),
			   FINGERPRINT_BYTES),
	   "both know who is there");
	tls_write(server.tls, "hello", 5);
	carry(&server, &client, step, &plain);
	tls_write(client.tls, " there", 6);
	carry(&client, &server, step, &plain);
	is_str(buf_str(&plain), "hello there", "... and can talk");
	buf_finish(&plain);
	buf_finish(&said);
	side_finish(&client);
	side_finish(&server);
}

/* What is said to bob's door, and that it gets nothing for it. */
static void is_silent(struct door *door, const void *hello, size_t n, size_t step, const char *what)
{
	struct side server;
	struct buf none = { 0 };
	int ret = 0, admitted = door->admitted;

	keep_door(&server, door);
	for (size_t at = 0; at < n && !ret; at += step)
		ret = tls_input(server.tls, (const char *)hello + at, n - at < step ? n - at : step,
				&none);
	is_int(ret, -1, what);
	is_int(buf_len(&server.out), 0, "... without a byte");
	tls_input(server.tls, "more", 4, &none);
	ok(!buf_len(&server.out) && !tls_established(server.tls), "... nor later");
	ok(*tls_error(server.tls), "... though we know why: %s", tls_error(server.tls));
	ok(door->closed || door->admitted == admitted, "... and takes no place");
	buf_finish(&none);
	side_finish(&server);
}

static void refused(struct door *door, const struct device_key *key, const struct pass_use *use,
		    const char *what)
{
	struct side client;

	side_init(&client, key, true, use);
	is_silent(door, buf_data(&client.out), buf_len(&client.out), 65536, what);
	is_silent(door, buf_data(&client.out), buf_len(&client.out), 1, "... byte by byte, too");
	side_finish(&client);
}

static void test_refused(void)
{
	struct device_key *mallory = device_key_generate();
	struct door door, other;
	struct pass_use use;

	door_init(&door);
	door_init(&other);
	use = use_of(&other, 1);
	refused(&door, alice, &use, "another pass is refused");
	use = use_of(&door, 1);
	use.psk[31] ^= 1;
	refused(&door, alice, &use, "so is who saw the token, and not the secret");
	use = use_of(&door, UINT64_MAX);
	use.psk[0] ^= 1;
	refused(&door, alice, &use, "... with the highest number");
	ok(door.seen.highest == 0, "... which is not used up by that");
	refused(&door, alice, NULL, "who has none and would show a certificate");
	pass_use(&door.pass, 1, true, device_key_fingerprint(mallory), device_key_fingerprint(bob),
		 &use);
	refused(&door, mallory, &use, "another device to whom somebody has lent it");
	pass_use(&door.pass, 1, true, device_key_fingerprint(alice),
		 device_key_fingerprint(mallory), &use);
	refused(&door, alice, &use, "who takes us for somebody else");
	pass_use(&door.pass, 1, true, device_key_fingerprint(bob), device_key_fingerprint(alice),
		 &use);
	refused(&door, alice, &use, "who gives us our own role");
	use = use_of(&door, 1);
	strcpy(use.identity, "x");
	refused(&door, alice, &use, "what is no identity");
	door.closed = true;
	use = use_of(&door, 1);
	refused(&door, alice, &use, "who has one, when there is no place");
	device_key_destroy(mallory);
}

static void test_replay(void)
{
	struct door door;
	struct side client, server;
	struct buf hello = { 0 }, none = { 0 };
	struct pass_use use;

	door_init(&door);
	use = use_of(&door, 7);
	side_init(&client, alice, true, &use);
	keep_door(&server, &door);
	buf_append(&hello, buf_data(&client.out), buf_len(&client.out));
	ok(shake_hands(&client, &server, 65536), "a pass is used");
	is_silent(&door, buf_data(&hello), buf_len(&hello), 65536,
		  "whoever says the same again is refused");
	side_finish(&client);
	side_finish(&server);

	/* Held back, and said by who recorded it: an answer that they cannot read, once. */
	use = use_of(&door, 8);
	side_init(&client, alice, true, &use);
	keep_door(&server, &door);
	buf_reset(&hello);
	buf_append(&hello, buf_data(&client.out), buf_len(&client.out));
	is_int(tls_input(server.tls, buf_data(&hello), buf_len(&hello), &none), 0,
	       "a hello that was held back is answered");
	ok(buf_len(&server.out) > 0 && !has_key(&server.out, bob) && !has_key(&server.out, alice),
	   "... without a key in it");
	tls_input(server.tls, buf_data(&hello), buf_len(&hello), &none);
	ok(!tls_established(server.tls), "... and leads nowhere");
	is_silent(&door, buf_data(&hello), buf_len(&hello), 65536, "... once");
	side_finish(&client);
	side_finish(&server);
	buf_finish(&hello);
	buf_finish(&none);
}

/* Who answers alice's hello, and is not bob. */
static void test_false_servers(void)
{
	struct device_key *mallory = device_key_generate();
	struct door door;
	struct side client, server;
	struct buf none = { 0 }, said = { 0 };
	struct pass_use use;

	door_init(&door);
	use = use_of(&door, 1);
	side_init(&client, alice, true, &use);
	side_init(&server, mallory, false, NULL);
	for (int i = 0; i < 4; i++) {
		carry(&client, &server, 65536, &none);
		carry(&server, &client, 65536, &none);
		buf_append(&said, buf_data(&client.out), buf_len(&client.out));
	}
	ok(!tls_established(client.tls), "a server that shows a certificate instead is refused: %s",
	   tls_error(client.tls));
	ok(!tls_established(server.tls), "... and is shown none");
	ok(!has_key(&said, alice), "... nor a key in clear");
	side_finish(&client);
	side_finish(&server);

	side_init(&client, alice, true, &use);
	side_init(&server, alice, true, &use);
	ok(carry(&server, &client, 65536, &none) == -1, "so is its own hello, sent back");
	side_finish(&client);
	side_finish(&server);
	buf_finish(&said);
	buf_finish(&none);
	device_key_destroy(mallory);
}

/* What is no hello at all does not hear that either, and cannot make us wait for long. */
static void test_gate_and_garbage(const char *what, const char *bytes, size_t n, size_t most)
{
	struct door door;
	struct side server;
	struct buf none = { 0 };
	size_t fed = 0;
	int ret = 0;

	door_init(&door);
	keep_door(&server, &door);
	while (ret == 0 && fed < 1024 * 1024) {
		ret = tls_input(server.tls, bytes, n, &none);
		fed += n;
	}
	ok(ret == -1 && fed <= most, "%s is refused after %zu bytes", what, fed);
	is_int(buf_len(&server.out), 0, "without a byte");
	is_int(door.asked, 0, "nor a question");
	buf_finish(&none);
	side_finish(&server);
}

static void test_passes(void)
{
	static const char half[1024] = "\x16\x03\x01\x3f\xfc\x01\x00\x3f\xf8\x03\x03";

	test_pass(65536);
	test_pass(1);
	test_refused();
	test_replay();
	test_false_servers();
	test_gate_and_garbage("HTTP", "GET / HTTP/1.0\r\n\r\n", 18, 100);
	test_gate_and_garbage("an alert", "\x15\x03\x03\x00\x02\x02\x28", 7, 100);
	test_gate_and_garbage("a hello without end", half, sizeof(half), 4096);
}

static void test_one_context(void)
{
	struct side side[2];

	pair(&side[0], &side[1]);
	side_finish(&side[0]);
	side_finish(&side[1]);
	pair(&side[0], &side[1]);
	ok(shake_hands(&side[0], &side[1], 4096), "a key serves one connection after another");
	side_finish(&side[0]);
	side_finish(&side[1]);
	tls_destroy(NULL);
}

int main(void)
{
	alice = device_key_generate();
	bob = device_key_generate();
	srand(1);
	test_loopback(65536);
	test_loopback(1);
	test_exporter();
	test_flipped_bits();
	test_garbage();
	test_strangers();
	test_key_updates(32, true, "who asks for new keys now and then is borne");
	test_key_updates(100000, false, "who never stops is cut off");
	test_passes();
	test_one_context();
	device_key_destroy(alice);
	device_key_destroy(bob);
	return tap_done();
}
