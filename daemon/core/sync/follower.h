/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_FOLLOWER_H
#define DAEMON_FOLLOWER_H

/*
 * Fetches followed shares: joins core/follow.h to the configuration, to the
 * refs of the repositories and to "git fetch". What came of it goes to the journal and the log.
 */

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "fields.h"
#include "follow.h"
#include "gitrun.h"

/* All functions take NULL, which does nothing: a broker that stops has none. */
struct follower;

/* Takes what is followed from the configuration. What host points to is borrowed. seed: of the jitter. */
struct follower *follower_create(const struct gitrun_host *host, const struct config *config, uint32_t seed);

/* What each git that fetches may take of memory, from now on; 0, as at first: no limit. */
void follower_bound(struct follower *f, uint64_t memory);

/* The configuration may have changed. What is new there catches up. A fetch of what is not followed any more runs to its end. */
void follower_reload(struct follower *f, const struct config *config);

/*
 * A trusted device of jid (bare) announced the refs of its share. Copies the
 * fields; nothing slow happens in here. Ignored if nobody follows the share. That
 * device is the first that will be asked.
 */
void follower_announced(struct follower *f, const char *jid, const char *device, const char *share,
			struct fields tips);

/* A trusted device of jid has appeared: failed fetches are tried at once. */
void follower_buddy_online(struct follower *f, const char *jid);

/* For status: the first of the followed shares, then follow->next. */
const struct follow *follower_first(const struct follower *f);

/* What runs is let go (gitrun.h). The memory goes with the last handle. */
void follower_destroy(struct follower *f);

#endif
