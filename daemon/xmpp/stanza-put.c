/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stanza.h"

#include <string.h>

#include "alloc.h"
#include "base64.h"
#include "text.h"

static void put_attribute(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_puts(out, " ");
	buf_puts(out, name);
	buf_puts(out, "='");
	text_xml(out, value);
	buf_puts(out, "'");
}

static void put_iq_start(struct buf *out, const char *type, const char *to, const char *id)
{
	buf_puts(out, "<iq");
	put_attribute(out, "type", type);
	put_attribute(out, "id", id);
	put_attribute(out, "to", to);
}

void stanza_put_iq(struct buf *out, const char *type, const char *to, const char *id,
		   const char *payload)
{
	put_iq_start(out, type, to, id);
	if (!payload) {
		buf_puts(out, "/>");
		return;
	}
	buf_puts(out, ">");
	buf_puts(out, payload);
	buf_puts(out, "</iq>");
}

/* RFC 6120 8.3.3. Conditions that are not listed have the type "cancel". */
static const char *error_type(const char *condition)
{
	static const struct {
		const char *condition, *type;
	} rows[] = {
		{ "bad-request", "modify" },
		{ "resource-constraint", "modify" },	/* XEP-0047 2.1: asks for smaller
							   blocks */
		{ "not-authorized", "auth" },
		{ "forbidden", "auth" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(condition, rows[i].condition))
			return rows[i].type;
	return "cancel";
}

void stanza_put_error(struct buf *out, const char *to, const char *id, const char *condition)
{
	put_iq_start(out, "error", to, id);
	buf_printf(out, "><error type='%s'><%s xmlns='" NS_STANZAS "'/></error></iq>",
		   error_type(condition), condition);
}

void stanza_put_block(struct buf *out, const char *to, const char *id, const char *sid,
		      uint16_t seq, const void *data, size_t n)
{
	put_iq_start(out, "set", to, id);
	buf_printf(out, "><data xmlns='" NS_IBB "' seq='%u'", seq);
	put_attribute(out, "sid", sid);
	buf_puts(out, ">");
	buf_added(out, base64_encode(data, n, buf_reserve(out, BASE64_SIZE(n))));
	buf_puts(out, "</data></iq>");
}

void stanza_put_available(struct buf *out, const struct disco *disco, const char *device,
			  const char *to, bool asks)
{
	buf_puts(out, "<presence");
	put_attribute(out, "to", to);
	/*
	 * Negative priority: messages to the bare JID are not delivered to us (RFC 6121
	 * 8.5.2).
	 */
	buf_puts(out, "><show>xa</show><priority>-1</priority>");
	disco_put_caps(disco, out);
	buf_puts(out, "<git xmlns='" NS_GIT "'");
	put_attribute(out, "dev", device);
	put_attribute(out, "ask", asks ? "1" : NULL);
	buf_puts(out, "/></presence>");
}

void stanza_put_presence(struct buf *out, const char *to, const char *type)
{
	buf_puts(out, "<presence");
	put_attribute(out, "to", to);
	put_attribute(out, "type", type);
	buf_puts(out, "/>");
}
