/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The joiner opens a meeting with the device whose key the link names, proves the secret, and
 * checks the inviter's proof. Only then is the key verified here, and a subscription asked for.
 * The command answers when the inviter's presence is seen, so that what the user types next
 * finds them; but it does not wait for long, because they are buddies either way.
 *
 * A device that does not answer is tried JOIN_ATTEMPTS times in all: it may be about to come
 * online. Each attempt has a sid of its own, because the other side may still hold the one
 * before. An answer that was lost is given again, for the same device may prove the same
 * invitation more than once.
 */
#include "join-command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "command-internal.h"
#include "hex.h"
#include "joining.h"
#include "log.h"
#include "meeting.h"
#include "wipe.h"

enum {
	JOIN_TIME = 45 * 1000,		/* ms; a client waits a minute for the answer */
	JOIN_PAUSE = 2 * 1000,		/* between two attempts */
	JOIN_SEEN_TIME = 5 * 1000,	/* for the inviter's presence */
};

enum join_state {
	JOIN_MEETING,	/* a meeting is being opened */
	JOIN_PAUSING,	/* the last attempt has failed, the next one is due soon */
	JOIN_PROVING,	/* the proof is said, the answer is awaited */
	JOIN_SETTLING,	/* joined; the inviter's presence is awaited */
};

struct join {
	struct join *next;		/* broker::joins */
	struct broker *broker;		/* borrowed */
	struct conn *conn;		/* borrowed, until closed */
	struct meeting *meeting;	/* owned by peers::meetings; NULL: none */
	enum join_state state;
	struct invitation_link link;
	char device[DEVICE_ID_LEN + 1];	/* the inviter's */
	unsigned attempts;
	uint64_t until;			/* ms; the whole command */
	struct timer timer;
	char share[SHARE_NAME_MAX];	/* that the inviter gave us; empty: none */
	bool push;
};

static const char *const state_names[] = {
	[JOIN_MEETING] = "meeting",
	[JOIN_PAUSING] = "pausing",
	[JOIN_PROVING] = "proving",
	[JOIN_SETTLING] = "settling",
};

static void enter(struct join *j, enum join_state state, uint64_t deadline, const char *why)
{
	log_info("join %s/%s: %s -> %s, %s", j->link.jid, j->device, state_names[j->state],
		 state_names[state], why);
	j->state = state;
	timer_set(&j->timer, deadline < j->until ? deadline : j->until);
}

/* The only way to end j. The connection has been closed. */
static void finish(struct join *j)
{
	struct join **at = &j->broker->joins;
	struct meeting *m = j->meeting;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	timer_stop(&j->timer);
	j->meeting = NULL;
	if (m)
		meeting_end(m, "done");
	wipe(&j->link, sizeof(j->link));
	free(j);
}

static void fail_with(struct join *j, const struct message *why)
{
	conn_send_error(j->conn, why);
	conn_close(j->conn);
	finish(j);
}

static void fail(struct join *j, enum message_id id, const char *reason)
{
	struct message m;

	message_set(&m, id, "jid", j->link.jid, "reason", reason, NULL);
	fail_with(j, &m);
}

static void finish_well(struct join *j)
{
	struct buf row = { 0 };

	fields_add(&row, "kind", "joined");
	fields_add(&row, "jid", j->link.jid);
	if (context_is_self(&j->broker->context, j->link.jid))
		fields_add(&row, "own", "1");
	if (*j->share) {
		fields_add(&row, "share", j->share);
		fields_add(&row, "right", j->push ? "push" : "fetch");
	}
	command_row(j->conn, &row);
	buf_finish(&row);
	command_done(j->conn, NULL);
	conn_close(j->conn);
	finish(j);
}

static bool is_seen(const struct join *j)
{
	return context_is_self(&j->broker->context, j->link.jid) ||
	       presence_device(j->broker->context.presence, j->link.jid, j->device);
}

static struct join_ends ends_of(const struct join *j)
{
	const struct context *c = &j->broker->context;

	return (struct join_ends){ .inviter = j->link.jid,
				   .joiner = c->self,
				   .inviter_fp = j->link.fp,
				   .joiner_fp = c->fp };
}

static const struct meeting_kind kind;

static void open_meeting(struct join *j)
{
	const struct context *c = &j->broker->context;
	const char *seen = presence_where(c->presence, j->link.jid, j->device);
	struct join_ends ends = ends_of(j);
	char full[JID_FULL_MAX], sid[JOIN_SID_LEN + 1];

	snprintf(full, sizeof(full), "%s/git.%s", j->link.jid, j->device);
	join_sid(c->digests->hmac, j->link.secret, &ends, j->attempts++, sid);
	j->meeting = meeting_open_invited(&j->broker->peers.meetings, seen ? seen : full,
					  j->link.fp, sid, &kind);
	if (!j->meeting)
		fail(j, MSG_INVITATION_UNANSWERED, "there is no way to it now");
}

static void on_timer(void *owner)
{
	struct join *j = owner;

	if (j->state == JOIN_SETTLING) {
		finish_well(j);
	} else if (j->state == JOIN_PAUSING && context_now(&j->broker->context) < j->until) {
		enter(j, JOIN_MEETING, UINT64_MAX, "once more");
		open_meeting(j);
	} else {
		fail(j, MSG_INVITATION_UNANSWERED, "it says nothing");
	}
}

static struct join *find(const struct broker *b, const struct meeting *m)
{
	struct join *j = b->joins;

	while (j && j->meeting != m)
		j = j->next;
	return j;
}

static bool make_proof(const struct join *j, const struct meeting *m, bool by_inviter,
		       unsigned char proof[JOIN_PROOF_BYTES])
{
	unsigned char exporter[JOIN_EXPORTER_BYTES];
	struct join_ends ends = ends_of(j);

	if (!meeting_exporter(m, exporter))
		return false;
	join_proof(j->broker->context.digests->hmac, j->link.secret, by_inviter, &ends, exporter,
		   proof);
	return true;
}

static void on_up(void *owner, struct meeting *m)
{
	unsigned char proof[JOIN_PROOF_BYTES];
	char hex[2 * JOIN_PROOF_BYTES + 1];
	struct join *j = find(owner, m);
	struct buf fields = { 0 };

	if (!j)
		return;
	if (!make_proof(j, m, false, proof)) {
		fail(j, MSG_INVITATION_UNANSWERED, "TLS has no exporter");
		return;
	}
	enter(j, JOIN_PROVING, UINT64_MAX, "they have answered");
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

static bool is_proven(const struct join *j, const struct meeting *m, const char *hex)
{
	unsigned char said[JOIN_PROOF_BYTES], right[JOIN_PROOF_BYTES];

	return hex_decode(hex, said, sizeof(said)) && make_proof(j, m, true, right) &&
	       join_proof_same(said, right);
}

static void note_share(struct join *j, struct fields f)
{
	const char *share = fields_get(f, "share"), *right = fields_get(f, "right");

	if (!share || !share_name_valid(share))
		return;
	memcpy(j->share, share, strlen(share) + 1);
	j->push = right && !strcmp(right, "push");
}

/* The inviter has proven the secret. */
static void settle(struct join *j, struct fields f)
{
	uint64_t now = context_now(&j->broker->context);
	struct meeting *m = j->meeting;
	struct message trouble;

	j->meeting = NULL;
	meeting_end(m, "done");
	note_share(j, f);
	if (!joining_admit(j->broker, j->link.jid, j->link.fp, false, &trouble)) {
		fail_with(j, &trouble);
		return;
	}
	enter(j, JOIN_SETTLING, now + JOIN_SEEN_TIME, "the invitation is proven on both sides");
	if (is_seen(j))
		finish_well(j);
}

static const char *hear_answer(struct join *j, struct meeting *m, struct fields f)
{
	const char *proof = fields_get(f, "proof"), *state = fields_get(f, "state");

	if (j->state != JOIN_PROVING)
		return "kind: an answer to what was not said";
	if (!proof && !state)
		return "proof or state: one must be there";
	if (!proof)
		fail(j, refusal(state), NULL);
	else if (is_proven(j, m, proof))
		settle(j, f);
	else
		fail(j, MSG_INVITATION_REFUSED, NULL);
	return NULL;
}

static const char *hear_proof(struct broker *b, struct meeting *m, struct fields f)
{
	unsigned char exporter[JOIN_EXPORTER_BYTES];
	struct buf answer = { 0 };
	bool joined;

	if (!fields_get(f, "proof"))
		return "proof: must be there";
	if (!meeting_exporter(m, exporter))
		return "proof: TLS has no exporter";
	joined = joining_answer(b, meeting_jid(m), meeting_fp(m), exporter, f, &answer);
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
	struct join *j = find(owner, m);

	if (j)
		return hear_answer(j, m, f);
	return meeting_is_ours(m) ? NULL : hear_proof(owner, m, f);
}

static const struct {
	const char *reason;	/* for which a meeting ended */
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
	struct join *j = find(owner, m);

	if (!j)
		return;
	j->meeting = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strcmp(reason, ends[i].reason)) {
			fail(j, ends[i].id, ends[i].why);
			return;
		}
	if (j->attempts < JOIN_ATTEMPTS)
		enter(j, JOIN_PAUSING, context_now(&j->broker->context) + JOIN_PAUSE, reason);
	else
		fail(j, MSG_INVITATION_UNANSWERED, "no such device is online");
}

static const struct meeting_kind kind = {
	.name = "join",
	.invited = true,
	.up = on_up,
	.heard = on_heard,
	.ended = on_ended,
};

void join_command_begin(struct broker *b)
{
	meetings_add_kind(&b->peers.meetings, &kind, b);
}

static void on_closed(void *owner)
{
	finish(owner);
}

static const struct conn_events conn_events = {
	.closed = on_closed,
};

/* Why the link is not for us; MSG_NONE if it is. */
static enum message_id not_for_us(const struct context *c, const struct invitation_link *link)
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

static void start(struct broker *b, struct conn *conn, const struct invitation_link *link)
{
	struct join *j = xcalloc(1, sizeof(*j));

	j->broker = b;
	j->conn = conn;
	j->link = *link;
	device_id_of(link->fp, j->device);
	j->until = context_now(&b->context) + JOIN_TIME;
	j->next = b->joins;
	b->joins = j;
	timer_init(&j->timer, &b->context.timers, on_timer, j);
	timer_set(&j->timer, j->until);
	conn_set_owner(conn, &conn_events, j);
	open_meeting(j);
}

void join_command_run(struct broker *b, struct conn *conn, struct fields command)
{
	const char *text = fields_get(command, "link"), *why = "none was given";
	struct invitation_link link;
	enum message_id fault;

	if (!command_online(b, conn)) {
		conn_close(conn);
		return;
	}
	if (!text || invitation_link_parse(&link, text, &why)) {
		command_refuse(conn, MSG_BAD_INVITATION, "reason", why);
		conn_close(conn);
		return;
	}
	fault = not_for_us(&b->context, &link);
	if (fault != MSG_NONE)
		command_fail(conn, fault, link.jid);
	else
		start(b, conn, &link);
	wipe(&link, sizeof(link));
}

void join_command_wake(struct broker *b)
{
	struct join *j = b->joins, *next;

	for (; j; j = next) {
		next = j->next;
		if (j->state == JOIN_SETTLING && is_seen(j))
			finish_well(j);
	}
}
