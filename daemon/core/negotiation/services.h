/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SERVICES_H
#define CORE_SERVICES_H

/*
 * The git processes that serve others: which process holds which of the SERVICES_MAX
 * places, which may have to make room, and which push still holds a turn. Pure.
 *
 * Places are shared by bare JID (quota.h). All devices of a JID count together, also
 * those of our own account. A process holds its place from its start until it has ended,
 * whatever becomes of its link and its channel meanwhile:
 *
 *   ATTACHED   services_orphan()    ORPHAN    a push that has all it needs lost its link
 *   ATTACHED   services_ending()    ENDING    not wanted any more; it has been told to end
 *   any        services_end()       gone      the process has ended
 *
 * When no place is free, some services make room for a JID that holds none: one that only
 * reads, if no byte has gone either way for SERVICE_SILENT; and a receive-pack that was
 * silent as long, if its link has no path and its pack is not whole, since git throws
 * such a pack away. No other service makes room: none with traffic, and no other
 * receive-pack, which may be in the middle of a repository. A service that makes room
 * gives up its place at once.
 *
 * Pushes of a device to a share take turns (negotiation.h). A push that is ORPHAN or
 * ENDING has no negotiation any more, but its process may still move the refs. So it
 * holds the turn until its process has ended.
 */

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "list.h"
#include "policy.h"
#include "quota.h"

enum service_state { SERVICE_ATTACHED, SERVICE_ORPHAN, SERVICE_ENDING };

/* One process; embedded in the record of its runner. Zero it before the first use. */
struct service_run {
	struct list link;		/* services::runs; first: a cast leads back */
	struct quota_place place;	/* not taken any more if the process has made room */
	char *jid, *device, *share;	/* owned */
	enum service service;
	enum service_state state;
	bool cut_off;			/* its link has no path, and its input is not complete */
	uint64_t moved_at;		/* ms: the last byte either way */
};

struct services {
	struct quota quota;
	struct list runs;		/* oldest first; borrowed */
};

void services_init(struct services *s);
/* All processes must have ended. */
void services_finish(struct services *s);

/* Whether a device of this JID would get a place now. */
bool services_ask(struct services *s, const char *jid, uint64_t now);

/*
 * A process is about to start: takes a place. False if there is none. *victim is NULL, or
 * a process that has just given up its place, and that the caller must end.
 */
bool services_begin(struct services *s, struct service_run *run, const char *jid,
		    const char *device, enum service service, const char *share, uint64_t now,
		    struct service_run **victim);

/* Bytes went to or from the process, or have left for the device. */
void services_moved(struct service_run *run, uint64_t now);

/*
 * The link of the process has lost its path, or has one again. whole: all that the
 * process is sent has come, so it does not wait.
 */
void services_cut_off(struct service_run *run, bool cut_off, bool whole);

/*
 * Enters ORPHAN. To be called before the negotiation ends, so that no other push gets the
 * turn.
 */
void services_orphan(struct service_run *run);
/* Enters ENDING, before the negotiation ends, too. May be called again. */
void services_ending(struct service_run *run);
/*
 * The process has ended, or was never there. Does nothing if the run has not begun, or is
 * over.
 */
void services_end(struct service_run *run);

/* Whether a push of the device to the share holds the turn without a negotiation. */
bool services_hold_turn(const struct services *s, const char *jid, const char *device,
			const char *share);

#endif
