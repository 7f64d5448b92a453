/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "registration.h"

#include "alloc.h"
#include "tap.h"

#define STREAM "xmlns:stream='http://etherx.jabber.org/streams'"
#define OFFER  "<register xmlns='http://jabber.org/features/iq-register'/>"
#define FIELDS(what)                                                                               \
	"<iq type='result' id='git-fields'><query xmlns='jabber:iq:register'>" what "</query></"   \
										    "iq>"
#define FORM(field) "<x xmlns='jabber:x:data'>" field "</x>"
#define URL(url)    "<x xmlns='jabber:x:oob'><url>" url "</url></x>"
#define SET                                                                                        \
	"<iq type='set' id='git-account'><query xmlns='jabber:iq:register'>"                       \
	"<username>a&#38;b</username><password>&#60;secret&#62;</password></query></iq>"

static const struct {
	const char *what, *stanza;
	bool secured, asked;
	enum registration_step step;
	const char *out, *url;
} rows[] = {
	{ "TLS comes first",
	  "<features " STREAM "><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" OFFER
	  "</features>", false, false, REGISTRATION_SENDS,
	  "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "" },
	{ "without it nothing is said", "<features>" OFFER "</features>", false, false,
	  REGISTRATION_REFUSED, "", "" },
	{ "the fields are asked for", "<features>" OFFER "</features>", true, false,
	  REGISTRATION_SENDS,
	  "<iq type='get' id='git-fields'><query xmlns='jabber:iq:register'/></iq>", "" },
	{ "but not where it is not offered", "<features/>", true, false, REGISTRATION_REFUSED, "",
	  "" },
	{ "a name and a password", FIELDS("<instructions>x</instructions><username/><password/>"),
	  true, false, REGISTRATION_SENDS, SET, "" },
	{ "and a form that wants no more", FIELDS("<username/><password/>" FORM(
	  "<field var='username'><required/></field><field var='email'/>")), true, false,
	  REGISTRATION_SENDS, SET, "" },
	{ "never without TLS", FIELDS("<username/><password/>"), false, false,
	  REGISTRATION_WAITS, "", "" },
	{ "and not twice", FIELDS("<username/><password/>"), true, true, REGISTRATION_WAITS,
	  "", "" },
	{ "an e-mail address, too", FIELDS("<username/><password/><email/>"), true, false,
	  REGISTRATION_REFUSED, "", "" },
	{ "a form that wants more", FIELDS("<username/><password/>"
	  FORM("<field var='ocr'><required/></field>") URL("https://a.example/")), true, false,
	  REGISTRATION_ELSEWHERE, "", "https://a.example/" },
	{ "an address that is none", FIELDS("<email/>" URL("javascript:x")), true, false,
	  REGISTRATION_REFUSED, "", "" },
	{ "an answer without fields", "<iq type='result' id='git-fields'/>", true, false,
	  REGISTRATION_REFUSED, "", "" },
	{ "the account is there already", FIELDS("<registered/><username/><password/>"), true,
	  false, REGISTRATION_REFUSED, "", "" },
	{ "it is made", "<iq type='result' id='git-account'/>", true, true, REGISTRATION_DONE, "",
	  "" },
	{ "not if we have not asked", "<iq type='result' id='git-account'/>", true, false,
	  REGISTRATION_WAITS, "", "" },
	{ "it is not made", "<iq type='error' id='git-account'><error><conflict "
	  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", true, true,
	  REGISTRATION_REFUSED, "", "" },
	{ "an error that is none", "<iq type='error' id='git-account'/>", true, true,
	  REGISTRATION_REFUSED, "", "" },
	{ "somebody else's answer", "<iq type='result' id='x'/>", true, true,
	  REGISTRATION_WAITS, "", "" },
	{ "TLS may begin", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", false, false,
	  REGISTRATION_STARTS_TLS, "", "" },
	{ "once", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", true, false,
	  REGISTRATION_WAITS, "", "" },
	{ "a message", "<message/>", true, true, REGISTRATION_WAITS, "", "" },
};

static void take(struct registration *r, xmpp_ctx_t *ctx, const char *text)
{
	xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, text);

	registration_take(r, stanza);
	xmpp_stanza_release(stanza);
}

/* The same error means another thing where a server takes those whom it has invited. */
static void refuse_uninvited(xmpp_ctx_t *ctx, const char *token, const char *reason)
{
	struct buf out = { 0 }, features = { 0 };
	struct registration r = {
		.jid = "a@a.example", .password = "p", .secured = true, .out = &out
	};

	buf_puts(&features, "<features>" OFFER);
	buf_puts(&features, token);
	buf_puts(&features, "</features>");
	take(&r, ctx, buf_str(&features));
	take(&r, ctx, FIELDS("<username/><password/>"));
	take(&r, ctx,
	     "<iq type='error' id='git-account'><error type='modify'>"
	     "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	is_str(r.reason, reason, *token ? "who was not invited" : "where nobody is invited");
	buf_finish(&features);
	buf_finish(&out);
}

int main(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		xmpp_stanza_t *stanza = xmpp_stanza_new_from_string(ctx, rows[i].stanza);
		struct buf out = { 0 };
		struct registration r = {
			.jid = "a&b@a.example",
			.password = "<secret>",
			.secured = rows[i].secured,
			.asked = rows[i].asked,
			.out = &out,
		};

		is_int(registration_take(&r, stanza), rows[i].step, rows[i].what);
		is_str(buf_str(&out), rows[i].out, "... what is sent");
		is_str(r.url, rows[i].url, "... where to go");
		xmpp_stanza_release(stanza);
		buf_finish(&out);
	}
	refuse_uninvited(ctx, "", "it does not accept the name or the password");
	refuse_uninvited(ctx, "<register xmlns='urn:xmpp:ibr-token:0'/>",
			 "it takes no new accounts without an invitation of its own, or does not "
			 "accept the name or the password");
	xmpp_ctx_free(ctx);
	return tap_done();
}
