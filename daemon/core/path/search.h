/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SEARCH_H
#define CORE_SEARCH_H

/*
 * The search for paths to one device: what both sides allow and what is possible, as far as
 * either is known, and which attempts are under way. The selector (path-selector.h) says when to
 * try what; the owner makes the attempts, one of each kind at a time. Pure: facts, records and
 * what became of attempts in, with `now`; what to begin and to give up out.
 *
 * An attempt is the owner's from begin() until it says search_failed() or
 * search_arrived(), or is told to give_up(). The device may offer a proxy as well
 * (BYTESTREAM): to answer that is an attempt of kind PATH_PROXY, as our own offer is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "path-selector.h"
#include "ways.h"

struct search_events {
	/* Begin an attempt of this kind. search_failed() may be called within, search_arrived() not. */
	void (*begin)(void *owner, enum path_kind kind);
	/* Let go of the attempt of this kind. The device is told of a proxy that is not wanted, unless stopped. */
	void (*give_up)(void *owner, enum path_kind kind);
	/* Send the device a WAYS record, with search_wanted(). */
	void (*tell)(void *owner);
};

/* What the owner knows of the world, and the configuration. */
struct search_facts {
	unsigned transport;	/* kinds of path that our user allows */
	bool online;		/* our connection stands, and the device is present */
	bool may_dial;		/* direct paths are configured */
	bool local;		/* loopback and link-local addresses may be dialled */
	bool proxy;		/* we have one to offer */
};

struct search {
	const struct search_events *events;
	void *owner;
	struct path_selector selector;
	struct search_facts facts;
	struct ways theirs;		/* as the device told them last */
	const void *demander;		/* who asked for kinds of path; NULL: nobody */
	unsigned demanded;
	bool known;			/* the device's key is */
	bool told;			/* the device knows our ways, more or less */
	bool stopped;
	bool trying[PATH_KINDS];	/* the owner has an attempt */
	bool answering;			/* of PATH_PROXY: the proxy is the device's */
};

void search_init(struct search *s, const struct search_events *events, void *owner, uint64_t now);
/* Gives up all attempts; nothing is begun any more. */
void search_stop(struct search *s);

/* The device's key is known: whether ours is the lower one, and so goes first. */
void search_lead(struct search *s, bool leads);

/* Presence, our connection, our proxies, the configuration: what is possible may have changed. */
void search_know(struct search *s, const struct search_facts *facts, uint64_t now);
void search_network_changed(struct search *s, uint64_t now);

/* Begins what is due. busy: something is open on the link. */
void search_step(struct search *s, bool busy, uint64_t now);
uint64_t search_deadline(const struct search *s, bool busy);

/* What became of an attempt: nothing, or a path. */
void search_failed(struct search *s, enum path_kind kind, uint64_t now);
void search_arrived(struct search *s, enum path_kind kind);
bool search_trying(const struct search *s);

/*
 * The link is attached to a path of this kind: attempts of no better kind are given up. It lost
 * it: path-selector.h.
 */
void search_attached(struct search *s, enum path_kind kind, uint64_t now);
void search_detached(struct search *s, uint64_t heard_at, uint64_t now);
bool search_wants(const struct search *s, enum path_kind kind);

/* The device told its ways. */
void search_hear(struct search *s, const struct ways *theirs, uint64_t now);
/* Tells ours: whenever the link is new; and again, if they were told, for they have changed. */
void search_tell(struct search *s);
void search_tell_again(struct search *s);

/* Whether it is worth while to look for a proxy of ours: the link has nothing better. */
bool search_needs_proxy(const struct search *s);

/* The device's addresses that we would dial, best first; how many. */
size_t search_dialable(const struct search *s, struct netaddr out[WAYS_ADDRESSES]);

/*
 * The device offers a bytestream. NULL: it is to be answered, and an offer of our own has been given
 * up for it; search_failed() if that fails at once. Else why not, a word for the
 * device. ours, theirs: the full JIDs, NULL where there is none.
 */
const char *search_take_offer(struct search *s, const struct bytestream_offer *offer, const char *ours,
			      const char *theirs);

/* Whoever asks last for kinds of path decides, until it lets go; others are left to the configuration. */
void search_demand(struct search *s, const void *by, unsigned kinds, uint64_t now);
void search_release(struct search *s, const void *by, uint64_t now);

/* Kinds of path that we allow; that both sides do, as far as is known. */
unsigned search_wanted(const struct search *s);
unsigned search_allowed(const struct search *s);

#endif
