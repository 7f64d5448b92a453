/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "srv-targets.h"

#include "tap.h"

#include "alloc.h"

static uint32_t lots[8];
static size_t lot_next, lots_out_of_range;

static uint32_t given_lot(void *arg, uint32_t max)
{
	uint32_t lot = lots[lot_next++ % ARRAY_SIZE(lots)];

	lots_out_of_range += lot > max;
	return lot > max ? max : lot;
}

static uint32_t some_lot(void *arg, uint32_t max)
{
	uint32_t *random = arg;

	*random = *random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(*random >> 8) * (max + 1)) >> 24);
}

static struct srv_target target(const char *host, uint16_t priority, uint16_t weight,
				bool direct_tls)
{
	struct srv_target t = {
		.priority = priority, .weight = weight, .port = 5222, .direct_tls = direct_tls
	};

	snprintf(t.host, sizeof(t.host), "%s", host);
	return t;
}

/* The first letters, in order. */
static const char *order_of(const struct srv_target *list, size_t n)
{
	static char letters[16];

	for (size_t i = 0; i < n; i++)
		letters[i] = list[i].host[0];
	letters[n] = '\0';
	return letters;
}

static void test_order(void)
{
	struct srv_target list[] = {
		target("e", 20, 0, false), target("d", 10, 9, true), target("b", 10, 1, false),
		target("a", 10, 3, false), target("c", 10, 0, false), target("f", 20, 0, true),
	};

	/* c, b, a are drawn from 0+1+3: 2 falls on a; then from 0+1: 0 falls on c. */
	memcpy(lots, (uint32_t[]){ 2, 0, 0 }, 3 * sizeof(*lots));
	srv_targets_order(list, ARRAY_SIZE(list), given_lot, NULL);
	is_str(order_of(list, ARRAY_SIZE(list)), "dacbfe",
	       "by priority, then direct TLS before STARTTLS, then by lot");
	is_int(lots_out_of_range, 0, "... of the weights that are left");
	srv_targets_order(list, 0, given_lot, NULL);
	ok(true, "none at all");
}

static void test_weights(void)
{
	unsigned heavy = 0, weightless = 0;
	uint32_t random = 1;

	for (int i = 0; i < 4000; i++) {
		struct srv_target list[] = { target("0", 1, 0, false), target("1", 1, 10, false),
					     target("3", 1, 30, false) };

		srv_targets_order(list, ARRAY_SIZE(list), some_lot, &random);
		heavy += list[0].host[0] == '3';
		weightless += list[0].host[0] == '0';
	}
	ok(heavy > 2700 && heavy < 3100,
	   "a weight of 30 beside 10 and 0 is first in three cases of four: %u of 4000", heavy);
	ok(weightless > 0 && weightless < 300, "a weight of 0 is, seldom: %u", weightless);
}

static struct endpoint endpoint(const char *ip)
{
	struct endpoint e = { .port = 5222 };

	snprintf(e.ip, sizeof(e.ip), "%s", ip);
	return e;
}

static void test_walk(void)
{
	struct srv_target list[20];
	struct endpoint two[2] = { endpoint("192.0.2.1"), endpoint("2001:db8::1") }, many[20];
	struct srv_targets t = { 0 };
	const struct srv_target *next;
	unsigned n = 0;

	ok(!srv_targets_next(&t) && !srv_targets_endpoint(&t), "before a round there is nothing");
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		char host[] = { (char)('a' + i), '\0' };

		list[i] = target(host, (uint16_t)i, 0, false);
		many[i] = endpoint("192.0.2.9");
	}
	srv_targets_begin(&t, list, ARRAY_SIZE(list));
	is_str(srv_targets_next(&t)->host, "a", "the first host");
	srv_targets_found(&t, two, 2);
	is_str(srv_targets_endpoint(&t)->ip, "192.0.2.1", "... its first address");
	is_str(srv_targets_endpoint(&t)->ip, "2001:db8::1", "... its second");
	ok(!srv_targets_endpoint(&t), "... and no third");
	is_str(srv_targets_next(&t)->host, "b", "the second host");
	is_str(srv_targets_next(&t)->host, "c", "which has no address: the third");
	srv_targets_found(&t, many, ARRAY_SIZE(many));
	while (srv_targets_endpoint(&t))
		n++;
	is_int(n, SRV_TARGET_ADDRESSES_MAX, "one host does not hold up the others for ever");
	for (n = 3; (next = srv_targets_next(&t)); n++)
		;
	is_int(n, 20, "each of twenty hosts has its turn");
	srv_targets_begin(&t, list, 1);
	is_str(srv_targets_next(&t)->host, "a", "the next round begins with the first");
	srv_targets_finish(&t);
}

static void test_starttls_first(void)
{
	struct srv_target list[] = {
		target("d", 10, 9, true),  target("e", 10, 1, true), target("b", 10, 1, false),
		target("a", 10, 3, false), target("g", 20, 0, true), target("f", 20, 0, false),
	};
	struct srv_targets t = { 0 };
	struct srv_target found[ARRAY_SIZE(list)];
	const struct srv_target *next;
	size_t n = 0;

	srv_targets_begin(&t, list, ARRAY_SIZE(list));
	srv_targets_starttls_first(&t);
	while ((next = srv_targets_next(&t)))
		found[n++] = *next;
	is_str(order_of(found, n), "badefg", "STARTTLS first within each priority, else as before");
	srv_targets_starttls_first(&t);
	ok(!srv_targets_next(&t), "what was tried stays behind");
	srv_targets_finish(&t);
}

static void test_redirection(void)
{
	struct srv_target list[] = { target("a", 0, 0, false), target("b", 0, 0, false) };
	struct endpoint two[2] = { endpoint("192.0.2.1"), endpoint("192.0.2.2") };
	const struct srv_target *next;
	struct srv_targets t = { 0 };
	unsigned n = 0;

	srv_targets_begin(&t, list, 2);
	srv_targets_next(&t);
	srv_targets_found(&t, two, 2);
	srv_targets_endpoint(&t);
	ok(srv_targets_redirect(&t, "other.example", 5322), "a host sends us on");
	ok(!srv_targets_endpoint(&t), "its other address is not asked any more");
	next = srv_targets_next(&t);
	is_str(next->host, "other.example", "that host is next");
	is_int(next->port, 5322, "... at its port");
	srv_targets_found(&t, two, 1);
	is_str(srv_targets_endpoint(&t)->ip, "192.0.2.1", "... its address");
	for (n = 1; srv_targets_redirect(&t, "other.example", 5322); n++) {
		srv_targets_next(&t);
		srv_targets_found(&t, two, 1);
	}
	is_int(n, REDIRECTIONS_MAX, "not for ever");
	is_str(srv_targets_next(&t)->host, "b", "then the second host is asked");
	srv_targets_finish(&t);
}

int main(void)
{
	test_order();
	test_weights();
	test_walk();
	test_starttls_first();
	test_redirection();
	return tap_done();
}
