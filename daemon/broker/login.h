/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOGIN_H
#define DAEMON_LOGIN_H

/*
 * The login of the configured account. A password is kept for as long as it works, so a
 * keyring that locks itself meanwhile ends no connection. When the server refuses the
 * password, or there is none, its source is asked again: at once, after growing pauses, and
 * for each command of the user. A different password is tried at once. The same one is tried
 * seldom, and for commands only as often as a server tolerates (core/account/retry.h).
 * Failures of this machine, such as an unreadable device key, are retried as often as an
 * unreachable server.
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
	struct password *asking;	/* owned; the question to the source, NULL if none is
					   open */
	char *given;			/* a password the user typed, until it can be tried;
					   owned, may be NULL */
	bool registers;			/* the account is to be made with the given one */
	bool fresh;			/* the password was obtained after the last login that
					   worked */
	bool insist;			/* the source's answer is tried even if the server
					   refused it before */
	bool reconnecting;		/* the old connection is being destroyed */
	struct retry retry;
	uv_timer_t again;		/* when to ask the source again */
};

/* events: for each connection; borrowed. */
void login_init(struct broker *b, const struct account_events *events);

/*
 * Asks for the password and logs in. If the old connection is still being destroyed, begins
 * after that.
 */
void login_begin(struct broker *b);
/* The same after so many ms; a command does not wait for that. */
void login_begin_in(struct broker *b, uint64_t in);

/* Drops the connection. The caller calls login_begin() next, or ends the loop. */
void login_drop(struct broker *b);

/*
 * Takes a password for this run from a client with a terminal. It is tried at once, or when
 * the old connection is gone, or when the password being tried is refused. It takes
 * precedence over the source. Ignored while we are online. registers: the server is to make the
 * account first, with this password.
 */
void login_give_password(struct broker *b, const char *password, bool registers);

/* From account_events. */
void login_state(struct broker *b, enum account_state state, const struct message *trouble);

/*
 * A command needs the account: a failed login is tried again at once, with what is configured
 * now. The broker may have been stopped then, because it has no account any more.
 */
void login_wanted(struct broker *b);

/* The network has changed: a failed login is tried again at once. */
void login_network_changed(struct broker *b);

/* Why there is no connection. NULL if there is one, or an attempt is under way. */
const struct message *login_trouble(const struct broker *b);

/*
 * Sets *out to what the login waits for, for when login_trouble() is NULL and we are not
 * online.
 */
void login_awaits(const struct broker *b, struct message *out);

/*
 * When the next attempt is made, in ms of the loop's clock; 0: none is planned, or it is
 * under way.
 */
uint64_t login_retry_at(const struct broker *b);

/* The broker stops: ends the connection and the question to the source. */
void login_stop(struct broker *b);

#endif
