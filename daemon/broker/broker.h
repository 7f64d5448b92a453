/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BROKER_H
#define DAEMON_BROKER_H

/*
 * The broker: what one user's git-xmpp-daemon knows and does. It owns
 * everything below and lets the parts find each other.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "account.h"
#include "backoff-timer.h"
#include "clock.h"
#include "config.h"
#include "connections.h"
#include "context.h"
#include "follower-port.h"
#include "git-run.h"
#include "git-service.h"
#include "heap-trim.h"
#include "ibb-path.h"
#include "identity.h"
#include "keyring.h"
#include "list.h"
#include "log-budget.h"
#include "log.h"
#include "login.h"
#include "peers.h"
#include "quota.h"
#include "service-process.h"
#include "session.h"
#include "twin.h"

struct announcer;
struct control;
struct follower;
struct inquirer;
struct peer;
struct push_queue;
struct local_candidates;
struct requester;
struct roster;
struct sink;
struct unsettled;
struct pending_reply;

struct broker {
	uv_loop_t *loop;
	struct context context;			/* what all parts may ask; its tables are owned
						   here */
	struct clock clock;			/* of its timers */
	struct identity identity;
	struct keyring keyring;			/* changes the trust table */
	struct config *config;			/* owned; what the user's git configuration says */
	struct inquirer *inquirer;		/* owned; asks who is not seen */
	struct requester *requester;		/* owned; asks again who has not answered */
	struct roster *roster;			/* owned; NULL but while a whole one is read */
	bool server_blocks;			/* it has such a list */
	struct account *xmpp;			/* owned; NULL without an account */
	struct login login;			/* of that xmpp */
	struct message trouble;			/* why there is no xmpp, or MSG_NONE */
	struct ibb_paths ibb_paths;
	struct local_candidates *local_candidates;	/* owned; how we can be reached otherwise */
	struct connections connections;		/* how their paths are made */
	struct peers peers;			/* links, made when wanted */
	struct sink *sink;			/* owned; reads for git processes that outlive us */
	struct git_run_host host;		/* of each git that we run for the user */
	struct announcer *announcer;		/* owned; tells buddies where our refs are */
	struct follower_port follower_port;
	struct follower *follower;		/* owned; fetches what buddies announce */
	struct push_queue *push_queue;		/* owned; pushes what waited for a buddy */
	struct control *control;		/* owned; the Unix socket */
	struct unsettled *unsettled;		/* owned; pushes of ours that were cut */
	struct sessions sessions;
	/* owned by their connections; answers that wait for the server */
	struct pending_reply *pending_replies;
	uint64_t started;			/* unix seconds */
	struct twins twins;			/* other machines that are online as this device */
	uint64_t twin_since;			/* unix seconds, when that was said; 0: none */
	/* git processes that serve others, in these places: */
	struct git_services git_services;
	struct service_host service_host;
	struct log_budget budgets[LOG_BOOKS];	/* of what others cause to be written down */
	uv_timer_t grace;			/* runs while presences may still come */
	struct heap_trim heap_trim;		/* after work has ended */
};

/*
 * 0, or -1 with *trouble set: a key or trust table that cannot be read, no socket. socket_path must
 * outlive the broker.
 */
int broker_start(struct broker *b, uv_loop_t *loop, const char *socket_path,
		 struct message *trouble);

/* Ends everything; the loop runs dry soon after. May be called twice. */
void broker_stop(struct broker *b);
void broker_finish(struct broker *b);

/*
 * The user's git configuration has changed: account, shares. -1, logged and with *trouble, if it
 * cannot be read: then what was read before holds. Else git_services_review() is due.
 */
int broker_reload(struct broker *b, struct message *trouble);

/* A device whose presence is not there has answered at this full JID. */
void broker_answered(struct broker *b, const char *full);

/* The account's state or somebody's presence has changed: what waits for a device looks again. */
void broker_wake(struct broker *b);

/* A device that was seen at this full JID is not there; the presence table knows that already. */
void broker_device_gone(struct broker *b, const char *full, const char *device);
/* A device has opened a path from this full JID and proved that it is itself: so it is there. */
void broker_met_at(struct broker *b, const char *full, const char *device);

/*
 * A link with a device of jid has come up, so it is there, whatever presence
 * says: what waited for it goes on.
 */
void broker_linked(struct broker *b, const char *jid);

/* The user has just trusted a device of theirs: what waited for one that is online goes on. */
void broker_trust_granted(struct broker *b, const char *jid);

/*
 * Devices of jid that are online and whose key is not known show it: those of somebody of whom
 * the first one is expected, our own other ones, or, if unknown, all.
 */
void broker_meet_devices(struct broker *b, const char *jid, bool unknown);

/*
 * Takes on the identity of the configured account, if the present one is not that. b->trouble
 * says why it could not.
 */
void broker_identify(struct broker *b);

#endif
