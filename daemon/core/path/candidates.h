/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CANDIDATES_H
#define CORE_CANDIDATES_H

/*
 * What two devices tell each other, inside the link, about how they can be
 * reached: the payloads of CANDIDATES and BYTESTREAM records. A server sees neither.
 *
 * CANDIDATES, sent whenever the link comes up anew and when something changed; the latest counts:
 *   transport=auto|direct|proxy|inband	what the sender's user allows (the kinds of path)
 *   [token=<32 hex> secret=<64 hex>]	the pass for who dials (pass.h). Needed with an address
 *   [address=<netaddr>]*		at most CANDIDATES_MAX, best first
 *
 * BYTESTREAM, the steps of an XEP-0065 bytestream through a proxy of the offering side:
 *   sid=<32 hex>  state=offer   jid=, host=, port= of the proxy; from=, to= full JIDs for DST.ADDR;
 *                               secret=<64 hex>, which is, with the sid for its token, the pass
 *   sid=          state=joined  the other side is connected to the proxy, waiting as TLS server
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
	S5B_HOST_MAX = 255,
};

struct candidates {
	unsigned allowed;			/* of path kinds, PATH_MASK() */
	struct pass pass;			/* its token is empty: none */
	struct netaddr addresses[CANDIDATES_MAX];
	size_t n;
};

void candidates_put(const struct candidates *w, struct buf *fields);
/*
 * NULL, or the rule that the record breaks: "field: rule". Addresses beyond the limit are left
 * out, so are malformed ones; a transport that is not known here allows in-band alone, which
 * all have.
 */
const char *candidates_parse(const struct record *record, struct candidates *out);

enum s5b_step {
	S5B_OFFER,
	S5B_JOINED,
	S5B_FAILED,
	S5B_OTHER,		/* one that is not known here, to be passed over; it is not sent */
};

struct s5b_offer {
	char jid[JID_MAX];			/* of the proxy; may have a resource */
	char host[S5B_HOST_MAX + 1];		/* a name or an address */
	uint16_t port;
	char from[JID_MAX], to[JID_MAX];	/* full JIDs */
};

struct s5b_record {
	struct pass pass;			/* its token is the sid; its secret is told by an
						   OFFER only */
	enum s5b_step step;
	struct s5b_offer offer;			/* of OFFER */
	char reason[REASON_MAX + 1];		/* of FAILED; a word */
};

void s5b_put(const struct s5b_record *b, struct buf *fields);
/* NULL, or the rule that the record breaks. */
const char *s5b_parse(const struct record *record, struct s5b_record *out);

/*
 * "auto" ... as a mask of kinds; 0 for anything else. In-band is in no mask but
 * its own and auto's.
 */
unsigned transport_kinds(const char *name);
/* The name of such a mask; "none" for any other, which is what two forced kinds have in common. */
const char *transport_name(unsigned allowed);

#endif
