/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GIT_SERVICE_H
#define CORE_GIT_SERVICE_H

/*
 * A git service: git's upload-pack, receive-pack or upload-archive, run for a device, with its
 * standard streams joined to a channel. Pure: a table of functions runs the process itself;
 * the daemon has it in service-process.h.
 */

#include "peer.h"
#include "services.h"
#include "transfer.h"

struct outcomes;

/* What runs git processes, and one such process; defined at the other side of the table. */
struct service_host;
struct service_process;

/* Which process to start. Strings are valid during the call. */
struct service_start {
	enum service service;
	const char *share;
	const char *path;		/* the directory of the share */
	const char *jid, *device;	/* the device that it runs for */
	bool verified;			/* the user has verified the device's key */
	const char *git_protocol;	/* GIT_PROTOCOL as the device asks for it; "" if it does
					   not */
	const char *rules;		/* of a push, as ref_rules_write() has them; NULL: there are
					   none */
	uint64_t max_pack;		/* bytes of its pack; 0: no limit of the share's */
};

/* Events of a process; none comes within start(). */
struct service_events {
	void (*output)(void *owner, const void *data, size_t n);
	void (*error_output)(void *owner, const void *data, size_t n);
	/*
	 * The process has taken n bytes of write(), or never will take them. May come within
	 * write().
	 */
	void (*wrote)(void *owner, size_t n);
	/*
	 * The process has exited, and all that it wrote was delivered. This is the last event, and
	 * the process is freed. term_signal: the signal that ended it, or 0.
	 */
	void (*exited)(void *owner, int status, int term_signal);
};

/* How a process is started and controlled; child.h has the details. */
struct service_ops {
	/* Whether there is a directory at this path. */
	bool (*is_directory)(struct service_host *host, const char *path);
	/*
	 * Starts a process. NULL if that fails; *why says why and is static. A receive-pack is
	 * protected.
	 */
	struct service_process *(*start)(struct service_host *host,
					 const struct service_start *start,
					 const struct service_events *events, void *owner,
					 const char **why);
	/* Sends the process data, which is copied. */
	void (*write)(struct service_process *p, const void *data, size_t n);
	/* Ends the process's input after what was written. */
	void (*end_input)(struct service_process *p);
	/* Ends the process's input now; what the process has not taken yet is dropped. */
	void (*cut_input)(struct service_process *p);
	/* Stops reading the process's standard output, or reads it again. */
	void (*pause)(struct service_process *p, bool pause);
	/* Ends the process after so many ms. exited() comes as always. */
	void (*limit)(struct service_process *p, uint64_t ms);
	/* Of a push with rules: all of its refs change or none, which git-xmpp-hook has to know. */
	void (*atomic)(struct service_process *p);
	/*
	 * Of a push with rules: appends the one by which git-xmpp-hook has declined a ref.
	 * False if that was not our hook.
	 */
	bool (*declined)(struct service_process *p, const char *ref, struct buf *why);
	/*
	 * Nobody wants the process any more: it is told to end, or, if it is protected, runs
	 * on by itself. No event comes any more. gone() is called once, when the process has
	 * ended; that may be within the call. The process is freed then.
	 */
	void (*leave)(struct service_process *p, void (*gone)(void *arg), void *arg);
};

/* What the owner is told. None of these functions may call back. */
struct git_services_events {
	/* A transfer is over: write its line of the journal. */
	void (*over)(void *owner, const struct transfer *t);
	/* A request was refused. reason: a word as for REFUSE. */
	void (*refused)(void *owner, const char *jid, const char *share, enum service service,
			const char *reason);
};

/* All git services of one account. */
struct git_services {
	struct context *context;	/* borrowed */
	struct peers *peers;		/* borrowed */
	const struct service_ops *ops;
	struct service_host *host;	/* borrowed */
	const struct git_services_events *events;
	void *owner;			/* of events */
	struct services services;	/* the places; each run is the first member of a
					   git_service */
	struct list leaving;		/* git_service::leaving; oldest first */
	struct outcomes *outcomes;	/* owned; what a device can ask for after it lost its
					   link */
};

void git_services_init(struct git_services *all, struct context *context, struct peers *peers,
		       const struct service_ops *ops, struct service_host *host,
		       const struct git_services_events *events, void *owner);
/* Call it when all processes have ended, also those that were left. */
void git_services_finish(struct git_services *all);

/* NULL if the device may use the share by this service; else the reason for REFUSE. */
const char *git_service_authorize(struct git_services *all, struct peer *peer, enum service service,
				  const char *share);

/*
 * Starts the process; neg_started() or neg_failed() follows. Returns what git_service_stop()
 * and git_service_view() take; NULL: neg_failed() was called, or the request was withdrawn.
 */
void *git_service_start(struct git_services *all, struct peer *peer, struct negotiation *neg);

/* Whether a push of the device to the share still runs whose negotiation is over. */
bool git_services_hold_turn(const struct git_services *all, const struct peer *peer,
			    const char *share);

/* The device asks for the outcome of a push: appends the fields of the answer (outcome.h). */
void git_services_answer_outcome(struct git_services *all, const struct peer *peer, const char *id,
				 uint64_t received, struct buf *fields);

/*
 * The shares have changed: ends at once what runs and is not allowed any more. ended, if not
 * NULL, is called for each of those.
 */
void git_services_review(struct git_services *all, transfer_ended *ended, void *arg);

/*
 * The user ends what moves data under the id of this negotiation, and ended is called. A push
 * that has arrived whole is told of, and goes on: git may be changing the repository.
 */
void git_services_end(struct git_services *all, const char *id, transfer_ended *ended, void *arg);

/*
 * jid, or only that device of it, has lost its rights. Its pushes that have lost their link
 * finish, and the journal gives the reason.
 */
void git_service_orphans_revoke(struct git_services *all, const char *jid, const char *device,
				const char *reason);

/* The peer's link has lost its path (cut_off), or has one again. */
void git_services_cut_off(struct git_services *all, const struct peer *p, bool cut_off);

/* The broker stops: lets go of pushes that have lost their link and still run. */
void git_service_end_orphans(struct git_services *all);

/*
 * Appends a row of status for a run of git_services::services.runs, or of leaving. False if it
 * does not move data.
 */
bool git_service_describe(const struct list *run, struct buf *row);
bool git_service_describe_leaving(const struct list *leaving, struct buf *row);

/*
 * How far a service is; serving: what git_service_start() returned. Only while its negotiation
 * lives. For checks.
 */
struct git_service_view {
	const struct negotiation *neg;
	const struct channel *channel;	/* NULL: not open yet */
	bool active;			/* the device's first byte has come */
};

struct git_service_view git_service_view(const void *serving);

/* The request is withdrawn before its channel is open. NULL is allowed. */
void git_service_stop(void *serving);

#endif
