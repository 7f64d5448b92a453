/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reflexive.h"
#include "tap.h"

#include <string.h>

static struct reflexive known;

static bool note(enum reflexive_source source, const char *outside, uint16_t inside)
{
	struct netaddr a;

	if (!outside)
		return reflexive_note(&known, source, NULL, 0);
	if (!netaddr_parse(outside, &a))
		return false;
	return reflexive_note(&known, source, &a, inside);
}

static bool is_address(const char *text)
{
	char is[NETADDR_TEXT_MAX];

	if (!reflexive_address(&known))
		return !text;
	netaddr_format(reflexive_address(&known), is);
	return text && !strcmp(is, text);
}

static void test_addresses(void)
{
	ok(is_address(NULL), "at first nothing is known");
	ok(note(REFLEXIVE_DEVICE, "9.9.1.1:4000", 4000), "a device sees us");
	ok(is_address("9.9.1.1:4000"), "that is believed");
	ok(!note(REFLEXIVE_DEVICE, "9.9.1.1:4000", 4000), "to hear it again is no news");
	ok(note(REFLEXIVE_SERVER, "9.9.1.2:1", 0) && is_address("9.9.1.2:1"),
	   "our server is believed more");
	ok(!note(REFLEXIVE_STUN, "9.9.1.3:1", 0), "... than STUN");
	ok(note(REFLEXIVE_USER, "9.9.1.4:4711", 0) && is_address("9.9.1.4:4711"),
	   "and the user most");
	ok(note(REFLEXIVE_USER, NULL, 0) && is_address("9.9.1.2:1"), "what is taken back, is gone");
	note(REFLEXIVE_SERVER, NULL, 0);
	note(REFLEXIVE_STUN, NULL, 0);
	ok(is_address("9.9.1.1:4000"), "what the others said stays");
	ok(note(REFLEXIVE_DEVICE, NULL, 0) && is_address(NULL), "until all have fallen silent");
}

/* What no NAT shows to the world. */
static void test_bad(void)
{
	static const char *const bad[] = { "127.0.0.1:5000",   "10.1.2.3:5000",	 "192.168.1.1:5000",
					   "169.254.1.1:5000", "224.0.0.1:5000", "0.0.0.0:5000",
					   "100.64.0.1:5000",  "[2a00::1]:5000" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!note(REFLEXIVE_DEVICE, bad[i], 5000) && is_address(NULL) &&
			   reflexive_ports(&known) == REFLEXIVE_PORTS_UNKNOWN,
		   "no address of ours: %s", bad[i]);
	note(REFLEXIVE_DEVICE, "9.9.1.1:4000", 4000);
	ok(note(REFLEXIVE_DEVICE, bad[0], 5000) && is_address(NULL),
	   "a bad one takes back what was said before");
}

static void test_ports(void)
{
	note(REFLEXIVE_SERVER, "9.9.1.1:1", 0);
	is_int(reflexive_ports(&known), REFLEXIVE_PORTS_UNKNOWN, "an address tells of no ports");
	ok(note(REFLEXIVE_DEVICE, "9.9.1.1:4000", 4000), "a port that is kept is news");
	is_int(reflexive_ports(&known), REFLEXIVE_PORTS_KEPT, "... and then they are kept");
	ok(note(REFLEXIVE_STUN, "9.9.1.1:61000", 4000), "one that is changed as well");
	is_int(reflexive_ports(&known), REFLEXIVE_PORTS_CHANGED, "... which counts for more");
	note(REFLEXIVE_STUN, NULL, 0);
	is_int(reflexive_ports(&known), REFLEXIVE_PORTS_KEPT, "until it is taken back");
}

int main(void)
{
	test_addresses();
	test_bad();
	test_ports();
	return tap_done();
}
