/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inviter marks the invitation as used, and saves that, before the trust table is: a crash
 * in between should rather lose the join than leave the link good.
 */
#include "joining-events.h"

#include <stdlib.h>

#include "alloc.h"
#include "broker.h"
#include "contacts.h"
#include "device-news.h"
#include "granting.h"
#include "invitation-store.h"
#include "journal.h"
#include "log.h"
#include "notices.h"
#include "requester.h"
#include "server-events.h"
#include "state-files.h"

static void on_remember_invitations(void *arg)
{
	struct broker *b = arg;

	buf_reset(&b->remembered_invitations);
	invitation_store_remember(&b->context, &b->remembered_invitations);
}

static bool on_keep_invitations(void *arg, struct message *trouble)
{
	struct broker *b = arg;

	return !invitation_store_keep(&b->identity, &b->context, &b->remembered_invitations,
				      trouble);
}

static void on_remember_trust(void *arg)
{
	struct broker *b = arg;

	buf_reset(&b->remembered);
	keyring_remember(&b->keyring, &b->remembered);
}

static bool on_keep_trust(void *arg, const char *jid, struct message *trouble)
{
	struct broker *b = arg;

	contacts_note(b, jid);
	return !keyring_keep(&b->keyring, &b->remembered, trouble);
}

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

static void on_admitted(void *arg, const char *jid, bool as_inviter)
{
	struct broker *b = arg;

	if (!context_is_self(&b->context, jid))
		subscribe(b, jid, as_inviter);
	device_news_decided(b->device_news, jid);
	broker_trust_granted(b, jid);
}

/* Somebody who has read a link may come as often as they like, so the journal has a budget. */
static void note_invitation(const struct broker *b, const struct invitation *one, const char *jid,
			    const char *why)
{
	char more[JOURNAL_LEFT_OUT_MAX], *text;
	unsigned left_out;

	if (!log_admits(LOG_EVENTS, jid, &left_out))
		return;
	journal_left_out(left_out, more);
	text = why ? xasprintf("tried to join by invitation %s: %s%s", one->id, why, more)
		   : xasprintf("joined by invitation %s; the device is verified%s", one->id, more);
	journal_add(&(struct journal_event){
		.kind = "invitation",
		.jid = jid,
		.share = one->share,
		.what = one->id,
		.result = why ? "refused" : "ok",
		.text = text,
		.why = why,
		.account = b->configured,
	});
	free(text);
}

static void on_used(void *arg, const struct invitation *one)
{
	struct broker *b = arg;

	notices_add(b->context.notices, NOTICE_INVITATION_USED, one->jid, one->id, NULL);
	note_invitation(b, one, one->jid, NULL);
	grant_right(b, one, one->jid);
}

static void on_refused(void *arg, const char *jid, const struct invitation *one, const char *why)
{
	const struct broker *b = arg;

	notices_add(b->context.notices, NOTICE_INVITATION_TRIED, jid, one ? one->id : "(unknown)",
		    why);
	if (one)
		note_invitation(b, one, jid, why);
}

const struct admission_ops broker_admission_ops = {
	.remember_invitations = on_remember_invitations,
	.keep_invitations = on_keep_invitations,
	.remember_trust = on_remember_trust,
	.keep_trust = on_keep_trust,
	.admitted = on_admitted,
	.used = on_used,
	.refused = on_refused,
};

static int on_save(void *arg, struct message *trouble)
{
	const struct broker *b = arg;

	if (*b->identity.account)
		return state_files_write_joinings(b->identity.account, b->context.joinings,
						  trouble);
	message_set(trouble, MSG_NO_ACCOUNT, NULL);
	return -1;
}

static void on_over(void *arg, const struct invitation_link *link, const char *share,
		    const char *why)
{
	const struct broker *b = arg;
	char *text = why ? xasprintf("waits no more to join: %s", why)
			 : xasprintf("joined by the invitation of %s; both devices are verified",
				     link->jid);

	journal_add(&(struct journal_event){
		.kind = "join",
		.jid = link->jid,
		.share = link->share,
		.what = "invitation",
		.result = why ? "failed" : "ok",
		.text = text,
		.why = why,
		.account = b->configured,
	});
	notices_add(b->context.notices, why ? NOTICE_JOIN_FAILED : NOTICE_JOINED, link->jid, share,
		    why);
	free(text);
}

const struct join_waiting_ops broker_join_waiting_ops = { .save = on_save, .over = on_over };
