/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GIT_SERVICE_H
#define CORE_GIT_SERVICE_H

/*
 * Serving: git's upload-pack, receive-pack or upload-archive run for a
 * device, its standard streams joined to a channel. Pure: the process itself is run through
 * a table, in the daemon by service-process.h.
 */

#include "peer.h"
#include "services.h"
#include "transfer.h"

struct outcomes;

/* What runs git processes, and one of them: of the other side of the table. */
struct service_host;
struct service_process;

/* Which process. Strings are valid during the call. */
struct service_start {
	enum service service;
	const char *share;
	const char *path;		/* the directory of the share */
	const char *jid, *device;	/* for whom */
	bool verified;			/* the key of the device was verified by the user */
	const char *git_protocol;	/* as the device asks for it; "" if it does not */
};

/* What comes from a process, and never within start(). */
struct service_events {
	void (*output)(void *owner, const void *data, size_t n);
	void (*error_output)(void *owner, const void *data, size_t n);
	/* n bytes of write() have left for the process, or never will. May come within write(). */
	void (*wrote)(void *owner, size_t n);
	/*
	 * The process has exited, and all that it wrote was delivered. This is the last event, and
	 * the process is freed. term_signal: the signal that ended it, or 0.
	 */
	void (*exited)(void *owner, int status, int term_signal);
};

/* What is done with a process; child.h has the details. */
struct service_ops {
	/* Whether there is a directory at this path. */
	bool (*is_directory)(struct service_host *host, const char *path);
	/* NULL, with *why static, if the process cannot be started. A receive-pack is protected. */
	struct service_process *(*start)(struct service_host *host,
					 const struct service_start *start,
					 const struct service_events *events, void *owner,
					 const char **why);
	/* Copies. */
	void (*write)(struct service_process *p, const void *data, size_t n);
	/* The end of its input, after what was written. */
	void (*end_input)(struct service_process *p);
	/* The end of its input now: what it has not taken yet is dropped. */
	void (*cut_input)(struct service_process *p);
	/* Its standard output is not read, or is read again. */
	void (*pause)(struct service_process *p, bool pause);
	/* It may run for so many ms more. exited comes as always. */
	void (*limit)(struct service_process *p, uint64_t ms);
	/*
	 * Nobody wants it any more: it is told to end, or, if it is protected, let go. No event
	 * comes any more. gone is called once, when the process has ended; that may be within the
	 * call. The process is freed then.
	 */
	void (*leave)(struct service_process *p, void (*gone)(void *arg), void *arg);
};

/* What is told of what is served. Nothing of it calls back within the call. */
struct git_services_events {
	/* A transfer is over: its line for the journal. */
	void (*over)(void *owner, const struct transfer *t);
	/* A request was refused, for the reason: a word as for refuse. */
	void (*refused)(void *owner, const char *jid, const char *share, enum service service,
			const char *reason);
};

/* All that is served, for one account. */
struct git_services {
	struct context *context;	/* borrowed */
	struct peers *peers;		/* borrowed */
	const struct service_ops *ops;
	struct service_host *host;	/* borrowed */
	const struct git_services_events *events;
	void *owner;			/* of the events */
	struct services services;	/* the places; a run is the head of what holds it */
	struct outcomes *outcomes;	/* owned; of pushes whose link was lost */
};

void git_services_init(struct git_services *all, struct context *context, struct peers *peers,
		       const struct service_ops *ops, struct service_host *host,
		       const struct git_services_events *events, void *owner);
/* All processes have ended, those that were left included. */
void git_services_finish(struct git_services *all);

/* NULL when the device may; else the reason for refuse. */
const char *git_service_authorize(struct git_services *all, struct peer *peer, enum service service,
				  const char *share);

/* Starts the process; neg_started() or neg_failed() follows. */
void *git_service_start(struct git_services *all, struct peer *peer, struct negotiation *neg);

/* Whether a push of the device to the share still runs that has no negotiation any more. */
bool git_services_hold_turn(const struct git_services *all, const struct peer *peer,
			    const char *share);

/* The device asks what became of a push: fields of the answer (outcome.h). */
void git_services_answer_outcome(struct git_services *all, const struct peer *peer, const char *id,
				 uint64_t received, struct buf *fields);

/*
 * A process that was ended because its device may not use the share any more. Strings are valid
 * during the call.
 */
struct git_service_ended {
	const char *jid, *share;
	enum service service;
	bool finishes;		/* a push that had arrived whole, and is let finish */
};

/*
 * The shares have changed: what runs and is not allowed any more ends at once, and ended (if not
 * NULL) hears of each.
 */
void git_services_review(struct git_services *all,
			 void (*ended)(void *arg, const struct git_service_ended *e), void *arg);

/*
 * jid, or one device of it, has no right any more. Its pushes that lost their link finish, and the
 * journal says that.
 */
void git_service_orphans_revoke(struct git_services *all, const char *jid, const char *device,
				const char *reason);

/* The peer's link lost its path, or has one again. */
void git_services_cut_off(struct git_services *all, const struct peer *p, bool cut_off);

/* The broker stops: pushes that lost their link and run on are let go. */
void git_service_end_orphans(struct git_services *all);

/* A row for status, of one of git_services::services.runs; false when it does not move data. */
bool git_service_describe(const struct list *run, struct buf *row);

/* How far one is, of what git_service_start() gave; while its negotiation lives. For checks. */
struct git_service_view {
	const struct negotiation *neg;
	const struct channel *channel;	/* NULL before it is open */
	bool active;			/* the first byte of the device has come */
};

struct git_service_view git_service_view(const void *serving);

/* It is not wanted any more, before its channel was open. NULL is fine. */
void git_service_stop(void *serving);

#endif
