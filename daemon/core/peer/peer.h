/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PEER_H
#define CORE_PEER_H

/*
 * A peer: one device of a buddy, or another one of ours, that we have a link
 * with or are making one to. It joins the link to its path below, and to
 * channels and negotiations above. It is made when wanted and ends with its link; nobody
 * but the list of all peers (peers.h) keeps a pointer to it beyond a negotiation or channel.
 */

#include <stdbool.h>
#include <stdint.h>

#include "absence.h"
#include "channel.h"
#include "context.h"
#include "meter.h"
#include "negotiation.h"
#include "path.h"
#include "peers.h"

struct connector;

struct peer {
	struct peer *next;		/* peers::first */
	struct peers *all;		/* borrowed */
	char *jid;			/* bare; owned */
	char device[DEVICE_ID_LEN + 1];
	unsigned char fp[FINGERPRINT_BYTES];
	bool fp_known;
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	struct path *path;		/* the link is attached to it; owned */
	char path_name[96];		/* of it, or of the one before */
	struct meter meter_in, meter_out;	/* of all paths */
	struct path *left;		/* it was; kept until the one after it works; owned */
	struct connector *connector;	/* owned */
	struct absence absence;		/* of the device, by what the server says */
	uint64_t idle_since;		/* 0: something is open */
	/* something is, but the path is none that both users allow; 0: no */
	uint64_t fallback_since;
	struct timer timer;
	struct timer reaper;		/* frees what ended, when nothing of it is on the stack */
	bool unanswered;		/* the device was silent when it was asked for the first
					   path */
	bool cut;			/* it ends without a last word */
	bool ended;
};

/* A path to it that somebody else opened, and whose handshake is complete, is to be greeted. */
void peer_arrived(struct peer *p, struct path *path, const unsigned char *fp);

/*
 * Its presence came (again), or went away; or the server had an error for its
 * address, which says nothing of it.
 */
void peer_presence(struct peer *p, bool available);
void peer_doubt(struct peer *p);

/*
 * If it has no path and its device is not online: unless something is at stake
 * it does not wait longer than that.
 */
void peer_note_absence(struct peer *p, uint64_t grace);

/* Ends it for the reason, telling the device if it can be told. */
void peer_end(struct peer *p, const char *reason);

/*
 * The same for one that may not have another byte: told only if nothing else is
 * on its way to it, and quietly never.
 */
void peer_revoke(struct peer *p, const char *reason, bool quietly);

/* Something was opened, closed or sent: timers are set anew. */
void peer_touch(struct peer *p);

/* "in-band", "direct 192.0.2.7:4711"; "" while there is no path. */
const char *peer_path_name(const struct peer *p);

/* How many ms a link that has no path still waits for one; 0 if it has one. */
uint64_t peer_patience(const struct peer *p);

/* Bytes a second, while its path is throttled by a server; else 0. */
uint64_t peer_limit(const struct peer *p);

/* What goes over a link for one git, ours or theirs; all borrowed. */
struct peer_transfer {
	const char *share;
	enum service service;
	const char *direction;		/* "in": we serve it, "out" */
	const struct channel *channel;
	const struct meter *in, *out;
};

/*
 * For a row of status: path, rate (bytes a second, in the direction in which more moves),
 * moves=in|out, and limited if a server holds back what we send. Of all that the link carries,
 * or of one transfer, with what it is.
 */
void peer_describe_path(const struct peer *p, struct buf *row);
void peer_describe_transfer(const struct peer *p, const struct peer_transfer *t, struct buf *row);

/* Somebody wants a path of these kinds for as long as he does not let go; the last one decides. */
void peer_demand(struct peer *p, const void *by, unsigned kinds);
void peer_release(struct peer *p, const void *by);

/* Whether its link is up, on a path of one of these kinds that the device allows too. */
bool peer_is_on(const struct peer *p, unsigned kinds);

#endif
