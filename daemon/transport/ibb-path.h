/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_IBB_PATH_H
#define DAEMON_IBB_PATH_H

/*
 * The in-band kind of path: an XEP-0047 bytestream to one full JID with TLS in
 * it. The stanzas and the acknowledgements are its own business.
 *
 * There are IBB_MAX of them, shared as quota.h says, whoever opened them. One is unfinished
 * until path_keep(), and may have to make room until then.
 */

#include <uv.h>

#include "token-bucket.h"
#include "attempts.h"
#include "tls-path.h"
#include "quota.h"
#include "round-robin.h"
#include "account.h"

struct ibb_path;

/* All in-band paths of an account: they share its bandwidth, and sids are looked up here. */
struct ibb_paths {
	uv_loop_t *loop;
	struct account *xmpp;		/* borrowed; NULL while there is none */
	const struct device_key *key;	/* borrowed; to be set before the first path */
	struct round_robin paths;	/* owned; in the order in which they may send next */
	struct quota places;
	uint64_t opened;		/* how many there have been */
	struct token_bucket bucket;	/* what they may send together */
};

void ibb_paths_init(struct ibb_paths *all, uv_loop_t *loop);
/* Every path is closed, and the loop has run dry. */
void ibb_paths_finish(struct ibb_paths *all);

/* How much they may send together; 0, as at the start: no limit. */
void ibb_paths_limit(struct ibb_paths *all, uint64_t bytes_per_second);

/*
 * Opens one to a full JID; its TLS side is the client. NULL if it cannot be asked for now: no
 * connection with the server, or no place. No event comes within the call, also not to who has
 * to make room.
 */
struct path *ibb_path_open(struct ibb_paths *all, const char *full_jid,
			   enum ibb_path_standing standing, const struct path_events *events,
			   void *owner);

/*
 * Takes one that was offered by IBB_OPEN, and answers it. NULL when it was
 * refused (and answered). The rest as above.
 */
struct path *ibb_path_accept(struct ibb_paths *all, const struct ibb_stanza *open,
			     enum ibb_path_standing standing, const struct path_events *events,
			     void *owner);

/* An IBB_DATA or IBB_CLOSE stanza for one of them; answered in any case. */
void ibb_paths_stanza(struct ibb_paths *all, const struct ibb_stanza *stanza);

/* The account takes bulk again (account_events.bulk). */
void ibb_paths_bulk(struct ibb_paths *all);

/* The connection with the server is lost: all are closed. */
void ibb_paths_lost(struct ibb_paths *all, const char *why);

#endif
