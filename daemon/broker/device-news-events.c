/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A word of a device has changed the trust table. The table is saved before anything else
 * happens. Then what runs for a device that is trusted no more ends at once, what waited for
 * one that is trusted now goes on, and the user is told.
 */
#include "device-news-events.h"

#include "broker.h"
#include "log.h"
#include "notices.h"
#include "revocation.h"
#include "server-events.h"

static void on_remember(void *arg)
{
	struct broker *b = arg;

	buf_reset(&b->remembered);
	keyring_remember(&b->keyring, &b->remembered);
}

static bool on_keep(void *arg)
{
	struct broker *b = arg;
	struct message trouble;

	if (!keyring_keep(&b->keyring, &b->remembered, &trouble))
		return true;
	log_error("a device that another one vouches for is not remembered, and gets nothing: %s",
		  trouble.text);
	return false;
}

static void on_save(void *arg)
{
	struct broker *b = arg;

	keyring_save(&b->keyring);
}

/* The devices of a person that an event is about: the one, and the one whose word it was. */
struct two_ids {
	char device[DEVICE_ID_LEN + 1], by[DEVICE_ID_LEN + 1];
};

static struct two_ids ids_of(const unsigned char *fp, const unsigned char *by)
{
	struct two_ids ids;

	device_id_of(fp, ids.device);
	device_id_of(by, ids.by);
	return ids;
}

static void on_vouched(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct two_ids ids = ids_of(fp, by);
	struct broker *b = arg;

	log_about(jid, LOG_WARNING, "%s: device %s is trusted, because %s vouches for it", jid,
		  ids.device, ids.by);
	notices_add(b->context.notices, NOTICE_VOUCHED, jid, ids.device, ids.by);
	broker_trust_granted(b, jid);
}

static void on_lost(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct two_ids ids = ids_of(fp, by);
	struct broker *b = arg;

	log_about(jid, LOG_WARNING, "%s: device %s is not trusted any more, as %s has it", jid,
		  ids.device, ids.by);
	revoke_rights(b, jid, ids.device, REVOKED_DISTRUSTED);
}

static void on_revoked(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct two_ids ids = ids_of(fp, by);
	struct broker *b = arg;
	bool own = context_is_self(&b->context, jid);

	notices_add(b->context.notices, own ? NOTICE_OWN_REVOKED : NOTICE_REVOKED, jid, ids.device,
		    ids.by);
}

static void on_compared(void *arg, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];
	struct broker *b = arg;

	device_id_of(fp, device);
	notices_add(b->context.notices, NOTICE_COMPARED, jid, device, NULL);
}

const struct device_news_ops broker_device_news_ops = {
	.remember = on_remember,
	.keep = on_keep,
	.save = on_save,
	.vouched = on_vouched,
	.lost = on_lost,
	.revoked = on_revoked,
	.compared = on_compared,
};
