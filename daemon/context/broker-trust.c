/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker's trust table: kept on disk with each change, or not changed; and what it says
 * together with the roster and the blocks. Who is admitted to a link is decided here, for whatever path.
 */
#include <string.h>

#include "broker.h"
#include "contacts.h"
#include "log.h"
#include "peer.h"
#include "store.h"

void broker_remember(const struct broker *b, struct buf *before)
{
	trust_write(b->context.trust, before);
}

/* All of it is written: with it what could not be kept before. */
static int write_trust(struct broker *b, struct message *trouble)
{
	int result = store_write_trust(b->account, b->context.trust, trouble);

	if (!result && pause_end(&b->unsaved))
		log_info("what was taken away is kept on the disk now");
	return result;
}

int broker_keep(struct broker *b, struct buf *before, struct message *trouble)
{
	int result = -1;

	/* What is decided without an account would be nobody's. */
	if (*b->account)
		result = write_trust(b, trouble);
	else if (b->trouble.id != MSG_NONE)
		*trouble = b->trouble;
	else
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (result) {
		trust_destroy(b->context.trust);
		b->context.trust = trust_create();
		trust_parse(b->context.trust, buf_str(before), buf_len(before));
	}
	buf_finish(before);
	return result;
}

void broker_save(struct broker *b)
{
	struct message trouble;

	if (!*b->account || !write_trust(b, &trouble))
		return;
	if (pause_begin(&b->unsaved))
		log_error("%s", trouble.text);
}

/* What is not kept has not happened: otherwise the next start would expect a first device once more. */
static enum trust_state meet(struct broker *b, const char *jid, const unsigned char *fp, bool *changed)
{
	struct buf before = { 0 };
	struct message trouble;
	enum trust_state state;

	broker_remember(b, &before);
	state = trust_meet(b->context.trust, jid, fp, time(NULL), changed);
	if (!*changed) {
		buf_finish(&before);
		return state;
	}
	contacts_note(b, jid);
	if (!broker_keep(b, &before, &trouble))
		return state;
	log_about(jid, LOG_ERROR, "%s: a new device is not remembered, and gets nothing: %s", jid, trouble.text);
	*changed = false;
	return TRUST_PENDING;
}

enum trust_state broker_meet(struct broker *b, const char *jid, const unsigned char *fp)
{
	enum trust_state state = trust_look(b->context.trust, jid, fp);
	char text[FINGERPRINT_TEXT_MAX];
	const char *other;
	bool changed;

	if (state != TRUST_UNKNOWN)
		return state;
	state = meet(b, jid, fp, &changed);
	if (!changed)
		return state;
	fingerprint_format(fp, text);
	other = trust_other_owner(b->context.trust, jid, fp);
	log_about(jid, LOG_WARNING, "%s: device with fingerprint %s is %s%s%s", jid, text,
		  trust_allows(state) ? "trusted on first use" : "new and not trusted: git xmpp verify names it",
		  other ? "; the same key is one of " : "", other ? other : "");
	if (trust_allows(state))
		broker_trust_granted(b, jid);
	return state;
}

void broker_meet_devices(struct broker *b, const char *jid, bool unknown)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);
	char devices[DEVICES_PER_BUDDY][DEVICE_ID_LEN + 1];
	unsigned n = 0;

	if (!buddy)
		return;
	if (!unknown && strcmp(jid, b->context.jid) && !trust_expected(b->context.trust, jid, time(NULL)))
		return;
	/* First, for a peer that is made may come to nothing, and change what is known. */
	for (const struct resource *r = buddy->resources; r && n < DEVICES_PER_BUDDY; r = r->next)
		if (r->broker && strcmp(r->device, b->context.device) && !context_knows_device(&b->context, jid, r->device))
			strcpy(devices[n++], r->device);
	for (unsigned i = 0; i < n; i++)
		peer_want(&b->peers, jid, devices[i]);
}
