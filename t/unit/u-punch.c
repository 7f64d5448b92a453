/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "punch.h"
#include "tap.h"

/* "t" tell, "c0" connect, "d0" drop, "f:why" and "F:why" (tell) failed */
static char did[256];
static struct punch p;
static uint64_t now = 1000;

static void note(const char *text)
{
	strncat(did, text, sizeof(did) - strlen(did) - 1);
}

static void on_tell(void *owner)
{
	note("t");
}

static void on_connect(void *owner, unsigned slot, const struct netaddr *to)
{
	note((char[]){ 'c', (char)('0' + slot), '\0' });
}

static void on_drop(void *owner, unsigned slot)
{
	note((char[]){ 'd', (char)('0' + slot), '\0' });
}

static void on_failed(void *owner, const char *why, bool tell)
{
	note(tell ? "F:" : "f:");
	note(why);
}

static const struct punch_events events = { on_tell, on_connect, on_drop, on_failed };

static void does(const char *expected, const char *what)
{
	is_str(did, expected, what);
	did[0] = '\0';
}

static struct punch_record record(enum punch_step step, const char *const *addresses)
{
	struct punch_record r = { .step = step, .reason = "timeout" };

	for (; *addresses; addresses++)
		r.n += netaddr_parse(*addresses, &r.addresses[r.n]);
	return r;
}

static const char *const two[] = { "[2a00::2]:5000", "8.8.8.2:5000", NULL };

static void offer(void)
{
	struct punch_record ready = record(PUNCH_READY, two);

	punch_offer(&p, &events, NULL, false, now);
	punch_hear(&p, &ready, now);
}

static void wait_until_due(void)
{
	now = punch_deadline(&p);
	punch_step(&p, now);
}

static void test_offer(void)
{
	struct punch_record ready = record(PUNCH_READY, two), failed = record(PUNCH_FAILED, two),
			    other = record(PUNCH_OTHER, two);

	punch_offer(&p, &events, NULL, false, now);
	does("", "an offer waits for its answer");
	punch_hear(&p, &other, now);
	does("", "a state that is unknown is none");
	punch_hear(&p, &ready, now);
	does("c0c1", "then both addresses are tried at once");
	punch_hear(&p, &ready, now);
	does("", "once");
	punch_hear(&p, &failed, now);
	does("d0d1f:timeout", "the device gives up, and knows it");
	punch_hear(&p, &ready, now);
	punch_refused(&p, 0, 0, now);
	punch_step(&p, now + PUNCH_ANSWER_MAX);
	does("", "and then it is over");
	is_int(punch_deadline(&p), -1, "for ever");
}

/* How our port is seen is asked first. */
static void test_asking(void)
{
	struct punch_record theirs = record(PUNCH_OFFER, two), ready = record(PUNCH_READY, two),
			    failed = record(PUNCH_FAILED, two);

	punch_offer(&p, &events, NULL, false, now);
	punch_wait(&p, now);
	punch_hear(&p, &ready, now);
	punch_step(&p, now + PUNCH_ASK_MAX - 1);
	does("", "who asks how its port is seen tells nothing before");
	punch_go(&p, now);
	does("t", "then it does");
	punch_go(&p, now);
	does("", "... once");
	punch_hear(&p, &ready, now);
	does("c0c1", "... and it goes on as always");
	punch_end(&p);
	did[0] = '\0';

	punch_answer(&p, &events, NULL, false, &theirs, now);
	punch_wait(&p, now);
	is_int(punch_deadline(&p), now + PUNCH_ASK_MAX, "nothing is connected before");
	wait_until_due();
	does("t", "it waits so long, and tells what it knows");
	is_int(punch_deadline(&p), now + PUNCH_HEAD_START, "then the answer has its head start");
	wait_until_due();
	does("c0c1", "... and it connects");
	punch_end(&p);
	did[0] = '\0';

	punch_answer(&p, &events, NULL, false, &theirs, now);
	punch_wait(&p, now);
	punch_hear(&p, &failed, now);
	does("f:timeout", "a device that gives up meanwhile is told nothing");
	punch_go(&p, now);
	does("", "and that is the end");
}

static void test_unanswered(void)
{
	struct punch_record nothing = { .step = PUNCH_READY };

	punch_offer(&p, &events, NULL, false, now);
	wait_until_due();
	does("F:timeout", "an offer without an answer ends");
	punch_offer(&p, &events, NULL, false, now);
	punch_hear(&p, &nothing, now);
	does("F:unreachable", "and so does one that is answered by nothing to try");
}

static void test_refused(void)
{
	uint64_t began;
	unsigned tries = 1;

	offer();
	did[0] = '\0';
	began = now += 40;
	punch_refused(&p, 0, 79, now);
	does("", "a refusal is no failure");
	is_int(punch_deadline(&p), now + 79, "there is a pause, up to twice what the try took");
	wait_until_due();
	does("c0", "and another try");
	punch_refused(&p, 0, 8, now);
	is_int(punch_deadline(&p), now + 3, "which is never without chance");
	while (now < began + PUNCH_DIAL_MAX / 2) {
		wait_until_due();
		if (!*did)
			break;
		did[0] = '\0';
		tries++;
		punch_refused(&p, 0, 3, now);
		if (p.slots[0].state == PUNCH_SPENT)
			break;
	}
	is_int(p.slots[0].tries, PUNCH_TRIES, "an address is tried so often");
	punch_refused(&p, 1, 0, now);
	punch_end(&p);
}

static void test_all_spent(void)
{
	offer();
	for (unsigned i = 0; i < 2; i++) {
		p.slots[i].tries = PUNCH_TRIES;
		punch_refused(&p, i, 0, now);
	}
	does("c0c1F:unreachable", "when no address has a try left the device is told");
}

static void test_answer(void)
{
	static const char *const odd[] = { "127.0.0.1:5000", "8.8.8.2:22", "169.254.0.1:5000",
					   "10.0.0.7:5000", NULL },
				 *const none[] = { NULL };
	struct punch_record o = record(PUNCH_OFFER, odd), nothing = record(PUNCH_OFFER, none);

	ok(punch_answer(&p, &events, NULL, false, &o, now), "an offer is answered");
	does("", "the answer has a head start");
	wait_until_due();
	does("c0", "then its side connects to what may be dialled, no service");
	now += 10;
	punch_refused(&p, 0, 99, now);
	is_int(punch_deadline(&p), now + 99, "with long pauses, until the other side begins");
	punch_end(&p);
	does("", "what pauses is not dropped");
	punch_answer(&p, &events, NULL, true, &o, now);
	wait_until_due();
	does("c0c1c2", "nor local ones, unless that is allowed");
	punch_end(&p);
	does("d0d1d2", "what is open is");
	ok(!punch_answer(&p, &events, NULL, true, &nothing, now), "one without an address is not");
	does("", "for there is nothing to try");
	is_int(punch_deadline(&p), -1, "nor to wait for");
}

static void test_proven(void)
{
	offer();
	does("c0c1", "two");
	punch_connected(&p, 1);
	does("", "a connection proves nothing, so the other goes on");
	punch_refused(&p, 1, 0, now);
	wait_until_due();
	does("c1", "it may be another machine, which closes");
	punch_connected(&p, 1);
	punch_proven(&p, 1);
	does("d0", "a handshake does");
}

static void test_settling(void)
{
	offer();
	punch_connected(&p, 1);
	did[0] = '\0';
	wait_until_due();
	does("d0", "after its time an attempt keeps only what is connected");
	punch_refused(&p, 1, 0, now);
	does("F:unreachable", "and ends with that");

	offer();
	punch_connected(&p, 1);
	did[0] = '\0';
	wait_until_due();
	wait_until_due();
	does("d0d1F:timeout", "or after a time");

	offer();
	did[0] = '\0';
	wait_until_due();
	does("d0d1F:timeout", "without a connection at once");
}

static struct netaddr address(const char *text)
{
	struct netaddr a;

	ok(netaddr_parse(text, &a), "%s", text);
	return a;
}

static void told(const struct netaddr *out, size_t n, const char *expected, const char *what)
{
	char all[4 * NETADDR_TEXT_MAX] = "", text[NETADDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		netaddr_format(&out[i], text);
		strcat(strcat(all, i ? " " : ""), text);
	}
	is_str(all, expected, what);
}

static void test_addresses(void)
{
	struct netaddr own[] = {
		address("192.168.1.7:1"), address("127.0.0.1:1"), address("[2a00::1]:1"),
		address("[2a00::2]:1"),	  address("[fe80::1]:1"), address("8.8.8.8:1"),
	},
		       mapped = address("9.9.9.9:4711"), out[PUNCH_ADDRESSES_MAX];

	told(out, punch_addresses(own, 5, &mapped, 5004, 5006, false, out),
	     "[2a00::1]:5006 9.9.9.9:4711 192.168.1.7:5004",
	     "IPv6 first, what the world sees, what a neighbour sees");
	told(out, punch_addresses(own, 6, NULL, 5004, 5006, false, out),
	     "[2a00::1]:5006 8.8.8.8:5004 192.168.1.7:5004", "a global one is seen by all");
	told(out, punch_addresses(own, 5, &mapped, 0, 5006, false, out), "[2a00::1]:5006",
	     "without a port of IPv4 there is none of it");
	told(out, punch_addresses(own, 5, NULL, 5004, 0, true, out),
	     "192.168.1.7:5004 127.0.0.1:5004", "local ones where they may be dialled");
	told(out, punch_addresses(own, 0, NULL, 5004, 5006, true, out), "", "no network");
}

static void is_kind(const char *a, const char *b, const char *c, bool changes, const char *expected)
{
	const char *all[] = { a, b, c };
	struct netaddr list[3];
	char out[PUNCH_KIND_MAX];
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (all[i] && netaddr_parse(all[i], &list[n]))
			n++;
	punch_kind(list, n, changes, out);
	is_str(out, expected, "what stands before a device");
}

static void test_kinds(void)
{
	static const char *const v6 = "[2a00::1]:5000", *const v4 = "9.9.9.9:5000",
				 *const inner = "192.168.1.7:5000", *const ula = "[fd00::1]:5000";

	is_kind(NULL, NULL, NULL, false, "no global address");
	is_kind(inner, ula, NULL, false, "no global address");
	is_kind(v6, NULL, NULL, false, "IPv6");
	is_kind(v4, NULL, NULL, false, "IPv4");
	is_kind(v4, ula, NULL, false, "IPv4");
	is_kind(v4, inner, NULL, false, "NAT");
	is_kind(v6, v4, inner, false, "IPv6 and NAT");
	is_kind(v6, v4, inner, true, "IPv6 and NAT that changes ports");
	is_kind(v4, NULL, NULL, true, "IPv4");
}

int main(void)
{
	test_offer();
	test_asking();
	test_unanswered();
	test_refused();
	test_all_spent();
	test_answer();
	test_proven();
	test_settling();
	test_addresses();
	test_kinds();
	return tap_done();
}
