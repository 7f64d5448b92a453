/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

/*
 * The states, by what there is:
 *
 *   no key               the key could not be had: tried again later
 *   no xmpp              the password is being asked for, or could not be had: asked again later
 *   xmpp                 it reconnects by itself after a failure, unless the account is refused
 *   xmpp, refused        the password is being asked for again, or was the same: asked later
 *
 * After a refusal only the user knows what is wrong. They may have mended it in the
 * configuration, so a command has that read again (login_wanted()).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptor.h"
#include "alloc.h"
#include "broker.h"
#include "local-candidates.h"
#include "log.h"
#include "password.h"
#include "peer.h"
#include "random.h"
#include "wipe.h"

/*
 * ms; once the pause has grown to this, a refused password is tried once more, because the
 * refusal may have been the server's fault
 */
enum { INSIST_AFTER = 4 * 60 * 1000 };

static void ask(struct broker *b, bool insist);
static void wait_to_ask(struct broker *b, enum retry_cause cause);

static bool is_refused(const struct broker *b)
{
	enum message_id id = b->xmpp ? account_trouble(b->xmpp)->id : MSG_NONE;

	return b->xmpp && account_state(b->xmpp) == ACCOUNT_FAILED &&
	       (id == MSG_AUTH_FAILED || id == MSG_REGISTER_REFUSED ||
		id == MSG_REGISTER_ELSEWHERE);
}

static void on_again(uv_timer_t *timer)
{
	struct broker *b = timer->data;

	if (!b->identity.key)
		broker_identify(b);
	if (b->identity.key)
		ask(b, b->login.retry.pause >= INSIST_AFTER);
	else
		wait_to_ask(b, RETRY_MACHINE);
}

/* Nothing can be done now. Sessions that wait are told why. */
static void wait_to_ask(struct broker *b, enum retry_cause cause)
{
	struct login *a = &b->login;

	uv_timer_start(&a->again, on_again, retry_pause(&a->retry, cause), 0);
	broker_wake(b);
}

static void log_in(struct broker *b, const char *password)
{
	char resource[DEVICE_ID_LEN + 8];
	struct account_config config = {
		.jid = b->config->jid,
		.password = password,
		.resource = resource,
		.server = b->config->server,
		.ca_file = b->config->ca_file,
		.proxy = b->config->proxy,
		.pins = b->config->pins,
		.device = b->context.device,
	};

	/* A pin that is none stands for no key, so that no server is taken for the pinned one. */
	if (config.pins && !key_pins_valid(config.pins))
		log_error("xmpp.%s.pinnedPubkey: '%s' is not like sha256//<base64>",
			  b->config->account, config.pins);
	snprintf(resource, sizeof(resource), "git.%s", b->context.device);
	b->trouble.id = MSG_NONE;
	presence_roster_item(b->context.presence, b->config->jid, SUBSCRIPTION_BOTH, false, false);
	b->xmpp = account_create(b->loop, &config, b->login.events, b);
	if (!b->xmpp) {
		message_set(&b->trouble, MSG_NO_RESOURCES, "jid", b->config->jid, NULL);
		log_error("%s", b->trouble.text);
		wait_to_ask(b, RETRY_MACHINE);
		return;
	}
	if (b->login.registers)
		account_register(b->xmpp);
	b->login.registers = false;
	b->ibb_paths.xmpp = b->xmpp;
	account_connect(b->xmpp);
}

static void on_password(void *owner, const char *password, const struct message *trouble)
{
	struct broker *b = owner;
	struct login *a = &b->login;

	a->asking = NULL;
	a->fresh = true;
	if (!b->xmpp && password) {
		log_in(b, password);
		return;
	}
	if (!password)
		log_error("%s", trouble->text);
	if (!b->xmpp)
		b->trouble = *trouble;
	/*
	 * account_password() stores a different password. For the refused one it is false;
	 * that one is tried again only if insist is set.
	 */
	if (password && is_refused(b) && (account_password(b->xmpp, password) || a->insist))
		account_connect(b->xmpp);
	else
		wait_to_ask(b, !password && trouble->id == MSG_NO_RESOURCES ? RETRY_MACHINE
									    : RETRY_ACCOUNT);
}

static void forget_question(struct broker *b)
{
	uv_timer_stop(&b->login.again);
	password_destroy(b->login.asking);
	b->login.asking = NULL;
}

static void forget_given(struct login *a)
{
	if (a->given)
		wipe(a->given, strlen(a->given));
	free(a->given);
	a->given = NULL;
}

/* Whether a password could be tried now. */
static bool wants_password(const struct broker *b)
{
	return b->identity.key && b->config->account && !b->context.stopping &&
	       !b->login.reconnecting && (!b->xmpp || is_refused(b));
}

/* Tries the password that the user typed. False if there is none, or it has to wait. */
static bool try_given(struct broker *b)
{
	struct login *a = &b->login;

	if (!a->given || !wants_password(b))
		return false;
	forget_question(b);
	a->fresh = true;
	if (b->xmpp) {
		account_password(b->xmpp, a->given);
		if (a->registers)
			account_register(b->xmpp);
		a->registers = false;
		account_connect(b->xmpp);
	} else {
		log_in(b, a->given);
	}
	/* Without a connection the password has not been tried; keep it. */
	if (b->xmpp)
		forget_given(a);
	return true;
}

static void ask(struct broker *b, bool insist)
{
	struct login *a = &b->login;

	uv_timer_stop(&a->again);
	if (a->asking || b->context.stopping || a->reconnecting || try_given(b))
		return;
	if (!b->xmpp)
		b->trouble.id = MSG_NONE;
	a->insist = insist;
	a->asking = password_ask(b->loop, b->config, on_password, b);
}

void login_init(struct broker *b, const struct account_events *events)
{
	uint32_t seed;

	random_bytes(&seed, sizeof(seed));
	retry_init(&b->login.retry, seed);
	b->login.events = events;
	uv_timer_init(b->loop, &b->login.again);
	b->login.again.data = b;
}

void login_begin(struct broker *b)
{
	forget_question(b);
	retry_reset(&b->login.retry);
	if (b->context.stopping || b->xmpp || b->login.reconnecting)
		return;
	/* If there is no key, b->trouble says why already. */
	if (!b->config->account)
		message_set(&b->trouble, MSG_NO_ACCOUNT, NULL);
	if (b->config->account && b->identity.key)
		ask(b, false);
	else if (b->config->account)
		wait_to_ask(b, RETRY_MACHINE);
	else
		broker_wake(b);
}

void login_begin_in(struct broker *b, uint64_t in)
{
	if (in)
		uv_timer_start(&b->login.again, on_again, in, 0);
	else
		login_begin(b);
}

static void on_xmpp_gone(void *arg)
{
	struct broker *b = arg;

	b->login.reconnecting = false;
	login_begin(b);
}

void login_drop(struct broker *b)
{
	struct account *xmpp = b->xmpp;

	forget_question(b);
	/* The next login may be of another account. */
	forget_given(&b->login);
	if (!xmpp)
		return;
	ibb_paths_lost(&b->ibb_paths, "logged-out");
	while (b->peers.first)
		peer_end(b->peers.first, "logged-out");
	acceptors_end(&b->peers);
	meetings_end(&b->peers.meetings);
	if (b->local_candidates)
		local_candidates_online(b->local_candidates, NULL);
	b->xmpp = b->ibb_paths.xmpp = NULL;
	b->context.online_at = 0;
	b->login.reconnecting = true;
	account_destroy(xmpp, on_xmpp_gone, b);
}

void login_give_password(struct broker *b, const char *password, bool registers)
{
	struct login *a = &b->login;

	if (b->xmpp && account_state(b->xmpp) == ACCOUNT_ONLINE)
		return;
	log_info("a password was given");
	forget_given(a);
	a->given = xstrdup(password);
	a->registers = registers;
	try_given(b);
}

void login_state(struct broker *b, enum account_state state, const struct message *trouble)
{
	struct login *a = &b->login;

	if (state == ACCOUNT_ONLINE) {
		a->fresh = false;
		forget_given(a);
		retry_reset(&a->retry);
		uv_timer_stop(&a->again);
	}
	if (state != ACCOUNT_FAILED || !trouble || trouble->id != MSG_AUTH_FAILED || a->asking)
		return;
	if (a->fresh && !a->given)
		wait_to_ask(b, RETRY_ACCOUNT);
	else
		ask(b, false);
}

/* Tries a login again that has failed. */
static void try_again(struct broker *b)
{
	struct login *a = &b->login;

	if (a->asking)
		return;
	if (!b->xmpp || is_refused(b)) {
		if (!b->config->account)
			return;
		if (!b->identity.key) {
			broker_identify(b);
			login_begin(b);
			return;
		}
		ask(b, b->xmpp && retry_may_hurry(&a->retry, context_now(&b->context)));
	} else if (account_state(b->xmpp) == ACCOUNT_OFFLINE ||
		   account_state(b->xmpp) == ACCOUNT_FAILED) {
		account_connect(b->xmpp);
	}
}

void login_wanted(struct broker *b)
{
	if (b->context.stopping || b->login.reconnecting)
		return;
	/*
	 * The source of the password may hang: if the configuration names another one, this
	 * one is not waited for.
	 */
	if ((b->login.asking || !b->xmpp || is_refused(b)) && b->shared->mend(b->shared, b))
		return;
	try_again(b);
}

void login_network_changed(struct broker *b)
{
	if (!b->context.stopping && !b->login.reconnecting)
		try_again(b);
}

/* The login was lost, and is tried again without a pause. */
static bool tries_at_once(const struct broker *b)
{
	uint64_t at = account_retry_at(b->xmpp);

	return at && at <= context_now(&b->context);
}

const struct message *login_trouble(const struct broker *b)
{
	const struct message *trouble = b->xmpp ? account_trouble(b->xmpp) : &b->trouble;
	enum account_state state;

	if (b->login.asking || b->login.reconnecting || trouble->id == MSG_NONE)
		return NULL;
	if (!b->xmpp)
		return trouble;
	state = account_state(b->xmpp);
	if (state == ACCOUNT_OFFLINE && tries_at_once(b))
		return NULL;
	return state == ACCOUNT_FAILED || state == ACCOUNT_OFFLINE ? trouble : NULL;
}

void login_awaits(const struct broker *b, struct message *out)
{
	const struct config *c = b->config;

	if (b->login.asking)
		message_set(out, MSG_PASSWORD_AWAITED, "jid", c->jid, "command",
			    c->password_command ? c->password_command : "git credential fill",
			    NULL);
	else
		message_set(out, MSG_NOT_ONLINE, "jid", c->jid, NULL);
}

uint64_t login_retry_at(const struct broker *b)
{
	uint64_t at = b->xmpp ? account_retry_at(b->xmpp) : 0;

	if (!uv_is_active((const uv_handle_t *)&b->login.again))
		return at;
	return context_now(&b->context) + uv_timer_get_due_in(&b->login.again);
}

void login_stop(struct broker *b)
{
	if (!b->login.again.data)
		return;
	login_drop(b);
	forget_question(b);
	uv_close((uv_handle_t *)&b->login.again, NULL);
}
