/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DISCO_H
#define DAEMON_DISCO_H

/*
 * This client's description: the answer to disco#info (XEP-0030), and its hash in every
 * presence (XEP-0115), so that a client who knows the hash need not ask. Every contact
 * receives both; neither tells the version.
 */

#include <stdbool.h>

#include "buf.h"

#define NS_BLOCKING    "urn:xmpp:blocking"
#define NS_BYTESTREAMS "http://jabber.org/protocol/bytestreams"
#define NS_DISCO_INFO  "http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_EXTDISCO    "urn:xmpp:extdisco:2"
#define NS_GIT	       "urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb"
#define NS_IBB	       "http://jabber.org/protocol/ibb"
#define NS_PING	       "urn:xmpp:ping"
#define NS_SIC	       "urn:xmpp:sic:1"

enum { DISCO_VER_MAX = 29 };

struct disco {
	char ver[DISCO_VER_MAX];	/* the hash: base64 of 20 bytes */
};

void disco_init(struct disco *d);

/* Appends <c/> for a presence. */
void disco_put_caps(const struct disco *d, struct buf *out);

/* Appends the <query/> of an answer. node may be NULL. False if node is none of ours. */
bool disco_put_info(const struct disco *d, const char *node, struct buf *out);

#endif
