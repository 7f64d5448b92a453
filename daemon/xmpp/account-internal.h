/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_ACCOUNT_INTERNAL_H
#define DAEMON_ACCOUNT_INTERNAL_H

/*
 * The account's record, and what its three files say to each other: account.c is the state machine,
 * account-connect.c what it does until a server has let us in, and account-requests.c what it is
 * asked to say once we are logged in.
 */

#include "account.h"
#include "bulk.h"
#include "login-error.h"
#include "resolve.h"
#include "retry.h"
#include "stream.h"
#include "strophe-loop.h"

enum {
	STABLE = 60 * 1000,		/* ms; up for so long: the next retry is a first one */
	REQUEST_MAX = 15 * 1000,	/* ms; our own requests */
};

enum phase {
	PHASE_OFF,		/* not yet asked to connect */
	PHASE_WAITING,		/* before trying again */
	PHASE_RESOLVING,	/* which servers the domain has */
	PHASE_ADDRESSES,	/* of the next of them */
	PHASE_NEXT,		/* about to go on with the next address, or server */
	PHASE_DIALING,		/* TCP, TLS and login, by libstrophe */
	PHASE_BESIDE,		/* logged in beside our place; who is in it is asked for a sign of
				   life */
	PHASE_ROSTER,		/* logged in; the roster is on its way */
	PHASE_SETTLING,		/* presence is out; the pong behind it is on its way */
	PHASE_ONLINE,
	PHASE_BARRED,		/* a bad certificate, or our place is taken: before trying again */
	PHASE_FAILED,		/* the account is refused: until account_connect() */
	PHASE_YIELDING,		/* we make room for another machine, which may still ask us */
	PHASE_LEAVING,		/* account_destroy(): the farewell is on its way */
};

struct account {
	uv_loop_t *loop;
	char *bare, *server, *device;	/* owned; server may be NULL */
	char *place;			/* our full JID, unless somebody else has it; owned */
	const char *domain;		/* within bare */

	enum phase phase;
	struct message trouble;
	enum retry_cause cause;		/* of the trouble */
	bool failed;			/* something did, in this round of servers */
	uint64_t deadline;		/* of the phase; UINT64_MAX: none */
	struct retry retry;
	bool urgent;			/* the next retry is at once */
	bool beside;			/* the next login is beside our place */

	struct resolve *resolve;	/* while PHASE_RESOLVING and PHASE_ADDRESSES */
	struct srv_targets targets;
	char where[ENDPOINT_TEXT_MAX];	/* the one dialled last */

	struct strophe_loop *stream;	/* owned */
	struct login_error login;
	struct stream stanzas;
	struct bulk bulk;
	uint64_t up_since;

	bool keeps_approvals;		/* of the connection */

	uv_timer_t clock;
	uint64_t clock_at;		/* what it is set to; UINT64_MAX: nothing */

	void (*done)(void *arg);
	void *done_arg;
};

/*
 * The only writer of phase. in is how long it may last, in ms; UINT64_MAX: its
 * end is another event's.
 */
void xmpp_enter(struct account *x, enum phase phase, uint64_t in, const char *because);

/* Sets the clock to the earliest of all that is due. To be called when one of them has changed. */
void xmpp_arm(struct account *x);

/* Begins a round: looks up which servers the domain has. */
void xmpp_look_up(struct account *x, const char *because);
/* The next address, or the next server, or none is left and the round ends. */
void xmpp_go_on(struct account *x);
/* The name server has not answered in time. */
void xmpp_end_look_up(struct account *x);
/* A login did not come about, or a session ended (was_up); x->login knows why. */
void xmpp_login_failed(struct account *x, bool was_up);

#endif
