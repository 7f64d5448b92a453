/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keyring.h"

/* A disk that is full for a while. */

#include "alloc.h"
#include "log.h"
#include "state-files.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 60 * 1000 };	/* ms */

static uv_loop_t loop;
static struct context context;
static const struct identity identity = { .account = "alice@example.org" };
static struct keyring keyring = { .context = &context, .identity = &identity };
static unsigned refused, kept;

int state_files_write_trust(const char *jid, const struct trust *trust, struct message *trouble)
{
	if (refused > 0) {
		refused--;
		message_set(trouble, MSG_STATE_FILE, "path", "devices", "reason", "no space", NULL);
		return -1;
	}
	kept++;
	return 0;
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
	context.trust = trust_create();
	keyring_begin(&keyring, &loop);
	refused = 2;
	keyring_save(&keyring);
	is_int(kept, 0, "what was taken away could not be kept");
	ok(is_kept(), "it is tried again by itself, until it is");
	is_int(backoff_timer_left(&keyring.unsaved), 0, "... and no longer");
	refused = 1;
	keyring_save(&keyring);
	keyring_remember(&keyring, &before);
	is_int(keyring_keep(&keyring, &before, &trouble), 0, "what else is kept takes it along");
	is_int(backoff_timer_left(&keyring.unsaved), 0, "... and it need not be tried any more");
	trust_destroy(context.trust);
	keyring_end(&keyring);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return tap_done();
}
