/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "comparison.h"
#include "connector.h"
#include "fuzz.h"
#include "hello.h"
#include "log.h"
#include "meeting.h"
#include "path.h"

/*
 * What somebody says in a meeting: the input is the payloads of MEET records, each ended by a
 * byte of 0xff. A comparison is done only if the nonce is the one that was committed to.
 */

#define COMMIT "bebababababababababababababababababababababababababababababababa"
#define NONCE  "0000000000000000000000000000000000000000000000000000000000000001"
#define ANSWER "nonce=" NONCE

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("kind=compare\0commit=" COMMIT "\0\xffkind=compare\0nonce=" NONCE "\0\xff"),
	FUZZ_SEED("kind=compare\0" ANSWER "\0\xffkind=result\0state=same\0\xff"),
	FUZZ_SEED("kind=compare\0state=refused\0reason=collision\0\xff"),
	FUZZ_SEED("kind=compare\0state=unsupported\0\xffkind=other\0\xff"),
	FUZZ_SEED("kind=result\0state=different\0\xffkind=result\0state=same\0\xff"),
	{ NULL, 0 },
};

static unsigned char our_key[FINGERPRINT_BYTES] = { 1 }, their_key[FINGERPRINT_BYTES] = { 2 };
static const char *const us = "a@c", *const them = "b@c", *const full = "b@c/git";
static size_t said;

static uint64_t on_time(void *owner)
{
	return 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 7, n);
}

static const struct context_ops context_ops = {
	.now = on_time, .time = on_time, .random = on_random,
};

/* No hash, but every byte counts. */
static void on_sha256(const void *data, size_t n, unsigned char out[DIGEST_BYTES])
{
	memset(out, 0xba, DIGEST_BYTES);
	for (size_t i = 0; i < n; i++)
		out[i % DIGEST_BYTES] = (unsigned char)(out[i % DIGEST_BYTES] * 31 +
							((const unsigned char *)data)[i]);
}

static void on_hmac(const void *key, size_t key_len, const void *data, size_t n,
		    unsigned char out[DIGEST_BYTES])
{
	on_sha256(data, n, out);
	out[0] ^= ((const unsigned char *)key)[key_len - 1];
}

static const struct digest_ops digests = { .sha256 = on_sha256, .hmac = on_hmac };

static void on_kick(struct path *path)
{
}

static void on_write(struct path *path, const void *data, size_t n)
{
	said += n;
}

static bool on_exporter(const struct path *path, const char *label, unsigned char *out, size_t n)
{
	memset(out, 9, n);
	return true;
}

static const struct path_ops path_ops = {
	.kick = on_kick, .write = on_write, .close = on_kick, .cut = on_kick,
	.exporter = on_exporter,
};

static struct path path;

static struct path *on_open(void *arg, const char *to, enum ibb_path_standing standing,
			    const struct path_events *events, void *owner)
{
	path_init(&path, &path_ops, PATH_INBAND, "in-band", events, owner);
	return &path;
}

static const struct connector_ops connector_ops = { .open_inband = on_open };

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
}

static void on_doubted(void *owner, const char *jid, const char *why)
{
}

static const struct meetings_events events = { .met_key = on_met_key, .doubted = on_doubted };

/* The records of the input, behind HELLO if the other side has yet to say it. */
static void put_input(struct buf *in, const uint8_t *data, size_t n, bool hello)
{
	static const uint8_t instance[INSTANCE_BYTES];
	struct link_ends ends = { them, us };

	if (hello)
		hello_put(in, "meet", &ends, instance, NULL, 0);
	while (n > 0) {
		const uint8_t *stop = memchr(data, 0xff, n);
		size_t len = stop ? (size_t)(stop - data) : n;

		record_put(in, RECORD_MEET, 0, data,
			   len < RECORD_PAYLOAD_MAX ? len : RECORD_PAYLOAD_MAX);
		n -= len + (stop != NULL);
		data += len + (stop != NULL);
	}
}

static void drain(void)
{
	struct buf out = { 0 };

	path_fill(&path, &out, 65536);
	said += buf_len(&out);
	buf_finish(&out);
}

/* A meeting in which the other side says the input; ours: we opened it, to compare. */
static void converse(const uint8_t *data, size_t n, bool ours)
{
	struct context context = {
		.ops = &context_ops, .digests = &digests, .jid = us, .fp = our_key,
		.trust = trust_create(), .presence = presence_create(),
		.blocked = blocklist_create(), .online_at = 1,
	};
	struct connectors connectors = { .context = &context, .ops = &connector_ops };
	char device[DEVICE_ID_LEN + 1];
	struct comparisons *c;
	struct meetings all;
	struct resource *r;
	struct buf in = { 0 };

	strcpy(context.self, us);
	timers_init(&context.timers);
	device_id_of(their_key, device);
	presence_roster_item(context.presence, them, SUBSCRIPTION_BOTH, false, false);
	presence_available(context.presence, full, device, 1, &r);
	meetings_init(&all, &connectors, &events, NULL);
	c = comparisons_create(&all, NULL, NULL);
	said = 0;
	put_input(&in, data, n, ours);
	if (ours) {
		comparison_want(c, them, device);
		path_established(&path, their_key);
		if (!path.over)
			path_plain(&path, &in);
	} else {
		path_init(&path, &path_ops, PATH_INBAND, "in-band", NULL, NULL);
		path.up = true;
		meeting_take(&all, &path, them, their_key, false, &in);
	}
	if (!path.over)
		drain();
	must(said < 4096 + 128 * MEETING_RECORDS_MAX);
	must(ours || comparison_look(c, them, device).state != COMPARISON_COMMITTED);
	must(!ours || comparison_look(c, them, device).state != COMPARISON_ANSWERED);
	/* Nobody finds a nonce for a commitment by chance. */
	must(ours || comparison_look(c, them, device).state != COMPARISON_DONE ||
	     memmem(data, n, "commit=", 7));
	meetings_end(&all);
	comparisons_destroy(c);
	timers_run(&context.timers, 2000);
	timers_finish(&context.timers);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	trust_destroy(context.trust);
	buf_finish(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	log_set_level(LOG_ERROR);
	converse(data, n, true);
	converse(data, n, false);
	return 0;
}
