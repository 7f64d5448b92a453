/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_INVITATION_LINK_H
#define COMMON_INVITATION_LINK_H

/*
 * The link of an invitation, which the inviter's user hands to another person:
 *   xmpp:alice@example.org?git-join;key=<64 hex>;until=<unix>;secret=<26 base32>;share=project
 * It has the form of XEP-0147 (xmpp: of RFC 5122, a query type, then key=value pairs in any
 * order). key is the fingerprint of the inviter's device. secret is that of the invitation,
 * in base32 (RFC 4648) of lower case. until is when the invitation expires, so that a joiner
 * knows how long to wait for an inviter who is away; only the inviter judges by it. share is
 * the name that the inviter shares, and is left out if the invitation names none. kind=device
 * invites another device of the same account. Whoever holds the link may use the invitation, once.
 */

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "buf.h"
#include "fingerprint.h"
#include "jid.h"

enum {
	INVITATION_SECRET_BYTES = 16,
	INVITATION_LINK_MAX = 4096,	/* bytes of a link, NUL included; it fits into a field */
};

struct invitation_link {
	char jid[JID_MAX];		/* the inviter's; bare, in its normal form */
	unsigned char fp[FINGERPRINT_BYTES];
	unsigned char secret[INVITATION_SECRET_BYTES];
	uint64_t until;			/* unix seconds; 0: it does not say */
	char share[SHARE_NAME_MAX];	/* empty: none */
	bool device;			/* it is for a device of the inviter's own account */
};

/*
 * Appends the link. It consists of ASCII without spaces and quotes: all but letters, digits
 * and a few signs is percent-encoded.
 */
void invitation_link_put(struct buf *out, const struct invitation_link *link);

/*
 * Reads a link, with white space or angle brackets around it. A parameter that is not known
 * is passed over; of two with one key the first counts. 0, or -1 with *why set to a static
 * phrase for the user, like "its secret is not whole".
 */
int invitation_link_parse(struct invitation_link *link, const char *text, const char **why);

#endif
