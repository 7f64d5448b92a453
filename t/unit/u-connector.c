/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connector.h"
#include "tap.h"

#include <stdlib.h>

#include "fields.h"
#include "path-manager.h"

#define TOKEN "00112233445566778899aabbccddeeff"
#define SECRET TOKEN TOKEN

static uint64_t now = 1000;
static uint64_t dialled;		/* the use of the pass by the last one; 0: none */
static unsigned offers, answers, refusals;
static const struct dialer_events *dialling;
static void *dialling_for;
static bool may_dial = true, known_proxy, has_proxy;
static uint64_t acked;			/* by the device; a number of `offers` */
static unsigned proxies;		/* offered by us */
static unsigned ended;			/* of them, by us */
static bool can_punch;
static bool answers_punch;
static unsigned punches, punch_answers, punch_ends;
static const struct puncher_events *punching;
static void *punching_for;
static char report[128];		/* of the last punch that ended; emptied when it is read */
static unsigned closed, arrived;	/* paths */
static char told_seen[NETADDR_TEXT_MAX];	/* how the device appears to us, as told last */
static unsigned tellings;		/* of candidates */
static char seen[NETADDR_TEXT_MAX];	/* how we appear to the device, as was heard last */
static uint16_t seen_inside;

static uint64_t on_now(void *owner)
{
	return now;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 7, n);
}

static const struct context_ops context_ops = { .now = on_now,
						.time = on_now,
						.random = on_random };
static struct context context = { .ops = &context_ops,
				  .transport = PATH_MASK_ALL,
				  .jid = "alice@x.org" };

static void on_facts(void *arg, struct connector_facts *out)
{
	*out = (struct connector_facts){ .jid = "alice@x.org/r",
					 .may_dial = may_dial,
					 .punch = can_punch };
}

static void on_candidates(void *arg, const struct pass *pass, struct candidates *out)
{
	*out = (struct candidates){ .allowed = PATH_MASK_ALL };
}

static bool on_has_proxy(void *arg, bool wanted)
{
	return has_proxy;
}

static bool on_knows_proxy(void *arg, const struct s5b_offer *offer)
{
	return known_proxy;
}

static struct path *on_open_inband(void *arg, const char *to, enum ibb_path_standing standing,
				   const struct path_events *events, void *owner)
{
	return NULL;
}

static struct dialer *on_dial(void *arg, const struct netaddr *to, size_t n,
			      const unsigned char *fp, const struct pass *pass, uint64_t *number,
			      const struct dialer_events *events, void *owner)
{
	dialled = ++*number;
	dialling = events;
	dialling_for = owner;
	return (struct dialer *)&dialled;
}

static void on_hang_up(struct dialer *d)
{
	dialling = NULL;
}

static struct s5b *on_answer(void *arg, const unsigned char *fp, const struct s5b_record *offer,
			     struct quota *lookups, const char *jid,
			     const struct s5b_events *events, void *owner)
{
	answers++;
	return NULL;
}

static struct s5b *on_offer(void *arg, const unsigned char *fp, const char *to,
			    char proxy[JID_FULL_MAX], const struct s5b_events *events, void *owner)
{
	events->send(owner, &(struct s5b_record){ .step = S5B_OFFER, .pass = { .token = TOKEN } });
	snprintf(proxy, JID_FULL_MAX, "proxy.x.org");
	proxies++;
	return (struct s5b *)&proxies;
}

static const char *on_stream_sid(const struct s5b *b)
{
	return TOKEN;
}

static void on_stream_end(struct s5b *b)
{
	ended++;
}

static void on_stream_record(struct s5b *b, const struct s5b_record *record)
{
}

static struct puncher *on_punch(void *arg, const unsigned char *fp,
				const struct punch_record *offer,
				const struct puncher_events *events, void *owner)
{
	struct punch_record ours = { .step = offer ? PUNCH_READY : PUNCH_OFFER,
				     .pass = { .token = TOKEN },
				     .n = 2 };

	netaddr_parse("9.9.9.9:5000", &ours.addresses[0]);
	netaddr_parse("192.168.1.7:5000", &ours.addresses[1]);
	if (offer) {
		if (answers_punch)
			events->send(owner, &ours);
		punch_answers++;
		punching = events;
		punching_for = owner;
		return answers_punch ? (struct puncher *)&punches : NULL;
	}
	punches++;
	events->send(owner, &ours);
	return (struct puncher *)&punches;
}

static const char *on_punch_sid(const struct puncher *p)
{
	return TOKEN;
}

static void on_punch_record(struct puncher *p, const struct punch_record *record)
{
}

static void on_punch_end(struct puncher *p)
{
	punch_ends++;
}

static void on_seen(void *arg, const struct netaddr *outside, uint16_t inside)
{
	netaddr_format(outside, seen);
	seen_inside = inside;
}

static void on_punch_ended(void *arg, const struct punch_report *r)
{
	snprintf(report, sizeof(report), "%s: %s here, %s there: %s", r->jid, r->here, r->there,
		 r->path ? r->path : r->why);
}

static void is_reported(const char *expected, const char *what)
{
	is_str(report, expected, what);
	report[0] = '\0';
}

static const struct connector_ops ops = {
	.punch_ended = on_punch_ended,
	.seen = on_seen,
	.punch = on_punch,
	.punch_sid = on_punch_sid,
	.punch_record = on_punch_record,
	.punch_end = on_punch_end,

	.facts = on_facts,
	.candidates = on_candidates,
	.has_proxy = on_has_proxy,
	.knows_proxy = on_knows_proxy,
	.open_inband = on_open_inband,
	.dial = on_dial,
	.hang_up = on_hang_up,
	.answer = on_answer,
	.offer = on_offer,
	.stream_sid = on_stream_sid,
	.stream_record = on_stream_record,
	.stream_end = on_stream_end,
};

static void on_failed(void *owner, enum path_kind kind, const char *why)
{
}

static uint64_t on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct fields f = { buf_data(fields), buf_len(fields) };
	const char *state = fields_get(f, "state"), *told = fields_get(f, "seen");

	if (type == RECORD_CANDIDATES) {
		snprintf(told_seen, sizeof(told_seen), "%s", told ? told : "");
		tellings++;
	}
	refusals += type == RECORD_BYTESTREAM && state && !strcmp(state, "failed");
	offers++;
	return offers;
}

static bool on_acked(void *owner, uint64_t number)
{
	return number <= acked;
}

static void on_arrived(void *owner, struct path *path, const unsigned char *from)
{
	arrived++;
}

static void on_close(struct path *p)
{
	closed++;
}

static const struct connector_events events = {
	.failed = on_failed, .arrived = on_arrived, .send = on_send, .acked = on_acked
};

static void hear(struct connector *w, enum record_type type, const char *const *pairs)
{
	struct buf payload = { 0 };
	struct record record = { .type = type };

	for (; *pairs; pairs += 2)
		fields_add(&payload, pairs[0], pairs[1]);
	record.payload = (const uint8_t *)buf_data(&payload);
	record.len = buf_len(&payload);
	is_str(connector_record(w, &record), NULL, "a record that is as it should be is taken");
	buf_finish(&payload);
}

static void tell_address(struct connector *w)
{
	static const char *const pairs[] = { "transport", "auto",	  "token",
					     TOKEN,	  "secret",	  SECRET,
					     "address",	  "8.8.8.8:4711", NULL };

	hear(w, RECORD_CANDIDATES, pairs);
}

static void tell_nothing(struct connector *w)
{
	static const char *const pairs[] = { "transport", "inband", NULL };

	hear(w, RECORD_CANDIDATES, pairs);
}

/* The timers of the search come, until it dials. */
static uint64_t dial(struct connector *w)
{
	dialled = 0;
	for (unsigned i = 0; i < 20 && !dialled; i++) {
		uint64_t at = connector_deadline(w, true);

		if (at == UINT64_MAX)
			break;
		now = at > now ? at : now;
		connector_step(w, true);
	}
	return dialled;
}

static void fail(struct connector *w)
{
	const struct dialer_events *e = dialling;

	dialling = NULL;
	e->failed(dialling_for, "refused");
}

static void test_uses(struct connector *w)
{
	tell_address(w);
	is_int(dial(w), 1, "a pass that is new is used for the first time");
	fail(w);
	is_int(dial(w), 2, "each use has a number of its own");
	fail(w);
	tell_nothing(w);
	tell_address(w);
	is_int(dial(w), 3, "the same pass, told again after none was, is not used anew");
	fail(w);
}

static void test_offers(struct connector *w)
{
	static const char *const offer[] = { "sid",  TOKEN,	      "state",	"offer",
					     "jid",  "proxy.x.org",   "host",	"192.0.2.1",
					     "port", "7777",	      "from",	"bob@x.org/r",
					     "to",   "alice@x.org/r", "secret", SECRET,
					     NULL };

	may_dial = false;
	hear(w, RECORD_BYTESTREAM, offer);
	ok(refusals == 1 && !answers,
	   "a proxy that would see our address is not joined, if that is to stay hidden");
	known_proxy = true;
	hear(w, RECORD_BYTESTREAM, offer);
	is_int(answers, 1, "but one of our own server, which knows it, is");
	for (unsigned i = 0; i < 20; i++)
		hear(w, RECORD_BYTESTREAM, offer);
	ok(answers <= 5, "offers beyond what a device may make in some seconds are refused");
}

/* The in-band path is lost and found again, and the timers of the search come. */
static void flap(struct connector *w)
{
	connector_detached(w, now);
	connector_attached(w, PATH_INBAND);
	for (uint64_t end = now + 60 * 1000; now < end; now += 500)
		if (connector_deadline(w, true) <= now)
			connector_step(w, true);
}

static void test_dead_path(struct connector *w)
{
	has_proxy = true;
	connector_refresh(w);
	flap(w);
	is_int(proxies, 1, "a proxy is offered");
	flap(w);
	flap(w);
	is_int(proxies, 1, "not once more while the device has not got that");
	acked = offers;
	flap(w);
	is_int(proxies, 2, "... but when it has");
	has_proxy = false;
	connector_refresh(w);
}

static void attach_direct(struct connector *w, const char *ours, const char *theirs)
{
	struct netaddr us, them;

	netaddr_parse(ours, &us);
	netaddr_parse(theirs, &them);
	connector_ends(w, &us, &them);
}

static void test_seen(struct connector *w)
{
	static const char *const says[] = { "transport", "auto", "seen", "9.9.1.1:61000", NULL };

	hear(w, RECORD_CANDIDATES, says);
	is_str(seen, "", "how we are seen says nothing without a direct path");
	connector_tell(w);
	is_str(told_seen, "", "and so the device is told nothing");
	tellings = 0;
	attach_direct(w, "192.168.1.7:4000", "9.9.2.1:5000");
	is_str(told_seen, "9.9.2.1:5000", "on a direct path the device is told how we see it");
	attach_direct(w, "192.168.1.7:4000", "9.9.2.1:5000");
	is_int(tellings, 1, "... once");
	hear(w, RECORD_CANDIDATES, says);
	is_str(seen, "9.9.1.1:61000", "the device tells how it sees us");
	is_int(seen_inside, 4000, "... at the end of which port");
	attach_direct(w, "192.168.1.7:4000", "192.168.1.8:5000");
	is_str(told_seen, "", "in one network there is nothing to tell");
	attach_direct(w, "[2a00:1::2]:4000", "[2a00:2::2]:5000");
	is_str(told_seen, "", "nor by IPv6");
}

static void refuse(struct connector *w, const char *sid, const char *reason)
{
	const char *const pairs[] = { "sid", sid, "state", "failed", "reason", reason, NULL };

	hear(w, RECORD_BYTESTREAM, pairs);
}

/* The link is at rest, and the timers of the search come. */
static unsigned offered_within(struct connector *w, uint64_t ms)
{
	unsigned before = proxies;

	for (uint64_t end = now + ms; now < end; now += 100)
		if (connector_deadline(w, false) <= now)
			connector_step(w, false);
	return proxies - before;
}

static void test_busy_device(struct connector *w)
{
	has_proxy = true;
	acked = UINT64_MAX;
	connector_refresh(w);
	connector_detached(w, now);
	connector_attached(w, PATH_INBAND);
	now += 60 * 1000;
	is_int(offered_within(w, 100), 1, "a proxy is offered, at rest");
	ended = 0;
	refuse(w, "ffeeddccbbaa99887766554433221100", "busy");
	refuse(w, TOKEN, "unreachable");
	is_int(ended, 0, "neither another offer's refusal nor another reason puts it off");
	refuse(w, TOKEN, "busy");
	is_int(ended, 1, "that the device is busy does");
	is_int(offered_within(w, PATH_SELECTOR_OFF_FIRST), 0, "it has some time");
	is_int(offered_within(w, 1000), 1, "and is asked again");
	refuse(w, TOKEN, "not-you");
	is_int(ended, 2, "so does who does not know us by our JID yet");
	is_int(offered_within(w, 3 * PATH_SELECTOR_OFF_FIRST), 1, "and is asked again, too");
	refuse(w, TOKEN, "collision");
	is_int(ended, 3, "and who has offered one in the same moment,");
	is_int(offered_within(w, 5 * PATH_SELECTOR_OFF_FIRST), 1, "which may have come to nothing");
	has_proxy = false;
	connector_refresh(w);
}

/* The timers of the search come for a while. */
static void wait_busy(struct connector *w, uint64_t ms)
{
	for (uint64_t end = now + ms; now < end; now += 100)
		if (connector_deadline(w, true) <= now)
			connector_step(w, true);
}

/* The device has offered, so that our side is the server of TLS. */
static void test_punched(struct connector *w, const char *const *offer, const unsigned char *fp)
{
	static const struct path_ops path_ops = { .close = on_close };
	static const unsigned char other[FINGERPRINT_BYTES] = { 9 };
	static const char *const ready[] = { "sid",	TOKEN,		"state", "ready",
					     "address", "8.8.8.8:4711", NULL };
	struct path path = { .ops = &path_ops };

	wait_busy(w, 10 * 1000);
	hear(w, RECORD_PUNCH, offer);
	punching->reached(punching_for, &path, other, false);
	ok(closed == 1 && !arrived, "a device with another key does not come by a punched path");
	wait_busy(w, 10 * 1000);
	hear(w, RECORD_PUNCH, offer);
	path = (struct path){ .ops = &path_ops, .name = "direct 9.9.9.9:5000" };
	report[0] = '\0';
	hear(w, RECORD_PUNCH, ready);
	punching->reached(punching_for, &path, fp, false);
	ok(closed == 1 && arrived == 1, "... the one that offered does");
	is_reported("bob@x.org: NAT here, IPv4 there: direct 9.9.9.9:5000",
		    "... which is reported");
	wait_busy(w, 10 * 1000);
	hear(w, RECORD_PUNCH, offer);
	hear(w, RECORD_PUNCH, ready);
	punching->failed(punching_for, "timeout");
	is_reported("bob@x.org: NAT here, IPv4 there: timeout", "... and so is what fails");
}

static void test_punching(struct connector *w, const unsigned char *fp)
{
	static const char *const can[] = { "transport", "auto", "punch", "1", NULL },
				 *const offer[] = { "sid",     TOKEN,	       "state",
						    "offer",   "secret",       SECRET,
						    "address", "8.8.8.8:4711", NULL },
				 *const busy[] = { "sid",    TOKEN,  "state", "failed",
						   "reason", "busy", NULL };

	connector_network_changed(w);
	hear(w, RECORD_CANDIDATES, can);
	wait_busy(w, 2000);
	is_int(punches, 0, "who has no address to tell does not offer to punch");
	may_dial = false;
	can_punch = true;
	connector_refresh(w);
	wait_busy(w, 2000);
	is_int(punches, 0, "nor who is not to show one");
	hear(w, RECORD_PUNCH, offer);
	is_int(punch_answers, 0, "and answers none");
	may_dial = true;
	connector_refresh(w);
	wait_busy(w, 100);
	is_int(punches, 1, "otherwise it is offered");
	hear(w, RECORD_PUNCH, busy);
	is_int(punch_ends, 1, "to a device that is busy");
	is_reported("bob@x.org: NAT here,  there: busy", "... which is reported");
	wait_busy(w, PATH_SELECTOR_OFF_FIRST - 100);
	is_int(punches, 1, "which has some time");
	acked = UINT64_MAX;
	for (unsigned i = 0; i < 20; i++)
		hear(w, RECORD_PUNCH, offer);
	is_int(punch_answers, 2, "offers beyond three are refused");
	wait_busy(w, 10 * 1000);
	hear(w, RECORD_PUNCH, busy);
	hear(w, RECORD_PUNCH, offer);
	is_int(punch_answers, 3, "for ten seconds each");
	answers_punch = true;
	test_punched(w, offer, fp);
	answers_punch = false;
	can_punch = false;
	connector_refresh(w);
}

static void test_passes(struct connector *w)
{
	ok(connector_pass(w, 1) && connector_pass(w, 5),
	   "any use of our pass that was not seen is good");
	connector_pass_used(w, 5);
	ok(!connector_pass(w, 5) && connector_pass(w, 4), "one that was seen is not");
	connector_tell(w);
	ok(connector_pass(w, 5), "a device to which a new pass is told counts from the beginning");
}

int main(void)
{
	struct connectors all = { .context = &context, .ops = &ops };
	unsigned char fp[FINGERPRINT_BYTES] = { 1 };
	struct quota lookups;
	struct resource *r;
	struct connector *w;

	quota_init(&lookups, 4, false);
	all.lookups = &lookups;
	context.presence = presence_create();
	context.trust = trust_create();
	presence_roster_item(context.presence, "bob@x.org", SUBSCRIPTION_BOTH, false, false);
	presence_available(context.presence, "bob@x.org/r", "aaaaaaaaaaaaaaaa", 1, &r);
	w = connector_create(&all, "bob@x.org", "aaaaaaaaaaaaaaaa", &events, NULL);
	connector_know(w, fp, true);
	connector_attached(w, PATH_INBAND);
	connector_tell(w);
	test_seen(w);
	test_uses(w);
	test_offers(w);
	test_dead_path(w);
	test_busy_device(w);
	test_punching(w, fp);
	test_passes(w);
	connector_stop(w);
	connector_destroy(w);
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	quota_finish(&lookups);
	return tap_done();
}
