/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker.h"

/* A disk that is full for a while. */

#include "alloc.h"
#include "contacts.h"
#include "log.h"
#include "peer.h"
#include "store.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 60 * 1000 };	/* ms */

static uv_loop_t loop;
static struct broker broker = { .loop = &loop, .account = "alice@example.org" };
static unsigned refused, kept;

int store_write_trust(const char *jid, const struct trust *trust, struct message *trouble)
{
	if (refused > 0) {
		refused--;
		message_set(trouble, MSG_STATE_FILE, "path", "devices", "reason", "no space", NULL);
		return -1;
	}
	kept++;
	return 0;
}

void contacts_note(struct broker *b, const char *jid)
{
}

void broker_trust_granted(struct broker *b, const char *jid)
{
}

static void on_save_again(void *owner)
{
	broker_save(owner);
}

static bool is_kept(void)
{
	return run_until_more(&loop, &kept, PATIENCE);
}

int main(void)
{
	struct buf before = { 0 };
	struct message trouble;

	log_init();
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	broker.context.trust = trust_create();
	pause_init(&broker.unsaved, &loop, on_save_again, &broker);
	refused = 2;
	broker_save(&broker);
	is_int(kept, 0, "what was taken away could not be kept");
	ok(is_kept(), "it is tried again by itself, until it is");
	is_int(pause_left(&broker.unsaved), 0, "... and no longer");
	refused = 1;
	broker_save(&broker);
	broker_remember(&broker, &before);
	is_int(broker_keep(&broker, &before, &trouble), 0, "what else is kept takes it along");
	is_int(pause_left(&broker.unsaved), 0, "... and it need not be tried any more");
	trust_destroy(broker.context.trust);
	pause_close(&broker.unsaved, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return tap_done();
}
