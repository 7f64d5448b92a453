/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "candidates.h"
#include "fields.h"
#include "tap.h"

#define BYTES(s) (s), sizeof(s) - 1
#define TOKEN "00112233445566778899aabbccddeeff"
#define SECRET TOKEN "ffeeddccbbaa99887766554433221100"
#define PASS "token=" TOKEN "\0secret=" SECRET "\0"

static int parse_candidates(const void *bytes, size_t n, struct candidates *out)
{
	struct record r = { .type = RECORD_CANDIDATES, .number = 1, .payload = bytes, .len = n };

	return candidates_parse(&r, out) ? -1 : 0;
}

static int parse_stream(const void *bytes, size_t n, struct s5b_record *out)
{
	struct record r = { .type = RECORD_BYTESTREAM, .number = 1, .payload = bytes, .len = n };

	return s5b_parse(&r, out) ? -1 : 0;
}

static void test_transports(void)
{
	static const char *const names[] = { "auto", "direct", "proxy", "inband" };

	for (size_t i = 0; i < 4; i++)
		is_str(transport_name(transport_kinds(names[i])), names[i], "a name comes back");
	is_int(transport_kinds("auto"), PATH_MASK_ALL, "auto is everything");
	is_int(transport_kinds("direct"), PATH_MASK(PATH_DIRECT), "direct is nothing else");
	is_int(transport_kinds("ssh"), 0, "what is none is nothing");
	is_int(transport_kinds(""), 0, "and so is no name");
	is_str(transport_name(0), "none", "nothing has a name too");
}

static const struct {
	const char *bytes;
	size_t n;
	int result;
	unsigned allowed;
	size_t addresses;
	const char *what;
} rows[] = {
	{ BYTES("transport=auto\0"), 0, PATH_MASK_ALL, 0, "no addresses" },
	{ BYTES("transport=inband\0new=1\0"), 0, PATH_MASK(PATH_INBAND), 0, "an unknown field" },
	{ BYTES("transport=auto\0" PASS "address=192.168.0.7:1\0address=[2001:db8::7]:2\0"), 0,
	  PATH_MASK_ALL, 2, "two addresses" },
	{ BYTES("transport=auto\0" PASS "address=127.0.0.1:1\0"), 0, PATH_MASK_ALL, 1,
	  "whether one is dialled is not settled here" },
	{ BYTES("address=192.168.0.7:1\0" PASS "transport=direct\0"), 0, PATH_MASK(PATH_DIRECT), 1,
	  "in any order" },
	{ BYTES("transport=auto\0" PASS "address=host:1\0address=192.168.0.7:1\0address=\0"), 0,
	  PATH_MASK_ALL, 1, "malformed ones are left out" },
	{ BYTES("transport=auto\0" PASS "address=192.168.0.7:1\0address=[::ffff:192.168.0.7]:1\0"),
	  0, PATH_MASK_ALL, 1, "and so is one that is said twice" },
	{ BYTES("transport=auto\0" PASS "address=10.0.0.1:1\0address=10.0.0.1:2\0"
		"address=10.0.0.1:3\0address=10.0.0.1:4\0address=10.0.0.1:5\0address=10.0.0.1:6\0"
		"address=10.0.0.1:7\0address=10.0.0.1:8\0address=10.0.0.1:9\0"),
	  0, PATH_MASK_ALL, 8, "and the ninth" },
	{ BYTES("transport=auto\0address=10.0.0.1:1\0"), -1, 0, 0, "an address without a token" },
	{ BYTES("transport=auto\0token=" TOKEN "\0address=10.0.0.1:1\0"), -1, 0, 0,
	  "a token without a secret" },
	{ BYTES("transport=auto\0token=" TOKEN "\0secret=" TOKEN "\0"), -1, 0, 0,
	  "a short secret" },
	{ BYTES("transport=auto\0token=" TOKEN "\0secret=" SECRET "0\0"), -1, 0, 0,
	  "a secret too long" },
	{ BYTES("transport=auto\0token=" TOKEN "\0secret=x" SECRET "\0"), -1, 0, 0,
	  "a secret that is not hex" },
	{ BYTES("transport=auto\0secret=" SECRET "\0"), 0, PATH_MASK_ALL, 0,
	  "a secret of nothing" },
	{ BYTES("transport=auto\0secret=" SECRET "\0token=\0"), -1, 0, 0, "an empty token" },
	{ BYTES("transport=auto\0secret=" SECRET "\0token=00112233445566778899AABBCCDDEEFF\0"), -1,
	  0, 0, "a token in capitals" },
	{ BYTES("transport=auto\0secret=" SECRET "\0token=" TOKEN "0\0"), -1, 0, 0,
	  "a token too long" },
	{ BYTES("token=" TOKEN "\0"), -1, 0, 0, "no transport" },
	{ BYTES("transport=none\0"), 0, PATH_MASK(PATH_INBAND), 0, "nothing is allowed" },
	{ BYTES("transport=carrier-pigeon\0" PASS "address=192.168.0.7:1\0"), 0,
	  PATH_MASK(PATH_INBAND), 1, "an unknown transport" },
	{ BYTES("transport=auto"), -1, 0, 0, "ill-formed fields" },
	{ BYTES(""), -1, 0, 0, "no fields" },
};

static void test_candidates(void)
{
	struct record other = { .type = RECORD_BYTESTREAM,
				.payload = (const uint8_t *)"transport=auto",
				.len = 15 };
	struct candidates w;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *exact = malloc(rows[i].n + 1);

		memcpy(exact, rows[i].bytes, rows[i].n);
		is_int(parse_candidates(exact, rows[i].n, &w), rows[i].result, rows[i].what);
		free(exact);
		if (rows[i].result == 0)
			ok(w.allowed == rows[i].allowed && w.n == rows[i].addresses,
			   "with what it says");
	}
	ok(candidates_parse(&other, &w), "another record is none");
}

/* Fills in ways as a broker would have them. */
static void make_candidates(struct candidates *w, size_t n)
{
	memset(w, 0, sizeof(*w));
	w->allowed = PATH_MASK_ALL;
	w->n = n;
	if (n > 0) {
		memset(w->pass.token, 'a', PASS_TOKEN_LEN);
		memset(w->pass.secret, 0xff, PASS_SECRET_BYTES);
	}
	for (size_t i = 0; i < n; i++) {
		char text[NETADDR_TEXT_MAX];

		sprintf(text, i % 2 ? "10.0.0.%zu:4711" : "[fd00::%zu]:4711", i + 1);
		netaddr_parse(text, &w->addresses[i]);
	}
}

static void test_candidates_again(void)
{
	for (size_t n = 0; n <= CANDIDATES_MAX; n++) {
		struct candidates w, again;
		struct buf fields = { 0 };
		unsigned whole = 0;

		make_candidates(&w, n);
		candidates_put(&w, &fields);
		ok(parse_candidates(buf_data(&fields), buf_len(&fields), &again) == 0 &&
			   !memcmp(&w, &again, sizeof(w)),
		   "ways with %zu addresses come back, byte for byte", n);
		for (size_t cut = 0; cut < buf_len(&fields); cut++)
			whole += parse_candidates(buf_data(&fields), cut, &again) == 0 &&
				 again.n == n && !strcmp(again.pass.token, w.pass.token);
		is_int(whole, 0, "and no less is as much");
		ok(buf_len(&fields) < RECORD_PAYLOAD_MAX, "and fit a record");
		buf_finish(&fields);
	}
}

static const char offer[] =
	"sid=" TOKEN "\0state=offer\0jid=proxy.example.org\0host=proxy.example.org\0"
	"port=5000\0from=alice@example.org/git.a\0to=bob@example.net/git.b\0secret=" SECRET "\0";

/* The offer with something replaced, the first time it appears. */
static size_t changed(char *out, const char *from, const char *to, size_t to_len)
{
	const char *at = memmem(offer, sizeof(offer) - 1, from, strlen(from));
	const char *rest = at + strlen(from), *end = offer + sizeof(offer) - 1;
	char *p = mempcpy(out, offer, at - offer);

	p = mempcpy(p, to, to_len);
	p = mempcpy(p, rest, end - rest);
	return p - out;
}

static void test_offer(void)
{
	static const struct {
		const char *from, *to;
		size_t to_len;
		int result;
		const char *what;
	} changes[] = {
		{ "sid=0", BYTES("sid=x"), -1, "a sid that is not hex" },
		{ "sid=0", BYTES("six=0"), -1, "no sid" },
		{ "sid=0", BYTES("sid="), -1, "a short sid" },
		{ "=offer", BYTES("=offers"), 0, "an unknown state" },
		{ "state=", BYTES("stote="), -1, "no state" },
		{ "jid=", BYTES("jod="), -1, "no proxy" },
		{ "jid=proxy", BYTES("jid=a proxy"), -1, "a proxy with a blank" },
		{ "jid=proxy", BYTES("jid=\xffproxy"), -1, "a proxy that is no text" },
		{ "jid=proxy.example.org", BYTES("jid=proxy@example.org/stream"), 0,
		  "a proxy with a resource" },
		{ "host=", BYTES("most="), -1, "no host" },
		{ "host=proxy.example.org", BYTES("host="), -1, "an empty host" },
		{ "host=proxy.example.org", BYTES("host=2001:db8::7"), 0,
		  "a host that is an address" },
		{ "host=", BYTES("host=-"), -1, "a host that looks like an option" },
		{ "host=", BYTES("host=/"), -1, "a host with a slash" },
		{ "host=", BYTES("host=\x1b"), -1, "a host with a control character" },
		{ "=5000", BYTES("=65535"), 0, "the highest port" },
		{ "=5000", BYTES("=65536"), -1, "one more" },
		{ "=5000", BYTES("=0"), -1, "port 0" },
		{ "=5000", BYTES("=http"), -1, "a port that is no number" },
		{ "from=", BYTES("farm="), -1, "no requester" },
		{ "from=alice@", BYTES("from=alice:"), -1, "a requester that is no JID" },
		{ "/git.a", BYTES(""), -1, "a requester without resource" },
		{ "/git.b", BYTES("/"), -1, "a target with an empty resource" },
		{ "/git.b", BYTES("/my git"), 0, "a target with a blank in its resource" },
		{ "to=bob", BYTES("to=b b"), -1, "a target with a blank before the domain" },
		{ "jid=proxy", BYTES("jid=@@"), -1, "a proxy whose address is none" },
		{ "to=", BYTES("ot="), -1, "no target" },
		{ "secret=", BYTES("sacret="), -1, "no secret" },
		{ "secret=00", BYTES("secret="), -1, "a short secret" },
		{ "to=bob", BYTES("reason=x\0to=bob"), 0, "what belongs to another step" },
	};
	struct s5b_record b;
	char bytes[sizeof(offer) + 64];

	is_int(parse_stream(offer, sizeof(offer) - 1, &b), 0, "an offer is read");
	is_int(b.step, S5B_OFFER, "as one");
	is_str(b.pass.token, TOKEN, "with its sid");
	ok(b.pass.secret[1] == 0x11 && b.pass.secret[PASS_SECRET_BYTES - 2] == 0x11,
	   "and its secret");
	is_str(b.offer.jid, "proxy.example.org", "the proxy");
	is_str(b.offer.host, "proxy.example.org", "where it is");
	is_int(b.offer.port, 5000, "and at which port");
	is_str(b.offer.from, "alice@example.org/git.a", "who asks");
	is_str(b.offer.to, "bob@example.net/git.b", "and whom");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		size_t n = changed(bytes, changes[i].from, changes[i].to, changes[i].to_len);

		is_int(parse_stream(bytes, n, &b), changes[i].result, changes[i].what);
	}
}

/* A value of n letters, to find where it becomes too long. */
static int parse_long(const char *key, const char *before, size_t n, const char *after)
{
	struct s5b_record b;
	char text[2000], bytes[sizeof(offer) + 2000], from[40];
	size_t len;

	sprintf(from, "%s=", key);
	len = (size_t)sprintf(text, "%s=%s", key, before);
	memset(text + len, 'a', n);
	strcpy(text + len + n, after);
	len = changed(bytes, from, text, strlen(text));
	return parse_stream(bytes, len, &b);
}

static void test_lengths(void)
{
	size_t host = S5B_HOST_MAX - strlen("proxy.example.org");
	size_t part = JID_MAX - 1;

	is_int(parse_long("host", "", host, ""), 0, "the longest host");
	is_int(parse_long("host", "", host + 1, ""), -1, "one letter more");
	is_int(parse_long("from", "alice@", 3, "/alice@example.org/git.a"), 0, "a long resource");
	is_int(parse_long("from", "alice@example.org/", part - strlen("/alice@example.org/git.a"),
			  "/"),
	       0, "the longest resource");
	is_int(parse_long("from", "alice@example.org/",
			  part + 1 - strlen("/alice@example.org/git.a"), "/"),
	       -1, "one letter more");
}

static void test_steps(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		int result;
		enum s5b_step step;
		const char *reason, *what;
	} steps[] = {
		{ BYTES("sid=" TOKEN "\0state=joined\0"), 0, S5B_JOINED, "", "joined" },
		{ BYTES("sid=" TOKEN "\0state=failed\0reason=no-proxy\0"), 0, S5B_FAILED,
		  "no-proxy", "failed" },
		{ BYTES("sid=" TOKEN "\0state=failed\0"), 0, S5B_FAILED, "failed",
		  "without a reason" },
		{ BYTES("sid=" TOKEN "\0state=failed\0reason=\x1b[m\0"), 0, S5B_FAILED, "failed",
		  "with an odd one" },
		{ BYTES("sid=" TOKEN "\0state=offer\0"), -1, 0, NULL, "an offer of nothing" },
		{ BYTES("sid=" TOKEN "\0state=postponed\0reason=rain\0"), 0, S5B_OTHER, "",
		  "an unknown state" },
		{ BYTES("state=joined\0"), -1, 0, NULL, "no sid" },
		{ BYTES("sid=" TOKEN "\0state=joined"), -1, 0, NULL, "ill-formed fields" },
	};
	struct s5b_record b = { .pass.token = TOKEN, .step = S5B_JOINED }, again;
	struct record other = { .type = RECORD_CANDIDATES,
				.payload = (const uint8_t *)steps[0].bytes,
				.len = steps[0].n };
	struct buf fields = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		is_int(parse_stream(steps[i].bytes, steps[i].n, &b), steps[i].result,
		       steps[i].what);
		if (steps[i].result)
			continue;
		is_int(b.step, steps[i].step, "is the step");
		is_str(b.reason, steps[i].reason, "and the reason");
		if (b.step == S5B_OTHER)
			continue;
		s5b_put(&b, &fields);
		ok(parse_stream(buf_data(&fields), buf_len(&fields), &again) == 0 &&
			   !memcmp(&b, &again, sizeof(b)),
		   "and it comes back");
		buf_reset(&fields);
	}
	ok(s5b_parse(&other, &b), "another record is none");
	is_int(parse_stream(offer, sizeof(offer) - 1, &b), 0, "an offer");
	s5b_put(&b, &fields);
	ok(buf_len(&fields) == sizeof(offer) - 1 &&
		   !memcmp(buf_data(&fields), offer, sizeof(offer) - 1),
	   "is written as it was");
	buf_finish(&fields);
}

/* Good records with bytes changed: never more than fits, never anything unchecked. */
static void test_random(void)
{
	unsigned good = 0, wrong = 0;

	srand(6);
	for (int i = 0; i < 50000; i++) {
		char bytes[sizeof(offer)];
		size_t n = sizeof(offer) - 1;
		struct s5b_record b;
		struct candidates w, with;
		struct buf fields = { 0 };

		memcpy(bytes, offer, n);
		for (int k = rand() % 4; k > 0; k--)
			bytes[(size_t)rand() % n] = (char)rand();
		if (rand() % 8 == 0)
			n = (size_t)rand() % n;
		if (parse_stream(bytes, n, &b) == 0) {
			good++;
			wrong += strlen(b.pass.token) != PASS_TOKEN_LEN;
			wrong += b.step == S5B_OFFER &&
				 (!b.offer.port || !*b.offer.host || !strchr(b.offer.from, '/'));
		}
		make_candidates(&with, (size_t)rand() % (CANDIDATES_MAX + 1));
		candidates_put(&with, &fields);
		n = buf_len(&fields);
		for (int k = rand() % 4; k > 0; k--)
			buf_data(&fields)[(size_t)rand() % n] = (char)rand();
		if (parse_candidates(buf_data(&fields), n, &w) == 0) {
			good++;
			wrong += w.n > CANDIDATES_MAX || (w.n && !*w.pass.token) || !w.allowed;
		}
		buf_finish(&fields);
	}
	ok(good > 1000, "%u of the spoilt records are still good", good);
	is_int(wrong, 0, "and hold what a good one does");
}

static int parse_punch(const char *bytes, size_t n, struct punch_record *out)
{
	struct record r = {
		.type = RECORD_PUNCH, .number = 1, .payload = (const uint8_t *)bytes, .len = n
	};

	return punch_parse(&r, out) ? -1 : 0;
}

static void test_punch(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		int result;
		enum punch_step step;
		size_t addresses;
		const char *reason, *what;
	} steps[] = {
		{ BYTES("sid=" TOKEN "\0state=offer\0secret=" SECRET "\0address=8.8.8.8:4711\0"
			"address=[2a00::1]:4711\0"), 0, PUNCH_OFFER, 2, "", "an offer" },
		{ BYTES("sid=" TOKEN "\0state=offer\0secret=" SECRET "\0"), 0, PUNCH_OFFER, 0,
		  "", "one without an address" },
		{ BYTES("sid=" TOKEN "\0state=ready\0address=8.8.8.8:1\0address=8.8.8.8:2\0"
			"address=8.8.8.8:2\0address=8.8.8.8:3\0address=8.8.8.8:4\0"
			"address=8.8.8.8:5\0"), 0, PUNCH_READY, 4, "", "five, one of them twice" },
		{ BYTES("sid=" TOKEN "\0state=ready\0address=example.org:80\0address=8.8.8.8\0"),
		  0, PUNCH_READY, 0, "", "malformed ones" },
		{ BYTES("sid=" TOKEN "\0state=failed\0reason=timeout\0address=8.8.8.8:1\0"), 0,
		  PUNCH_FAILED, 0, "timeout", "failed" },
		{ BYTES("sid=" TOKEN "\0state=failed\0reason=\x1b[m\0"), 0, PUNCH_FAILED, 0,
		  "failed", "with an odd reason" },
		{ BYTES("sid=" TOKEN "\0state=go\0"), 0, PUNCH_OTHER, 0, "", "an unknown state" },
		{ BYTES("sid=" TOKEN "\0state=offer\0"), -1, 0, 0, NULL, "an offer, no secret" },
		{ BYTES("sid=" TOKEN "\0"), -1, 0, 0, NULL, "no state" },
		{ BYTES("sid=00\0state=ready\0"), -1, 0, 0, NULL, "a short sid" },
		{ BYTES("sid=" TOKEN "\0state=ready"), -1, 0, 0, NULL, "ill-formed fields" },
	};
	struct record other = { .type = RECORD_BYTESTREAM };
	struct punch_record b, again;
	struct buf fields = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		is_int(parse_punch(steps[i].bytes, steps[i].n, &b), steps[i].result, steps[i].what);
		if (steps[i].result)
			continue;
		ok(b.step == steps[i].step && b.n == steps[i].addresses, "its parts");
		is_str(b.reason, steps[i].reason, "and the reason");
		if (b.step == PUNCH_OTHER)
			continue;
		punch_put(&b, &fields);
		ok(parse_punch(buf_data(&fields), buf_len(&fields), &again) == 0 &&
			   !memcmp(&b, &again, sizeof(b)),
		   "and it comes back");
		buf_reset(&fields);
	}
	ok(punch_parse(&other, &b), "another record is none");
	buf_finish(&fields);
}

static void test_punches(void)
{
	struct candidates w;

	parse_candidates("transport=auto\0punch=1", sizeof("transport=auto\0punch=1"), &w);
	ok(w.punches, "who answers PUNCH says so");
	parse_candidates("transport=auto\0punch=2", sizeof("transport=auto\0punch=2"), &w);
	ok(!w.punches, "in one way");
}

static bool parse_seen(const char *value, struct candidates *w)
{
	struct buf fields = { 0 };
	bool valid;

	fields_add(&fields, "transport", "auto");
	fields_add(&fields, "seen", value);
	valid = !parse_candidates(buf_data(&fields), buf_len(&fields), w);
	buf_finish(&fields);
	return valid;
}

static void test_seen(void)
{
	static const char *const bad[] = { "",
					   "203.0.113.9",
					   "203.0.113.9:0",
					   "example.org:1",
					   "203.0.113.9:5000 ",
					   "[fe80::1%eth0]:1" };
	struct candidates w, again;
	struct buf fields = { 0 };

	ok(parse_seen("203.0.113.9:5000", &w) && w.seen.port == 5000 && w.seen.ip[0] == 203,
	   "how the receiver is seen");
	candidates_put(&w, &fields);
	parse_candidates(buf_data(&fields), buf_len(&fields), &again);
	ok(netaddr_equal(&again.seen, &w.seen), "... is written and read");
	buf_finish(&fields);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(parse_seen(bad[i], &w) && !w.seen.port, "what is no address is passed over: %s",
		   bad[i]);
}

int main(void)
{
	test_transports();
	test_candidates();
	test_candidates_again();
	test_offer();
	test_lengths();
	test_steps();
	test_random();
	test_punch();
	test_punches();
	test_seen();
	return tap_done();
}
