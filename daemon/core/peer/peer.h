/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PEER_H
#define CORE_PEER_H

/*
 * A peer is one device of a buddy, or another device of ours, with which we have or are making
 * a link. It joins the link to the path below and to the channels and negotiations above. A
 * peer is made when it is wanted and ends with its link. Only the list of all peers (peers.h)
 * keeps a pointer to it beyond a negotiation or channel.
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
#include "stall.h"

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
	struct path *path;		/* that the link is attached to; owned */
	char path_name[96];		/* of path, or of the last one */
	struct meter meter_in, meter_out;	/* bytes of the link, over all its paths */
	struct path *left;		/* the path before, kept until the new one works; owned */
	struct connector *connector;	/* owned */
	struct absence absence;		/* of the device, as the server reports it */
	uint64_t idle_since;		/* ms; 0: something is open */
	bool counts_busy, counts_worse;	/* in peers::busy, peers::worse */
	struct stall stall;		/* data waits for a path of a kind that both users allow */
	struct timer timer;
	struct timer reaper;		/* frees the ended peer when no function that uses it is on
					   the stack */
	bool tried_again;		/* for the first path */
	bool cut;			/* it ends, and the device is not told */
	bool ended;
};

/*
 * The device has opened a path by our pass, and the handshake is complete. The path goes to an
 * acceptor, or is closed if the key fp is not the peer's.
 */
void peer_arrived(struct peer *p, struct path *path, const unsigned char *fp);

/*
 * peer_presence(): the device's presence came (again), or went away. peer_doubt(): the server
 * returned an error for the device's address, which does not prove that the device is gone.
 */
void peer_presence(struct peer *p, bool available);
void peer_doubt(struct peer *p);

/*
 * If the peer has no path and the device is not online, the peer waits only `grace` ms more,
 * unless something is at stake.
 */
void peer_note_absence(struct peer *p, uint64_t grace);

/* Ends the peer for the reason, and tells the device if there is a path. */
void peer_end(struct peer *p, const char *reason);

/*
 * As peer_end(), for a device that may not have another byte. The device is told only if
 * nothing else is on its way to it, and not at all if quietly.
 */
void peer_revoke(struct peer *p, const char *reason, bool quietly);

/* Something was opened, closed or sent: sets the timers anew. */
void peer_touch(struct peer *p);

/* "in-band", "direct 192.0.2.7:4711"; "" while there is no path. */
const char *peer_path_name(const struct peer *p);

/* How many ms more a link without a path waits for one; 0 if it has one. */
uint64_t peer_patience(const struct peer *p);

/* Bytes a second that a server on the path lets through, while it throttles the path; else 0. */
uint64_t peer_limit(const struct peer *p);

/* A transfer: what goes over a link for one git process, ours or theirs; all borrowed. */
struct peer_transfer {
	const char *id;			/* of its negotiation: both sides have the same */
	const char *share;
	enum service service;
	const char *direction;		/* "in": we serve it; "out": our git runs it */
	const struct channel *channel;
	const struct meter *in, *out;
};

/*
 * Append fields of a status row: path; waits, in seconds, for a path; rate, bytes a second in
 * the direction in which more moves; moves=in|out; limited, if a server holds back what we
 * send. The first is for all that the link carries, the second for one transfer, with what it
 * is.
 */
void peer_describe_path(const struct peer *p, struct buf *row);
void peer_describe_transfer(const struct peer *p, const struct peer_transfer *t, struct buf *row);

/*
 * peer_demand() asks for a path of these kinds in the name of `by`, until peer_release(). The
 * latest demand counts.
 */
void peer_demand(struct peer *p, const void *by, unsigned kinds);
void peer_release(struct peer *p, const void *by);

/* Whether the link is up, on a path of one of these kinds that both sides allow. */
bool peer_is_on(const struct peer *p, unsigned kinds);

#endif
