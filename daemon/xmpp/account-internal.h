/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_INTERNAL_H
#define DAEMON_ACCOUNT_INTERNAL_H

/*
 * The account's record, and what its three files call of each other: account.c is the state
 * machine, account-connect.c makes the connection and the login, and account-requests.c sends
 * requests once we are logged in.
 */

#include "account.h"
#include "bulk.h"
#include "login-error.h"
#include "proxy-dial.h"
#include "resolve.h"
#include "retry.h"
#include "stream.h"
#include "strophe-loop.h"

enum {
	STABLE = 60 * 1000,		/* ms; after a session of this length the back-off starts
					   anew */
	REQUEST_MAX = 15 * 1000,	/* ms; our own requests */
};

enum phase {
	PHASE_OFF,		/* not yet asked to connect */
	PHASE_WAITING,		/* before trying again */
	PHASE_RESOLVING,	/* looking up the domain's servers */
	PHASE_ADDRESSES,	/* looking up the addresses of one server */
	PHASE_NEXT,		/* about to try the next address, or server */
	PHASE_PROXY,		/* the proxy connects us to one server */
	PHASE_DIALING,		/* TCP, TLS and login, by libstrophe */
	PHASE_BESIDE,		/* logged in beside our place; a ping to our place waits for its
				   answer */
	PHASE_ROSTER,		/* logged in, all is asked; the roster is on its way */
	PHASE_SETTLING,		/* the roster is here; the ping behind our presence waits for its
				   answer */
	PHASE_ONLINE,
	PHASE_BARRED,		/* waiting to retry after a bad certificate, because our place is
				   taken, or because this machine is out of resources */
	PHASE_FAILED,		/* the account is refused; waits for account_connect(), which its
				   owner calls again after a pause */
	PHASE_YIELDING,		/* we leave our place to another machine, which may still ping
				   us */
	PHASE_LEAVING,		/* account_destroy(): waiting for the stream's end */
};

struct account {
	uv_loop_t *loop;
	char *bare, *server, *device;	/* owned; server may be NULL */
	char *pins;			/* owned; may be NULL */
	bool by_proxy;			/* the server is reached by the proxy only */
	struct proxy_url proxy;		/* its host is empty if the configured one is no URL */
	struct srv_target proxy_target;	/* the one of PHASE_PROXY */
	struct proxy_dial *proxy_dial;	/* of PHASE_PROXY; else NULL */
	char *place;			/* the full JID that we want; owned */
	const char *domain;		/* within bare */

	enum phase phase;
	struct message trouble;
	enum retry_cause cause;		/* of the trouble */
	bool failed;			/* an attempt of this round failed */
	uint64_t deadline;		/* of the phase; UINT64_MAX: none */
	struct retry retry;
	bool urgent;			/* the next retry waits for no pause */
	uint64_t unheard_until;		/* ms; before that, one who is not heard waits for it */
	bool beside;			/* the next login is beside our place */

	struct resolve *resolve;	/* the look-up of PHASE_RESOLVING or PHASE_ADDRESSES;
					   else NULL */
	struct srv_targets targets;
	char looked_up[SRV_TARGET_HOST_MAX];	/* the host of PHASE_ADDRESSES */
	char where[LOGIN_WHERE_MAX];	/* the endpoint dialled last */
	struct login_tries tries;	/* of this round */
	bool starttls_first;		/* the last login on this network was by STARTTLS */

	struct strophe_loop *stream;	/* owned */
	struct login_error login;
	bool registers;			/* the account is to be made first */
	bool made;			/* it was made on the stream that ends now */
	struct registration registration;
	struct stream stanzas;
	struct bulk bulk;
	uint64_t up_since;

	bool settled;			/* the ping behind our presence was answered */
	bool keeps_approvals;		/* account_keeps_approvals() of this connection */

	uv_timer_t clock;
	uint64_t clock_at;		/* when the timer fires; UINT64_MAX: not set */

	void (*done)(void *arg);
	void *done_arg;
};

/*
 * The only writer of phase. in: how long the phase may last, in ms; UINT64_MAX: another event
 * ends it. because: the reason, for the log.
 */
void xmpp_enter(struct account *x, enum phase phase, uint64_t in, const char *because);

/* Sets the timer to the earliest deadline. To be called after any deadline has changed. */
void xmpp_arm(struct account *x);

/* Begins a round: looks up the domain's servers. */
void xmpp_look_up(struct account *x, const char *because);
/* Tries the next address, or the next server; ends the round if none is left. */
void xmpp_go_on(struct account *x);
/* Notes for the user how the login at x->where went, if it is over. */
void xmpp_note_try(struct account *x, enum login_stage stage, const char *reason);
/* The proxy has not answered in time. */
void xmpp_end_proxy(struct account *x);
/* The name server has not answered in time. */
void xmpp_end_look_up(struct account *x);
/* A login failed, or a session ended (was_up). x->login tells why. */
void xmpp_login_failed(struct account *x, bool was_up);

#endif
