/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

/*
 * A machine that gives out nothing, a source of passwords and a server: all of
 * them as they are told to be.
 */

#include <stdlib.h>
#include <string.h>

#include "acceptor.h"
#include "alloc.h"
#include "broker.h"
#include "local-candidates.h"
#include "log.h"
#include "password.h"
#include "peer.h"
#include "said.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 60 * 1000, SOON = 1500 };	/* ms */

static uv_loop_t loop;
static char account[] = "alice", jid[] = "alice@example.org";
static struct config config = { .account = account, .jid = jid };
static bool on_mend(struct broker_shared *s, struct broker *b)
{
	return false;
}

static struct broker_shared shared = { .loop = &loop, .mend = on_mend };
static struct broker broker = { .shared = &shared, .loop = &loop, .config = &config };
static const struct account_events events;
static struct account *const connection = (struct account *)&events;
static struct device_key *const key = (struct device_key *)&config;

static unsigned refused;	/* so often is no connection to be had */
static unsigned keyless;	/* so often is no key to be had */
static unsigned connected;
static password_done done;

struct account *account_create(uv_loop_t *of, const struct account_config *with,
			       const struct account_events *to, void *owner)
{
	if (refused == 0)
		return connection;
	refused--;
	return NULL;
}

void account_connect(struct account *x)
{
	connected++;
}

bool account_password(struct account *x, const char *password)
{
	return true;
}

void account_register(struct account *x)
{
}

enum account_state account_state(const struct account *x)
{
	return ACCOUNT_CONNECTING;
}

const struct message *account_trouble(const struct account *x)
{
	return &broker.trouble;
}

uint64_t account_retry_at(const struct account *x)
{
	return 0;
}

void account_destroy(struct account *x, void (*gone)(void *arg), void *arg)
{
	gone(arg);
}

struct password *password_ask(uv_loop_t *of, const struct config *with, password_done call,
			      void *owner)
{
	done = call;
	return (struct password *)&done;
}

void password_destroy(struct password *p)
{
}

void broker_identify(struct broker *b)
{
	if (keyless == 0)
		b->identity.key = key;
	else
		keyless--;
}

static uint64_t on_now(void *owner)
{
	return uv_now(&loop);
}

static const struct context_ops context_ops = { .now = on_now };

void ibb_paths_lost(struct ibb_paths *all, const char *why)
{
}

void local_candidates_online(struct local_candidates *r, struct account *xmpp)
{
}

void broker_wake(struct broker *b)
{
}

static bool is_connected(void *arg)
{
	if (!connected && broker.login.asking)
		done(&broker, "secret", NULL);
	return connected;
}

/* The source answers each time it is asked, until we are connected. */
static bool connects(void)
{
	connected = 0;
	return run_until(&loop, is_connected, NULL, PATIENCE);
}

/* ms until the next attempt. */
static uint64_t pause_now(void)
{
	uint64_t at = login_retry_at(&broker), now = uv_now(&loop);

	return at > now ? at - now : 0;
}

static void answer_none(enum message_id why)
{
	struct message trouble;

	message_set(&trouble, why, "jid", config.jid, NULL);
	done(&broker, NULL, &trouble);
}

static void drop(void)
{
	login_drop(&broker);
	broker.trouble.id = MSG_NONE;
}

int main(void)
{
	struct message awaited;

	log_init();
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	broker.context.ops = &context_ops;
	peers_init(&broker.peers, &broker.context);
	broker.context.presence = presence_create();
	broker.identity.key = key;
	login_init(&broker, &events);

	login_awaits(&broker, &awaited);
	says(awaited.id, MSG_NOT_ONLINE, "whoever asks before it has begun waits for the server");
	refused = 1;
	login_begin(&broker);
	login_awaits(&broker, &awaited);
	says(awaited.id, MSG_PASSWORD_AWAITED, "... then for the password");
	done(&broker, "secret", NULL);
	says(broker.trouble.id, MSG_NO_RESOURCES, "no connection could be begun");
	ok(pause_now() > 0 && pause_now() <= SOON, "it is tried again in a moment");
	ok(connects(), "... and then it is");
	drop();

	answer_none(MSG_NO_RESOURCES);
	ok(pause_now() > 0 && pause_now() <= SOON,
	   "where the source could not be asked, it is asked again in a moment");
	ok(connects(), "... and then it is");
	drop();

	answer_none(MSG_PASSWORD_NEEDED);
	ok(pause_now() >= 60 * 1000, "where it had none, it is left in peace");
	broker.identity.key = NULL;
	keyless = 1;
	login_begin(&broker);
	ok(pause_now() > 0 && pause_now() <= SOON,
	   "where no key could be had, that is tried again in a moment");
	ok(connects(), "... and again, by itself");
	is_int(keyless, 0, "... until there is one");

	login_stop(&broker);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	presence_destroy(broker.context.presence);
	return tap_done();
}
