/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resolve.h"

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
	return tap_done();
}
