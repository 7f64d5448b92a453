/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The test vectors at the end of protocol.md, for whoever writes another broker from it. Each
 * block of them is made here, by what ships, from keys that RFC 8032 7.1 has and from random
 * bytes that count up; protocol.md has to have it word for word. What is expected is printed
 * where it has not.
 *
 *   u-vectors Documentation/protocol.md
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "candidates.h"
#include "channel.h"
#include "comparison-string.h"
#include "device-key.h"
#include "digest.h"
#include "disco.h"
#include "fields.h"
#include "hello.h"
#include "hex.h"
#include "jid.h"
#include "join-proof.h"
#include "negotiation.h"
#include "nothing.h"
#include "pass-key.h"
#include "pass.h"
#include "s5b-hash.h"
#include "share-rows.h"
#include "socks5.h"
#include "tap.h"
#include "vouching.h"
#include "words.h"

enum { COLUMNS = 100, HEX_LINE = 40 };

struct side {
	const char *name;
	struct side *other;
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	struct negotiation *starting;
	struct channel *channel;	/* the one in use */
};

static const unsigned char alice_key[] = {
	0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,
	0x3a,
	0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51,
	0x1a,
};
static const unsigned char bob_key[] = {
	0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e,
	0xbc,
	0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66,
	0x0c,
};
static const struct link_ends alice_ends = { "alice@example.org", "bob@example.net" };
static const struct link_ends bob_ends = { "bob@example.net", "alice@example.org" };

static unsigned char alice_fp[FINGERPRINT_BYTES], bob_fp[FINGERPRINT_BYTES];
static struct side alice, bob;
static struct buf text;			/* the block that is being made */
static char *document;
static uint64_t now;
static unsigned char next_random;
static bool acked;			/* ACK was written down once */

static void count_up(void *p, size_t n)
{
	for (unsigned char *byte = p; n > 0; n--)
		*byte++ = next_random++;
}

/* For pass_make(). */
void __wrap_random_bytes(void *p, size_t n);
void __wrap_random_bytes(void *p, size_t n)
{
	count_up(p, n);
}

/* The block is in the document, between an empty line and another. */
static void written(const char *what)
{
	struct buf whole = { 0 };

	buf_puts(&whole, "\n\n");
	buf_puts(&whole, buf_str(&text));
	buf_puts(&whole, "\n");
	if (!ok(strstr(document, buf_str(&whole)), "protocol.md has %s", what))
		printf("# expected:\n%s", buf_str(&text));
	buf_finish(&whole);
	buf_reset(&text);
}

static void put_value(const char *name, const char *value)
{
	buf_printf(&text, "    %-12s  %s\n", name, value);
}

static void put_hex(const char *name, const void *bytes, size_t n)
{
	char hex[2 * 256 + 1];

	hex_encode(bytes, n, hex);
	put_value(name, hex);
}

/* A word of the line that names a record; lines are broken between them. */
static void put_word(const char *word, size_t *column)
{
	if (*column + 1 + strlen(word) > COLUMNS) {
		buf_puts(&text, "\n       ");
		*column = 7;
	}
	buf_printf(&text, " %s", word);
	*column += 1 + strlen(word);
}

static bool has_fields(enum record_type type)
{
	return type == RECORD_HELLO || type == RECORD_BYE || type == RECORD_MEET ||
	       (type >= RECORD_CAN_PUSH && type < RECORD_ACCEPT) || type >= RECORD_DEVICE;
}

static void put_bytes(const uint8_t *bytes, size_t n)
{
	char hex[2 * HEX_LINE + 1];

	for (size_t size; n > 0; n -= size, bytes += size) {
		size = n < HEX_LINE ? n : HEX_LINE;
		hex_encode(bytes, size, hex);
		buf_printf(&text, "            %s\n", hex);
	}
}

/* "alice  CANDIDATES 1 transport=auto", and below it the bytes, those of the header alone. */
static void put_record(const char *who, const uint8_t *bytes, size_t n)
{
	struct record r = { 0 };
	size_t pos = 0, key_len, column;
	const char *key, *value;
	char number[24];

	record_parse(bytes, n, &r);
	snprintf(number, sizeof(number), "%" PRIu64, r.number);
	column = buf_len(&text);
	buf_printf(&text, "    %-5s  %s", who, record_type_name(r.type));
	column = buf_len(&text) - column;
	if (r.number)
		put_word(number, &column);
	while (has_fields(r.type) && fields_next((struct fields){ (const char *)r.payload, r.len },
						 &pos, &key, &key_len, &value)) {
		char word[4096];

		snprintf(word, sizeof(word), "%.*s=%s", (int)key_len, key, value);
		put_word(word, &column);
	}
	buf_puts(&text, "\n");
	put_bytes(bytes, RECORD_HEADER);
	put_bytes(bytes + RECORD_HEADER, n - RECORD_HEADER);
}

/* All that both have to say, one after the other. */
static void pump(void)
{
	struct side *s = &alice;

	for (int silent = 0; silent < 2; s = s->other) {
		struct buf wire = { 0 };
		struct record r;
		const uint8_t *p;
		long n;

		silent = link_output(&s->link, &wire, 16384, now) ? 0 : silent + 1;
		p = (const uint8_t *)buf_data(&wire);
		for (size_t left = buf_len(&wire); left > 0; left -= (size_t)n, p += n) {
			n = record_parse(p, left, &r);
			if (r.type != RECORD_ACK || !acked)
				put_record(s->name, p, (size_t)n);
			acked = acked || r.type == RECORD_ACK;
		}
		link_input(&s->other->link, &wire, now);
		buf_finish(&wire);
	}
}

static void on_closed(void *owner, const char *reason)
{
	((struct side *)owner)->channel = NULL;
}

static const struct channel_events channel_events = {
	nothing, nothing_came, nothing_came, nothing, nothing_exited, nothing, on_closed,
};

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	link_send(&((struct side *)owner)->link, type, buf_data(fields), buf_len(fields));
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	return strcmp(share, "project") ? "not-shared" : NULL;
}

static void *on_start(void *owner, struct negotiation *neg)
{
	((struct side *)owner)->starting = neg;
	return owner;
}

static void on_stop(void *owner, void *serving)
{
}

static void on_outcome_asked(void *owner, const char *id, uint64_t received, struct buf *fields)
{
	fields_add(fields, "state", "done");
	fields_add(fields, "status", "0");
	fields_add(fields, "data", "30303030");
}

static void on_announced(void *owner, const char *share, struct fields f)
{
}

static const struct negotiation_events negotiation_events = {
	on_send, on_authorize, on_start, on_stop, on_outcome_asked, on_announced, NULL,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
	neg_start_push(neg, now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	((struct side *)owner)->channel = channel;
}

static void on_outcome(void *owner, struct fields f)
{
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
}

static const struct initiator_events initiator_events = {
	on_wanted, on_waiting, on_open, on_outcome, nothing, on_refused,
};

/* What the parser of DEVICE, or of the rows of SHARES, has read, as it would be said again. */
static bool say_again(const struct record *r, struct buf *out)
{
	struct fields f = { (const char *)r->payload, r->len };
	struct device_word word;
	struct share_row row;
	const char *fault;
	size_t pos = 0;
	int row_read;

	if (r->type == RECORD_DEVICE) {
		if (!device_word_parse(f, &word, &fault))
			return false;
		device_word_put(&word, out);
		return true;
	}
	while ((row_read = share_rows_next(f, &pos, &row, &fault)) > 0)
		share_row_write(&row, out);
	return !row_read && shares_id(f);
}

/* A record ends with what it has to say. */
static void read_saying(const struct record *r)
{
	struct buf again = { 0 };
	size_t n;

	ok(say_again(r, &again), "%s is understood", record_type_name(r->type));
	n = buf_len(&again);
	ok(n <= r->len && (!n || !memcmp(r->payload + r->len - n, buf_data(&again), n)),
	   "... and what was read is what was said");
	buf_finish(&again);
}

static void on_deliver(void *owner, const struct record *r)
{
	struct side *s = owner;

	if (r->type >= RECORD_DEVICE)
		read_saying(r);
	else if (r->type >= RECORD_ACCEPT)
		ok(!channels_record(&s->channels, r), "%s is understood",
		   record_type_name(r->type));
	else if (r->type < RECORD_CANDIDATES)
		ok(!negotiations_record(&s->negotiations, r, now), "%s is understood",
		   record_type_name(r->type));
}

static bool on_fill(void *owner)
{
	return channels_fill(&((struct side *)owner)->channels);
}

static const struct link_events link_events = {
	.up = nothing_up, .down = nothing, .deliver = on_deliver, .fill = on_fill,
	.ended = nothing_ended,
	.kick = nothing,
};

static void side_init(struct side *s, const char *name, struct side *other,
		      const struct link_ends *ends, bool odd)
{
	uint8_t id[LINK_ID_BYTES] = { 0 }, instance[INSTANCE_BYTES];

	count_up(instance, sizeof(instance));
	*s = (struct side){ .name = name, .other = other };
	link_init(&s->link, &link_events, s, id, instance, ends, name);
	channels_init(&s->channels, &s->link, odd);
	negotiations_init(&s->negotiations, &negotiation_events, s, &s->channels);
}

static void side_finish(struct side *s)
{
	channels_finish(&s->channels, "the end");
	negotiations_finish(&s->negotiations, "the end", now);
	link_finish(&s->link);
}

static void attach(void)
{
	link_attach(&alice.link, true, now);
	link_attach(&bob.link, false, now);
	pump();
}

static void put_key(const char *name, const unsigned char *public,
		    unsigned char fp[FINGERPRINT_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, 32);
	char shown[FINGERPRINT_TEXT_MAX], id[DEVICE_ID_LEN + 1];

	ok(device_key_fingerprint_of(key, fp), "the key of %s has a fingerprint", name);
	EVP_PKEY_free(key);
	fingerprint_format(fp, shown);
	device_id_of(fp, id);
	put_hex(name, public, 32);
	put_hex("fingerprint", fp, FINGERPRINT_BYTES);
	put_value("read out", shown);
	put_value("dev", id);
}

static void test_keys(void)
{
	put_key("alice", alice_key, alice_fp);
	put_key("bob", bob_key, bob_fp);
	written("two keys");
}

/* Each line of a fingerprint's words and digits. */
static void put_reading(const char *name, const unsigned char *fp)
{
	char words[FINGERPRINT_WORDS_MAX], digits[FINGERPRINT_DIGITS_MAX];

	words_write(fp, FINGERPRINT_WORDS, words);
	words_fingerprint_digits(fp, digits);
	buf_printf(&text, "    %s\n        %s\n        %s\n", name, words, digits);
}

static void test_words(void)
{
	uint64_t sum = 14695981039346656037u;
	char hash[24];

	put_reading("alice", alice_fp);
	put_reading("bob", bob_fp);
	written("what people read of two fingerprints");
	for (unsigned i = 0; i < WORD_COUNT; i++)
		for (const char *p = word_list_word(i);; p++) {
			sum = (sum ^ (unsigned char)(*p ? *p : '\n')) * 1099511628211u;
			if (!*p)
				break;
		}
	snprintf(hash, sizeof(hash), "%016" PRIx64, sum);
	put_value("first", word_list_word(0));
	put_value("last", word_list_word(WORD_COUNT - 1));
	put_value("FNV-1a", hash);
	written("how the list of words is known");
}

static void put_hello(const char *who, const struct link_ends *ends, const uint8_t *id)
{
	uint8_t instance[INSTANCE_BYTES];
	struct buf out = { 0 };

	count_up(instance, sizeof(instance));
	hello_put(&out, "meet", ends, instance, id, 0);
	put_record(who, (const uint8_t *)buf_data(&out), buf_len(&out));
	buf_finish(&out);
}

static void put_meet(const char *who, const char *kind, const char *key, const char *value)
{
	struct buf fields = { 0 }, out = { 0 };

	fields_add(&fields, "kind", kind);
	fields_add(&fields, key, value);
	record_put(&out, RECORD_MEET, 0, buf_data(&fields), buf_len(&fields));
	put_record(who, (const uint8_t *)buf_data(&out), buf_len(&out));
	buf_finish(&out);
	buf_finish(&fields);
}

static void put_meet_bytes(const char *who, const char *key, const unsigned char *bytes)
{
	char hex[2 * DIGEST_BYTES + 1];

	hex_encode(bytes, DIGEST_BYTES, hex);
	put_meet(who, "compare", key, hex);
}

static void test_meeting(void)
{
	unsigned char nonce_o[COMPARISON_NONCE], nonce_a[COMPARISON_NONCE], x[DIGEST_BYTES],
		commitment[DIGEST_BYTES], bits[SHORT_BYTES];
	struct comparison_parts parts = {
		.nonce_o = nonce_o, .nonce_a = nonce_a, .fp_o = alice_fp, .fp_a = bob_fp,
		.jid_o = alice_ends.us, .jid_a = bob_ends.us, .exported = x,
	};
	char words[SHORT_WORDS_MAX], digits[SHORT_DIGITS_MAX];
	uint8_t id[LINK_ID_BYTES];

	next_random = 0;
	count_up(nonce_o, sizeof(nonce_o));
	count_up(nonce_a, sizeof(nonce_a));
	count_up(x, sizeof(x));
	count_up(id, sizeof(id));
	comparison_commitment(&openssl_digests, &parts, commitment);
	comparison_string(&openssl_digests, &parts, bits);
	words_write(bits, SHORT_WORDS, words);
	words_short_digits(bits, digits);
	put_hex("nonce_o", nonce_o, sizeof(nonce_o));
	put_hex("nonce_a", nonce_a, sizeof(nonce_a));
	put_hex("X", x, sizeof(x));
	put_hex("commitment", commitment, sizeof(commitment));
	put_hex("string", bits, sizeof(bits));
	put_value("words", words);
	put_value("digits", digits);
	written("a comparison");
	put_hello("alice", &alice_ends, id);
	put_hello("bob", &bob_ends, NULL);
	put_meet_bytes("alice", "commit", commitment);
	put_meet_bytes("bob", "nonce", nonce_a);
	put_meet_bytes("alice", "nonce", nonce_o);
	put_meet("bob", "result", "state", "same");
	written("the records of a meeting");
}

static void test_pass(void)
{
	struct pass_use use;
	struct pass p;

	next_random = 0;
	pass_make(&p);
	pass_use(&p, 1, true, alice_fp, bob_fp, &use);
	put_value("token", p.token);
	put_hex("secret", p.secret, sizeof(p.secret));
	put_value("identity", use.identity);
	put_hex("PSK", use.psk, sizeof(use.psk));
	written("a pass that bob gave to alice");
}

static void test_invitation(void)
{
	const struct join_ends ends = { .inviter = alice_ends.us,
					.joiner = bob_ends.us,
					.inviter_fp = alice_fp,
					.joiner_fp = bob_fp };
	struct invitation_link link = { .share = "project" };
	unsigned char exporter[JOIN_EXPORTER_BYTES], proof[JOIN_PROOF_BYTES];
	char sid[JOIN_SID_LEN + 1];
	struct buf line = { 0 };

	next_random = 0;
	strcpy(link.jid, ends.inviter);
	memcpy(link.fp, alice_fp, sizeof(link.fp));
	count_up(link.secret, sizeof(link.secret));
	count_up(exporter, sizeof(exporter));
	put_hex("secret", link.secret, sizeof(link.secret));
	invitation_link_put(&line, &link);
	put_value("link", buf_str(&line));
	buf_finish(&line);
	for (unsigned i = 0; i < JOIN_ATTEMPTS; i++) {
		join_sid(openssl_digests.hmac, link.secret, &ends, i, sid);
		put_value(i ? "" : "sids", sid);
	}
	put_hex("exporter", exporter, sizeof(exporter));
	join_proof(openssl_digests.hmac, link.secret, false, &ends, exporter, proof);
	put_hex("joiner", proof, sizeof(proof));
	join_proof(openssl_digests.hmac, link.secret, true, &ends, exporter, proof);
	put_hex("inviter", proof, sizeof(proof));
	written("an invitation of alice's, which bob uses");
}

static void test_socks5(void)
{
	static const char from[] = "alice@example.org/git.a3r73d62fg5wbk2z",
			  to[] = "bob@example.net/git";
	static const char sid[] = "000102030405060708090a0b0c0d0e0f";
	char hash[SOCKS5_HASH_LEN + 1];
	struct buf out = { 0 };
	struct socks5 s;

	s5b_hash(sid, from, to, hash);
	put_value("sid", sid);
	put_value("from", from);
	put_value("to", to);
	put_value("SHA-1", hash);
	socks5_start(&s, hash, &out);
	put_hex("greeting", buf_data(&out), buf_len(&out));
	buf_reset(&out);
	socks5_input(&s, "\5\0", 2, &out);
	put_hex("request", buf_data(&out), buf_len(&out));
	buf_finish(&out);
	socks5_finish(&s);
	written("what is said to a proxy");
}

static void say(struct side *s, enum record_type type, struct buf *fields)
{
	link_send(&s->link, type, buf_data(fields), buf_len(fields));
	buf_finish(fields);
}

/* How one side tells the other where it is. */
static void say_candidates(struct side *s, const char *address)
{
	struct candidates w = { .allowed = PATH_MASK_ALL };
	struct buf fields = { 0 };

	if (address) {
		pass_make(&w.pass);
		w.n = netaddr_parse(address, &w.addresses[0]);
	}
	candidates_put(&w, &fields);
	say(s, RECORD_CANDIDATES, &fields);
}

static void test_beginning(void)
{
	bool alice_lower = memcmp(alice_fp, bob_fp, sizeof(alice_fp)) < 0;

	next_random = 0;
	side_init(&alice, "alice", &bob, &alice_ends, alice_lower);
	side_init(&bob, "bob", &alice, &bob_ends, !alice_lower);
	say_candidates(&alice, "192.0.2.7:4711");
	say_candidates(&bob, NULL);
	count_up(alice.link.id, LINK_ID_BYTES);
	attach();
	written("how a link begins");
}

/* The one whose service was asked for lets it begin. */
static void started(struct side *s)
{
	s->channel = neg_started(s->starting, &channel_events, s, now);
}

/* Both directions of the channel, to their ends; s serves. */
static void run(struct side *s)
{
	static const char flush[] = "0000", fault[] = "hook: no\n";

	channel_write(s->channel, flush, strlen(flush));
	pump();
	channel_write(s->other->channel, flush, strlen(flush));
	channel_end(s->other->channel);
	channel_write_stderr(s->channel, fault, strlen(fault));
	channel_exit(s->channel, 1);
	pump();
	ok(!s->channel && !s->other->channel, "it was all that there is of a channel");
}

static void begin(enum service service, const char *share, const char *version)
{
	uint8_t id[NEG_ID_BYTES];

	count_up(id, sizeof(id));
	neg_begin(&alice.negotiations, id, service, share, version, &initiator_events,
		  &channel_events, &alice, now);
	pump();
}

static void test_fetch(void)
{
	begin(SERVICE_UPLOAD_PACK, "project", "2");
	started(&bob);
	run(&bob);
	written("a fetch");
	begin(SERVICE_UPLOAD_PACK, "other", "2");
	written("a fetch that is refused");
}

static void test_push(void)
{
	begin(SERVICE_RECEIVE_PACK, "project", "1");
	started(&bob);
	pump();
	channel_close(alice.channel, "cancelled");
	pump();
	written("a push that is cancelled");
	neg_ask_outcome(&alice.negotiations, "303132333435363738393a3b", 812, &initiator_events,
			&alice, now);
	pump();
	written("what became of it");
}

static void test_announcement(void)
{
	struct buf tips = { 0 };
	uint8_t id[NEG_ID_BYTES];

	next_random = 0x80;
	count_up(id, sizeof(id));
	fields_add(&tips, "version", "5c1f000000000001");
	fields_add(&tips, "tip", "95d09f2b10159347eece71399a7e2e907ea3df4f HEAD");
	fields_add(&tips, "tip", "95d09f2b10159347eece71399a7e2e907ea3df4f refs/heads/main");
	neg_announce(&alice.negotiations, id, "project", buf_data(&tips), buf_len(&tips),
		     &initiator_events, &alice, now);
	buf_finish(&tips);
	pump();
	written("an announcement");
}

static void test_bytestream(void)
{
	struct s5b_record b = { .step = S5B_OFFER, .offer = {
		"proxy.example.org", "192.0.2.9", 7777, "alice@example.org/git",
		"bob@example.net/git" } };

	pass_make(&b.pass);
	for (int i = 0; i < 3; i++) {
		struct side *s = i % 2 ? &bob : &alice;
		struct buf fields = { 0 };

		b.step = (enum s5b_step)i;
		strcpy(b.reason, "unreachable");
		s5b_put(&b, &fields);
		say(s, RECORD_BYTESTREAM, &fields);
		pump();
	}
	written("an offer of a bytestream");
}

static void test_shares(void)
{
	static const struct share_row rows[] = {
		{ .name = "project", .head = "refs/heads/main", .changed = 1700000000,
		  .object = "95d09f2b10159347eece71399a7e2e907ea3df4f" },
		{ .name = "team/site", .push = true },
		{ .name = "wiki" },
	};
	struct buf ask = { 0 }, first = { 0 }, last = { 0 };
	char id[SHARES_ID_LEN + 1];
	uint8_t bytes[SHARES_ID_BYTES];

	count_up(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), id);
	fields_add(&ask, "id", id);
	say(&alice, RECORD_SHARES_ASK, &ask);
	pump();
	fields_add(&first, "id", id);
	fields_add(&first, "more", "1");
	share_row_write(&rows[0], &first);
	share_row_write(&rows[1], &first);
	say(&bob, RECORD_SHARES, &first);
	fields_add(&last, "id", id);
	share_row_write(&rows[2], &last);
	say(&bob, RECORD_SHARES, &last);
	pump();
	written("a question what is shared, and its answer");
}

static void test_device(void)
{
	struct device_word word = {
		.name = "Bob's desk", .compared = true, .vouch_count = 1, .revoke_count = 1
	};
	struct buf fields = { 0 };

	next_random = 0;
	count_up(word.vouches[0], FINGERPRINT_BYTES);
	count_up(word.revokes[0], FINGERPRINT_BYTES);
	device_word_put(&word, &fields);
	say(&bob, RECORD_DEVICE, &fields);
	pump();
	written("what a device says of itself and of others");
}

/* What bob says last is lost with the path, and said again on the next one. */
static void test_resuming(void)
{
	struct buf lost = { 0 };

	say_candidates(&bob, NULL);
	link_output(&bob.link, &lost, 16384, now);
	buf_finish(&lost);
	link_detach(&alice.link, "cut", now);
	link_detach(&bob.link, "cut", now);
	attach();
	link_bye(&alice.link, "idle");
	pump();
	written("how a link is resumed, and ends");
	side_finish(&alice);
	side_finish(&bob);
}

static void test_refusals(void)
{
	static const char *const states[] = { "gone", "version", "not-you" };
	static const uint8_t instance[INSTANCE_BYTES] = { 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct buf out = { 0 };

		link_hello_refusal(states[i], i < 1 ? &bob_ends : NULL, instance, &out);
		put_record("bob", (const uint8_t *)buf_data(&out), buf_len(&out));
		buf_finish(&out);
	}
	written("the answers that refuse a path");
}

static void test_credit(void)
{
	struct buf out = { 0 };
	uint8_t payload[8];

	put_be32(payload, 1);
	put_be32(payload + 4, 262144);
	record_put(&out, RECORD_CREDIT, 7, payload, sizeof(payload));
	put_record("bob", (const uint8_t *)buf_data(&out), buf_len(&out));
	buf_finish(&out);
	written("credit for more");
}

static void test_punch(void)
{
	static const char *const addresses[] = { "[2001:db8::7]:40000", "198.51.100.7:40001" };
	struct punch_record b = { .n = 1, .reason = "timeout" }, again;
	struct record read;

	next_random = 0;
	pass_make(&b.pass);
	for (int i = 0; i < 3; i++) {
		struct buf fields = { 0 }, out = { 0 };

		b.step = (enum punch_step)i;
		netaddr_parse(addresses[i % 2], &b.addresses[0]);
		punch_put(&b, &fields);
		record_put(&out, RECORD_PUNCH, 17 + (uint64_t)i / 2, buf_data(&fields),
			   buf_len(&fields));
		put_record(i % 2 ? "bob" : "alice", (const uint8_t *)buf_data(&out), buf_len(&out));
		ok(record_parse(buf_data(&out), buf_len(&out), &read) > 0 &&
			   !punch_parse(&read, &again) && again.step == b.step,
		   "PUNCH is understood");
		buf_finish(&fields);
		buf_finish(&out);
	}
	written("an offer to punch");
}

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

static void test_faults(void)
{
	static const struct {
		const uint8_t *bytes;
		size_t n;
	} faulty[] = {
		{ BYTES("\x06\0\0\0\0\0\0\0\0\0\0\0") },
		{ BYTES("\x1a\0\0\0\0\0\0\0\0\0\0\1") },
		{ BYTES("\x22\0\x3f\xf5") },
		{ BYTES("\x10\0\0\0\0\0\0\0\0\0\0\0") },
		{ BYTES("\x03\0\0\0\0\0\0\0\0\0\0\1") },
		{ BYTES("\x41\0\0\0\0\0\0\0\0\0\0\0") },
		{ BYTES("\x0f\0\0\0\0\0\0\0\0\0\0\1") },
	};

	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		char hex[64];

		hex_encode(faulty[i].bytes, faulty[i].n, hex);
		buf_printf(&text, "    %-24s  %s\n", hex,
			   record_fault(faulty[i].bytes, faulty[i].n));
	}
	written("records that are refused");
}

/* What people type, and what becomes of it. */
static void test_names(void)
{
	static const char *const typed[] = {
		"Alice@EXAMPLE.org.", "Ａｌｉｃｅ@example。org", "Straße@Bücher.example",
		"bob@xn--bcher-kva.example",
		"ΣΊΣΥΦΟΣ@example.org", "İlker@example.org", "ılker@example.org",
		"😀@example.org",
		"bob@[2001:db8::7]", "bob@example.org/Home @/1", "bob@example.org/ﬁn",
		"bob smith@example.org", "bob@example..org", "bob@@example.org", "@example.org",
		"bob@example.org/",
	};

	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		char jid[JID_FULL_MAX];

		buf_printf(&text, "    %s\n        %s\n", typed[i],
			   jid_any(typed[i], jid) ? jid : "(none)");
	}
	written("names and their normal forms");
}

/* Wherever its own namespace stands. */
static void test_namespace(void)
{
	static const char element[] = "<git xmlns='";
	int others = 0, ours = 0;

	for (const char *p = document; (p = strstr(p, element)); ours++) {
		p += strlen(element);
		others += strncmp(p, NS_GIT "'", strlen(NS_GIT) + 1) != 0;
	}
	ok(ours > 0 && !others, "protocol.md has one namespace");
}

static char *read_file(const char *path)
{
	struct buf whole = { 0 };
	FILE *f = fopen(path, "r");
	char piece[4096], *text_of;
	size_t n;

	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(&whole, piece, n);
	if (f)
		fclose(f);
	/* As if there was something after the last block, too. */
	buf_puts(&whole, "\n");
	text_of = strdup(buf_str(&whole));
	buf_finish(&whole);
	return text_of;
}

int main(int argc, char **argv)
{
	document = read_file(argc > 1 ? argv[1] : "Documentation/protocol.md");
	test_keys();
	test_words();
	test_meeting();
	test_pass();
	test_invitation();
	test_socks5();
	test_beginning();
	test_fetch();
	test_push();
	test_announcement();
	test_bytestream();
	test_shares();
	test_device();
	test_resuming();
	test_refusals();
	test_credit();
	test_punch();
	test_faults();
	test_names();
	test_namespace();
	buf_finish(&text);
	free(document);
	return tap_done();
}
