/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LOGIN_ERROR_H
#define DAEMON_LOGIN_ERROR_H

/*
 * How far a login came and why it failed. libstrophe reports a wrong password, a
 * refused port and a dropped line alike; what tells them apart is in its debug
 * log only. The lines of that log hold passwords in transit: here they are looked
 * at, a few words are noted, and none is kept or passed on.
 */

#include <stdbool.h>

#include "message.h"
#include "retry.h"
#include "srv-targets.h"

struct login_error {
	bool offers_acks;	/* the server offers XEP-0198 */
	bool keeps_approvals;	/* and RFC 6121 3.4 */
	/* what failed, from the earliest stage on */
	int tcp_error;		/* errno, 0: none */
	bool no_tls;		/* the server offers no TLS */
	bool no_ca;		/* our file of certificates cannot be read */
	bool tls_failed;
	char tls_reason[80];
	char certificate[80];	/* empty: nothing wrong with it */
	bool no_mechanism;	/* no way to log in that both know */
	char sasl[40];		/* of the refusal that came furthest, the first such; or empty */
	unsigned sasl_steps;	/* how far that was: challenges before it */
	unsigned steps;		/* challenges since the last refusal */
	char refusal[80];	/* after the login proper: resource binding */
	bool bind_refused;	/* our resource: it may be taken */
	char stream_error[120];
	/* where the server sends us on to; empty: nowhere */
	char other_host[SRV_TARGET_HOST_MAX];
	const char *excess;	/* what the server said that was too much, static; or NULL */
	bool replaced;		/* another connection took our resource */
	bool copied;		/* another machine is this device, and we make room for it */
	bool late;		/* a deadline passed */
};

void login_error_begin(struct login_error *l);
void login_error_line(struct login_error *l, const char *line);
void login_error_certificate(struct login_error *l, const char *why);

/* It has failed for good, whatever libstrophe still waits for: the connection may be cut. */
bool login_error_hopeless(const struct login_error *l);

/* The user's name as SCRAM says it: ',' is "=2C", '=' is "=3D" (RFC 5802 5.1). Malloced. */
char *login_error_saslname(const char *local);

/*
 * Whether another server of the domain would say the same: it was said of the account, or of our
 * place, and not by a server that is in trouble.
 */
bool login_error_is_final(const struct login_error *l);

/*
 * What to tell the user when a login at `where` (host:port) failed, or a session
 * ended (was_up), and what kind of failure that is.
 */
enum retry_cause login_error_trouble(const struct login_error *l, const char *jid,
				     const char *domain, const char *where, bool was_up,
				     struct message *out);

#endif
