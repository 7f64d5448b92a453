/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_SELECTOR_H
#define CORE_PATH_SELECTOR_H

/*
 * Decides which path a link should be on, and what to try next. A link begins in-band,
 * since that needs nothing but presence. Better kinds are tried while it works, and the
 * link moves when one is established. When a path dies, its kind and in-band are tried at
 * once, together. Pure: events and `now` come in, the next attempt goes out. The owner
 * makes the attempts.
 *
 * Without a path, in-band is tried even if the users do not allow it, since the devices
 * tell each other there how else they can be reached. A proxy and PATH_PUNCH are tried only
 * while the link has a path: their steps are records of the link.
 *
 * Both sides have a selector for the same link. The side that leads (the lower
 * fingerprint) goes first. The other follows PATH_SELECTOR_FOLLOW later if nothing came
 * of that: perhaps only its attempts get through. For the first path of a link, either
 * side tries at once.
 *
 * How long a kind waits before it is tried again (ms; each wait doubles up to its cap):
 *
 *   after                                  first wait                cap
 *   a failed attempt                       PATH_SELECTOR_WAIT_FIRST  PATH_SELECTOR_WAIT_MAX
 *   a path younger than _STEADY was cut:
 *     once                                 none
 *     again                                PATH_SELECTOR_WAIT_FIRST  PATH_SELECTOR_FLAP_MAX
 *   a path younger than _STEADY fell silent, or
 *   any, of a kind that had:
 *     in-band                              none
 *     other kinds                          PATH_SELECTOR_HOLE_FIRST  PATH_SELECTOR_WAIT_MAX
 *   an older one fell silent               PATH_SELECTOR_ASIDE       the same
 *   the device put the attempt off         PATH_SELECTOR_OFF_FIRST   PATH_SELECTOR_WAIT_MAX
 *
 * The low cap lets a flapping path still be used (route flap damping, RFC 2439). A path
 * that fell silent has swallowed what it was given and cost the link time to notice, so
 * its wait is long. The age of a path counts from its first use: at rest, one that swallows looks
 * like any other. So what has swallowed is not tried at rest, either. An older path that falls
 * silent may have met the end of a network, or swallow what is long, and nobody had sent that:
 * in-band goes first, for the next one is on trial if the link has left another for it. While there
 * is no path, no kind waits longer than PATH_SELECTOR_INBAND_MAX. When the link comes up, each
 * better kind is tried once; again only while the link is busy. An attempt that the device put off
 * says nothing of the path, so it does not count as that try, but for the last of
 * PATH_SELECTOR_OFFS_MAX in a row: a device may put off for ever. After a change of network all
 * waits are forgotten, and a path that was there before and falls silent says nothing of its kind.
 * News from the device (candidates, presence) does not shorten the wait of a kind that has just
 * failed: the device may repeat its news in a loop.
 */

#include <stdbool.h>
#include <stdint.h>

enum path_kind {
	PATH_INBAND,		/* XEP-0047 */
	PATH_PROXY,		/* XEP-0065 proxy */
	PATH_PUNCH,		/* TCP, opened by both sides at once (punch.h). Only attempts are of
				   this kind: the path that comes of one is PATH_DIRECT */
	PATH_DIRECT,		/* TCP */
	PATH_KINDS,
};

#define PATH_MASK(kind) (1u << (kind))

enum {
	PATH_MASK_ALL = PATH_MASK(PATH_INBAND) | PATH_MASK(PATH_PROXY) | PATH_MASK(PATH_DIRECT),
	PATH_SELECTOR_FOLLOW = 500,
	/* ms for a direct path, dialled or punched, before a proxy is tried */
	PATH_SELECTOR_PROXY_AFTER = 700,
	/* ms for an address to be reached by dialling, before both sides bother */
	PATH_SELECTOR_PUNCH_AFTER = 250,
	PATH_SELECTOR_WAIT_FIRST = 500,
	PATH_SELECTOR_WAIT_MAX = 5 * 60 * 1000,
	PATH_SELECTOR_INBAND_MAX = 8000,
	PATH_SELECTOR_STEADY = 10 * 1000,
	PATH_SELECTOR_FLAP_MAX = 4000,
	PATH_SELECTOR_HOLE_FIRST = 15 * 1000,
	/* ms; a device that answers one offer in so many has room for one by then */
	PATH_SELECTOR_OFF_FIRST = 4000,
	PATH_SELECTOR_OFFS_MAX = 5,
	/* ms, in which in-band comes up, if it can */
	PATH_SELECTOR_ASIDE = 1000,
	/* ms of silence at its end, by which a path counts as fallen silent */
	PATH_SELECTOR_STALL = 2000,
	/* ms that a path was still open here when the device left it: it had not been cut */
	PATH_SELECTOR_LED_BACK = 3000,
	PATH_SELECTOR_ANEW = 10 * 1000, /* ms since the last try, after which failures are old */
};

struct path_selector_kind {
	bool possible;		/* the owner could try this kind: addresses or a proxy are
				   known, or the device is online */
	bool trying;
	bool held;		/* path_selector_hold() */
	bool done;		/* tried since the last loss or change; again only while busy */
	unsigned failures;	/* failed attempts in a row */
	unsigned offs;		/* attempts in a row that the device put off */
	unsigned flaps;		/* paths in a row that lived less than PATH_SELECTOR_STEADY and
				   were cut */
	unsigned holes;		/* the same for paths that fell silent */
	uint64_t tried_at;	/* the last try */
	uint64_t not_before;	/* the next try is not before this */
	uint64_t calm_at;	/* nor before this, after a flap or a silence */
};

struct path_selector {
	bool leads;		/* our fingerprint is the lower one */
	unsigned allowed;	/* by both sides, PATH_MASK() */
	int current;		/* path_kind the link is on, or -1 */
	uint64_t since;		/* when current began, or when the last path was lost */
	uint64_t used_at;	/* when current was first in use; 0: not yet */
	uint64_t changed;	/* when the network changed last; 0: never */
	bool was_up;		/* the link has had a path */
	struct path_selector_kind kinds[PATH_KINDS];
};

void path_selector_init(struct path_selector *r, uint64_t now);

/*
 * The kinds that both users allow. If current is none of them, the link leaves it once
 * another one is there. To say the same again changes nothing.
 */
void path_selector_allow(struct path_selector *r, unsigned allowed, uint64_t now);
/* To be called before anything but in-band is possible. Until then our side follows. */
void path_selector_lead(struct path_selector *r, bool leads);

/*
 * What can be tried has changed: a kind has become possible or impossible. When a kind
 * becomes possible, the waits for its old failures are forgotten, those for flapping are
 * not. To say the same again changes nothing; if a kind has new addresses, say first
 * false and then true. An attempt under way goes on.
 */
void path_selector_possible(struct path_selector *r, enum path_kind kind, bool possible,
			    uint64_t now);

/*
 * The device is elsewhere: how paths of this kind ended that led to where it was says little. So
 * that nothing is gained by saying it in a loop, a kind that was tried of late waits as before.
 */
void path_selector_elsewhere(struct path_selector *r, enum path_kind kind, uint64_t now);

/* While a kind is held, it is not tried. Its waits go on. */
void path_selector_hold(struct path_selector *r, enum path_kind kind, bool held);

/*
 * Something has changed at the device: each kind is tried once more, after the wait for
 * its failures.
 */
void path_selector_renew(struct path_selector *r, uint64_t now);

/* The network changed, or the machine woke up: all waits are forgotten. */
void path_selector_network_changed(struct path_selector *r, uint64_t now);

/*
 * The link is attached to a path of this kind, ours or the peer's. When the link moves
 * from one path to another, only this is called. If it moved to a worse kind, because two
 * moves have collided, the better kind is tried again.
 */
void path_selector_attached(struct path_selector *r, enum path_kind kind, uint64_t now);
/*
 * To be said before path_selector_attached() if it is the device that moves the link, to a path
 * of the kind `by`. One that goes back to a worse kind has a reason, and need not be the only
 * side that knows it. heard_at: as for path_selector_detached().
 */
void path_selector_replaced(struct path_selector *r, enum path_kind by, uint64_t heard_at,
			    uint64_t now);
/*
 * The link has lost its path and has none. heard_at: until when the path worked, both
 * ways (link_worked_until()).
 */
void path_selector_detached(struct path_selector *r, uint64_t heard_at, uint64_t now);
/*
 * path_selector_failed(): an attempt ended without a path. path_selector_put_off(): the
 * device was too busy for it, so nothing is known of the path. path_selector_arrived(): the
 * attempt ended with a path, or was given up; path_selector_attached() may follow.
 */
void path_selector_failed(struct path_selector *r, enum path_kind kind, uint64_t now);
void path_selector_put_off(struct path_selector *r, enum path_kind kind, uint64_t now);
void path_selector_arrived(struct path_selector *r, enum path_kind kind);
/*
 * The device tries this kind with us. Nothing of our own is begun until one of the
 * functions above is called. If this replaces an attempt of ours, ours does not count as
 * made.
 */
void path_selector_answers(struct path_selector *r, enum path_kind kind);

/*
 * The kind of which to begin an attempt now; it counts as begun. -1: none. Call again
 * until it returns -1. busy: a channel or negotiation is open.
 */
int path_selector_next(struct path_selector *r, bool busy, uint64_t now);
/* When path_selector_next() may return a kind; UINT64_MAX: not before something happens. */
uint64_t path_selector_deadline(const struct path_selector *r, bool busy);

/* The kind of path that comes of an attempt of this kind. */
enum path_kind path_kind_made(enum path_kind attempt);

/* Whether the link should move to a path of this kind that has just been established. */
bool path_selector_wants(const struct path_selector *r, enum path_kind kind);

const char *path_kind_name(enum path_kind kind);	/* "in-band", "proxy", "punched",
								   "direct" */

#endif
