/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inviter judges a proof, marks the invitation as used, verifies the joiner's key, and
 * saves both tables before anything is answered: an answer that is lost is given again to the
 * same device, and nobody else can use the invitation meanwhile. The invitation is saved
 * first, because a crash in between should rather lose the join than leave the link good.
 */
#include "joining.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "contacts.h"
#include "device-news.h"
#include "granting.h"
#include "hex.h"
#include "invitation-store.h"
#include "journal.h"
#include "log.h"
#include "notices.h"
#include "requester.h"
#include "server-events.h"

/*
 * As command_add(): sends what is missing for a subscription both ways. The inviter does not ask
 * before the joiner has: their request could come before the answer that makes it welcome.
 */
static void subscribe(struct broker *b, const char *jid, bool as_inviter)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (buddy && buddy->pending_in)
		requester_say(b->requester, jid, "subscribed");
	if (!context_we_see(&b->context, jid) && (!as_inviter || context_sees_us(&b->context, jid)))
		contacts_ask(b, jid);
}

bool joining_admit(struct broker *b, const char *jid, const unsigned char *fp, bool as_inviter,
		   struct message *trouble)
{
	bool self = context_is_self(&b->context, jid);
	struct buf before = { 0 };
	uint64_t now = context_time(&b->context);

	keyring_remember(&b->keyring, &before);
	if (!trust_admit(b->context.trust, jid, fp, now)) {
		buf_finish(&before);
		message_set(trouble, MSG_DEVICE_UNTRUSTED, "jid", jid, NULL);
		return false;
	}
	if (!self && !context_we_see(&b->context, jid))
		trust_mark(b->context.trust, jid, MARK_MEANT, true, now);
	contacts_note(b, jid);
	if (keyring_keep(&b->keyring, &before, trouble))
		return false;
	if (!self)
		subscribe(b, jid, as_inviter);
	device_news_decided(b->device_news, jid);
	broker_trust_granted(b, jid);
	return true;
}

/* Somebody who has read a link may come as often as they like, so the journal has a budget. */
static void note(const struct broker *b, const char *jid, const char *id, const char *share,
		 const char *why)
{
	char more[JOURNAL_LEFT_OUT_MAX], *text;
	unsigned left_out;

	if (!log_admits(LOG_EVENTS, jid, &left_out))
		return;
	journal_left_out(left_out, more);
	text = why ? xasprintf("tried to join by invitation %s: %s%s", id, why, more)
		   : xasprintf("joined by invitation %s; the device is verified%s", id, more);
	journal_add(&(struct journal_event){
		.kind = "invitation",
		.jid = jid,
		.share = share,
		.what = id,
		.result = why ? "refused" : "ok",
		.text = text,
		.why = why,
		.account = b->configured,
	});
	free(text);
}

static const struct {
	const char *state;	/* in the answer */
	const char *told;	/* to the user */
} refusals[] = {
	[INVITATION_GOOD] = { "refused", "the device is shut out, or there is no room for it" },
	[INVITATION_AGAIN] = { "refused", "it was used by this device, which is not trusted now" },
	[INVITATION_WAS_USED] = { "used", "it was used before, by another device" },
	[INVITATION_EXPIRED] = { "expired", "it has expired" },
	[INVITATION_TAKEN_BACK] = { "revoked", "it was taken back" },
	[INVITATION_NOT_FOR] = { "refused", "it is not for this account" },
};

static void refuse(struct broker *b, const struct invitation *one, const char *jid,
		   enum invitation_verdict why, struct buf *answer)
{
	log_about(jid, LOG_WARNING, "%s: tried to use invitation %s: %s", jid, one->id,
		  refusals[why].told);
	notices_add(b->context.notices, NOTICE_INVITATION_TRIED, jid, one->id, refusals[why].told);
	note(b, jid, one->id, one->share, refusals[why].told);
	fields_add(answer, "state", refusals[why].state);
}

static void welcome(const struct broker *b, const struct invitation *one,
		    const struct join_ends *ends, const unsigned char exporter[JOIN_EXPORTER_BYTES],
		    struct buf *answer)
{
	unsigned char proof[JOIN_PROOF_BYTES];
	char hex[2 * JOIN_PROOF_BYTES + 1];

	join_proof(b->context.digests->hmac, one->secret, true, ends, exporter, proof);
	hex_encode(proof, sizeof(proof), hex);
	fields_add(answer, "proof", hex);
	/* It may be shared no more. */
	if (!*one->share || !policy_find(b->context.policy, one->share))
		return;
	fields_add(answer, "share", one->share);
	fields_add(answer, "right", one->push ? "push" : "fetch");
}

/* The invitation is good: whatever it gives is given. */
static bool use(struct broker *b, struct invitation **one, const struct join_ends *ends)
{
	char id[INVITATION_ID_LEN + 1];
	struct buf before = { 0 };
	struct message trouble;

	strcpy(id, (*one)->id);
	invitation_store_remember(&b->context, &before);
	invitation_use(*one, ends, context_time(&b->context));
	if (invitation_store_keep(&b->identity, &b->context, &before, &trouble)) {
		*one = invitations_find(b->context.invitations, id);
		log_error("invitation %s is not used: %s", id, trouble.text);
		return false;
	}
	if (!joining_admit(b, ends->joiner, ends->joiner_fp, true, &trouble)) {
		log_error("invitation %s was used in vain: %s", id, trouble.text);
		return false;
	}
	log_info("%s has joined by invitation %s; the device is verified", ends->joiner, id);
	notices_add(b->context.notices, NOTICE_INVITATION_USED, ends->joiner, id, NULL);
	note(b, ends->joiner, id, (*one)->share, NULL);
	grant_right(b, *one, ends->joiner);
	return true;
}

static bool may_join(struct broker *b, struct invitation **one, const struct join_ends *ends,
		     enum invitation_verdict verdict)
{
	enum trust_state known = trust_lookup(b->context.trust, ends->joiner, ends->joiner_fp);

	if (verdict == INVITATION_AGAIN)
		return trust_allows(known);
	/* A device that is shut out does not use the invitation up. */
	return verdict == INVITATION_GOOD && !trust_rejects(known) && use(b, one, ends);
}

bool joining_answer(struct broker *b, const char *jid, const unsigned char *fp,
		    const unsigned char exporter[JOIN_EXPORTER_BYTES], struct fields said,
		    struct buf *answer)
{
	const struct join_ends ends = { .inviter = b->context.self,
					.joiner = jid,
					.inviter_fp = b->context.fp,
					.joiner_fp = fp };
	unsigned char proof[JOIN_PROOF_BYTES];
	const char *hex = fields_get(said, "proof");
	struct invitation *one = NULL;
	enum invitation_verdict verdict;

	if (hex && hex_decode(hex, proof, sizeof(proof)))
		one = invitations_proven(b->context.invitations, &ends, exporter, proof);
	if (!one) {
		log_about(jid, LOG_WARNING, "%s: does not know the secret of any invitation", jid);
		notices_add(b->context.notices, NOTICE_INVITATION_TRIED, jid, "(unknown)",
			    "its secret is none of yours");
		fields_add(answer, "state", "refused");
		return false;
	}
	verdict = invitation_judge(one, &ends, context_time(&b->context));
	if (!may_join(b, &one, &ends, verdict)) {
		refuse(b, one, jid, verdict, answer);
		return false;
	}
	welcome(b, one, &ends, exporter, answer);
	return true;
}
