/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PATH_SELECTOR_H
#define CORE_PATH_SELECTOR_H

/*
 * Which path a link should be on, and what to try next to get there. A link
 * begins in-band, because that needs nothing but presence; better kinds are tried
 * while it works, and it moves when one is established. When a path dies, what
 * was best and in-band are tried at once, together. Pure: what happened and
 * `now` in, the next attempt out. The owner makes the attempts.
 *
 * Without a path, in-band is tried even where the users do not allow it, since
 * the devices tell each other there how else they can be reached. A proxy is
 * tried only from a path: its steps are records of the link.
 *
 * Who tries: both sides have a selector for the same link. The side that leads
 * (the lower fingerprint) goes first; the other one follows PATH_SELECTOR_FOLLOW later, if
 * nothing came of it: perhaps only it can get through. The first path of a link
 * is for whoever wants one, at once.
 *
 * Failures of one kind double the wait for the next try of that kind, from PATH_SELECTOR_WAIT_FIRST
 * to PATH_SELECTOR_WAIT_MAX. A path that lived less than PATH_SELECTOR_STEADY counts as a
 * failure, though the first such redial is at once, and the wait never above
 * PATH_SELECTOR_FLAP_MAX: so flapping is damped, and a path that is worth something is still
 * used. One that fell silent as young has swallowed what it was given, and cost the link the time
 * to notice that: the next one of that kind, in-band excepted, waits PATH_SELECTOR_HOLE_FIRST,
 * doubled up to PATH_SELECTOR_WAIT_MAX. Nothing, and so not in-band either, is made to wait
 * longer than PATH_SELECTOR_INBAND_MAX while there is no path. When the link is or comes up, each
 * better kind is tried once; again only while it is busy. After a change of network all waits are
 * forgotten. What the other side says (candidates, presence) gives a kind that has just failed no
 * new chance before its wait is over: it may say so in a loop.
 */

#include <stdbool.h>
#include <stdint.h>

enum path_kind {
	PATH_INBAND,		/* XEP-0047 */
	PATH_PROXY,		/* XEP-0065 proxy */
	PATH_DIRECT,		/* TCP */
	PATH_KINDS,
};

#define PATH_MASK(kind) (1u << (kind))

enum {
	PATH_MASK_ALL = PATH_MASK(PATH_INBAND) | PATH_MASK(PATH_PROXY) | PATH_MASK(PATH_DIRECT),
	PATH_SELECTOR_FOLLOW = 500,
	/* a direct path is given so long before a proxy is bothered */
	PATH_SELECTOR_PROXY_AFTER = 700,
	PATH_SELECTOR_WAIT_FIRST = 500,
	PATH_SELECTOR_WAIT_MAX = 5 * 60 * 1000,
	PATH_SELECTOR_INBAND_MAX = 8000,
	PATH_SELECTOR_STEADY = 10 * 1000,
	PATH_SELECTOR_FLAP_MAX = 4000,
	PATH_SELECTOR_HOLE_FIRST = 15 * 1000,
	/* of silence before the end, and a path has swallowed something */
	PATH_SELECTOR_STALL = 2000,
	PATH_SELECTOR_ANEW = 10 * 1000,	/* since the last try: then its failures are old */
};

struct path_selector_kind {
	bool possible;		/* the owner could try it: addresses are known, a proxy is, the
				   device is online */
	bool trying;
	bool done;		/* tried since the last loss or change; again only while busy */
	unsigned failures;	/* of attempts, in a row */
	unsigned flaps;		/* of paths that lived less than PATH_SELECTOR_STEADY, in a row */
	unsigned holes;		/* the same, of those that fell silent */
	uint64_t tried_at;	/* last */
	uint64_t not_before;	/* of the next try */
	uint64_t calm_at;	/* nor before this, after it flapped or fell silent */
};

struct path_selector {
	bool leads;		/* our fingerprint is the lower one */
	unsigned allowed;	/* by both sides, mask */
	int current;		/* path_kind the link is on, or -1 */
	uint64_t since;		/* of current, or of being without */
	bool was_up;		/* has ever had a path */
	struct path_selector_kind kinds[PATH_KINDS];
};

void path_selector_init(struct path_selector *r, uint64_t now);

/*
 * Which kinds both users allow. If current is none of them, it is to be left
 * once another one is there.
 */
void path_selector_allow(struct path_selector *r, unsigned allowed, uint64_t now);
/* Before anything but in-band is possible. Until then we follow. */
void path_selector_lead(struct path_selector *r, bool leads);

/*
 * What can be tried has changed: a kind became possible anew (the waits for its failures are
 * forgotten, those for flapping are not), or impossible. Said again it changes nothing; where
 * the same kind has new addresses, say first false and then true. An attempt under way goes on.
 */
void path_selector_possible(struct path_selector *r, enum path_kind kind, bool possible,
			    uint64_t now);

/* Something is different at the device: each kind is tried once more, when its failures let it. */
void path_selector_renew(struct path_selector *r, uint64_t now);

/* The network changed, or we woke up: everything may work again. */
void path_selector_network_changed(struct path_selector *r, uint64_t now);

/*
 * The link is attached to a path of this kind, ours or the peer's. When it moves, this alone is
 * said; where it moves to a worse one, because two moves have collided, the better one is tried
 * again.
 */
void path_selector_attached(struct path_selector *r, enum path_kind kind, uint64_t now);
/* It lost it, and has none. heard_at: until when it brought anything on, both ways. */
void path_selector_detached(struct path_selector *r, uint64_t heard_at, uint64_t now);
/*
 * An attempt ended without a path; or with one, or was given up, and path_selector_attached()
 * follows or not.
 */
void path_selector_failed(struct path_selector *r, enum path_kind kind, uint64_t now);
void path_selector_arrived(struct path_selector *r, enum path_kind kind);
/*
 * The device tries this kind with us: nothing of our own is begun until one of the two above is
 * said. If that took the place of an attempt of ours, ours does not count as made.
 */
void path_selector_answers(struct path_selector *r, enum path_kind kind);

/*
 * The kind to begin an attempt of now, which counts as begun; -1: none. Ask again
 * until it says -1. busy: a channel or negotiation is open.
 */
int path_selector_next(struct path_selector *r, bool busy, uint64_t now);
/* When path_selector_next() may have one; UINT64_MAX: not before something happens. */
uint64_t path_selector_deadline(const struct path_selector *r, bool busy);

/*
 * Whether the link, as it is now, should move to a path of this kind that has
 * just been established.
 */
bool path_selector_wants(const struct path_selector *r, enum path_kind kind);

const char *path_kind_name(enum path_kind kind);	/* "in-band", "proxy", "direct" */

#endif
