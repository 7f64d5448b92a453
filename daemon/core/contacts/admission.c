/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inviter judges a proof, marks the invitation as used, verifies the joiner's key, and
 * saves both tables before anything is answered: an answer that is lost is given again to the
 * same device, and nobody else can use the invitation meanwhile. The invitation is saved
 * first, because a crash in between should rather lose the join than leave the link good.
 */
#include "admission.h"

#include <string.h>

#include "hex.h"
#include "log.h"

bool admission_admit(struct admission *a, const char *jid, const unsigned char *fp, bool as_inviter,
		     struct message *trouble)
{
	const struct context *c = a->context;
	uint64_t now = context_time(c);

	a->ops->remember_trust(a->arg);
	if (!trust_admit(c->trust, jid, fp, now)) {
		message_set(trouble, MSG_DEVICE_UNTRUSTED, "jid", jid, NULL);
		return false;
	}
	if (!context_is_self(c, jid) && !context_we_see(c, jid))
		trust_mark(c->trust, jid, MARK_MEANT, true, now);
	if (!a->ops->keep_trust(a->arg, jid, trouble))
		return false;
	a->ops->admitted(a->arg, jid, as_inviter);
	return true;
}

static const struct {
	const char *state; /* in the answer */
	const char *told;  /* to the user */
} refusals[] = {
	[INVITATION_GOOD] = { "refused", "the device is shut out, or there is no room for it" },
	[INVITATION_AGAIN] = { "refused", "it was used by this device, which is not trusted now" },
	[INVITATION_WAS_USED] = { "used", "it was used before, by another device" },
	[INVITATION_EXPIRED] = { "expired", "it has expired" },
	[INVITATION_TAKEN_BACK] = { "revoked", "it was taken back" },
	[INVITATION_NOT_FOR] = { "refused", "it is not for this account" },
};

static void refuse(const struct admission *a, const struct invitation *one, const char *jid,
		   enum invitation_verdict why, struct buf *answer)
{
	log_about(jid, LOG_WARNING, "%s: tried to use invitation %s: %s", jid, one->id,
		  refusals[why].told);
	a->ops->refused(a->arg, jid, one, refusals[why].told);
	fields_add(answer, "state", refusals[why].state);
}

static void welcome(const struct context *c, const struct invitation *one,
		    const struct join_ends *ends, const unsigned char exporter[JOIN_EXPORTER_BYTES],
		    struct buf *answer)
{
	unsigned char proof[JOIN_PROOF_BYTES];
	char hex[2 * JOIN_PROOF_BYTES + 1];

	join_proof(c->digests->hmac, one->secret, true, ends, exporter, proof);
	hex_encode(proof, sizeof(proof), hex);
	fields_add(answer, "proof", hex);
	/* It may be shared no more. */
	if (!*one->share || !policy_find(c->policy, one->share))
		return;
	fields_add(answer, "share", one->share);
	fields_add(answer, "right", one->push ? "push" : "fetch");
}

/* The invitation is good: whatever it gives is given. */
static bool use(struct admission *a, struct invitation **one, const struct join_ends *ends)
{
	const struct context *c = a->context;
	char id[INVITATION_ID_LEN + 1];
	struct message trouble;

	strcpy(id, (*one)->id);
	a->ops->remember_invitations(a->arg);
	invitation_use(*one, ends, context_time(c));
	if (!a->ops->keep_invitations(a->arg, &trouble)) {
		*one = invitations_find(c->invitations, id);
		log_error("invitation %s is not used: %s", id, trouble.text);
		return false;
	}
	if (!admission_admit(a, ends->joiner, ends->joiner_fp, true, &trouble)) {
		log_error("invitation %s was used in vain: %s", id, trouble.text);
		return false;
	}
	log_info("%s has joined by invitation %s; the device is verified", ends->joiner, id);
	a->ops->used(a->arg, *one);
	return true;
}

static bool may_join(struct admission *a, struct invitation **one, const struct join_ends *ends,
		     enum invitation_verdict verdict)
{
	enum trust_state known = trust_lookup(a->context->trust, ends->joiner, ends->joiner_fp);

	if (verdict == INVITATION_AGAIN)
		return trust_allows(known);
	/* A device that is shut out does not use the invitation up. */
	return verdict == INVITATION_GOOD && !trust_rejects(known) && use(a, one, ends);
}

bool admission_answer(struct admission *a, const char *jid, const unsigned char *fp,
		      const unsigned char exporter[JOIN_EXPORTER_BYTES], struct fields said,
		      struct buf *answer)
{
	const struct context *c = a->context;
	const struct join_ends ends = {
		.inviter = c->self, .joiner = jid, .inviter_fp = c->fp, .joiner_fp = fp
	};
	unsigned char proof[JOIN_PROOF_BYTES];
	const char *hex = fields_get(said, "proof");
	struct invitation *one = NULL;
	enum invitation_verdict verdict;

	if (hex && hex_decode(hex, proof, sizeof(proof)))
		one = invitations_proven(c->invitations, &ends, exporter, proof);
	if (!one) {
		log_about(jid, LOG_WARNING, "%s: does not know the secret of any invitation", jid);
		a->ops->refused(a->arg, jid, NULL, "its secret is none of yours");
		fields_add(answer, "state", "refused");
		return false;
	}
	verdict = invitation_judge(one, &ends, context_time(c));
	if (!may_join(a, &one, &ends, verdict)) {
		refuse(a, one, jid, verdict, answer);
		return false;
	}
	welcome(c, one, &ends, exporter, answer);
	return true;
}
