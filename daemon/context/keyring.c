/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change is made in memory, written, and undone if the write failed. Only a change that
 * takes a right away stays: the user would rather lose it at the next start than not have
 * it at all.
 */
#include "keyring.h"

#include <string.h>

#include "log.h"
#include "state-files.h"

static void on_save_again(void *owner)
{
	keyring_save(owner);
}

void keyring_begin(struct keyring *k, uv_loop_t *loop)
{
	backoff_timer_init(&k->unsaved, loop, on_save_again, k);
}

void keyring_settle(struct keyring *k)
{
	if (backoff_timer_left(&k->unsaved))
		keyring_save(k);
	backoff_timer_end(&k->unsaved);
}

void keyring_end(struct keyring *k)
{
	keyring_settle(k);
	backoff_timer_close(&k->unsaved, NULL, NULL);
}

void keyring_remember(const struct keyring *k, struct buf *before)
{
	trust_write(k->context->trust, before);
}

/* Writes the whole table, and so also what could not be written before. */
static int write_trust(struct keyring *k, struct message *trouble)
{
	int result = state_files_write_trust(k->identity->account, k->context->trust, trouble);

	if (!result && backoff_timer_end(&k->unsaved))
		log_info("what was taken away is kept on the disk now");
	return result;
}

int keyring_keep(struct keyring *k, struct buf *before, struct message *trouble)
{
	int result = -1;

	/* A decision without an account would belong to nobody. */
	if (*k->identity->account)
		result = write_trust(k, trouble);
	else if (k->trouble->id != MSG_NONE)
		*trouble = *k->trouble;
	else
		message_set(trouble, MSG_NO_ACCOUNT, NULL);
	if (result) {
		trust_destroy(k->context->trust);
		k->context->trust = trust_create();
		trust_parse(k->context->trust, buf_str(before), buf_len(before));
	}
	buf_finish(before);
	return result;
}

void keyring_save(struct keyring *k)
{
	struct message trouble;

	if (!*k->identity->account || !write_trust(k, &trouble))
		return;
	if (backoff_timer_begin(&k->unsaved))
		log_error("%s", trouble.text);
}

/*
 * A change that is not saved is undone: otherwise the next start would expect a first
 * device once more.
 */
static enum trust_state meet(struct keyring *k, const char *jid, const unsigned char *fp,
			     bool *changed)
{
	struct buf before = { 0 };
	struct message trouble;
	enum trust_state state;

	keyring_remember(k, &before);
	state = trust_observe(k->context->trust, jid, fp, context_time(k->context), changed);
	if (!*changed) {
		buf_finish(&before);
		return state;
	}
	k->events->met(k->owner, jid);
	if (!keyring_keep(k, &before, &trouble))
		return state;
	log_about(jid, LOG_ERROR, "%s: a new device is not remembered, and gets nothing: %s", jid,
		  trouble.text);
	*changed = false;
	return TRUST_PENDING;
}

enum trust_state keyring_meet(struct keyring *k, const char *jid, const unsigned char *fp)
{
	enum trust_state state = trust_lookup(k->context->trust, jid, fp);
	char text[FINGERPRINT_TEXT_MAX];
	const char *other;
	bool changed;

	if (state != TRUST_UNKNOWN)
		return state;
	state = meet(k, jid, fp, &changed);
	if (!changed)
		return state;
	fingerprint_format(fp, text);
	other = trust_other_owner(k->context->trust, jid, fp);
	log_about(jid, LOG_WARNING, "%s: device with fingerprint %s is %s%s%s", jid, text,
		  trust_allows(state) ? "trusted on first use"
				      : "new and not trusted: git xmpp verify names it",
		  other ? "; the same key is one of " : "", other ? other : "");
	if (trust_allows(state))
		k->events->granted(k->owner, jid);
	return state;
}
