/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CANDIDATES_H
#define CORE_CANDIDATES_H

/*
 * How two devices tell each other, inside the link, where they can be reached: the
 * payloads of CANDIDATES, BYTESTREAM and PUNCH records. No server sees them.
 *
 * CANDIDATES is sent whenever the link comes up anew and when something has changed. The
 * latest one counts:
 *   transport=auto|direct|proxy|inband	what the sender's user allows (the kinds of path)
 *   [token=<32 hex> secret=<64 hex>]	the pass for dialling (pass.h). Needed with an address
 *   [address=<netaddr>]*		at most CANDIDATES_MAX, best first
 *   [punch=1]				the sender answers PUNCH
 *   [seen=<netaddr>]			how the receiver's end of the direct path between the two
 *					appears to the sender (reflexive.h)
 *
 * BYTESTREAM carries the steps of a bytestream (XEP-0065) through a proxy of the offering
 * side:
 *   sid=<32 hex>  state=offer   jid=, host=, port= of the proxy; from=, to= full JIDs for DST.ADDR;
 *                               secret=<64 hex>: together with the sid as its token, the pass
 *   sid=          state=joined  the other side is connected to the proxy, waiting as TLS server
 *   sid=          state=failed  [reason=]; either side
 *
 * PUNCH carries the steps by which both sides connect to each other at once (punch.h):
 *   sid=<32 hex>  state=offer   secret=<64 hex>: together with the sid as its token, the pass;
 *                               [address=<netaddr>]*: where the sender will connect from
 *   sid=          state=ready   [address=]*, of the other side, which has begun to connect
 *   sid=          state=failed  [reason=]; either side
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "jid.h"
#include "netaddr.h"
#include "pass.h"
#include "path-selector.h"
#include "record.h"

enum {
	CANDIDATES_MAX = 8,
	PUNCH_ADDRESSES_MAX = 4,
	S5B_HOST_MAX = 255,
};

struct candidates {
	unsigned allowed;			/* of path kinds, PATH_MASK() */
	struct pass pass;			/* an empty token: no pass */
	struct netaddr addresses[CANDIDATES_MAX];
	size_t n;
	bool punches;				/* the sender answers PUNCH */
	struct netaddr seen;			/* of the receiver; port 0: it is not told */
};

void candidates_put(const struct candidates *w, struct buf *fields);
/*
 * Returns NULL, or the rule that the record breaks, as "field: rule". Addresses beyond
 * CANDIDATES_MAX are left out, and so are malformed ones. An unknown transport counts as
 * in-band, which every version has.
 */
const char *candidates_parse(const struct record *record, struct candidates *out);

enum s5b_step {
	S5B_OFFER,
	S5B_JOINED,
	S5B_FAILED,
	S5B_OTHER,		/* unknown here: to be skipped; never sent */
};

struct s5b_offer {
	char jid[JID_FULL_MAX];			/* the proxy's; may have a resource */
	char host[S5B_HOST_MAX + 1];		/* a name or an address */
	uint16_t port;
	char from[JID_FULL_MAX], to[JID_FULL_MAX];
};

struct s5b_record {
	struct pass pass;			/* its token is the sid; its secret is in an
						   OFFER only */
	enum s5b_step step;
	struct s5b_offer offer;			/* of OFFER */
	char reason[REASON_MAX + 1];		/* of FAILED; a word */
};

void s5b_put(const struct s5b_record *b, struct buf *fields);
/* Returns NULL, or the rule that the record breaks. */
const char *s5b_parse(const struct record *record, struct s5b_record *out);

enum punch_step {
	PUNCH_OFFER,
	PUNCH_READY,
	PUNCH_FAILED,
	PUNCH_OTHER,		/* unknown here: to be skipped; never sent */
};

struct punch_record {
	struct pass pass;			/* its token is the sid; its secret is in an
						   OFFER only */
	enum punch_step step;
	struct netaddr addresses[PUNCH_ADDRESSES_MAX];	/* of OFFER and READY, best first */
	size_t n;
	char reason[REASON_MAX + 1];		/* of FAILED; a word */
};

void punch_put(const struct punch_record *b, struct buf *fields);
/*
 * Returns NULL, or the rule that the record breaks. Addresses beyond PUNCH_ADDRESSES_MAX are
 * left out, and so are malformed ones.
 */
const char *punch_parse(const struct record *record, struct punch_record *out);

/*
 * The mask of kinds for "auto", "direct", "proxy" or "inband"; 0 for anything else.
 * In-band is in the masks of "auto" and "inband" only.
 */
unsigned transport_kinds(const char *name);
/*
 * The name of such a mask. "none" for any other mask, such as the empty one when each
 * side allows a different kind.
 */
const char *transport_name(unsigned allowed);

#endif
