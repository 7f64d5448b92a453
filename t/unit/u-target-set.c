/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who can be asked, and why nobody can: presence and trust are real, and the links are none. */
#include "target-set.h"

#include <stdlib.h>

#include "bounds.h"
#include "context.h"
#include "log.h"
#include "peer.h"
#include "said.h"
#include "tap.h"

#define JID "bob@example.org"

enum { DEVICES = 4 };

static struct buf trace;
static struct context context;
static struct peers peers;
static struct peer links[DEVICES];
static char jid[] = JID;
static char ids[DEVICES][DEVICE_ID_LEN + 1];
static struct address to = { .jid = JID, .share = "project" };
static struct peer *linked_kind;	/* the one on a path of the kind wanted */
static int asked_before = -1;		/* a device that the request has already */

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static int number(const char *device)
{
	for (int i = 0; i < DEVICES; i++)
		if (!strcmp(ids[i], device))
			return i;
	return -1;
}

/* In the place of peer.c and service-request.c. */

struct peer *peer_find(const struct peers *all, const char *who, const char *device)
{
	for (struct peer *p = all->first; p; p = p->next)
		if (!strcmp(p->device, device))
			return p;
	return NULL;
}

struct peer *peer_want(struct peers *all, const char *who, const char *device)
{
	return &links[number(device)];
}

void peer_demand(struct peer *p, const void *by, unsigned kinds)
{
	buf_printf(&trace, "demands %d\n", number(p->device));
}

bool peer_is_on(const struct peer *p, unsigned kinds)
{
	return p == linked_kind;
}

bool service_request_add(struct service_request *e, struct negotiations *device, const char *name,
			 const uint8_t id[NEG_ID_BYTES], void *tag)
{
	buf_printf(&trace, "%d\n", number(name));
	return number(name) != asked_before;
}

static uint64_t on_now(void *owner)
{
	return 1000;
}

static uint64_t on_time(void *owner)
{
	return 1700 * 1000 * 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 7, n);
}

static const struct context_ops ops = { .now = on_now, .time = on_time, .random = on_random };

static void make_device(int i, bool trusted)
{
	unsigned char fp[FINGERPRINT_BYTES] = { i + 1 };
	bool met;

	device_id_of(fp, ids[i]);
	links[i] = (struct peer){ .jid = jid };
	strcpy(links[i].device, ids[i]);
	trust_observe(context.trust, JID, fp, on_time(NULL), &met);
	if (trusted)
		trust_verify(context.trust, JID, fp, 100);
}

static void appear(int i)
{
	struct resource *r;
	char full[64];

	snprintf(full, sizeof(full), JID "/%d", i);
	presence_available(context.presence, full, ids[i], on_time(NULL), &r);
}

static struct target_set find(const char *prefer, unsigned kinds)
{
	return target_set_add(&context, &peers, &(struct target_set_wanted){
		.to = &to, .prefer = prefer, .kinds = kinds,
	}, NULL);
}

static void who_can_be_asked(void)
{
	struct target_set found;

	find("", PATH_MASK_ALL);
	expect("", "nobody who is not there");
	for (int i = 0; i < DEVICES; i++)
		appear(i);
	found = find(ids[0], PATH_MASK_ALL);
	expect("0\n2\n1\n", "devices that are trusted, the preferred one first");
	is_int(found.asked, 3, "all of them");
	links[1].link.state = LINK_UP;
	peers.first = &links[1];
	find(ids[0], PATH_MASK_ALL);
	expect("1\n0\n2\n", "but one with a link goes before it, once");
	context.online_at = 0;
	find("", PATH_MASK_ALL);
	expect("1\n", "it needs no server");
	context.online_at = 1;
	strcpy(to.device, ids[0]);
	find("", PATH_MASK_ALL);
	expect("0\n", "where one is meant, that one");
	to.device[0] = '\0';

	found = find("", PATH_MASK(PATH_DIRECT));
	expect("demands 2\ndemands 1\ndemands 0\n",
	       "a path of the kind wanted is demanded of each");
	ok(found.path_wanted && !found.asked, "... and waited for");
	linked_kind = &links[1];
	found = find("", PATH_MASK(PATH_DIRECT));
	expect("1\ndemands 2\ndemands 0\n", "one that is on it is asked");
	ok(found.path_wanted && found.asked == 1, "... and the others are still waited for");
	asked_before = 1;
	found = find("", PATH_MASK(PATH_DIRECT));
	ok(found.path_wanted && !found.asked, "... and is not asked once more");
	buf_reset(&trace);
	asked_before = -1;
	peers.first = NULL;
}

static void why_nobody_can(void)
{
	says(target_set_none(&context, &to), MSG_DEVICE_UNTRUSTED,
	     "a device is there, and not trusted");
	strcpy(to.device, "zzz");
	says(target_set_none(&context, &to), MSG_NO_SUCH_DEVICE, "the one that is meant is not");
	to.device[0] = '\0';
	presence_other_protocol(context.presence, JID, ids[0], 9, on_now(NULL));
	says(target_set_none(&context, &to), MSG_PEER_VERSION, "one speaks another protocol");
	is_int(target_set_protocol(&context, &to), 9, "... which one");
	presence_reset(context.presence, on_time(NULL));
	says(target_set_none(&context, &to), MSG_BUDDY_OFFLINE, "none is there");
	presence_available(context.presence, JID "/phone", NULL, on_time(NULL),
			   &(struct resource *){ NULL });
	says(target_set_none(&context, &to), MSG_BUDDY_NO_GIT, "one is, without a broker");
	presence_roster_item(context.presence, JID, SUBSCRIPTION_FROM, true, false);
	says(target_set_none(&context, &to), MSG_NOT_ACCEPTED, "they were asked");
	presence_roster_item(context.presence, JID, SUBSCRIPTION_FROM, false, false);
	says(target_set_none(&context, &to), MSG_NO_LONGER_BUDDY, "they were not");
	presence_refused(context.presence, JID, "remote-server-not-found");
	says(target_set_none(&context, &to), MSG_SUBSCRIPTION_REFUSED, "a server refused to ask");
	blocklist_add(context.blocked, JID);
	says(target_set_none(&context, &to), MSG_BLOCKED, "we do not want them");
	strcpy(to.jid, "carol@example.org");
	says(target_set_none(&context, &to), MSG_NOT_BUDDY, "somebody who is no buddy");
	strcpy(to.jid, context.jid);
	says(target_set_none(&context, &to), MSG_OWN_ACCOUNT, "ourselves");
}

int main(void)
{
	log_init();
	log_set_level(LOG_ERROR);
	context.ops = &ops;
	context.jid = "alice@example.org";
	context.online_at = 1;
	context.presence = presence_create();
	context.trust = trust_create();
	context.blocked = blocklist_create();
	presence_roster_item(context.presence, JID, SUBSCRIPTION_BOTH, false, false);
	for (int i = 0; i < DEVICES; i++)
		make_device(i, i != DEVICES - 1);
	who_can_be_asked();
	why_nobody_can();
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	blocklist_destroy(context.blocked);
	buf_finish(&trace);
	return tap_done();
}
