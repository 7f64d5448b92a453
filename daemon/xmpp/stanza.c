/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stanza.h"

/*
 * Everything read here comes from a server, or through a server from anybody. A stanza is
 * classified by its name, its type, and the name and namespace of its payload. What is in no
 * table or chain is STANZA_OTHER, or STANZA_UNKNOWN if it must be answered.
 */

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "decimal.h"
#include "grantee.h"
#include "jid.h"
#include "text.h"

#define NS_ROSTER  "jabber:iq:roster"
#define NS_SM	   "urn:xmpp:sm:3"

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static const char *attribute(xmpp_stanza_t *xml, const char *name)
{
	return xmpp_stanza_get_attribute(xml, name);
}

/* A plain decimal up to max, else fallback. */
static uint64_t number(const char *text, uint64_t max, uint64_t fallback)
{
	uint64_t n;

	return decimal_parse(text, max, &n) ? n : fallback;
}

static xmpp_stanza_t *first_element(xmpp_stanza_t *xml)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(xml);

	while (child && !xmpp_stanza_is_tag(child))
		child = xmpp_stanza_get_next(child);
	return child;
}

/* libstrophe joins all text to one child. Any other child is not base64. */
static bool read_text(xmpp_stanza_t *xml, struct ibb_stanza *out)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(xml);

	out->text = "";
	if (!child)
		return true;
	if (xmpp_stanza_is_tag(child) || xmpp_stanza_get_next(child))
		return false;
	out->text = xmpp_stanza_get_text_ptr(child);
	out->text_len = strlen(out->text);
	return true;
}

static bool read_ibb(xmpp_stanza_t *xml, struct stanza *s)
{
	struct ibb_stanza *ibb = &s->ibb;
	const char *name = xmpp_stanza_get_name(xml);

	ibb->from = s->from;
	ibb->id = s->id;
	ibb->sid = attribute(xml, "sid");
	if (!ibb->from || !ibb->sid || !*ibb->sid)
		return false;
	if (is(name, "open")) {
		ibb->kind = IBB_OPEN;
		if (!is(attribute(xml, "stanza"), "message"))
			ibb->block_size = number(attribute(xml, "block-size"), 65535, 0);
		return true;
	}
	if (is(name, "data")) {
		ibb->kind = IBB_DATA;
		ibb->seq = number(attribute(xml, "seq"), 65535, UINT64_MAX);
		return read_text(xml, ibb);
	}
	ibb->kind = IBB_CLOSE;
	return true;
}

static const struct request_row {
	const char *type, *name, *ns;
	enum stanza_kind kind;
} requests[] = {
	{ "set", "data", NS_IBB, STANZA_IBB },		/* first, as the most frequent */
	{ "set", "open", NS_IBB, STANZA_IBB },
	{ "set", "close", NS_IBB, STANZA_IBB },
	{ "get", "ping", NS_PING, STANZA_PING },
	{ "set", "query", NS_ROSTER, STANZA_ROSTER },
	{ "set", "block", NS_BLOCKING, STANZA_BLOCKED },
	{ "set", "unblock", NS_BLOCKING, STANZA_UNBLOCKED },
	{ "get", "query", NS_DISCO_INFO, STANZA_DISCO },
};

static void read_request(const char *type, struct stanza *s)
{
	const char *name = s->payload ? xmpp_stanza_get_name(s->payload) : NULL;
	const char *ns = s->payload ? xmpp_stanza_get_ns(s->payload) : NULL;

	s->kind = STANZA_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (is(name, requests[i].name) && is(ns, requests[i].ns) &&
		    is(type, requests[i].type))
			s->kind = requests[i].kind;
	if (s->kind == STANZA_IBB && !read_ibb(s->payload, s))
		s->kind = STANZA_BAD_REQUEST;
	else if (s->kind == STANZA_DISCO)
		s->node = attribute(s->payload, "node");
}

static const char *read_condition(xmpp_stanza_t *stanza)
{
	xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(stanza, "error");
	xmpp_stanza_t *child = error ? xmpp_stanza_get_children(error) : NULL;

	for (; child; child = xmpp_stanza_get_next(child))
		if (xmpp_stanza_is_tag(child) && is(xmpp_stanza_get_ns(child), NS_STANZAS) &&
		    !is(xmpp_stanza_get_name(child), "text"))
			return xmpp_stanza_get_name(child);
	return "undefined-condition";
}

static void read_iq(xmpp_stanza_t *iq, struct stanza *s)
{
	const char *type = xmpp_stanza_get_type(iq);

	/* Without an id it can neither be an answer nor be answered. */
	if (!s->id)
		return;
	s->payload = first_element(iq);
	if (is(type, "result")) {
		s->kind = STANZA_ANSWER;
	} else if (is(type, "error")) {
		s->kind = STANZA_ANSWER;
		s->condition = read_condition(iq);
	} else if (is(type, "get") || is(type, "set")) {
		read_request(type, s);
	}
}

static void read_presence(xmpp_stanza_t *presence, struct stanza *s)
{
	xmpp_stanza_t *git;

	s->type = xmpp_stanza_get_type(presence);
	if (!s->from)
		return;
	if (!s->type) {
		s->kind = STANZA_AVAILABLE;
		git = xmpp_stanza_get_child_by_name_and_ns(presence, "git", NS_GIT);
		s->device = git ? attribute(git, "dev") : NULL;
		s->asks = git && is(attribute(git, "ask"), "1");
	} else if (is(s->type, "unavailable")) {
		s->kind = STANZA_UNAVAILABLE;
	} else if (is(s->type, "error")) {
		s->kind = STANZA_REFUSED;
		s->condition = read_condition(presence);
	} else if (is(s->type, "subscribe") || is(s->type, "subscribed") ||
		   is(s->type, "unsubscribe") || is(s->type, "unsubscribed")) {
		s->kind = STANZA_SUBSCRIPTION;
	}
}

static void read_stream_management(const char *name, struct stanza *s)
{
	if (is(name, "enabled"))
		s->kind = STANZA_SM_ENABLED;
	else if (is(name, "failed"))
		s->kind = STANZA_SM_FAILED;
	else if (is(name, "r"))
		s->kind = STANZA_SM_REQUEST;
	else if (is(name, "a"))
		s->kind = STANZA_SM_ANSWER;
}

void stanza_read(xmpp_stanza_t *xml, struct stanza *out)
{
	const char *name = xmpp_stanza_get_name(xml);

	*out = (struct stanza){
		.from = xmpp_stanza_get_from(xml),
		.id = xmpp_stanza_get_id(xml),
	};
	if (is(xmpp_stanza_get_ns(xml), NS_SM)) {
		read_stream_management(name, out);
		return;
	}
	out->counted = is(name, "iq") || is(name, "presence") || is(name, "message");
	if (is(name, "iq"))
		read_iq(xml, out);
	else if (is(name, "presence"))
		read_presence(xml, out);
}

void stanza_discount(struct stanza *s)
{
	switch (s->kind) {
	case STANZA_ANSWER:
		s->condition = "policy-violation";
		break;
	case STANZA_ROSTER:
	case STANZA_BLOCKED:
	case STANZA_UNBLOCKED:
	case STANZA_PING:
	case STANZA_DISCO:
	case STANZA_IBB:
	case STANZA_BAD_REQUEST:
	case STANZA_UNKNOWN:
		s->kind = STANZA_UNKNOWN;
		break;
	default:
		s->kind = STANZA_OTHER;
	}
}

const char *stanza_stream_error(xmpp_stanza_t *xml)
{
	xmpp_stanza_t *child = xml ? xmpp_stanza_get_children(xml) : NULL;

	for (; child; child = xmpp_stanza_get_next(child))
		if (xmpp_stanza_is_tag(child) && !is(xmpp_stanza_get_name(child), "text"))
			return xmpp_stanza_get_name(child);
	return "undefined-condition";
}

void stanza_other_host(xmpp_stanza_t *xml, char *out, size_t size)
{
	xmpp_stanza_t *child = xml ? xmpp_stanza_get_child_by_name(xml, "see-other-host") : NULL;
	char *text = child ? xmpp_stanza_get_text(child) : NULL;

	snprintf(out, size, "%s", text ? text : "");
	if (text)
		xmpp_free(xmpp_stanza_get_context(child), text);
}

/* Takes the groups that may be named in a share, as far as there is room. */
static void read_groups(xmpp_stanza_t *item, char out[BUDDY_GROUPS_MAX])
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(item);
	size_t n = 0;

	for (; child; child = xmpp_stanza_get_next(child)) {
		char *text = is(xmpp_stanza_get_name(child), "group") ? xmpp_stanza_get_text(child)
								      : NULL;

		if (text && group_name_valid(text) && n + strlen(text) + 1 < BUDDY_GROUPS_MAX) {
			memcpy(out + n, text, strlen(text) + 1);
			n += strlen(text) + 1;
		}
		if (text)
			xmpp_free(xmpp_stanza_get_context(child), text);
	}
	out[n] = '\0';
}

static bool read_item(xmpp_stanza_t *xml, struct roster_item *item)
{
	static const struct {
		const char *name;
		enum subscription subscription;
	} rows[] = {
		{ "to", SUBSCRIPTION_TO },
		{ "from", SUBSCRIPTION_FROM },
		{ "both", SUBSCRIPTION_BOTH },
	};
	const char *jid = attribute(xml, "jid");
	const char *subscription = attribute(xml, "subscription");

	if (!is(xmpp_stanza_get_name(xml), "item") || !jid || !jid_bare(jid, item->jid))
		return false;
	item->subscription = SUBSCRIPTION_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is(subscription, rows[i].name))
			item->subscription = rows[i].subscription;
	item->asked = is(attribute(xml, "ask"), "subscribe");
	item->removed = is(subscription, "remove");
	read_groups(xml, item->groups);
	return true;
}

bool stanza_is_roster(xmpp_stanza_t *payload)
{
	return payload && is(xmpp_stanza_get_name(payload), "query") &&
	       is(xmpp_stanza_get_ns(payload), NS_ROSTER);
}

bool stanza_roster_next(xmpp_stanza_t *query, xmpp_stanza_t **at, struct roster_item *item)
{
	*at = *at ? xmpp_stanza_get_next(*at) : xmpp_stanza_get_children(query);
	while (*at && !(xmpp_stanza_is_tag(*at) && read_item(*at, item)))
		*at = xmpp_stanza_get_next(*at);
	return *at != NULL;
}

static bool copy_text(const char *text, char *out, size_t size)
{
	size_t n = text ? strlen(text) : 0;

	if (n == 0 || n >= size || !text_utf8_valid(text, n))
		return false;
	memcpy(out, text, n + 1);
	return true;
}

/* Only characters of a name or an address, without an address's zone. */
static bool copy_host(const char *text, char out[IQ_HOST_MAX + 1])
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";

	return copy_text(text, out, IQ_HOST_MAX + 1) && !out[strspn(out, allowed)];
}

static bool read_item_row(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->jid = rows->jid;
	return !attribute(xml, "node") &&
	       copy_text(attribute(xml, "jid"), rows->jid, sizeof(rows->jid));
}

/* XEP-0191: a bare JID, a full one, or a domain. */
static bool read_blocked(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->jid = rows->jid;
	return copy_text(attribute(xml, "jid"), rows->jid, sizeof(rows->jid));
}

static bool read_identity(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->category = attribute(xml, "category");
	row->type = attribute(xml, "type");
	return row->category && row->type;
}

static bool read_feature(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->feature = attribute(xml, "var");
	return row->feature;
}

static bool read_streamhost(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->jid = rows->jid;
	row->host = rows->host;
	row->port = number(attribute(xml, "port"), UINT16_MAX, 0);
	return row->port && copy_text(attribute(xml, "jid"), rows->jid, sizeof(rows->jid)) &&
	       copy_host(attribute(xml, "host"), rows->host);
}

static bool read_seen(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	xmpp_stanza_t *text = xmpp_stanza_get_children(xml);

	row->host = rows->host;
	return text && xmpp_stanza_is_text(text) &&
	       copy_host(xmpp_stanza_get_text_ptr(text), rows->host);
}

static bool read_service(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	row->type = attribute(xml, "type");
	row->transport = attribute(xml, "transport");
	row->host = rows->host;
	row->port = number(attribute(xml, "port"), UINT16_MAX, 0);
	return row->type && row->transport && row->port &&
	       copy_host(attribute(xml, "host"), rows->host);
}

static const struct {
	const char *ns, *name;
	int kind;
	bool (*read)(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row);
} row_kinds[] = {
	{ NS_DISCO_ITEMS, "item", IQ_ITEM, read_item_row },
	{ NS_DISCO_INFO, "identity", IQ_IDENTITY, read_identity },
	{ NS_DISCO_INFO, "feature", IQ_FEATURE, read_feature },
	{ NS_BYTESTREAMS, "streamhost", IQ_STREAMHOST, read_streamhost },
	{ NS_BLOCKING, "item", IQ_BLOCKED, read_blocked },
	{ NS_SIC, "ip", IQ_SEEN, read_seen },
	{ NS_EXTDISCO, "service", IQ_SERVICE, read_service },
};

void stanza_rows(xmpp_stanza_t *payload, struct iq_rows *out)
{
	const char *name = payload ? xmpp_stanza_get_name(payload) : NULL;
	const char *ns = payload ? xmpp_stanza_get_ns(payload) : NULL;
	bool lists = is(name, "query") || (is(ns, NS_SIC) && is(name, "address")) ||
		     (is(ns, NS_EXTDISCO) && is(name, "services")) ||
		     (is(ns, NS_BLOCKING) &&
		      (is(name, "blocklist") || is(name, "block") || is(name, "unblock")));

	out->ns = lists ? ns : NULL;
	out->next = lists ? xmpp_stanza_get_children(payload) : NULL;
}

static bool read_row(struct iq_rows *rows, xmpp_stanza_t *xml, struct iq_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row_kinds); i++) {
		if (!is(rows->ns, row_kinds[i].ns) ||
		    !is(xmpp_stanza_get_name(xml), row_kinds[i].name) ||
		    !is(xmpp_stanza_get_ns(xml), rows->ns))
			continue;
		*row = (struct iq_row){ .kind = row_kinds[i].kind };
		return row_kinds[i].read(rows, xml, row);
	}
	return false;
}

bool stanza_rows_of(const struct iq_rows *rows, const char *ns)
{
	return is(rows->ns, ns);
}

bool stanza_rows_next(struct iq_rows *rows, struct iq_row *row)
{
	while (rows->next) {
		xmpp_stanza_t *xml = rows->next;

		rows->next = xmpp_stanza_get_next(xml);
		if (xmpp_stanza_is_tag(xml) && read_row(rows, xml, row))
			return true;
	}
	return false;
}
