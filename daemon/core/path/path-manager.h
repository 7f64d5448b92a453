/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_MANAGER_H
#define CORE_PATH_MANAGER_H

/*
 * Manages the paths to one device: which paths both sides allow, which are possible as
 * far as is known, and which attempts are under way. The selector (path-selector.h) says
 * when to try what. The owner makes the attempts, one of each kind at a time. Pure:
 * facts, records, results of attempts and `now` come in; what to begin and to give up
 * goes out.
 *
 * An attempt is the owner's from begin() until the owner calls path_manager_failed(),
 * path_manager_put_off() or path_manager_arrived(), or is told to give_up(). The device
 * may offer a proxy (BYTESTREAM) or to punch (PUNCH) as well. To answer its offer is an attempt
 * of kind PATH_PROXY or PATH_PUNCH, as an offer of ours is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "candidates.h"
#include "path-selector.h"

struct path_manager_events {
	/*
	 * Begins an attempt of this kind. path_manager_failed() may be called within,
	 * path_manager_arrived() must not.
	 */
	void (*begin)(void *owner, enum path_kind kind);
	/*
	 * Gives up the attempt of this kind. The owner tells the device of an offer that
	 * is not wanted, unless stopped.
	 */
	void (*give_up)(void *owner, enum path_kind kind);
	/* Sends the device a CANDIDATES record, with path_manager_wanted(). */
	void (*tell)(void *owner);
};

/* What the owner knows of the world, and the configuration. */
struct path_manager_facts {
	unsigned transport;	/* kinds of path that our user allows */
	bool online;		/* our connection stands, and the device is present */
	bool may_dial;		/* direct paths are configured */
	bool local;		/* loopback and link-local addresses may be dialled */
	bool proxy;		/* we have a proxy to offer */
	bool punch;		/* we have an address from which both sides can connect at once */
};

struct path_manager {
	const struct path_manager_events *events;
	void *owner;
	struct path_selector selector;
	struct path_manager_facts facts;
	struct candidates theirs;	/* the device's candidates, as told last */
	const void *demander;		/* who demanded kinds of path; NULL: nobody */
	unsigned demanded;
	bool known;			/* the device's key is known */
	bool told;			/* the device was told our candidates, perhaps older
					   ones */
	bool stopped;
	bool trying[PATH_KINDS];	/* the owner has an attempt */
	bool answering[PATH_KINDS];	/* the attempt answers an offer of the device */
};

void path_manager_init(struct path_manager *s, const struct path_manager_events *events,
		       void *owner, uint64_t now);
/* Gives up all attempts; nothing is begun any more. */
void path_manager_stop(struct path_manager *s);

/*
 * The device's key is known. leads: ours is the lower fingerprint, so our side goes
 * first.
 */
void path_manager_lead(struct path_manager *s, bool leads);

/*
 * To be called when presence, our connection, our proxies or the configuration have
 * changed: other paths may be possible now.
 */
void path_manager_know(struct path_manager *s, const struct path_manager_facts *facts,
		       uint64_t now);
/*
 * The device is at another full JID: what was sent or offered to the one before has told nothing
 * of the paths there are, so each kind is tried once more.
 */
void path_manager_device_moved(struct path_manager *s, uint64_t now);
void path_manager_network_changed(struct path_manager *s, uint64_t now);

/* The device has not received our last offer of this kind yet: none is made before that. */
void path_manager_hold(struct path_manager *s, enum path_kind kind, bool held);

/* Begins the attempts that are due. busy: something is open on the link. */
void path_manager_step(struct path_manager *s, bool busy, uint64_t now);
uint64_t path_manager_deadline(const struct path_manager *s, bool busy);

/* The result of an attempt: it failed, the device put it off, or it ended with a path. */
void path_manager_failed(struct path_manager *s, enum path_kind kind, uint64_t now);
void path_manager_put_off(struct path_manager *s, enum path_kind kind, uint64_t now);
void path_manager_arrived(struct path_manager *s, enum path_kind kind);
bool path_manager_trying(const struct path_manager *s);

/*
 * path_manager_attached(): the link is attached to a path of this kind; attempts of this
 * kind and of worse ones are given up. path_manager_replaced(): to be said before that if the
 * device moves the link; see path_selector_replaced(). path_manager_detached(): the link has
 * lost its path; see path_selector_detached().
 */
void path_manager_replaced(struct path_manager *s, enum path_kind by, uint64_t heard_at,
			   uint64_t now);
void path_manager_attached(struct path_manager *s, enum path_kind kind, uint64_t now);
void path_manager_detached(struct path_manager *s, uint64_t heard_at, uint64_t now);
bool path_manager_wants(const struct path_manager *s, enum path_kind kind);

/* The device has told us its candidates. */
void path_manager_hear(struct path_manager *s, const struct candidates *theirs, uint64_t now);
/*
 * path_manager_tell() tells our candidates; to be called whenever the link is new.
 * path_manager_tell_again() tells them again after a change, if they were told before.
 */
void path_manager_tell(struct path_manager *s);
void path_manager_tell_again(struct path_manager *s);

/* Whether a proxy of ours would be of use: the link has a path, and not a direct one. */
bool path_manager_needs_proxy(const struct path_manager *s);

/* The device's addresses that we would dial, best first. Returns how many. */
size_t path_manager_dialable(const struct path_manager *s, struct netaddr out[CANDIDATES_MAX]);

/*
 * The device offers a bytestream. NULL: the owner answers the offer, and calls
 * path_manager_failed() if that fails at once; an offer of our own has been given up for
 * it. Else a word for the device says why not. ours, theirs: the full JIDs; NULL if not
 * known.
 */
const char *path_manager_take_offer(struct path_manager *s, const struct s5b_offer *offer,
				    const char *ours, const char *theirs);

/* The same for an offer to punch. room: we have not answered too many of them of late. */
const char *path_manager_take_punch(struct path_manager *s, bool room);

/* The latest demand overrides the configured kinds of path until its owner releases it. */
void path_manager_demand(struct path_manager *s, const void *by, unsigned kinds, uint64_t now);
void path_manager_release(struct path_manager *s, const void *by, uint64_t now);

/* The kinds of path that we allow, and those that both sides allow as far as is known. */
unsigned path_manager_wanted(const struct path_manager *s);
unsigned path_manager_allowed(const struct path_manager *s);

#endif
