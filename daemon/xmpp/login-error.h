/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOGIN_ERROR_H
#define DAEMON_LOGIN_ERROR_H

/*
 * How far a login got, and why it failed. libstrophe reports a wrong password, a refused port
 * and a broken connection alike; only its debug log tells them apart. That log contains
 * passwords in transit: a line is scanned, a few words are noted, and no line is kept or
 * passed on.
 */

#include <stdbool.h>

#include "login-tries.h"
#include "message.h"
#include "registration.h"
#include "retry.h"
#include "server-key.h"
#include "srv-targets.h"

struct login_error {
	bool offers_acks;	/* the server offers XEP-0198 */
	bool keeps_approvals;	/* the server offers RFC 6121 3.4 (pre-approval) */
	/* what failed, by the stage of the login */
	int tcp_error;		/* errno, 0: none */
	bool no_tls;		/* the server offers no TLS */
	bool no_ca;		/* our file of certificates cannot be read */
	bool tls_failed;
	char tls_reason[80];
	char certificate[80];	/* why it does not verify; empty: no trouble */
	bool no_mechanism;	/* the server offers no SASL mechanism that we know */
	char sasl[40];		/* condition of the refusal after the most steps; or empty */
	unsigned sasl_steps;	/* challenges before that refusal */
	unsigned steps;		/* challenges since the last refusal */
	char refusal[80];	/* why a stage besides SASL failed, such as resource binding */
	bool bind_refused;	/* our resource was refused; it may be taken */
	char stream_error[120];
	/* where the server redirects us; empty: nowhere */
	char other_host[SRV_TARGET_HOST_MAX];
	const char *excess;	/* static text on what was too much of the server's; or NULL */
	bool replaced;		/* another connection took our resource */
	bool copied;		/* another machine is online as this device; we leave our place
				   to it */
	bool late;		/* a deadline passed */
	bool unheard;		/* what we say does not get there */
	char unregistered[160];	/* why the server makes no account for us; empty: no trouble */
	/* where a person makes one; empty: not told */
	char elsewhere[REGISTRATION_URL_MAX];
	/* the key that the server showed; empty: none */
	char key[KEY_PIN_TEXT_MAX];
	bool key_refused;	/* it is not the pinned one */
	const char *pins;	/* borrowed: the pinned ones; NULL: none */
	bool direct_tls;	/* TLS comes before the first features */
	unsigned features;	/* so often the server told its features */
};

void login_error_begin(struct login_error *l);
void login_error_line(struct login_error *l, const char *line);
void login_error_certificate(struct login_error *l, const char *why);

/* Whether the login has failed for good, whatever libstrophe still waits for: it may be cut. */
bool login_error_hopeless(const struct login_error *l);

/* The user's name with SCRAM's escapes: ',' is "=2C", '=' is "=3D" (RFC 5802 5.1). Malloced. */
char *login_error_saslname(const char *local);

/*
 * Whether every server of the domain would say the same: the failure concerns the account or
 * our place, and not one server's trouble.
 */
bool login_error_is_final(const struct login_error *l);

/* Takes over what the server's key tells. */
void login_error_key(struct login_error *l, const struct server_key *key);

/* The stage at which a login failed, and why, without the place. */
enum login_stage login_error_stage(const struct login_error *l);
void login_error_reason(const struct login_error *l, char *out, size_t size);

/*
 * Fills in the message for the user when a login at `where` (host:port) failed, or a session
 * ended (was_up). Returns the kind of failure.
 */
enum retry_cause login_error_trouble(const struct login_error *l, const char *jid,
				     const char *domain, const char *where, bool was_up,
				     struct message *out);

#endif
