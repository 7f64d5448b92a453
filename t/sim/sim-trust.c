/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped device-news.c in the world, and what the broker does when a device has lost its
 * trust: the same calls as in daemon/broker/revocation.c, because that file is not pure.
 */
#include "sim.h"

#include <string.h>

#include "acceptor.h"

static struct peer *next_peer(const struct broker *b, const char *jid, const char *device)
{
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && !strcmp(p->device, device))
			return p;
	return NULL;
}

void revoke_device(struct broker *b, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];
	struct peer *p;

	device_id_of(fp, device);
	sessions_revoke(&b->sessions, jid, device, MSG_DEVICE_UNTRUSTED);
	while ((p = next_peer(b, jid, device)))
		peer_revoke(p, "untrusted", false);
	acceptors_revoke(&b->peers, jid, device);
	git_service_orphans_revoke(&b->git_services, jid, device, "untrusted");
}

static void note_vouched(struct broker *b, const unsigned char *fp, bool vouched)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++)
		if (!memcmp(w->brokers[i].fp, fp, FINGERPRINT_BYTES))
			b->vouched[i] = vouched;
}

static void on_remember(void *arg)
{
}

static bool on_keep(void *arg)
{
	return true;
}

static void on_save(void *arg)
{
}

static void on_vouched(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct broker *b = arg;

	note_vouched(b, fp, true);
	inquirer_unseen(b->inquirer, jid);
	announcer_reload(b->announcer);
}

static void on_lost(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	note_vouched(arg, fp, false);
	revoke_device(arg, jid, fp);
}

static void on_revoked(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
}

static void on_compared(void *arg, const char *jid, const unsigned char *fp)
{
}

static const struct device_news_ops device_news_ops = {
	.remember = on_remember,
	.keep = on_keep,
	.save = on_save,
	.vouched = on_vouched,
	.lost = on_lost,
	.revoked = on_revoked,
	.compared = on_compared,
};

void trust_start(struct broker *b)
{
	memset(b->vouched, 0, sizeof(b->vouched));
	b->device_news = device_news_create(&b->context, &b->peers, &device_news_ops, b);
}

void trust_finish(struct broker *b)
{
	device_news_destroy(b->device_news);
	b->device_news = NULL;
}
