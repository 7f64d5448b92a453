/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WAYFINDER_H
#define DAEMON_WAYFINDER_H

/*
 * Finds paths to one device: makes the attempts that its route (route.h) asks for,
 * in-band, direct or through a proxy, and settles with the device, in
 * WAYS and BYTESTREAM records, how. What it finds is its owner's.
 */

#include "broker.h"
#include "path.h"
#include "record.h"
#include "route.h"

struct wayfinder;

struct wayfinder_events {
	/* A path that we opened is established with this key: the owner attaches it or closes it. */
	void (*found)(void *owner, struct path *path, const unsigned char *fp);
	/* An attempt came to nothing. */
	void (*failed)(void *owner, enum path_kind kind, const char *why);
	/* A numbered record for the device; only after wayfinder_tell(). */
	void (*send)(void *owner, enum record_type type, struct buf *fields);
};

/* Nothing is tried before the first wayfinder_step(). */
struct wayfinder *wayfinder_create(struct broker *b, const char *jid, const char *device,
				   const struct wayfinder_events *events, void *owner);
/* Gives up all attempts: no event comes any more. May be called from an event. */
void wayfinder_stop(struct wayfinder *w);
/* After wayfinder_stop(), and not from an event. */
void wayfinder_destroy(struct wayfinder *w);

/* The device's key is known: whether ours is the lower one, and so goes first. */
void wayfinder_know(struct wayfinder *w, const unsigned char *fp, bool leads);

/*
 * Begins what is due. busy: something is open. May call failed, and
 * found of a kind tried before; not of one that it begins.
 */
void wayfinder_step(struct wayfinder *w, bool busy);
uint64_t wayfinder_deadline(const struct wayfinder *w, bool busy);

/* An attempt is under way, so that "unreachable" would be too early. */
bool wayfinder_trying(const struct wayfinder *w);

/*
 * The link is attached to a path of this kind: attempts of no better kind are given up. It lost
 * it; heard_at: when the path was last any good, which is earlier than now if silence told.
 */
void wayfinder_attached(struct wayfinder *w, enum path_kind kind);
void wayfinder_detached(struct wayfinder *w, uint64_t heard_at);
bool wayfinder_wants(const struct wayfinder *w, enum path_kind kind);

/* Tells the device our ways: whenever the link is new; and again, if they were told, when they change. */
void wayfinder_tell(struct wayfinder *w);
void wayfinder_ways_changed(struct wayfinder *w);

/* A WAYS or BYTESTREAM record. NULL, or the rule of the protocol that it breaks: "field: rule". */
const char *wayfinder_record(struct wayfinder *w, const struct record *record);

/* Presence of the device, our connection, our proxies: what is possible may have changed. */
void wayfinder_refresh(struct wayfinder *w);
void wayfinder_network_changed(struct wayfinder *w);

/* Whoever asks last for kinds of path decides, until it lets go; others are left to the configuration. */
void wayfinder_demand(struct wayfinder *w, const void *by, unsigned kinds);
void wayfinder_release(struct wayfinder *w, const void *by);

/* Kinds of path that both sides allow, as far as is known. */
unsigned wayfinder_allowed(const struct wayfinder *w);

/* Whether a connection that names this token may be one that the device makes to us. */
bool wayfinder_expects(const struct wayfinder *w, const char *token);
/* What proves that it is, for the use of our pass of this number; false if that was seen before. */
bool wayfinder_pass_use(const struct wayfinder *w, uint64_t number, struct pass_use *out);
/* It was proven. */
void wayfinder_pass_used(struct wayfinder *w, uint64_t number);

#endif
