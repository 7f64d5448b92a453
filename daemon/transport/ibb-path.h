/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IBB_PATH_H
#define DAEMON_IBB_PATH_H

/*
 * The in-band kind of path: an XEP-0047 bytestream to one full JID, with TLS in it. It
 * handles its own stanzas and acknowledgements.
 *
 * There are IBB_MAX of them, opened by either side, and quota.h shares them out. A path is
 * unfinished until path_keep(). Until then it may have to make room for another one.
 */

#include <uv.h>

#include "attempts.h"
#include "tls-path.h"
#include "quota.h"
#include "round-robin.h"
#include "account.h"

struct ibb_path;

/* All in-band paths of an account. Stanzas find their path here. */
struct ibb_paths {
	uv_loop_t *loop;
	struct account *xmpp;		/* borrowed; NULL while there is none */
	const struct device_key *key;	/* borrowed; to be set before the first path */
	struct round_robin paths;	/* owned; in the order in which they may send */
	struct quota places;
	uint64_t opened;		/* the number of the latest path */
};

void ibb_paths_init(struct ibb_paths *all, uv_loop_t *loop);
/* Every path must be closed, and the loop have run dry. */
void ibb_paths_finish(struct ibb_paths *all);

/*
 * Opens a path to a full JID; our side is the TLS client. NULL if it cannot be opened now:
 * the account is offline, or there is no place. No event comes within the call, not even for
 * a path that has to make room.
 */
struct path *ibb_path_open(struct ibb_paths *all, const char *full_jid,
			   enum ibb_path_standing standing, const struct path_events *events,
			   void *owner);

/* The same with a sid that the other side expects: at most 18 digits of lower-case hex. */
struct path *ibb_path_open_as(struct ibb_paths *all, const char *full_jid, const char *sid,
			      enum ibb_path_standing standing, const struct path_events *events,
			      void *owner);

/*
 * Accepts a path that was offered by IBB_OPEN, or refuses it, and answers the stanza in both
 * cases. NULL if refused. Otherwise as above.
 */
struct path *ibb_path_accept(struct ibb_paths *all, const struct ibb_stanza *open,
			     enum ibb_path_standing standing, const struct path_events *events,
			     void *owner);

/* Handles an IBB_DATA or IBB_CLOSE stanza, and answers it in any case. */
void ibb_paths_stanza(struct ibb_paths *all, const struct ibb_stanza *stanza);

/* The account takes blocks again (account_events.bulk). */
void ibb_paths_bulk(struct ibb_paths *all);

/* The connection to the server is lost: closes all paths. */
void ibb_paths_lost(struct ibb_paths *all, const char *why);

#endif
