/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disco.h"

#include <stdio.h>
#include <string.h>
#include <strophe.h>

#include "alloc.h"
#include "base64.h"
#include "text.h"

#define PROGRAM	"git-remote-xmpp"
/* Names the software; NS_GIT names the protocol, which other software may speak (XEP-0115 4). */
#define NODE	"urn:uuid:8e60af8e-2e76-4d53-82f3-6506a4c6740c?=" PROGRAM

/* Sorted by bytes, as the hash requires (XEP-0115 5.1). */
static const char *const features[] = { NS_DISCO_INFO, NS_IBB, NS_GIT, NS_PING };

/* XEP-0115 5.1: category/type/language/name<feature<feature<... */
void disco_init(struct disco *d)
{
	unsigned char digest[XMPP_SHA1_DIGEST_SIZE];
	struct buf s = { 0 };

	buf_puts(&s, "client/bot//" PROGRAM "<");
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		buf_printf(&s, "%s<", features[i]);
	xmpp_sha1_digest((const unsigned char *)buf_data(&s), buf_len(&s), digest);
	buf_finish(&s);
	base64_encode(digest, sizeof(digest), d->ver);
}

void disco_put_caps(const struct disco *d, struct buf *out)
{
	buf_printf(out, "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='" NODE
		   "' ver='%s'/>", d->ver);
}

static bool node_is_ours(const struct disco *d, const char *node)
{
	size_t n = strlen(NODE);

	return !node || (!strncmp(node, NODE "#", n + 1) && !strcmp(node + n + 1, d->ver));
}

bool disco_put_info(const struct disco *d, const char *node, struct buf *out)
{
	if (!node_is_ours(d, node))
		return false;
	buf_puts(out, "<query xmlns='" NS_DISCO_INFO "'");
	if (node) {
		buf_puts(out, " node='");
		text_xml(out, node);
		buf_puts(out, "'");
	}
	buf_puts(out, "><identity category='client' type='bot' name='" PROGRAM "'/>");
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		buf_printf(out, "<feature var='%s'/>", features[i]);
	buf_puts(out, "</query>");
	return true;
}
