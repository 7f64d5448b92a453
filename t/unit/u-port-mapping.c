/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "port-mapping.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "tap.h"

/* A router that is played: what is asked is counted, and answered by the test. */
static struct {
	struct netaddr gateway, own;
	bool there, refuses_sockets;
	char asked[256]; /* "P" PCP, "-P" a removal by it, "a", "N", "-N", "s"; "J", "-J" jobs */
	uint8_t last[MAPPING_REQUEST_MAX];
	struct mapping_job job;
	unsigned changed, ended, nonces;
} w;

static struct port_mapping m;
static uint64_t now;

static void note(const char *what)
{
	strncat(w.asked, what, sizeof(w.asked) - strlen(w.asked) - 1);
}

static bool asked(const char *expected)
{
	bool same = !strcmp(w.asked, expected);

	if (!same)
		printf("# asked: %s\n", w.asked);
	w.asked[0] = '\0';
	return same;
}

static bool on_gateway(void *owner, struct netaddr *gateway, struct netaddr *own)
{
	*gateway = w.gateway;
	*own = w.own;
	return w.there;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 'A' + (int)w.nonces++, n);
}

static bool on_open(void *owner, const struct netaddr *own, const struct netaddr *to)
{
	return !w.refuses_sockets;
}

static void on_send(void *owner, const void *data, size_t n)
{
	static const uint8_t none[4];
	const uint8_t *p = data;

	memcpy(w.last, data, n);
	if (*p == 'M')
		note("s");
	else if (n == 2)
		note("a");
	else if (*p == 2)
		note(memcmp(p + 4, none, 4) ? "P" : "-P");
	else
		note(memcmp(p + 8, none, 4) ? "N" : "-N");
}

static void on_close(void *owner)
{
}

static void on_job(void *owner, const struct mapping_job *job)
{
	w.job = *job;
	note(job->lifetime ? "J" : "-J");
}

static void on_changed(void *owner)
{
	w.changed++;
}

static void on_ended(void *owner)
{
	w.ended++;
}

static const struct port_mapping_events events = {
	.gateway = on_gateway,
	.random = on_random,
	.open = on_open,
	.send = on_send,
	.close = on_close,
	.job = on_job,
	.changed = on_changed,
	.ended = on_ended,
};

/* Time passes, with all that is due meanwhile. */
static void pass(uint64_t ms)
{
	uint64_t until = now + ms, at;

	while ((at = port_mapping_deadline(&m)) <= until) {
		now = at > now ? at : now;
		port_mapping_step(&m, now);
		if (port_mapping_deadline(&m) <= now && m.state != MAPPING_UNUSED) {
			ok(false, "it does not turn in a circle");
			break;
		}
	}
	now = until;
}

/* A port, and a link that has been busy for a second. */
static void begin(void)
{
	memset(&w, 0, sizeof(w));
	w.there = true;
	w.gateway = (struct netaddr){ .ip = { 192, 168, 1, 1 } };
	w.own = (struct netaddr){ .ip = { 192, 168, 1, 2 }, .port = 999 };
	now = 100000;
	port_mapping_init(&m, &events, NULL);
	port_mapping_allow(&m, 4711, now);
	port_mapping_use(&m, MAPPING_LINK_BUSY_WORSE, now);
	pass(MAPPING_FIRST_AFTER);
}

struct said {
	unsigned result;
	uint32_t lifetime, epoch;
	uint16_t own, external;
	const char *ip;
};

static void put(uint8_t *p, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static struct netaddr router(void)
{
	struct netaddr a = w.gateway;

	a.port = MAPPING_PORT;
	return a;
}

static void hear(const struct netaddr *from, const void *data, size_t n)
{
	port_mapping_hear(&m, from, data, n, now);
}

/* To what was asked last, by PCP. */
static void pcp_from(const struct netaddr *from, struct said s)
{
	uint8_t p[60] = { 2, 0x81 };
	struct netaddr ip;
	char text[32];

	snprintf(text, sizeof(text), "%s:1", s.ip ? s.ip : "9.9.1.1");
	netaddr_parse(text, &ip);
	p[3] = (uint8_t)s.result;
	put(p + 4, s.lifetime, 4);
	put(p + 8, s.epoch, 4);
	memcpy(p + 24, w.last + 24, 12);
	p[36] = 6;
	put(p + 40, s.own ? s.own : 4711, 2);
	put(p + 42, s.external, 2);
	p[54] = p[55] = 0xff;
	memcpy(p + 56, ip.ip, 4);
	hear(from, p, sizeof(p));
}

static void pcp(struct said s)
{
	struct netaddr from = router();

	pcp_from(&from, s);
}

#define NO_PCP "\0\x81\0\x01\0\0\0\x07"

static void address(unsigned result, uint32_t epoch, const char *ip)
{
	uint8_t p[12] = { 0, 0x80 };
	struct netaddr from = router();

	p[3] = (uint8_t)result;
	put(p + 4, epoch, 4);
	memcpy(p + 8, ip, 4);
	hear(&from, p, sizeof(p));
}

static void nat_pmp(struct said s)
{
	uint8_t p[16] = { 0, 0x82 };
	struct netaddr from = router();

	p[3] = (uint8_t)s.result;
	put(p + 4, s.epoch, 4);
	put(p + 8, s.own ? s.own : 4711, 2);
	put(p + 10, s.external, 2);
	put(p + 12, s.lifetime, 4);
	hear(&from, p, sizeof(p));
}

static void done(bool well, const char *ip, uint16_t port)
{
	struct mapping_job_result r = { .done = well, .why = "no" };

	memcpy(r.external.ip, ip, 4);
	r.external.port = port;
	port_mapping_job_done(&m, &r, now);
}

static bool held(const char *expected)
{
	const struct netaddr *a = port_mapping_external(&m);
	char text[NETADDR_TEXT_MAX];

	if (!a)
		return !expected;
	netaddr_format(a, text);
	if (!expected || strcmp(text, expected) != 0)
		printf("# %s\n", text);
	return expected && !strcmp(text, expected);
}

#define SOME_HOUR                                                                                  \
	{                                                                                          \
		.lifetime = 3600, .epoch = 7, .external = 40001                                    \
	}

static void hold(void)
{
	begin();
	pcp((struct said)SOME_HOUR);
	asked("P");
}

static void test_need(void)
{
	begin();
	ok(asked("P"), "a link is busy on a worse path: the router is asked");
	port_mapping_init(&m, &events, NULL);
	port_mapping_use(&m, MAPPING_LINK_BUSY_WORSE, now);
	pass(100000);
	ok(asked("") && m.state == MAPPING_OFF, "not where there is no port, or it is not wanted");
	port_mapping_allow(&m, 4711, now);
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(100000);
	ok(asked("") && m.state == MAPPING_UNUSED, "nor while links are busy on direct paths");
	port_mapping_use(&m, MAPPING_LINK_BUSY_WORSE, now);
	pass(MAPPING_FIRST_AFTER - 1);
	port_mapping_use(&m, MAPPING_NO_LINK_BUSY, now);
	pass(100000);
	ok(asked(""), "nor for a moment");
	m.asked_at = now;
	port_mapping_use(&m, MAPPING_LINK_BUSY_WORSE, now);
	pass(MAPPING_BUSY_AFTER - 1);
	ok(asked(""), "the second time of a day not before a second is over");
	pass(1);
	ok(asked("P"), "... but then");
	begin();
	asked("P");
	w.there = false;
	port_mapping_init(&m, &events, NULL);
	port_mapping_allow(&m, 4711, now);
	port_mapping_use(&m, MAPPING_LINK_BUSY_WORSE, now);
	pass(1000);
	ok(asked("") && m.state == MAPPING_RESTING, "no router, no question");
	w.there = true;
	w.own = (struct netaddr){ .ip = { 9, 9, 9, 9 } };
	port_mapping_network_changed(&m, now);
	pass(2000);
	ok(asked("") && m.state == MAPPING_RESTING, "nor where our own address is public");
}

static void test_pcp(void)
{
	begin();
	asked("P");
	pcp((struct said)SOME_HOUR);
	ok(held("9.9.1.1:40001") && w.changed == 1, "a mapping by PCP, which is told");
	ok(m.protocol == MAPPING_PCP && m.until == now + 3600000, "... for an hour");
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(1800000 - 1);
	ok(asked(""), "nothing is asked for half an hour");
	pass(1);
	ok(asked("P") && held("9.9.1.1:40001"), "then it is renewed, and stands meanwhile");
	ok(!memcmp(w.last + 24, "AAAAAAAAAAAA", 12) && w.last[42] == 0x9c && w.last[43] == 0x41,
	   "... with the nonce and the port that it has");
	pcp((struct said){ .lifetime = 3600, .epoch = 1807, .external = 40001 });
	ok(held("9.9.1.1:40001") && w.changed == 1, "it is the same, so nobody is told");
	pass(1800000);
	asked("P");
	pcp((struct said){ .lifetime = 3600, .epoch = 3, .external = 40002, .ip = "9.9.1.3" });
	ok(held("9.9.1.3:40002") && w.changed == 2,
	   "the router has lost it and maps it anew: the other address is told");
	pass(1800000);
	ok(asked("P"), "renewed");
	pass(10000);
	ok(asked("PP") && held("9.9.1.3:40002"), "no answer: it stands as long as it stands");
	pass(900000);
	ok(asked("PPP"), "and is asked for again after half of the rest");
	pass(900000);
	ok(held(NULL) && w.changed == 3, "until its time is over");
	w.asked[0] = '\0';

	hold();
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(1800000);
	asked("P");
	pcp((struct said){ .result = 2 });
	ok(held(NULL) && w.changed == 2, "a renewal that is refused is the end of it");
}

static void test_end(void)
{
	hold();
	port_mapping_use(&m, MAPPING_NO_LINK_BUSY, now);
	pass(MAPPING_LINGER - 1);
	ok(held("9.9.1.1:40001"), "it is kept for a while for no link");
	pass(1);
	ok(held(NULL) && asked("-P") && w.changed == 2, "then it is removed");
	pcp((struct said){ .external = 0 });
	is_int(m.state, MAPPING_UNUSED, "... which the router says");
	pass(100000);
	ok(asked(""), "that was all");

	hold();
	port_mapping_end(&m, now);
	ok(asked("-P") && held(NULL) && !w.ended, "at the end it is removed");
	pcp((struct said){ .external = 0 });
	is_int(w.ended, 1, "... and then it has ended");
	hold();
	port_mapping_end(&m, now);
	pass(2000);
	ok(asked("-P-P-P") && w.ended == 1, "a router that says nothing is not waited for");
	pass(100000);
	ok(asked("") && w.ended == 1, "nothing comes after that");
	begin();
	asked("P");
	port_mapping_end(&m, now);
	ok(asked("-P") && !w.ended, "what is being asked for is removed as well");
	pcp((struct said)SOME_HOUR);
	ok(held(NULL) && w.ended == 1, "... though the router has mapped it just then");
	begin();
	port_mapping_init(&m, &events, NULL);
	port_mapping_end(&m, now);
	is_int(w.ended, 1, "nothing to be removed");

	hold();
	port_mapping_allow(&m, 4712, now);
	ok(asked("-P") && held(NULL), "another port: the mapping of the first one is removed");
	ok(w.last[40] == 4711 >> 8 && w.last[41] == (4711 & 255), "... which is named");
	pcp((struct said){ .external = 0 });
	pass(MAPPING_BUSY_AFTER - MAPPING_FIRST_AFTER);
	ok(asked("P") && w.last[41] == (4712 & 255), "and the other one is mapped");
	port_mapping_allow(&m, 0, now);
	pass(2000);
	is_int(m.state, MAPPING_OFF, "not wanted any more");
}

static void test_network(void)
{
	hold();
	w.gateway.ip[3] = 254;
	port_mapping_network_changed(&m, now);
	ok(held(NULL) && w.changed == 2 && asked("-P"), "another network: it is dropped");
	pass(MAPPING_BUSY_AFTER);
	ok(asked("P") && !memcmp(w.last + 24, "BBBBBBBBBBBB", 12),
	   "... and the new router is asked, with another nonce");
	pcp((struct said)SOME_HOUR);
	ok(held("9.9.1.1:40001"), "... which maps");

	begin();
	pass(60000);
	asked("PPPaaasss");
	is_int(m.state, MAPPING_RESTING, "a router that says nothing rests");
	port_mapping_network_changed(&m, now);
	pass(MAPPING_BUSY_AFTER);
	ok(asked("P"), "another network ends the rest");
}

static void test_protocols(void)
{
	struct netaddr from;

	begin();
	asked("P");
	from = router();
	hear(&from, NO_PCP, sizeof(NO_PCP) - 1);
	ok(asked("a"), "a router that speaks NAT-PMP only is asked by that, at once");
	address(0, 7, "\x09\x09\x01\x01");
	ok(asked("N") && held(NULL), "its address, then the port");
	nat_pmp((struct said)SOME_HOUR);
	ok(held("9.9.1.1:40001") && m.protocol == MAPPING_NAT_PMP, "a mapping by NAT-PMP");
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(1800000);
	ok(asked("a"), "renewed");
	address(0, 1807, "\x09\x09\x01\x02");
	nat_pmp((struct said){ .lifetime = 3600, .epoch = 1807, .external = 40001 });
	ok(held("9.9.1.2:40001") && w.changed == 2, "... with another address of the router's");
	pass(1800000);
	address(0, 3607, "\x09\x09\x01\x02");
	asked("NaN");
	nat_pmp((struct said){ .lifetime = 3600, .epoch = 1, .external = 40001 });
	ok(asked("a"), "it began anew between the answers: both are asked for again");
	address(0, 1, "\x09\x09\x01\x02");
	nat_pmp((struct said){ .lifetime = 3600, .epoch = 100000, .external = 40001 });
	ok(asked("N") && held("9.9.1.2:40001"), "... once");
	port_mapping_end(&m, now);
	ok(asked("-N"), "removed");
	nat_pmp((struct said){ .epoch = 100000 });
	is_int(w.ended, 1, "... and that is confirmed");

	begin();
	asked("P");
	hear(&from, NO_PCP, sizeof(NO_PCP) - 1);
	address(0, 7, "\x0a\x00\x00\x01");
	ok(m.state == MAPPING_RESTING && asked("a") && held(NULL),
	   "a router behind another NAT is of no use");
	is_str(m.why, "NAT-PMP: the router's own address is not public", "... which is said");

	begin();
	pcp((struct said){ .result = 2 });
	address(2, 7, "\0\0\0\0");
	ok(asked("Pas"), "what is refused is followed by the next protocol");
	pass(60000);
	ok(m.state == MAPPING_RESTING && !strcmp(m.why, "NAT-PMP: not authorized"),
	   "what was refused is said, and not that there is no UPnP");

	begin();
	port_mapping_refused(&m, now);
	ok(asked("Ps"), "nobody listens at the port of both: UPnP");
	from.port = 40000;
	hear(&from, "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.9/x\r\n\r\n", 51);
	ok(asked(""), "a description elsewhere is none");
	hear(&from, "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/x\r\n\r\n", 51);
	ok(asked("J") && !strcmp(w.job.url, "http://192.168.1.1/x") && w.job.own.port == 4711,
	   "one of the router is asked for");
	done(true, "\x09\x09\x01\x01", 4711);
	ok(held("9.9.1.1:4711") && m.protocol == MAPPING_UPNP, "a mapping by UPnP");
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(1800000);
	ok(asked("J") && w.job.external_port == 4711, "renewed");
	port_mapping_end(&m, now);
	ok(asked("") && held(NULL), "one job at a time");
	done(true, "\x09\x09\x01\x01", 4711);
	ok(asked("-J") && w.job.external_port == 4711 && !w.ended, "... so it is removed then");
	done(true, "\0\0\0\0", 0);
	is_int(w.ended, 1, "the end");

	begin();
	port_mapping_refused(&m, now);
	from = router();
	hear(&from, "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/x\r\n\r\n", 51);
	pass(MAPPING_UPNP_MAX);
	is_int(m.state, MAPPING_RESTING, "a job is not waited for without an end");
	port_mapping_end(&m, now);
	ok(!w.ended, "but the end waits for it");
	done(true, "\x09\x09\x01\x01", 4711);
	ok(w.ended == 1 && held(NULL), "... and it counts no more");
}

static void test_hostile(void)
{
	struct netaddr from;

	begin();
	from = router();
	from.ip[3] = 77;
	pcp_from(&from, (struct said)SOME_HOUR);
	from = router();
	from.port = 5352;
	pcp_from(&from, (struct said)SOME_HOUR);
	ok(held(NULL), "an answer from elsewhere, or from another port");
	memset(w.last + 24, 'X', 12);
	pcp((struct said)SOME_HOUR);
	ok(held(NULL), "... with another nonce");
	memset(w.last + 24, 'A', 12);
	pcp((struct said){ .lifetime = 3600, .own = 4712, .external = 40001 });
	ok(held(NULL) && asked("P"), "... for another port of ours");
	nat_pmp((struct said)SOME_HOUR);
	address(0, 7, "\x09\x09\x01\x01");
	ok(held(NULL) && asked(""), "... by another protocol");
	pcp((struct said){ .lifetime = 0, .external = 40001 });
	ok(held(NULL) && asked("a"), "a lifetime of 0 is a refusal");

	begin();
	pcp((struct said){ .lifetime = UINT32_MAX, .external = 1 });
	ok(held("9.9.1.1:1") && m.until == now + MAPPING_LIFETIME_MAX * 1000ULL,
	   "a lifetime without an end has one, and any port is taken");
	begin();
	pcp((struct said){ .lifetime = 1, .external = 40001 });
	ok(held(NULL) && asked("P-P"), "one of a second is given back");
	pass(2000);
	is_int(m.state, MAPPING_RESTING, "... and not asked for again and again");
	begin();
	pcp((struct said){ .lifetime = 3600, .external = 0 });
	ok(held(NULL), "port 0 is none");
	begin();
	pcp((struct said){ .lifetime = 3600, .external = 40001, .ip = "127.0.0.1" });
	ok(held(NULL) && asked("P-P") && !w.changed, "nor is our own machine");
	pcp((struct said){ .external = 0 });
	ok(m.state == MAPPING_RESTING &&
		   !strcmp(m.why, "PCP: the router's own address is not public"),
	   "... which is why the router rests");

	hold();
	port_mapping_use(&m, MAPPING_LINK_BUSY, now);
	pass(1800000);
	pcp((struct said){
		.lifetime = 3600, .epoch = 1807, .external = 40001, .ip = "192.168.0.1" });
	ok(held(NULL) && w.changed == 2, "an address that is not public any more");
	begin();
	w.refuses_sockets = true;
	port_mapping_network_changed(&m, now);
	asked("P");
	pass(MAPPING_BUSY_AFTER);
	ok(m.state == MAPPING_RESTING && asked(""), "no descriptor is left");

	begin();
	from = router();
	hear(&from, NO_PCP, sizeof(NO_PCP) - 1);
	address(0, 7, "\x09\x09\x01\x01");
	asked("PaN");
	w.refuses_sockets = true;
	nat_pmp((struct said){ .lifetime = 3600, .epoch = 1, .external = 40001 });
	pass(2000);
	ok(m.state == MAPPING_RESTING && asked(""), "... nor one to ask again");
}

static void test_silence(void)
{
	unsigned rests = 0;

	begin();
	pass(60000);
	ok(asked("PPPaaasss"), "a router that says nothing is sent nine datagrams");
	is_str(m.why, "PCP: the router says nothing", "... and that is said");
	pass(MAPPING_REST_FIRST);
	ok(asked("PPPaaasss"), "then it is asked again, after ten minutes");
	for (unsigned minute = 0; minute < 7 * 24 * 60; minute++) {
		pass(60000);
		rests += *w.asked != '\0';
		w.asked[0] = '\0';
	}
	ok(rests > 15 && rests < 60, "in a week of hours that are all busy, some times a day");
	begin();
	asked("P");
	pass(60000);
	port_mapping_use(&m, MAPPING_NO_LINK_BUSY, now);
	w.asked[0] = '\0';
	pass(7 * 24 * 3600 * 1000ULL);
	ok(asked(""), "and never while no link is busy");

	hold();
	pass(MAPPING_CHECK_EVERY - 1);
	ok(asked(""), "a link that stays on a worse path, though there is a mapping");
	pass(1);
	ok(asked("P"), "... has it asked for again, once a minute");
	pcp((struct said){ .lifetime = 3600, .epoch = 1, .external = 40005 });
	ok(held("9.9.1.1:40005"), "the router had lost it");
}

int main(void)
{
	log_init();
	log_set_level(LOG_ERROR);
	test_need();
	test_pcp();
	test_end();
	test_network();
	test_protocols();
	test_hostile();
	test_silence();
	return tap_done();
}
