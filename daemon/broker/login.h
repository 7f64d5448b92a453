/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOGIN_H
#define DAEMON_LOGIN_H

/*
 * The login of the configured account: with which password, and when that is asked for again. The
 * password is kept for as long as it works, so that a keyring that has locked itself meanwhile
 * ends no connection. When the server refuses it, or there was none, the source is asked again:
 * at once, after pauses that grow, and for each command of the user's. Another password is tried
 * at once; the same one seldom, and for commands only as often as a server bears it
 * (core/retry.h). What only this machine keeps from us, the device key included, is tried for
 * as often as a server that is not there.
 */

#include <stdbool.h>
#include <uv.h>

#include "account.h"
#include "message.h"
#include "retry.h"

struct broker;
struct password;

struct login {
	const struct account_events *events;	/* borrowed */
	struct password *asking;	/* owned; the source is being asked */
	char *given;			/* the user's own word, until it can be tried; owned, may be
					   NULL */
	bool fresh;			/* the password is younger than the last login that
					   worked */
	bool insist;			/* what is asked for is tried, refused before or not */
	bool reconnecting;		/* the old xmpp is being destroyed */
	struct retry retry;
	uv_timer_t again;		/* when to ask the source again */
};

/* events are those of each connection; borrowed. */
void login_init(struct broker *b, const struct account_events *events);

/*
 * Asks for the password and logs in, with the account's old connection, if any, out of the way
 * first.
 */
void login_begin(struct broker *b);

/* Lets go of the connection; login_begin() or the end of the loop follows. */
void login_drop(struct broker *b);

/*
 * A password for this run, from a client with a terminal: tried at once, or as soon as the old
 * connection is gone, or what is being tried is refused. It comes before what the source says.
 * Online it is not needed.
 */
void login_give_password(struct broker *b, const char *password);

/* From account_events. */
void login_state(struct broker *b, enum account_state state, const struct message *trouble);

/*
 * A command wants to be served, or the network is another one: what failed is tried again at
 * once.
 */
void login_wanted(struct broker *b);

/* Why there is no connection, or NULL: there is one, or an attempt is under way. */
const struct message *login_trouble(const struct broker *b);

/* What is waited for where login_trouble() has nothing to say and we are not online, in *out. */
void login_awaits(const struct broker *b, struct message *out);

/* ms of the loop, of the next attempt; 0: none is planned, or it is now. */
uint64_t login_retry_at(const struct broker *b);

/* The broker stops. */
void login_stop(struct broker *b);

#endif
