/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitations.h"

#include "tap.h"

enum { NOW = 1000000, DAY = 24 * 3600 };

/* Mixes all that it is given; that is enough to tell inputs apart. */
static void mix(const void *key, size_t key_len, const void *text, size_t len,
		unsigned char out[JOIN_PROOF_BYTES])
{
	const unsigned char *k = key, *t = text;

	for (unsigned i = 0; i < JOIN_PROOF_BYTES; i++) {
		uint64_t h = 14695981039346656037U + i;

		for (size_t n = 0; n < key_len; n++)
			h = (h ^ k[n]) * 1099511628211U;
		for (size_t n = 0; n < len; n++)
			h = (h ^ t[n]) * 1099511628211U;
		h = (h ^ h >> 29) * 1099511628211U;
		out[i] = (unsigned char)(h >> 40);
	}
}

static const unsigned char alice_fp[FINGERPRINT_BYTES] = { 1 }, bob_fp[FINGERPRINT_BYTES] = { 2 },
			   carol_fp[FINGERPRINT_BYTES] = { 3 };
static const unsigned char exporter[JOIN_EXPORTER_BYTES] = { 9 };
static const struct join_ends bob = { "alice@example.org", "bob@example.net", alice_fp, bob_fp };
static const struct join_ends carol = { "alice@example.org", "carol@example.net", alice_fp,
					carol_fp };
static const struct join_ends bob_elsewhere = { "alice@example.org", "bob@example.net", alice_fp,
						carol_fp };
static const struct join_ends own = { "alice@example.org", "alice@example.org", alice_fp, bob_fp };

static struct invitation *add(struct invitations *all, const char *id, unsigned char secret,
			      const char *share)
{
	struct invitation as = { .made = NOW, .expires = NOW + 3 * DAY };

	snprintf(as.id, sizeof(as.id), "%s", id);
	memset(as.secret, secret, sizeof(as.secret));
	snprintf(as.share, sizeof(as.share), "%s", share);
	return invitations_add(all, &as, NOW);
}

/* The invitation that somebody proves who has this secret. */
static struct invitation *proven(struct invitations *all, const struct join_ends *ends,
				 unsigned char secret)
{
	unsigned char bytes[INVITATION_SECRET_BYTES], proof[JOIN_PROOF_BYTES];

	memset(bytes, secret, sizeof(bytes));
	join_proof(mix, bytes, false, ends, exporter, proof);
	return invitations_proven(all, ends, exporter, proof);
}

static void once(void)
{
	struct invitations *all = invitations_create(mix);
	struct invitation *one = add(all, "00000001", 5, "project"), *two;

	two = add(all, "00000002", 6, "");
	ok(invitation_is_open(one, NOW), "an invitation is open");
	ok(proven(all, &bob, 5) == one && proven(all, &bob, 6) == two,
	   "who has the secret proves which one it is");
	ok(!proven(all, &bob, 7), "another secret proves none");
	is_int(invitation_judge(one, &bob, NOW), INVITATION_GOOD, "it is good");
	is_int(invitation_judge(one, &own, NOW), INVITATION_NOT_FOR, "but not for our own devices");
	invitation_use(one, &bob, NOW + 5);
	is_int(invitation_judge(one, &bob, NOW + 6), INVITATION_AGAIN,
	       "the same device may say it again: its answer was lost");
	is_int(invitation_judge(one, &carol, NOW + 6), INVITATION_WAS_USED, "nobody else");
	is_int(invitation_judge(one, &bob_elsewhere, NOW + 6), INVITATION_WAS_USED,
	       "nor another device of theirs");
	is_str(invitation_state_name(one, NOW + 6), "used", "it is used");
	ok(!invitations_revoke(one, NOW + 6), "and is not taken back any more");
	ok(invitations_revoke(two, NOW + 7), "an open one is");
	is_int(invitation_judge(two, &bob, NOW + 8), INVITATION_TAKEN_BACK, "and good for nobody");
	invitations_destroy(all);
}

static void expires(void)
{
	struct invitations *all = invitations_create(mix);
	struct invitation *one = add(all, "00000001", 5, "");

	is_int(invitation_judge(one, &bob, NOW + 3 * DAY - 1), INVITATION_GOOD,
	       "it is good to its last second");
	is_int(invitation_judge(one, &bob, NOW + 3 * DAY), INVITATION_EXPIRED, "and no longer");
	is_str(invitation_state_name(one, NOW + 3 * DAY), "expired", "it is expired");
	invitations_expire(all, NOW + 3 * DAY + INVITATION_KEPT);
	ok(invitations_first(all), "it is kept, so that who comes late is told");
	invitations_expire(all, NOW + 3 * DAY + INVITATION_KEPT + 1);
	ok(!invitations_first(all), "but not for ever");
	invitations_destroy(all);
}

static void own_device(void)
{
	struct invitations *all = invitations_create(mix);
	struct invitation as = { .id = "00000001", .expires = NOW + DAY, .device = true }, *one;

	one = invitations_add(all, &as, NOW);
	is_int(invitation_judge(one, &own, NOW), INVITATION_GOOD, "one for an own device is good");
	is_int(invitation_judge(one, &bob, NOW), INVITATION_NOT_FOR, "and for nobody else");
	invitations_destroy(all);
}

static void sids(void)
{
	struct invitations *all = invitations_create(mix);
	char sid[JOIN_SID_LEN + 1], first[JOIN_SID_LEN + 1];
	unsigned char secret[INVITATION_SECRET_BYTES];

	add(all, "00000001", 5, "");
	memset(secret, 5, sizeof(secret));
	join_sid(mix, secret, &bob, 0, first);
	is_int((int64_t)strlen(first), JOIN_SID_LEN, "a sid has its length");
	ok(invitations_expect(all, "alice@example.org", "bob@example.net", first, 0),
	   "who has the link is expected");
	join_sid(mix, secret, &bob, JOIN_ATTEMPTS - 1, sid);
	ok(strcmp(sid, first) != 0 &&
		   invitations_expect(all, "alice@example.org", "bob@example.net", sid, 0),
	   "also with the last of their sids");
	join_sid(mix, secret, &bob, JOIN_ATTEMPTS, sid);
	ok(!invitations_expect(all, "alice@example.org", "bob@example.net", sid, 0),
	   "and no other");
	ok(!invitations_expect(all, "alice@example.org", "carol@example.net", first, 0),
	   "nobody else can use it");
	ok(!invitations_expect(all, "alice@example.com", "bob@example.net", first, 0),
	   "nor with somebody else");
	invitations_revoke(invitations_find(all, "00000001"), NOW);
	ok(invitations_expect(all, "alice@example.org", "bob@example.net", first, 0),
	   "who comes when it is over is heard, and told");
	invitations_destroy(all);
}

static unsigned hashes;

static void counting(const void *key, size_t key_len, const void *text, size_t len,
		     unsigned char out[JOIN_PROOF_BYTES])
{
	hashes++;
	mix(key, key_len, text, len, out);
}

static void flood(void)
{
	struct invitations *all = invitations_create(counting);
	unsigned char secret[INVITATION_SECRET_BYTES];
	char sid[JOIN_SID_LEN + 1], id[INVITATION_ID_LEN + 1], jid[32];
	const uint64_t now = 1000 * 1000;

	for (unsigned i = 0; i < INVITATIONS_MAX; i++) {
		snprintf(id, sizeof(id), "%08u", i);
		add(all, id, (int)i, "");
	}
	hashes = 0;
	ok(!invitations_expect(all, "alice@example.org", "m@example.com", "0123456789abcdefgh",
			       now),
	   "what is no sid of a joiner");
	is_int(hashes, 0, "costs nothing");
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(jid, sizeof(jid), "m%u@example.com", i);
		invitations_expect(all, "alice@example.org", jid, "0123456789abcdef01", now);
	}
	is_int(hashes, INVITATION_LOOKS * INVITATIONS_MAX * JOIN_ATTEMPTS,
	       "strangers of a domain cost so much at once, as many as they are");
	memset(secret, 5, sizeof(secret));
	join_sid(mix, secret, &bob, 0, sid);
	ok(invitations_expect(all, "alice@example.org", "bob@example.net", sid, now),
	   "nobody of another domain is kept away by them");
	hashes = 0;
	for (unsigned i = 0; i < 10 * 1000; i += 10)
		invitations_expect(all, "alice@example.org", "m@example.com", "0123456789abcdef01",
				   now + i);
	is_int(hashes, (10 * 1000 / INVITATION_LOOK_EVERY - 1) * INVITATIONS_MAX * JOIN_ATTEMPTS,
	       "and so much in less than ten seconds");
	invitations_destroy(all);
}

/* Each part of what is proven counts. */
static void proofs(void)
{
	unsigned char secret[INVITATION_SECRET_BYTES] = { 5 }, other[JOIN_EXPORTER_BYTES] = { 8 };
	unsigned char proof[JOIN_PROOF_BYTES], changed[JOIN_PROOF_BYTES];
	struct join_ends ends = bob;

	join_proof(mix, secret, false, &bob, exporter, proof);
	join_proof(mix, secret, true, &bob, exporter, changed);
	ok(!join_proof_same(proof, changed), "the inviter's proof is another one");
	join_proof(mix, secret, false, &bob, other, changed);
	ok(!join_proof_same(proof, changed), "it is for one TLS connection");
	ends.joiner_fp = carol_fp;
	join_proof(mix, secret, false, &ends, exporter, changed);
	ok(!join_proof_same(proof, changed), "for one key of the joiner");
	ends = bob;
	ends.inviter_fp = carol_fp;
	join_proof(mix, secret, false, &ends, exporter, changed);
	ok(!join_proof_same(proof, changed), "and one of the inviter");
	ends = bob;
	ends.joiner = "bob@example.nett";
	join_proof(mix, secret, false, &ends, exporter, changed);
	ok(!join_proof_same(proof, changed), "and their accounts");
	join_proof(mix, secret, false, &bob, exporter, changed);
	ok(join_proof_same(proof, changed), "and the same for the same");
}

static void is_bounded(void)
{
	struct invitations *all = invitations_create(mix);
	char id[INVITATION_ID_LEN + 1];

	for (unsigned i = 0; i < INVITATIONS_MAX; i++) {
		snprintf(id, sizeof(id), "%08x", i);
		if (!add(all, id, (unsigned char)i, ""))
			ok(false, "there is room for %u", i);
	}
	ok(!add(all, "ffffffff", 77, ""), "one more is refused");
	invitations_revoke(invitations_find(all, "00000003"), NOW);
	ok(add(all, "ffffffff", 77, "") && !invitations_find(all, "00000003"),
	   "one that is over makes room");
	invitations_destroy(all);
}

#define SECRET "05050505050505050505050505050505"
#define KEY    "0200000000000000000000000000000000000000000000000000000000000000"

static void file(void)
{
	static const char *const good[] = {
		"00000001 " SECRET " open 1000000 1259200 fetch 0 - - team/site two\n",
		"00000002 " SECRET " used 1000000 1259200 push 1000005 bob@example.net " KEY
		" project\n",
		"00000003 " SECRET " revoked 1000000 1259200 - 1000006 - -\n",
		"00000004 " SECRET " open 1000000 1259200 device 0 - -\n",
	};
	static const char *const bad[] = {
		"00000001 " SECRET " open 1000000 1259200 fetch 0 - - again\n",
		"0000000 " SECRET " open 1000000 1259200 - 0 - -\n",
		"00000005 05 open 1000000 1259200 - 0 - -\n",
		"00000005 " SECRET " closed 1000000 1259200 - 0 - -\n",
		"00000005 " SECRET " open -1 1259200 - 0 - -\n",
		"00000005 " SECRET " open 1000000 1259200 fetch 0 - -\n",
		"00000005 " SECRET " open 1000000 1259200 - 0 - - project\n",
		"00000005 " SECRET " open 1000000 1259200 device 0 - - project\n",
		"00000005 " SECRET " open 1000000 1259200 fetch 0 - - ../etc\n",
		"00000005 " SECRET " used 1000000 1259200 - 1 - -\n",
		"00000005 " SECRET " used 1000000 1259200 - 1 bob " KEY "\n",
		"00000005 " SECRET " open 1000000 1259200 - 0 bob@example.net " KEY "\n",
		"00000005 " SECRET " open 1000000 1259200 - 0 -\n",
		"00000005\n",
		"   \n",
	};
	struct buf text = { 0 }, out = { 0 };
	struct invitations *all = invitations_create(mix);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		buf_puts(&text, good[i]);
	is_int(invitations_parse(all, buf_str(&text), buf_len(&text)), 0, "good lines are read");
	invitations_write(all, &out);
	is_str(buf_str(&out), buf_str(&text), "and written as they were");
	is_int(invitation_judge(invitations_find(all, "00000002"), &bob, NOW), INVITATION_AGAIN,
	       "who used one is remembered");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!ok(invitations_parse(all, bad[i], strlen(bad[i])) == 1,
			"a bad line is dropped"))
			printf("# %s", bad[i]);
	buf_reset(&out);
	invitations_write(all, &out);
	is_str(buf_str(&out), buf_str(&text), "and changes nothing");
	buf_finish(&text);
	buf_finish(&out);
	invitations_destroy(all);
}

int main(void)
{
	once();
	expires();
	own_device();
	sids();
	flood();
	proofs();
	is_bounded();
	file();
	return tap_done();
}
