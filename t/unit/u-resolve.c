/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"
#include "srv.h"

#include "tap.h"

#include "alloc.h"

static const struct {
	const char *server;
	const char *host;	/* NULL: it is none */
	int port;
} rows[] = {
	{ "xmpp.example.org", "xmpp.example.org", 5222 },
	{ "xmpp.example.org:443", "xmpp.example.org", 443 },
	{ "192.0.2.1:5223", "192.0.2.1", 5223 },
	{ "[2001:db8::1]", "2001:db8::1", 5222 },
	{ "[2001:db8::1]:443", "2001:db8::1", 443 },
	{ "2001:db8::1", "2001:db8::1", 5222 },
	{ "::1", "::1", 5222 },
	{ "", NULL, 0 },
	{ ":443", NULL, 0 },
	{ "host:", NULL, 0 },
	{ "host:0", NULL, 0 },
	{ "host:65536", NULL, 0 },
	{ "host:-1", NULL, 0 },
	{ "host: 80", NULL, 0 },
	{ "host:80x", NULL, 0 },
	{ "[::1", NULL, 0 },
	{ "[::1]443", NULL, 0 },
	{ "[]:443", NULL, 0 },
};

struct answer {
	unsigned char bytes[4096];
	size_t len;
};

static void put(struct answer *a, const void *bytes, size_t n)
{
	memcpy(a->bytes + a->len, bytes, n);
	a->len += n;
}

static void put16(struct answer *a, unsigned n)
{
	unsigned char bytes[] = { n >> 8, n };

	put(a, bytes, 2);
}

/* Labels, each with its length in front: "\1a\7example". */
static void put_name(struct answer *a, const char *labels)
{
	put(a, labels, strlen(labels) + 1);
}

static void begin(struct answer *a, unsigned records)
{
	static const unsigned char header[] = { 1, 2, 0x81, 0x80, 0, 1 };

	a->len = 0;
	put(a, header, sizeof(header));
	put16(a, records);
	put16(a, 0);
	put16(a, 0);
	put_name(a, "\14_xmpp-client\4_tcp\1a\7example");
	put16(a, 33);
	put16(a, 1);
}

static void put_srv(struct answer *a, unsigned priority, unsigned weight, unsigned port,
		    const char *labels)
{
	put16(a, 0xc00c);
	put16(a, 33);
	put16(a, 1);
	put16(a, 0);
	put16(a, 60);
	put16(a, (unsigned)strlen(labels) + 7);
	put16(a, priority);
	put16(a, weight);
	put16(a, port);
	put_name(a, labels);
}

static void test_srv(void)
{
	struct srv_target targets[SRV_TARGETS_MAX];
	bool denied = false;
	struct answer a;
	size_t n;

	begin(&a, 20);
	for (unsigned i = 0; i < 20; i++)
		put_srv(&a, i, 10 * i, 5000 + i, "\1s\1a\7example");
	n = srv_read(a.bytes, a.len, true, targets, SRV_TARGETS_MAX, &denied);
	is_int(n, 20, "each of twenty records is read");
	is_str(targets[19].host, "s.a.example", "... its host");
	is_int(targets[19].priority * 10000 + targets[19].weight, 190190,
	       "... its priority and weight");
	is_int(targets[19].port, 5019, "... its port");
	ok(targets[19].direct_tls && !denied, "... and of which service it is");
	is_int(srv_read(a.bytes, a.len, true, targets, 3, &denied), 3,
	       "no more than there is room for");
	for (size_t len = 0; len < a.len; len++)
		if (srv_read(a.bytes, len, true, targets, SRV_TARGETS_MAX, &denied) > 20)
			ok(false, "an answer that was cut after %zu bytes", len);
	begin(&a, 1);
	put_srv(&a, 0, 0, 0, "");
	is_int(srv_read(a.bytes, a.len, false, targets, SRV_TARGETS_MAX, &denied), 0,
	       "the root is no host");
	ok(denied, "... but says that there is no such service");
}

int main(void)
{
	char host[RESOLVE_HOST_MAX], text[ENDPOINT_TEXT_MAX], longest[RESOLVE_HOST_MAX + 1];
	struct endpoint e = { .ip = "2001:db8::1", .port = 5222 };
	uint16_t port;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool good;

		port = 5222;
		good = resolve_split(rows[i].server, host, &port);
		is_str(good ? host : NULL, rows[i].host, rows[i].server);
		if (rows[i].host)
			is_int(port, rows[i].port, "... and its port");
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(!resolve_split(longest, host, &port), "a name that no host has");
	endpoint_format(&e, text);
	is_str(text, "[2001:db8::1]:5222", "an IPv6 address and its port");
	test_srv();
	return tap_done();
}
