/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "registration.h"

/*
 * The server answers <iq type='get'/> with the fields that it wants. All of them are demanded
 * (XEP-0077 3.1). A form (XEP-0004) beside them may demand more, and so does a CAPTCHA; both
 * are for a person, at the address that the server gives (XEP-0066).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "text.h"

#define NS_REGISTER "jabber:iq:register"
#define NS_FEATURE  "http://jabber.org/features/iq-register"
#define NS_TOKEN    "urn:xmpp:ibr-token:0"
#define NS_TLS	    "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_FORM	    "jabber:x:data"
#define NS_OOB	    "jabber:x:oob"
#define ID_FIELDS   "git-fields"
#define ID_ACCOUNT  "git-account"

static bool is(xmpp_stanza_t *stanza, const char *name)
{
	const char *its = xmpp_stanza_get_name(stanza);

	return its && !strcmp(its, name);
}

static bool has_ns(xmpp_stanza_t *stanza, const char *ns)
{
	const char *its = xmpp_stanza_get_ns(stanza);

	return its && !strcmp(its, ns);
}

static bool has_attribute(xmpp_stanza_t *stanza, const char *key, const char *value)
{
	const char *its = xmpp_stanza_get_attribute(stanza, key);

	return its && !strcmp(its, value);
}

static enum registration_step refuse(struct registration *r, const char *reason)
{
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	return *r->url ? REGISTRATION_ELSEWHERE : REGISTRATION_REFUSED;
}

static enum registration_step send_text(struct registration *r, const char *text)
{
	buf_puts(r->out, text);
	return REGISTRATION_SENDS;
}

static enum registration_step take_features(struct registration *r, xmpp_stanza_t *features)
{
	/* XEP-0445. Debian's Prosody has it, and takes nobody who was not invited by the server. */
	if (xmpp_stanza_get_child_by_name_and_ns(features, "register", NS_TOKEN))
		r->invites = true;
	/* Some servers end the stream of one who asks though this is not offered. */
	if (r->secured && !xmpp_stanza_get_child_by_name_and_ns(features, "register", NS_FEATURE))
		return refuse(r, "it takes no new accounts by this way");
	if (r->secured)
		return send_text(r, "<iq type='get' id='" ID_FIELDS "'><query xmlns='" NS_REGISTER
				    "'/></iq>");
	if (xmpp_stanza_get_child_by_name_and_ns(features, "starttls", NS_TLS))
		return send_text(r, "<starttls xmlns='" NS_TLS "'/>");
	return refuse(r, "it offers no encryption");
}

/* Keeps an address that a person can open. */
static void note_url(struct registration *r, xmpp_stanza_t *oob)
{
	xmpp_stanza_t *url = xmpp_stanza_get_child_by_name(oob, "url");
	xmpp_stanza_t *text = url ? xmpp_stanza_get_children(url) : NULL;
	const char *t = text ? xmpp_stanza_get_text_ptr(text) : NULL;

	if (t && strlen(t) < sizeof(r->url) &&
	    (!strncmp(t, "https://", 8) || !strncmp(t, "http://", 7)))
		strcpy(r->url, t);
}

/* Whether the form demands more than the name and the password. */
static bool demands_more(xmpp_stanza_t *form)
{
	for (xmpp_stanza_t *f = xmpp_stanza_get_children(form); f; f = xmpp_stanza_get_next(f))
		if (is(f, "field") && xmpp_stanza_get_child_by_name(f, "required") &&
		    !has_attribute(f, "var", "username") && !has_attribute(f, "var", "password"))
			return true;
	return false;
}

static void put_account(const struct registration *r)
{
	const char *domain = jid_domain(r->jid);
	char *user = xstrndup(r->jid, (size_t)(domain - r->jid) - 1);

	buf_puts(r->out,
		 "<iq type='set' id='" ID_ACCOUNT "'><query xmlns='" NS_REGISTER "'><username>");
	text_xml(r->out, user);
	buf_puts(r->out, "</username><password>");
	text_xml(r->out, r->password);
	buf_puts(r->out, "</password></query></iq>");
	free(user);
}

static enum registration_step take_fields(struct registration *r, xmpp_stanza_t *query)
{
	bool username = false, password = false, more = false, registered = false;

	for (xmpp_stanza_t *f = query ? xmpp_stanza_get_children(query) : NULL; f;
	     f = xmpp_stanza_get_next(f)) {
		if (!xmpp_stanza_get_name(f) || is(f, "instructions"))
			continue;
		if (is(f, "username"))
			username = true;
		else if (is(f, "password"))
			password = true;
		else if (is(f, "registered"))
			registered = true;
		else if (is(f, "x") && has_ns(f, NS_OOB))
			note_url(r, f);
		else if (is(f, "x") && has_ns(f, NS_FORM))
			more |= demands_more(f);
		else if (!has_ns(f, "urn:xmpp:bob"))
			more = true;
	}
	if (registered)
		return refuse(r, "the account is there already");
	if (more || !username || !password)
		return refuse(r, "it asks for more than a name and a password");
	put_account(r);
	r->asked = true;
	return REGISTRATION_SENDS;
}

static enum registration_step take_error(struct registration *r, xmpp_stanza_t *iq)
{
	static const struct {
		const char *condition, *reason;
	} reasons[] = {
		{ "conflict", "the address is taken" },
		{ "not-acceptable", "it does not accept the name or the password" },
		{ "not-allowed", "it takes no new accounts by this way" },
		{ "service-unavailable", "it takes no new accounts by this way" },
		{ "feature-not-implemented", "it takes no new accounts by this way" },
		{ "forbidden", "it takes no new accounts from here" },
		{ "resource-constraint", "it takes no more accounts from here for now" },
		{ "policy-violation", "it takes no more accounts from here for now" },
	};
	xmpp_stanza_t *error = xmpp_stanza_get_child_by_name(iq, "error");

	if (error && r->invites && xmpp_stanza_get_child_by_name(error, "not-acceptable"))
		return refuse(r, "it takes no new accounts without an invitation of its own, "
				 "or does not accept the name or the password");
	for (size_t i = 0; error && i < ARRAY_SIZE(reasons); i++)
		if (xmpp_stanza_get_child_by_name(error, reasons[i].condition))
			return refuse(r, reasons[i].reason);
	return refuse(r, "the server gives no reason");
}

static enum registration_step take_iq(struct registration *r, xmpp_stanza_t *iq)
{
	bool about_account = has_attribute(iq, "id", ID_ACCOUNT);

	if (!about_account && !has_attribute(iq, "id", ID_FIELDS))
		return REGISTRATION_WAITS;
	if (has_attribute(iq, "type", "error"))
		return take_error(r, iq);
	if (!has_attribute(iq, "type", "result"))
		return REGISTRATION_WAITS;
	if (about_account)
		return r->asked ? REGISTRATION_DONE : REGISTRATION_WAITS;
	if (r->asked)
		return REGISTRATION_WAITS;
	return take_fields(r, xmpp_stanza_get_child_by_name_and_ns(iq, "query", NS_REGISTER));
}

enum registration_step registration_take(struct registration *r, xmpp_stanza_t *stanza)
{
	if (is(stanza, "stream:features") || is(stanza, "features"))
		return take_features(r, stanza);
	if (is(stanza, "proceed") && has_ns(stanza, NS_TLS) && !r->secured)
		return REGISTRATION_STARTS_TLS;
	if (is(stanza, "failure"))
		return refuse(r, "it refuses encryption");
	if (is(stanza, "iq") && r->secured)
		return take_iq(r, stanza);
	return REGISTRATION_WAITS;
}
