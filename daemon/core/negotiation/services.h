/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

/*
 * The git processes that serve others: who holds which of the SERVICES_MAX places, which
 * of them may have to make room, and whose turn a push still is. Pure.
 *
 * Places are shared by bare JID (quota.h), all devices of it together, those of our own account
 * as well. A process holds its place from its start until it has ended, whatever has become of
 * its link and its channel meanwhile:
 *
 *   ATTACHED   services_orphan()    ORPHAN    a push that has all it needs lost its link
 *   ATTACHED   services_ending()    ENDING    nobody wants it any more; it has been told to end
 *   any        services_end()       gone      the process has ended
 *
 * Where no place is free, a service that only reads and over which no byte has gone either way for
 * SERVICE_SILENT makes room for a JID that holds none. So does a receive-pack whose link has no
 * path for as long, and whose pack is not whole: git throws that away. Nothing else does: not
 * one with traffic, and no other receive-pack, which may be in the middle of a repository. Who
 * makes room gives its place at once.
 *
 * Pushes of a device to a share take turns (negotiation.h). One that is ORPHAN or ENDING has no
 * negotiation any more, but its process may still move the refs: it holds the turn until it has
 * ended.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "list.h"
#include "policy.h"
#include "quota.h"

enum service_state { SERVICE_ATTACHED, SERVICE_ORPHAN, SERVICE_ENDING };

/* One process; part of what runs it. Zero it before the first use. */
struct service_run {
	struct list link;		/* services::runs; first: a cast leads back */
	struct quota_place place;	/* not taken any more, if it has made room */
	char *jid, *device, *share;	/* owned */
	enum service service;
	enum service_state state;
	bool cut_off;			/* its link has no path, and it has not got all it needs */
	uint64_t moved_at;		/* ms: the last byte either way */
};

struct services {
	struct quota quota;
	struct list runs;		/* oldest first; borrowed */
};

void services_init(struct services *s);
/* All of them have ended. */
void services_finish(struct services *s);

/* Whether a device of this JID would get a place now. */
bool services_ask(struct services *s, const char *jid, uint64_t now);

/*
 * A process is about to start: takes a place. False if there is none. *victim, unless NULL, has
 * just given its own up, and is to be ended by the caller.
 */
bool services_begin(struct services *s, struct service_run *run, const char *jid,
		    const char *device, enum service service, const char *share, uint64_t now,
		    struct service_run **victim);

/* Bytes went to or from the process, or have left for the device. */
void services_moved(struct service_run *run, uint64_t now);

/*
 * Its link lost its path, or has one again. whole: everything that it is sent
 * has come, so that it does not wait.
 */
void services_cut_off(struct service_run *run, bool cut_off, bool whole);

/* Before the negotiation is let go of, so that nobody else has the turn. */
void services_orphan(struct service_run *run);
/* The same; may be said again. */
void services_ending(struct service_run *run);
/*
 * The process has ended, or was never there. Nothing happens if the run has not
 * begun, or is over.
 */
void services_end(struct service_run *run);

/* Whether a push of the device to the share holds the turn without a negotiation. */
bool services_hold_turn(const struct services *s, const char *jid, const char *device,
			const char *share);

#endif
