/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "netaddr.h"
#include "tap.h"

static void test_parse(void)
{
	static const struct {
		const char *text, *again, *what;
	} rows[] = {
		{ "192.0.2.7:4711", "192.0.2.7:4711", "IPv4" },
		{ "[2001:db8::7]:4711", "[2001:db8::7]:4711", "IPv6" },
		{ "[2001:DB8:0:0:0:0:0:7]:1", "[2001:db8::7]:1", "written in another way" },
		{ "[::ffff:192.0.2.7]:65535", "192.0.2.7:65535", "IPv4 in IPv6 is IPv4" },
		{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "the longest" },
		{ "", NULL, "nothing" },
		{ "192.0.2.7", NULL, "no port" },
		{ "192.0.2.7:", NULL, "an empty port" },
		{ "192.0.2.7:0", NULL, "port 0" },
		{ "192.0.2.7:080", NULL, "a port with a leading zero" },
		{ "192.0.2.7:65536", NULL, "port 65536" },
		{ "192.0.2.7:4294967297", NULL, "a port that wraps around" },
		{ "192.0.2.7:+1", NULL, "a port with a sign" },
		{ "192.0.2.7:1 ", NULL, "a blank behind" },
		{ " 192.0.2.7:1", NULL, "a blank before" },
		{ "192.0.2:1", NULL, "three numbers" },
		{ "192.0.2.256:1", NULL, "a number too big" },
		{ "0300.0.2.7:1", NULL, "octal" },
		{ "3221225991:1", NULL, "one number" },
		{ "2001:db8::7:1", NULL, "IPv6 without brackets" },
		{ "[192.0.2.7]:1", NULL, "IPv4 in brackets" },
		{ "[2001:db8::7]4711", NULL, "no colon" },
		{ "[2001:db8::7:4711", NULL, "no end of the bracket" },
		{ "[fe80::1%eth0]:1", NULL, "a zone" },
		{ "localhost:1", NULL, "a name" },
		{ "[0000000000000000000000000000000000000000000000000000000000000000000000001]:1",
		  NULL,
		  "longer than any address" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[NETADDR_TEXT_MAX];
		struct netaddr a, again;
		bool good = netaddr_parse(rows[i].text, &a);

		if (!rows[i].again) {
			ok(!good, "no address: %s", rows[i].what);
			continue;
		}
		if (good)
			netaddr_format(&a, text);
		is_str(good ? text : NULL, rows[i].again, rows[i].what);
		ok(netaddr_parse(text, &again) && netaddr_equal(&a, &again) &&
			   !memcmp(&a, &again, sizeof(a)),
		   "and it comes back");
	}
}

static void test_reach(void)
{
	static const struct {
		const char *text;
		enum netaddr_scope scope;
	} rows[] = {
		{ "0.0.0.0:1", NETADDR_RESERVED },
		{ "0.1.2.3:1", NETADDR_RESERVED },
		{ "127.0.0.1:1", NETADDR_LOOPBACK },
		{ "127.255.0.1:1", NETADDR_LOOPBACK },
		{ "169.254.169.254:80", NETADDR_LINK_LOCAL },
		{ "10.1.2.3:1", NETADDR_PRIVATE },
		{ "172.16.0.1:1", NETADDR_PRIVATE },
		{ "172.31.255.255:1", NETADDR_PRIVATE },
		{ "172.32.0.1:1", NETADDR_GLOBAL },
		{ "192.168.1.1:1", NETADDR_PRIVATE },
		{ "192.169.1.1:1", NETADDR_GLOBAL },
		{ "100.64.0.1:1", NETADDR_PRIVATE },
		{ "100.127.255.255:1", NETADDR_PRIVATE },
		{ "100.128.0.1:1", NETADDR_GLOBAL },
		{ "192.0.0.1:1", NETADDR_RESERVED },
		{ "192.0.2.7:1", NETADDR_RESERVED },
		{ "198.51.100.1:1", NETADDR_RESERVED },
		{ "203.0.113.1:1", NETADDR_RESERVED },
		{ "198.19.0.1:1", NETADDR_RESERVED },
		{ "192.88.99.1:1", NETADDR_RESERVED },
		{ "224.0.0.251:1", NETADDR_RESERVED },
		{ "239.1.1.1:1", NETADDR_RESERVED },
		{ "240.0.0.1:1", NETADDR_RESERVED },
		{ "255.255.255.255:1", NETADDR_RESERVED },
		{ "223.255.255.1:1", NETADDR_GLOBAL },
		{ "8.8.8.8:1", NETADDR_GLOBAL },
		{ "[::]:1", NETADDR_RESERVED },
		{ "[::1]:1", NETADDR_LOOPBACK },
		{ "[::2]:1", NETADDR_RESERVED },
		{ "[::7f00:1]:1", NETADDR_RESERVED },
		{ "[::ffff:127.0.0.1]:1", NETADDR_LOOPBACK },
		{ "[64:ff9b::127.0.0.1]:1", NETADDR_RESERVED },
		{ "[64:ff9b::10.0.0.1]:1", NETADDR_RESERVED },
		{ "[64:ff9b::8.8.8.8]:1", NETADDR_GLOBAL },
		{ "[64:ff9b:1::8.8.8.8]:1", NETADDR_RESERVED },
		{ "[2002:7f00:1::1]:1", NETADDR_RESERVED },
		{ "[2002:808:808::1]:1", NETADDR_GLOBAL },
		{ "[2001::1]:1", NETADDR_RESERVED },
		{ "[2001:db8::7]:1", NETADDR_RESERVED },
		{ "[3fff:fff::1]:1", NETADDR_RESERVED },
		{ "[100::1]:1", NETADDR_RESERVED },
		{ "[2001:4860:4860::8888]:1", NETADDR_GLOBAL },
		{ "[2a00::1]:1", NETADDR_GLOBAL },
		{ "[3fff:1000::1]:1", NETADDR_GLOBAL },
		{ "[fc00::1]:1", NETADDR_PRIVATE },
		{ "[fdff::1]:1", NETADDR_PRIVATE },
		{ "[fe80::1]:1", NETADDR_LINK_LOCAL },
		{ "[fec0::1]:1", NETADDR_RESERVED },
		{ "[ff02::1]:1", NETADDR_RESERVED },
		{ "[4000::1]:1", NETADDR_RESERVED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum netaddr_scope scope = rows[i].scope;
		struct netaddr a = { 0 };
		bool near = scope == NETADDR_LOOPBACK || scope == NETADDR_LINK_LOCAL;

		ok(netaddr_parse(rows[i].text, &a), "%s is an address", rows[i].text);
		is_int(netaddr_scope(&a), scope, "of the right kind");
		is_int(netaddr_may_dial(&a, false),
		       scope == NETADDR_PRIVATE || scope == NETADDR_GLOBAL, "and dialled or not");
		is_int(netaddr_may_dial(&a, true),
		       near || scope == NETADDR_PRIVATE || scope == NETADDR_GLOBAL,
		       "and with what is near allowed");
	}
}

/* A socket may give us a mapped address as it is. */
static void test_mapped(void)
{
	struct netaddr a = { .v6 = true,
			     .ip = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 },
			     .port = 1 };

	is_int(netaddr_scope(&a), NETADDR_RESERVED, "a mapped private address is no public one");
	a.ip[12] = 9;
	is_int(netaddr_scope(&a), NETADDR_GLOBAL, "a mapped public one is");
}

static int compare(const void *a, const void *b)
{
	return netaddr_compare(a, b);
}

static void test_order(void)
{
	static const char *const sorted[] = {
		"[fd00::2]:1", "10.0.0.2:1", "10.0.0.2:2", "192.168.0.1:1",
		"[2a00::1]:1", "8.8.8.8:1", "[::1]:1", "127.0.0.1:1", "[fe80::1]:1",
		"169.254.0.1:1",
	};
	enum { N = sizeof(sorted) / sizeof(sorted[0]) };
	struct netaddr a[N];

	srand(1);
	for (int round = 0; round < 20; round++) {
		int wrong = 0;

		for (int i = 0; i < N; i++)
			netaddr_parse(sorted[i], &a[i]);
		for (int i = N - 1; i > 0; i--) {
			int k = rand() % (i + 1);
			struct netaddr t = a[i];

			a[i] = a[k];
			a[k] = t;
		}
		qsort(a, N, sizeof(a[0]), compare);
		for (int i = 0; i < N; i++) {
			char text[NETADDR_TEXT_MAX];

			netaddr_format(&a[i], text);
			wrong += strcmp(text, sorted[i]) != 0;
		}
		is_int(wrong, 0, "the site first, then the world, then what is near");
	}
	ok(!netaddr_equal(&a[1], &a[2]), "another port is another address");
}

/* Whatever is accepted can be written and read again. */
static void test_random(void)
{
	static const char letters[] = "0123456789abcdef:.[]%f";
	unsigned good = 0, wrong = 0;

	srand(3);
	for (int i = 0; i < 200000; i++) {
		char text[80], again[NETADDR_TEXT_MAX];
		struct netaddr a, b;
		size_t n = 0;

		if (rand() % 2) {
			n = (size_t)sprintf(text, "[%x::%x]:%u", rand() % 65536, rand() % 65536,
					    rand() % 65536);
			text[rand() % n] = letters[rand() % (sizeof(letters) - 1)];
		} else {
			for (n = (size_t)rand() % 70; n > 0; n--)
				text[n - 1] = letters[rand() % (sizeof(letters) - 1)];
			text[rand() % 70] = '\0';
		}
		if (!netaddr_parse(text, &a))
			continue;
		good++;
		netaddr_format(&a, again);
		wrong += !netaddr_parse(again, &b) || !netaddr_equal(&a, &b);
		netaddr_scope(&a);
	}
	ok(good > 1000, "of random texts %u are addresses", good);
	is_int(wrong, 0, "and each comes back");
}

static void test_who(void)
{
	static const struct {
		const char *a, *b;
		bool same_address, same_network;
		const char *what;
	} rows[] = {
		{ "192.0.2.7:1", "192.0.2.7:2", true, true,
		  "an address is one, whatever the port" },
		{ "192.0.2.7:1", "192.0.2.8:1", false, true,
		  "its neighbour is another one of the same network" },
		{ "192.0.2.7:1", "192.0.3.7:1", false, false, "another network" },
		{ "[2001:db8:1:2::7]:1", "[2001:db8:1:2:a:b:c:d]:1", true, true,
		  "64 bits of IPv6 are one address" },
		{ "[2001:db8:1:2::7]:1", "[2001:db8:1:3::7]:1", false, true,
		  "48 bits are a network" },
		{ "[2001:db8:1:2::7]:1", "[2001:db8:2:2::7]:1", false, false,
		  "of which there are others" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char a[NETADDR_TEXT_MAX], b[NETADDR_TEXT_MAX];
		struct netaddr x, y;

		netaddr_parse(rows[i].a, &x);
		netaddr_parse(rows[i].b, &y);
		netaddr_who(&x, a);
		netaddr_who(&y, b);
		ok(!strcmp(a, b) == rows[i].same_address &&
			   !strcmp(strchr(a, '@'), strchr(b, '@')) == rows[i].same_network,
		   "%s", rows[i].what);
	}
}

int main(void)
{
	test_parse();
	test_reach();
	test_mapped();
	test_order();
	test_random();
	test_who();
	return tap_done();
}
