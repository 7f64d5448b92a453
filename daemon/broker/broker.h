/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BROKER_H
#define DAEMON_BROKER_H

/*
 * The broker of one account: all that a git-xmpp-daemon knows and does for it. It owns the
 * parts below and connects them with each other. Nothing of one account is told to another
 * (accounts.h). Without an account there is one broker, which can only say so.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "account-list.h"
#include "account.h"
#include "admission.h"
#include "backoff-timer.h"
#include "clock.h"
#include "config.h"
#include "connections.h"
#include "context.h"
#include "draining.h"
#include "follower-port.h"
#include "git-run.h"
#include "git-service.h"
#include "ibb-path.h"
#include "identity.h"
#include "join-attempt.h"
#include "keyring.h"
#include "list.h"
#include "login.h"
#include "notice-board.h"
#include "peers.h"
#include "quota.h"
#include "service-process.h"
#include "session.h"
#include "share-answers.h"
#include "share-list.h"
#include "twin.h"

struct announcer;
struct broker;
struct comparisons;
struct conn;
struct device_news;
struct follower;
struct granting;
struct held_command;
struct inquirer;
struct join;
struct join_waiting;
struct peer;
struct push_queue;
struct local_candidates;
struct requester;
struct roster;
struct sink;
struct service_manager;
struct unsettled;
struct pending_reply;

/* What the brokers of a process share, and what they ask of their owner. */
struct broker_shared {
	uv_loop_t *loop;			/* all borrowed */
	const char *socket_path;
	struct sink *sink;			/* reads what git processes print after the broker
						   has ended */
	char *hooks;				/* as push_hooks_begin() returns it; NULL: none */
	struct service_manager *manager;	/* told how it goes */
	bool several;				/* there is more than one account, so what is said
						   names it */
	/* A burst of work has ended: memory may be returned to the system. */
	void (*worked)(struct broker_shared *shared);
	/*
	 * The login of b waits for the user. If its account is configured in another way by
	 * now, obeys that and returns true. b may have been stopped then.
	 */
	bool (*mend)(struct broker_shared *shared, struct broker *b);
	/* How many clients have not read all that was sent to them. */
	unsigned (*reading)(const struct broker_shared *shared);
	/* b was to stop when nothing is transferred any more, and nothing is. */
	void (*drained)(struct broker_shared *shared, struct broker *b);
	/* b stops: its clients go. They are told why, which may be NULL. */
	void (*dismiss)(struct broker_shared *shared, struct broker *b, const struct message *why);
};

struct broker {
	struct broker *next;			/* in the list of its owner */
	struct broker_shared *shared;		/* borrowed */
	uv_loop_t *loop;
	struct context context;			/* what every part may read; its tables are
						   owned here */
	struct clock clock;			/* drives context.timers */
	char configured[JID_MAX];		/* bare JID of the account as it is configured;
						   "" without one */
	struct identity identity;
	struct keyring keyring;			/* changes and saves the trust table */
	struct buf remembered;			/* the table before a device's word, or an
						   invitation, is applied */
	struct buf remembered_invitations;	/* those before one is used */
	struct device_news *device_news;	/* owned; what devices say of each other */
	struct config *config;			/* owned; what the user's git configuration says */
	struct inquirer *inquirer;		/* owned; asks unseen buddies whether they are
						   there */
	struct requester *requester;		/* owned; repeats subscription requests that
						   have no answer */
	struct roster *roster;			/* owned; the roster that is being read at
						   login, otherwise NULL */
	bool server_blocks;			/* the server has a blocklist (XEP-0191) */
	struct account *xmpp;			/* owned; NULL without an account */
	struct login login;			/* makes xmpp, and tries again */
	struct message trouble;			/* why xmpp is NULL, or MSG_NONE */
	struct ibb_paths ibb_paths;
	struct local_candidates *local_candidates;	/* owned; our addresses and proxies */
	struct connections connections;		/* makes the paths of peers */
	struct peers peers;			/* the links; each is made on demand */
	struct comparisons *comparisons;	/* owned; words that two users compare */
	struct git_run_host host;		/* given to each git that we run for the user */
	struct announcer *announcer;		/* owned; announces our refs to buddies */
	struct follower_port follower_port;
	struct follower *follower;		/* owned; fetches what buddies announce */
	struct push_queue *push_queue;		/* owned; delivers queued pushes */
	struct unsettled *unsettled;		/* owned; our pushes whose outcome is unknown */
	struct sessions sessions;
	/* commands that wait for the login; owned by their connections */
	struct held_command *held_commands;
	/* commands whose answer waits for the server; owned by their connections */
	struct pending_reply *pending_replies;
	struct join *joins;			/* commands that use an invitation; owned by
						   their connections */
	struct admission admission;		/* whom invitations let in */
	struct join_attempts join_attempts;	/* at using those of others */
	struct join_waiting *join_waiting;	/* owned; uses invitations of inviters who were
						   away */
	struct granting *grantings;		/* owned; rights that are being written into the
						   configuration */
	struct draining draining;		/* lets transfers end before the broker stops */
	struct twins twins;			/* other machines that are online as this device */
	uint64_t twin_since;			/* unix seconds, when the journal was told of a
						   twin; 0: there is none */
	/* git processes that serve other devices */
	struct git_services git_services;
	struct service_host service_host;
	uv_timer_t grace;			/* runs after login while presences may still
						   arrive */
	struct share_answers share_answers;	/* tells devices what they may use here */
	struct share_lists share_lists;		/* asks devices what we may use there */
	struct notice_board notice_board;	/* tells the user what waits */
};

/*
 * Makes all parts, with the key and the trust table of the account of config, which is taken
 * over. If these cannot be read, b->trouble says why; they are tried again. broker_log_in()
 * follows.
 */
void broker_start(struct broker *b, struct broker_shared *shared, struct config *config);
/* in: after so many ms, unless a command wants the account before. */
void broker_log_in(struct broker *b, uint64_t in);

/*
 * Ends all work; the loop then runs out of handles. Clients are told why, which may be NULL.
 * May be called twice.
 */
void broker_stop(struct broker *b, const struct message *why);

/* The stopped broker lets go of its key, so that another broker may be of the same account. */
void broker_forget(struct broker *b);
void broker_finish(struct broker *b);

/*
 * The configuration was read again: takes over fresh. What is served and is not allowed any
 * more has ended then; ended is as for git_services_review(). If the account is another, or
 * has failed, logs in anew.
 */
void broker_configure(struct broker *b, struct config *fresh, transfer_ended *ended, void *arg);

/* How well this account knows jid. */
enum account_knowledge broker_knows(const struct broker *b, const char *jid);

/* A client that was given to this account wants a session. */
void broker_open(struct broker *b, struct conn *conn, struct fields open);

/*
 * The account's state or somebody's presence has changed: sessions and unsettled pushes
 * check again whether their device is there.
 */
void broker_wake(struct broker *b);

/* The service manager shows how the default account goes. */
void broker_tell_manager(struct broker *b);

/*
 * Assumes the identity of the configured account, unless it is the present one. On failure
 * b->trouble says why.
 */
void broker_identify(struct broker *b);

/*
 * The key of the account is about to change on the disk: ends all links and logs out. Then
 * broker_log_in_anew() reads the key and the trust table again, and logs in.
 */
void broker_log_out(struct broker *b);
void broker_log_in_anew(struct broker *b);

#endif
