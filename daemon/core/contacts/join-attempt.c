/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The joiner opens a meeting with the device whose key the link names, proves the secret, and
 * checks the inviter's proof. Only then is the key verified here, and a subscription asked for.
 *
 * A device that does not answer may be about to come online, so it is tried more than once. Each
 * of these attempts has a sid of its own, because the other side may still hold the one before.
 * An answer that was lost is given again, for the same device may prove the same invitation more
 * than once.
 */
#include "join-attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "log.h"
#include "meeting.h"
#include "peers.h"
#include "wipe.h"

enum {
	JOIN_TIME = 45 * 1000, /* ms; a client waits a minute for the answer */
	JOIN_PAUSE = 2 * 1000, /* between two attempts */
};

enum join_state {
	JOIN_MEETING, /* a meeting is being opened */
	JOIN_PAUSING, /* the last attempt has failed; another one, or the end, is due */
	JOIN_PROVING, /* the proof is said, the answer is awaited */
};

struct join_attempt {
	struct join_attempt *next; /* join_attempts::first */
	struct join_attempts *all; /* borrowed */
	const struct join_attempt_events *events;
	void *owner;
	struct meeting *meeting; /* owned by peers::meetings; NULL: none */
	enum join_state state;
	struct invitation_link link;
	char device[DEVICE_ID_LEN + 1]; /* the inviter's */
	unsigned sid;			/* of the next meeting */
	unsigned tries;			/* that are left */
	uint64_t until;			/* ms; all of it */
	struct timer timer;
	char share[SHARE_NAME_MAX];
	bool push;
};

static const char *const state_names[] = {
	[JOIN_MEETING] = "meeting",
	[JOIN_PAUSING] = "pausing",
	[JOIN_PROVING] = "proving",
};

static void enter(struct join_attempt *a, enum join_state state, uint64_t deadline, const char *why)
{
	log_info("join %s/%s: %s -> %s, %s", a->link.jid, a->device, state_names[a->state],
		 state_names[state], why);
	a->state = state;
	timer_set(&a->timer, deadline < a->until ? deadline : a->until);
}

/* Nothing more is heard of it. */
static void leave(struct join_attempt *a)
{
	struct join_attempt **at = &a->all->first;
	struct meeting *m = a->meeting;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	timer_stop(&a->timer);
	a->meeting = NULL;
	if (m)
		meeting_end(m, "done");
}

static void destroy(struct join_attempt *a)
{
	wipe(&a->link, sizeof(a->link));
	free(a);
}

void join_attempt_end(struct join_attempt *a)
{
	leave(a);
	destroy(a);
}

static void fail_with(struct join_attempt *a, const struct message *why, bool away)
{
	log_info("join %s/%s: %s -> failed, %s", a->link.jid, a->device, state_names[a->state],
		 why->text);
	leave(a);
	a->events->failed(a->owner, a, why, away);
	destroy(a);
}

static void fail(struct join_attempt *a, enum message_id id, const char *reason)
{
	struct message m;

	message_set(&m, id, "jid", a->link.jid, "reason", reason, NULL);
	fail_with(a, &m, false);
}

static void fail_away(struct join_attempt *a, const char *reason)
{
	struct message m;

	message_set(&m, MSG_INVITATION_UNANSWERED, "jid", a->link.jid, "reason", reason, NULL);
	fail_with(a, &m, true);
}

void join_attempts_fail(struct join_attempts *all)
{
	while (all->first)
		fail(all->first, MSG_INVITATION_UNANSWERED, "the account has changed");
}

/* An attempt with this inviter, or NULL. */
static struct join_attempt *next_with(const struct join_attempts *all, const char *jid)
{
	struct join_attempt *a = all->first;

	while (a && strcmp(a->link.jid, jid) != 0)
		a = a->next;
	return a;
}

bool join_attempts_forget(struct join_attempts *all, const char *jid)
{
	struct join_attempt *a = next_with(all, jid);
	bool any = a != NULL;

	for (; a; a = next_with(all, jid))
		fail(a, MSG_INVITATION_UNANSWERED, "you have decided against it meanwhile");
	return any;
}

bool join_attempt_sees(const struct context *c, const struct invitation_link *link)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(link->fp, device);
	return context_is_self(c, link->jid) || presence_device(c->presence, link->jid, device);
}

const struct invitation_link *join_attempt_link(const struct join_attempt *a)
{
	return &a->link;
}

const char *join_attempt_share(const struct join_attempt *a, bool *push)
{
	*push = a->push;
	return a->share;
}

static struct join_ends ends_of(const struct join_attempt *a)
{
	const struct context *c = a->all->context;

	return (struct join_ends){ .inviter = a->link.jid,
				   .joiner = c->self,
				   .inviter_fp = a->link.fp,
				   .joiner_fp = c->fp };
}

static const struct meeting_kind kind;

/* The last meeting has come to nothing. */
static void pause_for(struct join_attempt *a, const char *why)
{
	enter(a, JOIN_PAUSING, a->tries ? context_now(a->all->context) + JOIN_PAUSE : 0, why);
}

static void open_meeting(struct join_attempt *a)
{
	const struct context *c = a->all->context;
	const char *seen = presence_where(c->presence, a->link.jid, a->device);
	struct join_ends ends = ends_of(a);
	char full[JID_FULL_MAX], sid[JOIN_SID_LEN + 1];

	snprintf(full, sizeof(full), "%s/git.%s", a->link.jid, a->device);
	join_sid(c->digests->hmac, a->link.secret, &ends, a->sid++ % JOIN_ATTEMPTS, sid);
	a->tries--;
	a->meeting = meeting_open_invited(&a->all->peers->meetings, seen ? seen : full, a->link.fp,
					  sid, &kind);
	if (!a->meeting)
		pause_for(a, "there is no way to it now");
}

static void on_timer(void *owner)
{
	struct join_attempt *a = owner;

	if (a->state != JOIN_PAUSING || context_now(a->all->context) >= a->until) {
		fail_away(a, "it says nothing");
	} else if (!a->tries) {
		fail_away(a, "no such device is online");
	} else {
		enter(a, JOIN_MEETING, UINT64_MAX, "once more");
		open_meeting(a);
	}
}

static struct join_attempt *find(const struct join_attempts *all, const struct meeting *m)
{
	struct join_attempt *a = all->first;

	while (a && a->meeting != m)
		a = a->next;
	return a;
}

static bool make_proof(const struct join_attempt *a, const struct meeting *m, bool by_inviter,
		       unsigned char proof[JOIN_PROOF_BYTES])
{
	unsigned char exporter[JOIN_EXPORTER_BYTES];
	struct join_ends ends = ends_of(a);

	if (!meeting_exporter(m, exporter))
		return false;
	join_proof(a->all->context->digests->hmac, a->link.secret, by_inviter, &ends, exporter,
		   proof);
	return true;
}

static void on_up(void *owner, struct meeting *m)
{
	unsigned char proof[JOIN_PROOF_BYTES];
	char hex[2 * JOIN_PROOF_BYTES + 1];
	struct join_attempt *a = find(owner, m);
	struct buf fields = { 0 };

	if (!a)
		return;
	if (!make_proof(a, m, false, proof)) {
		fail(a, MSG_INVITATION_UNANSWERED, "TLS has no exporter");
		return;
	}
	enter(a, JOIN_PROVING, UINT64_MAX, "they have answered");
	hex_encode(proof, sizeof(proof), hex);
	fields_add(&fields, "proof", hex);
	meeting_say(m, kind.name, &fields);
	buf_finish(&fields);
}

static enum message_id refusal(const char *state)
{
	static const struct {
		const char *state;
		enum message_id id;
	} rows[] = {
		{ "used", MSG_INVITATION_USED },
		{ "expired", MSG_INVITATION_EXPIRED },
		{ "revoked", MSG_INVITATION_REVOKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(state, rows[i].state))
			return rows[i].id;
	return MSG_INVITATION_REFUSED;
}

static bool is_proven(const struct join_attempt *a, const struct meeting *m, const char *hex)
{
	unsigned char said[JOIN_PROOF_BYTES], right[JOIN_PROOF_BYTES];

	return hex_decode(hex, said, sizeof(said)) && make_proof(a, m, true, right) &&
	       join_proof_same(said, right);
}

static void note_share(struct join_attempt *a, struct fields f)
{
	const char *share = fields_get(f, "share"), *right = fields_get(f, "right");

	if (!share || !share_name_valid(share))
		return;
	memcpy(a->share, share, strlen(share) + 1);
	a->push = right && !strcmp(right, "push");
}

/* The inviter has proven the secret. */
static void settle(struct join_attempt *a, struct fields f)
{
	struct meeting *m = a->meeting;
	struct message trouble;

	a->meeting = NULL;
	meeting_end(m, "done");
	note_share(a, f);
	if (!admission_admit(a->all->admission, a->link.jid, a->link.fp, false, &trouble)) {
		fail_with(a, &trouble, false);
		return;
	}
	log_info("join %s/%s: proving -> joined, the invitation is proven on both sides",
		 a->link.jid, a->device);
	leave(a);
	a->events->joined(a->owner, a);
	destroy(a);
}

static const char *hear_answer(struct join_attempt *a, struct meeting *m, struct fields f)
{
	const char *proof = fields_get(f, "proof"), *state = fields_get(f, "state");

	if (a->state != JOIN_PROVING)
		return "kind: an answer to what was not said";
	if (!proof && !state)
		return "proof or state: one must be there";
	if (!proof)
		fail(a, refusal(state), NULL);
	else if (is_proven(a, m, proof))
		settle(a, f);
	else
		fail(a, MSG_INVITATION_REFUSED, NULL);
	return NULL;
}

static const char *hear_proof(struct join_attempts *all, struct meeting *m, struct fields f)
{
	unsigned char exporter[JOIN_EXPORTER_BYTES];
	struct buf answer = { 0 };
	bool joined;

	if (!fields_get(f, "proof"))
		return "proof: must be there";
	if (!meeting_exporter(m, exporter))
		return "proof: TLS has no exporter";
	joined = admission_answer(all->admission, meeting_jid(m), meeting_fp(m), exporter, f,
				  &answer);
	/* The word of the joiner's other devices counts now, and may have ended the meeting. */
	if (meeting_is_up(m)) {
		meeting_say(m, kind.name, &answer);
		if (!joined)
			meeting_end(m, "refused");
	}
	buf_finish(&answer);
	return NULL;
}

static const char *on_heard(void *owner, struct meeting *m, struct fields f)
{
	struct join_attempt *a = find(owner, m);

	if (a)
		return hear_answer(a, m, f);
	return meeting_is_ours(m) ? NULL : hear_proof(owner, m, f);
}

static const struct {
	const char *reason; /* for which a meeting ended */
	enum message_id id;
	const char *why;
} ends[] = {
	{ "unknown-key", MSG_INVITATION_KEY, NULL },
	{ "not-you", MSG_RELAYED, NULL },
	{ "untrusted", MSG_INVITATION_REFUSED, NULL },
	{ "version", MSG_INVITATION_UNANSWERED, "it speaks another protocol" },
	{ "protocol", MSG_INVITATION_UNANSWERED, "it breaks the protocol" },
};

static void on_ended(void *owner, struct meeting *m, const char *reason)
{
	struct join_attempt *a = find(owner, m);

	if (!a)
		return;
	a->meeting = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(reason, ends[i].reason)) {
			fail(a, ends[i].id, ends[i].why);
			return;
		}
	pause_for(a, reason);
}

static const struct meeting_kind kind = {
	.name = "join",
	.invited = true,
	.up = on_up,
	.heard = on_heard,
	.ended = on_ended,
};

void join_attempts_init(struct join_attempts *all, struct context *context, struct peers *peers,
			struct admission *admission)
{
	*all = (struct join_attempts){ .context = context, .peers = peers, .admission = admission };
	meetings_add_kind(&peers->meetings, &kind, all);
}

enum message_id join_attempt_fault(const struct context *c, const struct invitation_link *link)
{
	if (!strcmp(link->jid, c->self))
		return link->device && memcmp(link->fp, c->fp, FINGERPRINT_BYTES) != 0
			       ? MSG_NONE
			       : MSG_INVITATION_OWN;
	if (link->device)
		return MSG_INVITATION_FOR_DEVICE;
	if (context_blocks(c, link->jid))
		return MSG_BLOCKED;
	return trust_rejects(trust_lookup(c->trust, link->jid, link->fp)) ? MSG_DEVICE_UNTRUSTED
									  : MSG_NONE;
}

struct join_attempt *join_attempt_start(struct join_attempts *all,
					const struct invitation_link *link, unsigned sid,
					unsigned tries, const struct join_attempt_events *events,
					void *owner)
{
	struct join_attempt *a = xcalloc(1, sizeof(*a));

	a->all = all;
	a->events = events;
	a->owner = owner;
	a->link = *link;
	a->sid = sid;
	a->tries = tries;
	device_id_of(link->fp, a->device);
	a->until = context_now(all->context) + JOIN_TIME;
	a->next = all->first;
	all->first = a;
	timer_init(&a->timer, &all->context->timers, on_timer, a);
	timer_set(&a->timer, a->until);
	open_meeting(a);
	return a;
}
