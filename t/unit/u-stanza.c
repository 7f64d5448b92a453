/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stanza.h"

#include <stdlib.h>

#include "tap.h"

#include "alloc.h"

static const char *const kinds[] = {
	[STANZA_OTHER] = "other",
	[STANZA_ANSWER] = "answer",
	[STANZA_ROSTER] = "roster",
	[STANZA_BLOCKED] = "blocked",
	[STANZA_UNBLOCKED] = "unblocked",
	[STANZA_PING] = "ping",
	[STANZA_DISCO] = "disco",
	[STANZA_IBB] = "ibb",
	[STANZA_BAD_REQUEST] = "bad request",
	[STANZA_UNKNOWN] = "unknown",
	[STANZA_AVAILABLE] = "available",
	[STANZA_UNAVAILABLE] = "unavailable",
	[STANZA_REFUSED] = "refused",
	[STANZA_SUBSCRIPTION] = "subscription",
	[STANZA_SM_ENABLED] = "sm enabled",
	[STANZA_SM_FAILED] = "sm failed",
	[STANZA_SM_REQUEST] = "sm request",
	[STANZA_SM_ANSWER] = "sm answer",
};

#define DATA "<data xmlns='http://jabber.org/protocol/ibb' "

static const struct {
	const char *xml;
	enum stanza_kind kind;
} rows[] = {
	{ "<iq type='get' id='1' from='a@b/c'><ping xmlns='urn:xmpp:ping'/></iq>", STANZA_PING },
	{ "<iq type='set' id='1' from='a@b/c'><ping xmlns='urn:xmpp:ping'/></iq>", STANZA_UNKNOWN },
	{ "<iq type='get' id='1' from='a@b/c'><ping xmlns='urn:xmpp:pong'/></iq>", STANZA_UNKNOWN },
	{ "<iq type='get' id='1' from='a@b/c'>text<ping xmlns='urn:xmpp:ping'/></iq>",
	  STANZA_PING },
	{ "<iq type='get' id='1' from='a@b/c'/>", STANZA_UNKNOWN },
	{ "<iq type='get' id='1' from='a@b/c'>text</iq>", STANZA_UNKNOWN },
	{ "<iq type='get' from='a@b/c'><ping xmlns='urn:xmpp:ping'/></iq>", STANZA_OTHER },
	{ "<iq id='1' from='a@b/c'/>", STANZA_OTHER },
	{ "<iq type='ask' id='1' from='a@b/c'/>", STANZA_OTHER },
	{ "<iq type='result' id='1'/>", STANZA_ANSWER },
	{ "<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
	  STANZA_DISCO },
	{ "<iq type='set' id='1'><query xmlns='jabber:iq:roster'/></iq>", STANZA_ROSTER },
	{ "<iq type='set' id='1' from='a@b/c'>" DATA "sid='s' seq='0'>QUJD</data></iq>",
	  STANZA_IBB },
	{ "<iq type='set' id='1' from='a@b/c'>" DATA "sid='' seq='0'>QUJD</data></iq>",
	  STANZA_BAD_REQUEST },
	{ "<iq type='set' id='1' from='a@b/c'>" DATA "seq='0'>QUJD</data></iq>",
	  STANZA_BAD_REQUEST },
	{ "<iq type='set' id='1' from='a@b/c'>" DATA "sid='s' seq='0'>QU<b/>JD</data></iq>",
	  STANZA_BAD_REQUEST },
	{ "<iq type='set' id='1'>" DATA "sid='s' seq='0'>QUJD</data></iq>", STANZA_BAD_REQUEST },
	{ "<message from='a@b/c'>" DATA "sid='s' seq='0'>QUJD</data></message>", STANZA_OTHER },
	{ "<presence from='a@b/c'/>", STANZA_AVAILABLE },
	{ "<presence/>", STANZA_OTHER },
	{ "<presence from='a@b/c' type='unavailable'/>", STANZA_UNAVAILABLE },
	{ "<presence from='a@b/c' type='error'/>", STANZA_REFUSED },
	{ "<presence from='a@b' type='error'/>", STANZA_REFUSED },
	{ "<presence type='error'/>", STANZA_OTHER },
	{ "<iq type='set' id='1'><block xmlns='urn:xmpp:blocking'/></iq>", STANZA_BLOCKED },
	{ "<iq type='set' id='1'><unblock xmlns='urn:xmpp:blocking'/></iq>", STANZA_UNBLOCKED },
	{ "<iq type='get' id='1'><unblock xmlns='urn:xmpp:blocking'/></iq>", STANZA_UNKNOWN },
	{ "<iq type='set' id='1'><block xmlns='urn:xmpp:blocked'/></iq>", STANZA_UNKNOWN },
	{ "<presence from='a@b' type='subscribe'/>", STANZA_SUBSCRIPTION },
	{ "<presence from='a@b' type='unsubscribed'/>", STANZA_SUBSCRIPTION },
	{ "<presence from='a@b' type='probe'/>", STANZA_OTHER },
	{ "<enabled xmlns='urn:xmpp:sm:3'/>", STANZA_SM_ENABLED },
	{ "<r xmlns='urn:xmpp:sm:3'/>", STANZA_SM_REQUEST },
	{ "<a xmlns='urn:xmpp:sm:3' h='1'/>", STANZA_SM_ANSWER },
	{ "<r/>", STANZA_OTHER },
	{ "<foo/>", STANZA_OTHER },
};

static xmpp_ctx_t *ctx;

/* What is left of the meaning when not all of it came. */
static const struct {
	const char *xml;
	enum stanza_kind kind;
} pruned[] = {
	{ "<iq type='set' id='1' from='a@b/c'>" DATA "sid='s' seq='0'>QUJD</data></iq>",
	  STANZA_UNKNOWN },
	{ "<iq type='set' id='1'><query xmlns='jabber:iq:roster'/></iq>", STANZA_UNKNOWN },
	{ "<iq type='result' id='1'><query xmlns='jabber:iq:roster'/></iq>", STANZA_ANSWER },
	{ "<iq type='set' id='1'><unblock xmlns='urn:xmpp:blocking'/></iq>", STANZA_UNKNOWN },
	{ "<iq/>", STANZA_OTHER },
	{ "<presence from='a@b/c'/>", STANZA_OTHER },
	{ "<presence from='a@b' type='unsubscribed'/>", STANZA_OTHER },
	{ "<message from='a@b'/>", STANZA_OTHER },
	{ "<r xmlns='urn:xmpp:sm:3'/>", STANZA_OTHER },
};

static void test_pruned(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pruned); i++) {
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, pruned[i].xml);
		struct stanza s;
		bool counted;

		stanza_read(xml, &s);
		counted = s.counted;
		stanza_discount(&s);
		is_str(kinds[s.kind], kinds[pruned[i].kind], pruned[i].xml);
		ok(s.counted == counted, "... it counts as what it is");
		ok(s.kind != STANZA_ANSWER || s.condition, "... an answer is an error");
		xmpp_stanza_release(xml);
	}
}

static void test_kinds(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, rows[i].xml);
		struct stanza s;

		stanza_read(xml, &s);
		is_str(kinds[s.kind], kinds[rows[i].kind], rows[i].xml);
		xmpp_stanza_release(xml);
	}
}

static void test_blocks(void)
{
	static const struct {
		const char *attributes, *text;
		uint64_t seq;
	} blocks[] = {
		{ "sid='s' seq='0'", "QUJD", 0 },
		{ "sid='s' seq='65535'", "", 65535 },
		{ "sid='s' seq='65536'", "QUJD", UINT64_MAX },
		{ "sid='s' seq='-1'", "QUJD", UINT64_MAX },
		{ "sid='s' seq=''", "QUJD", UINT64_MAX },
		{ "sid='s' seq='18446744073709551616'", "QUJD", UINT64_MAX },
		{ "sid='s'", "QUJD", UINT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		char *text =
			xasprintf("<iq type='set' id='7' from='a@b/c'>" DATA "%s>%s</data></iq>",
				  blocks[i].attributes, blocks[i].text);
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, text);
		struct stanza s;

		stanza_read(xml, &s);
		ok(s.kind == STANZA_IBB && s.ibb.seq == blocks[i].seq, "a block with %s",
		   blocks[i].attributes);
		ok(s.ibb.text_len == strlen(blocks[i].text) && !strcmp(s.ibb.text, blocks[i].text),
		   "... and its text");
		xmpp_stanza_release(xml);
		free(text);
	}
}

/* A stanza written here is read as what it was meant to be. */
static void test_written_block(void)
{
	struct buf out = { 0 };
	xmpp_stanza_t *xml;
	struct stanza s;

	stanza_put_block(&out, "o'neil@b.example/<x>", "id&1", "s'", 9, "ABC", 3);
	xml = xmpp_stanza_new_from_string(ctx, buf_str(&out));
	ok(xml != NULL, "a block is XML, whatever the address");
	is_str(xml ? xmpp_stanza_get_to(xml) : NULL, "o'neil@b.example/<x>",
	       "... which arrives as it was");
	xmpp_stanza_set_from(xml, "a@b/c");
	stanza_read(xml, &s);
	ok(s.kind == STANZA_IBB && s.ibb.kind == IBB_DATA && s.ibb.seq == 9, "... as a block");
	is_str(s.ibb.sid, "s'", "... of its stream");
	is_str(s.ibb.text, "QUJD", "... with its data");
	xmpp_stanza_release(xml);
	buf_finish(&out);
}

static void test_errors(void)
{
	static const struct {
		const char *error, *condition;
	} errors[] = {
		{ "<error type='cancel'><item-not-found "
		  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
		  "item-not-found" },
		{ "<error><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>x</text>"
		  "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "conflict" },
		{ "<error><own xmlns='urn:x'/></error>", "undefined-condition" },
		{ "<error/>", "undefined-condition" },
		{ "", "undefined-condition" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		char *text =
			xasprintf("<iq type='error' id='1'><ping xmlns='urn:xmpp:ping'/>%s</iq>",
				  errors[i].error);
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, text);
		struct stanza s;

		stanza_read(xml, &s);
		is_str(s.condition, errors[i].condition, "an error's condition");
		xmpp_stanza_release(xml);
		free(text);
	}
}

static void test_presence(void)
{
	struct disco disco;
	struct buf out = { 0 };
	xmpp_stanza_t *xml;
	struct stanza s;

	disco_init(&disco);
	stanza_put_available(&out, &disco, "thedevice", NULL, false);
	xml = xmpp_stanza_new_from_string(ctx, buf_str(&out));
	xmpp_stanza_set_from(xml, "a@b/c");
	stanza_read(xml, &s);
	is_str(s.device, "thedevice", "our presence tells the device");
	ok(!s.asks && !strstr(buf_str(&out), "to="), "and asks nobody");
	ok(!strstr(buf_str(&out), PROGRAM_VERSION), "and not the version");
	ok(!strstr(buf_str(&out), "inst="), "nor the process");
	xmpp_stanza_release(xml);
	buf_finish(&out);
	stanza_put_available(&out, &disco, "thedevice", "d@e", true);
	xml = xmpp_stanza_new_from_string(ctx, buf_str(&out));
	xmpp_stanza_set_from(xml, "a@b/c");
	stanza_read(xml, &s);
	ok(s.asks && s.kind == STANZA_AVAILABLE, "one that is a question asks");
	is_str(xmpp_stanza_get_to(xml), "d@e", "whom it is for");
	xmpp_stanza_release(xml);
	buf_finish(&out);
	xml = xmpp_stanza_new_from_string(ctx,
		"<presence from='a@b/c'><git xmlns='" NS_GIT "' inst='x'/></presence>");
	stanza_read(xml, &s);
	ok(!s.device, "without a device it is nothing");
	xmpp_stanza_release(xml);
}

static void test_roster(void)
{
	xmpp_stanza_t *xml = xmpp_stanza_new_from_string(
		ctx, "<query xmlns='jabber:iq:roster'>text<item jid='Bob@b.example' "
		     "subscription='both'/>"
		     "<item jid='gateway.example' subscription='both'/><item/><item "
		     "jid='a@b/c'/><odd jid='x@y.example'/>"
		     "<item jid='eve@e.example' ask='subscribe'/><item jid='old@b.example' "
		     "subscription='remove'/></query>");
	struct buf seen = { 0 };
	struct roster_item item;
	xmpp_stanza_t *at = NULL;

	while (stanza_roster_next(xml, &at, &item))
		buf_printf(&seen, "%s %d%s%s\n", item.jid, (int)item.subscription,
			   item.asked ? " asked" : "", item.removed ? " removed" : "");
	is_str(buf_str(&seen), "bob@b.example 3\neve@e.example 0 asked\nold@b.example 0 removed\n",
	       "people of the roster, and nothing else");
	buf_finish(&seen);
	xmpp_stanza_release(xml);
}

/* The groups of an item, joined by "|". */
static void groups_are(const char *children, const char *expected)
{
	char *text = xasprintf("<query xmlns='jabber:iq:roster'><item jid='bob@b.example'>%s"
			       "</item></query>",
			       children);
	xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, text), *at = NULL;
	struct buf seen = { 0 };
	struct roster_item item;

	ok(stanza_roster_next(xml, &at, &item), "an item");
	for (const char *g = item.groups; *g; g += strlen(g) + 1)
		buf_printf(&seen, "%s|", g);
	is_str(buf_str(&seen), expected, "its groups");
	buf_finish(&seen);
	xmpp_stanza_release(xml);
	free(text);
}

static void test_groups(void)
{
	struct buf many = { 0 }, kept = { 0 };

	groups_are("", "");
	groups_are("<group>team</group><odd>x</odd>text<group>The Friends</group>",
		   "team|The Friends|");
	groups_are("<group/><group>a:refs/heads/b</group><group> x</group><group>a\nb</group>"
		   "<group>ok</group>",
		   "ok|");
	for (int i = 0; i < 2000; i++)
		buf_printf(&many, "<group>%09d</group>", i);
	for (int i = 0; i < (BUDDY_GROUPS_MAX - 1) / 10; i++)
		buf_printf(&kept, "%09d|", i);
	groups_are(buf_str(&many), buf_str(&kept));
	buf_finish(&many);
	buf_finish(&kept);
}

/* RFC 6121 2.6.3: a result without a roster is no empty one. */
static void test_whole_roster(void)
{
	static const struct {
		const char *payload;
		bool is;
	} whole[] = {
		{ "<query xmlns='jabber:iq:roster'/>", true },
		{ "<query xmlns='jabber:iq:roster' ver='1'><item jid='a@b'/></query>", true },
		{ "<query xmlns='urn:x'/>", false },
		{ "<roster xmlns='jabber:iq:roster'/>", false },
	};

	ok(!stanza_is_roster(NULL), "nothing is no roster");
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, whole[i].payload);

		is_int(stanza_is_roster(xml), whole[i].is, whole[i].payload);
		xmpp_stanza_release(xml);
	}
}

static void test_refused(void)
{
	xmpp_stanza_t *xml = xmpp_stanza_new_from_string(
		ctx, "<presence type='error' from='bob@nosuch.example'><error type='cancel'>"
		     "<remote-server-not-found "
		     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
	struct stanza s;

	stanza_read(xml, &s);
	is_str(s.condition, "remote-server-not-found", "why a request was refused");
	xmpp_stanza_release(xml);
}

static void put_row(struct buf *out, const struct iq_row *row)
{
	switch (row->kind) {
	case IQ_ITEM:
		buf_printf(out, "item %s\n", row->jid);
		break;
	case IQ_IDENTITY:
		buf_printf(out, "identity %s/%s\n", row->category, row->type);
		break;
	case IQ_FEATURE:
		buf_printf(out, "feature %s\n", row->feature);
		break;
	case IQ_BLOCKED:
		buf_printf(out, "blocked %s\n", row->jid);
		break;
	case IQ_SEEN:
		buf_printf(out, "seen %s\n", row->host);
		break;
	case IQ_SERVICE:
		buf_printf(out, "service %s %s %s %u\n", row->type, row->transport, row->host,
			   row->port);
		break;
	case IQ_STREAMHOST:
		buf_printf(out, "streamhost %s %s %u\n", row->jid, row->host, row->port);
		break;
	}
}

#define SERVICES    "<services xmlns='urn:xmpp:extdisco:2'>"
#define ITEMS	    "<query xmlns='http://jabber.org/protocol/disco#items'>"
#define INFO	    "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define BLOCKING    " xmlns='urn:xmpp:blocking'>"
#define STREAMHOSTS "<query xmlns='http://jabber.org/protocol/bytestreams'>"

static const struct {
	const char *payload, *rows;
} answers[] = {
	{ ITEMS "text<item jid='proxy.a.example'/><item jid='b.example' node='x'/><item/><item "
		"jid=''/>"
	  "<other jid='c.example'/><item xmlns='urn:x' jid='d.example'/><item jid='e.example'/>"
	  "</query>",
	  "item proxy.a.example\nitem e.example\n" },
	{ INFO "<identity category='proxy' type='bytestreams'/><identity category='proxy'/>"
	       "<feature/>"
	  "<feature var='urn:x'/><item jid='a.example'/></query>",
	  "identity proxy/bytestreams\nfeature urn:x\n" },
	{ STREAMHOSTS "<streamhost jid='p.a.example/1' host='192.0.2.1' port='5000'/>"
	  "<streamhost jid='p.a.example' host='2001:db8::1' port='65535'/>"
	  "<streamhost jid='p.a.example' host='p.a.example' port='0'/>"
	  "<streamhost jid='p.a.example' host='p.a.example' port='65536'/>"
	  "<streamhost jid='p.a.example' host='p.a.example' port='-1'/>"
	  "<streamhost jid='p.a.example' host='p.a.example'/>"
	  "<streamhost jid='p.a.example' host='fe80::1%eth0' port='5000'/>"
	  "<streamhost jid='p.a.example' host='a b' port='5000'/>"
	  "<streamhost jid='p.a.example' host='' port='5000'/>"
	  "<streamhost host='p.a.example' port='5000'/></query>",
	  "streamhost p.a.example/1 192.0.2.1 5000\nstreamhost p.a.example 2001:db8::1 65535\n" },
	{ "<blocklist" BLOCKING "text<item jid='a@b.example'/><item/><item jid=''/><item "
				"jid='c.example'/>"
	  "<query jid='x.example'/><item xmlns='urn:x' jid='d.example'/><item "
	  "jid='a@b.example/e f'/></blocklist>",
	  "blocked a@b.example\nblocked c.example\nblocked a@b.example/e f\n" },
	{ "<block" BLOCKING "<item jid='a@b.example'/></block>", "blocked a@b.example\n" },
	{ "<unblock" BLOCKING "<item jid='a@b.example'/></unblock>", "blocked a@b.example\n" },
	{ "<unblock" BLOCKING "</unblock>", "" },
	{ "<list" BLOCKING "<item jid='a@b.example'/></list>", "" },
	{ "<blocklist xmlns='urn:x'><item jid='a@b.example'/></blocklist>", "" },
	{ "<address xmlns='urn:xmpp:sic:1'><port>5</port><ip>192.0.2.7</ip></address>",
	  "seen 192.0.2.7\n" },
	{ "<address xmlns='urn:xmpp:sic:1'><ip/><ip><ip>192.0.2.7</ip></ip><ip>a b</ip>"
	  "<ip xmlns='urn:x'>192.0.2.7</ip></address>",
	  "" },
	{ "<address xmlns='urn:x'><ip>192.0.2.7</ip></address>", "" },
	{ SERVICES "<service type='stun' transport='tcp' host='a.example' port='3478'/>"
		   "<service type='turn' transport='udp' host='192.0.2.7' port='3479' "
		   "username='x'/>"
		   "</services>",
	  "service stun tcp a.example 3478\nservice turn udp 192.0.2.7 3479\n" },
	{ SERVICES "<service transport='tcp' host='a.example' port='3478'/>"
		   "<service type='stun' host='a.example' port='3478'/>"
		   "<service type='stun' transport='tcp' port='3478'/>"
		   "<service type='stun' transport='tcp' host='a b' port='3478'/>"
		   "<service type='stun' transport='tcp' host='a.example'/>"
		   "<service type='stun' transport='tcp' host='a.example' port='65536'/>"
		   "</services>",
	  "" },
	{ "<query xmlns='urn:x'><item jid='a.example'/></query>", "" },
	{ "<query><item jid='a.example'/></query>", "" },
	{ "<list xmlns='http://jabber.org/protocol/disco#items'><item jid='a.example'/></list>",
	  "" },
	{ ITEMS "</query>", "" },
	{ "", "" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		char *text = xasprintf("<iq type='result' id='1'>%s</iq>", answers[i].payload);
		xmpp_stanza_t *xml = xmpp_stanza_new_from_string(ctx, text);
		struct buf seen = { 0 };
		struct iq_rows list;
		struct iq_row row;
		struct stanza s;

		stanza_read(xml, &s);
		stanza_rows(s.payload, &list);
		while (stanza_rows_next(&list, &row))
			put_row(&seen, &row);
		is_str(buf_str(&seen), answers[i].rows, "what an answer lists");
		ok(!stanza_rows_next(&list, &row), "... and its end");
		buf_finish(&seen);
		xmpp_stanza_release(xml);
		free(text);
	}
}

static void test_long_rows(void)
{
	char jid[JID_MAX + 1], *text;
	xmpp_stanza_t *xml;
	struct iq_rows list;
	struct iq_row row;

	memset(jid, 'a', JID_MAX);
	for (size_t n = JID_MAX - 1; n <= JID_MAX; n++) {
		jid[n] = '\0';
		text = xasprintf(ITEMS "<item jid='%s'/></query>", jid);
		xml = xmpp_stanza_new_from_string(ctx, text);
		stanza_rows(xml, &list);
		ok(stanza_rows_next(&list, &row) == (n < JID_MAX), "a JID of %zu bytes", n);
		xmpp_stanza_release(xml);
		free(text);
		jid[n] = 'a';
	}
}

#define NODE "urn:uuid:8e60af8e-2e76-4d53-82f3-6506a4c6740c?=git-remote-xmpp"

/* The hash was computed by other means from the string that XEP-0115 5.1 describes. */
static void test_disco(void)
{
	struct disco disco;
	struct buf out = { 0 };
	char *node;

	disco_init(&disco);
	is_str(disco.ver, "ksc0d5grDJ3/5NVQTRsUF9Rnug8=", "the hash of our features");
	ok(disco_put_info(&disco, NULL, &out), "an answer without a node");
	ok(strstr(buf_str(&out), "name='git-remote-xmpp'") != NULL, "... names the program");
	buf_reset(&out);
	node = xasprintf(NODE "#%s", disco.ver);
	ok(disco_put_info(&disco, node, &out) && strstr(buf_str(&out), node),
	   "an answer for the node in our presence");
	ok(!disco_put_info(&disco, NODE "#other", &out), "and for no other");
	ok(!disco_put_info(&disco, NODE, &out), "nor for a part of it");
	ok(strcmp(NS_GIT, NODE) != 0, "the protocol is not the program");
	ok(strncmp(NS_GIT, "urn:xmpp:", 9) != 0, "... and not the XSF's");
	buf_reset(&out);
	disco_put_caps(&disco, &out);
	ok(strstr(buf_str(&out), " node='" NODE "'"), "the caps are the program's");
	free(node);
	buf_finish(&out);
}

int main(void)
{
	ctx = xmpp_ctx_new(NULL, NULL);
	test_kinds();
	test_pruned();
	test_blocks();
	test_written_block();
	test_errors();
	test_presence();
	test_roster();
	test_groups();
	test_whole_roster();
	test_refused();
	test_rows();
	test_long_rows();
	test_disco();
	xmpp_ctx_free(ctx);
	return tap_done();
}
