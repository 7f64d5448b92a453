/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_MANAGER_H
#define CORE_PATH_MANAGER_H

/*
 * Manages the paths to one device: what both sides allow and what is possible, as far as
 * either is known, and which attempts are under way. The selector (path-selector.h) says when to
 * try what; the owner makes the attempts, one of each kind at a time. Pure: facts, records and
 * what became of attempts in, with `now`; what to begin and to give up out.
 *
 * An attempt is the owner's from begin() until it says path_manager_failed() or
 * path_manager_arrived(), or is told to give_up(). The device may offer a proxy as well
 * (BYTESTREAM): to answer that is an attempt of kind PATH_PROXY, as our own offer is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "candidates.h"
#include "path-selector.h"

struct path_manager_events {
	/*
	 * Begin an attempt of this kind. path_manager_failed() may be called within,
	 * path_manager_arrived() not.
	 */
	void (*begin)(void *owner, enum path_kind kind);
	/*
	 * Let go of the attempt of this kind. The device is told of a proxy
	 * that is not wanted, unless stopped.
	 */
	void (*give_up)(void *owner, enum path_kind kind);
	/* Send the device a CANDIDATES record, with path_manager_wanted(). */
	void (*tell)(void *owner);
};

/* What the owner knows of the world, and the configuration. */
struct path_manager_facts {
	unsigned transport;	/* kinds of path that our user allows */
	bool online;		/* our connection stands, and the device is present */
	bool may_dial;		/* direct paths are configured */
	bool local;		/* loopback and link-local addresses may be dialled */
	bool proxy;		/* we have one to offer */
};

struct path_manager {
	const struct path_manager_events *events;
	void *owner;
	struct path_selector selector;
	struct path_manager_facts facts;
	struct candidates theirs;	/* as the device told them last */
	const void *demander;		/* who asked for kinds of path; NULL: nobody */
	unsigned demanded;
	bool known;			/* the device's key is */
	bool told;			/* the device knows our candidates, more or less */
	bool stopped;
	bool trying[PATH_KINDS];	/* the owner has an attempt */
	bool answering;			/* of PATH_PROXY: the proxy is the device's */
};

void path_manager_init(struct path_manager *s, const struct path_manager_events *events,
		       void *owner, uint64_t now);
/* Gives up all attempts; nothing is begun any more. */
void path_manager_stop(struct path_manager *s);

/* The device's key is known: whether ours is the lower one, and so goes first. */
void path_manager_lead(struct path_manager *s, bool leads);

/* Presence, our connection, our proxies, the configuration: what is possible may have changed. */
void path_manager_know(struct path_manager *s, const struct path_manager_facts *facts,
		       uint64_t now);
void path_manager_network_changed(struct path_manager *s, uint64_t now);

/* Begins what is due. busy: something is open on the link. */
void path_manager_step(struct path_manager *s, bool busy, uint64_t now);
uint64_t path_manager_deadline(const struct path_manager *s, bool busy);

/* What became of an attempt: nothing, or a path. */
void path_manager_failed(struct path_manager *s, enum path_kind kind, uint64_t now);
void path_manager_arrived(struct path_manager *s, enum path_kind kind);
bool path_manager_trying(const struct path_manager *s);

/*
 * The link is attached to a path of this kind: attempts of no better kind are given up. It lost
 * it: path-selector.h.
 */
void path_manager_attached(struct path_manager *s, enum path_kind kind, uint64_t now);
void path_manager_detached(struct path_manager *s, uint64_t heard_at, uint64_t now);
bool path_manager_wants(const struct path_manager *s, enum path_kind kind);

/* The device told its candidates. */
void path_manager_hear(struct path_manager *s, const struct candidates *theirs, uint64_t now);
/* Tells ours: whenever the link is new; and again, if they were told, for they have changed. */
void path_manager_tell(struct path_manager *s);
void path_manager_tell_again(struct path_manager *s);

/* Whether it is worth while to look for a proxy of ours: the link has nothing better. */
bool path_manager_needs_proxy(const struct path_manager *s);

/* The device's addresses that we would dial, best first; how many. */
size_t path_manager_dialable(const struct path_manager *s, struct netaddr out[CANDIDATES_MAX]);

/*
 * The device offers a bytestream. NULL: it is to be answered, and an offer of our own has been
 * given up for it; path_manager_failed() if that fails at once. Else why not, a word for the
 * device. ours, theirs: the full JIDs, NULL where there is none.
 */
const char *path_manager_take_offer(struct path_manager *s, const struct s5b_offer *offer,
				    const char *ours, const char *theirs);

/*
 * Whoever asks last for kinds of path decides, until it lets go; others are
 * left to the configuration.
 */
void path_manager_demand(struct path_manager *s, const void *by, unsigned kinds, uint64_t now);
void path_manager_release(struct path_manager *s, const void *by, uint64_t now);

/* Kinds of path that we allow; that both sides do, as far as is known. */
unsigned path_manager_wanted(const struct path_manager *s);
unsigned path_manager_allowed(const struct path_manager *s);

#endif
