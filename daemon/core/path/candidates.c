/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidates.h"

#include <assert.h>
#include <string.h>

#include "fields.h"
#include "hex.h"

/*
 * A record is only a wish of a trusted device. This file checks its form and copies it
 * into arrays of fixed size. The caller decides whether an address is dialled, and
 * whether the JIDs of an offer are the two devices'.
 */

enum { MASK_DIRECT = PATH_MASK(PATH_DIRECT), MASK_PROXY = PATH_MASK(PATH_PROXY),
       MASK_INBAND = PATH_MASK(PATH_INBAND) };

static const struct {
	const char *name;
	unsigned allowed;
} transports[] = {
	{ "auto", PATH_MASK_ALL },
	{ "direct", MASK_DIRECT },
	{ "proxy", MASK_PROXY },
	{ "inband", MASK_INBAND },
};

static const char *const s5b_steps[] = {
	[S5B_OFFER] = "offer",
	[S5B_JOINED] = "joined",
	[S5B_FAILED] = "failed",
};

static const char *const punch_steps[] = {
	[PUNCH_OFFER] = "offer",
	[PUNCH_READY] = "ready",
	[PUNCH_FAILED] = "failed",
};

unsigned transport_kinds(const char *name)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (!strcmp(transports[i].name, name))
			return transports[i].allowed;
	return 0;
}

const char *transport_name(unsigned allowed)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if (transports[i].allowed == allowed)
			return transports[i].name;
	return "none";
}

/*
 * Sets *f to the record's fields. False if the record has another type or malformed
 * fields.
 */
static bool fields_of(const struct record *record, enum record_type type, struct fields *f)
{
	*f = (struct fields){ (const char *)record->payload, record->len };
	return record->type == type && fields_valid(*f);
}

/* Tokens and sids are compared as text, so only one spelling is accepted. */
static bool take_token(struct fields f, const char *key, struct pass *out)
{
	const char *value = fields_get(f, key);

	if (!value || strlen(value) != PASS_TOKEN_LEN ||
	    strspn(value, "0123456789abcdef") != PASS_TOKEN_LEN)
		return false;
	memcpy(out->token, value, PASS_TOKEN_LEN + 1);
	return true;
}

static bool take_secret(struct fields f, struct pass *out)
{
	const char *value = fields_get(f, "secret");

	return value && strlen(value) == 2 * PASS_SECRET_BYTES &&
	       hex_decode(value, out->secret, sizeof(out->secret));
}

static void put_secret(struct buf *fields, const struct pass *p)
{
	char text[2 * PASS_SECRET_BYTES + 1];

	hex_encode(p->secret, sizeof(p->secret), text);
	fields_add(fields, "secret", text);
}

static void put_address(const char *key, const struct netaddr *a, struct buf *fields)
{
	char text[NETADDR_TEXT_MAX];

	netaddr_format(a, text);
	fields_add(fields, key, text);
}

static void put_addresses(const struct netaddr *list, size_t n, struct buf *fields)
{
	for (size_t i = 0; i < n; i++)
		put_address("address", &list[i], fields);
}

static bool among(const struct netaddr *list, size_t n, const struct netaddr *a)
{
	for (size_t i = 0; i < n; i++)
		if (netaddr_equal(&list[i], a))
			return true;
	return false;
}

void candidates_put(const struct candidates *w, struct buf *fields)
{
	fields_add(fields, "transport", transport_name(w->allowed));
	if (*w->pass.token) {
		fields_add(fields, "token", w->pass.token);
		put_secret(fields, &w->pass);
	}
	put_addresses(w->addresses, w->n, fields);
	if (w->punches)
		fields_add(fields, "punch", "1");
	if (w->seen.port)
		put_address("seen", &w->seen, fields);
}

/* Takes the fields named address, at most max. Returns how many. */
static size_t take_addresses(struct fields f, struct netaddr *out, size_t max)
{
	const char *key, *value;
	size_t pos = 0, key_len, n = 0;

	while (n < max && fields_next(f, &pos, &key, &key_len, &value))
		if (field_is(key, key_len, "address") && netaddr_parse(value, &out[n]) &&
		    !among(out, n, &out[n]))
			n++;
	if (n < max)
		memset(&out[n], 0, sizeof(out[n]));
	return n;
}

const char *candidates_parse(const struct record *record, struct candidates *out)
{
	const char *transport, *punches, *seen;
	struct fields f;

	memset(out, 0, sizeof(*out));
	if (!fields_of(record, RECORD_CANDIDATES, &f))
		return FIELDS_RULE;
	transport = fields_get(f, "transport");
	if (!transport)
		return "transport: must be there";
	out->allowed = transport_kinds(transport);
	if (!out->allowed)
		out->allowed = MASK_INBAND;
	if (fields_get(f, "token") &&
	    !(take_token(f, "token", &out->pass) && take_secret(f, &out->pass)))
		return "token: 32 digits of lower-case hex, with a secret of 64";
	out->n = take_addresses(f, out->addresses, CANDIDATES_MAX);
	punches = fields_get(f, "punch");
	out->punches = punches && !strcmp(punches, "1");
	seen = fields_get(f, "seen");
	if (seen && !netaddr_parse(seen, &out->seen))
		memset(&out->seen, 0, sizeof(out->seen));
	return out->n > 0 && !*out->pass.token ? "address: with a token" : NULL;
}

void s5b_put(const struct s5b_record *b, struct buf *fields)
{
	assert(b->step < S5B_OTHER);
	fields_add(fields, "sid", b->pass.token);
	fields_add(fields, "state", s5b_steps[b->step]);
	if (b->step == S5B_OFFER) {
		fields_add(fields, "jid", b->offer.jid);
		fields_add(fields, "host", b->offer.host);
		fields_add_u64(fields, "port", b->offer.port);
		fields_add(fields, "from", b->offer.from);
		fields_add(fields, "to", b->offer.to);
		put_secret(fields, &b->pass);
	} else if (b->step == S5B_FAILED && *b->reason) {
		fields_add(fields, "reason", b->reason);
	}
}

/*
 * Copies a field into out, which has size bytes. False if it is missing, empty or too
 * long.
 */
static bool take_text(struct fields f, const char *key, char *out, size_t size)
{
	const char *value = fields_get(f, key);
	size_t n = value ? strlen(value) : 0;

	if (n == 0 || n >= size)
		return false;
	memcpy(out, value, n + 1);
	return true;
}

/* Checks the form only: both sides hash the same bytes. */
static bool is_jid(const char *jid)
{
	char canonical[JID_FULL_MAX];

	return jid_any(jid, canonical);
}

static bool is_full_jid(const char *jid)
{
	const char *resource = jid_resource(jid);

	return resource && *resource && is_jid(jid);
}

/* Whether a resolver may be given this: a name, or an address of IPv4 or IPv6. */
static bool is_host(const char *host)
{
	return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:") ==
	       strlen(host) && host[0] != '-';
}

static const char *take_offer(struct fields f, struct s5b_offer *o)
{
	uint64_t port = fields_get_u64(f, "port", 0);

	o->port = (uint16_t)port;
	if (port == 0 || port > UINT16_MAX)
		return "port: a number from 1 to 65535";
	if (!take_text(f, "jid", o->jid, sizeof(o->jid)) || !is_jid(o->jid))
		return "jid: a JID";
	if (!take_text(f, "host", o->host, sizeof(o->host)) || !is_host(o->host))
		return "host: a name or an address";
	if (!take_text(f, "from", o->from, sizeof(o->from)) || !is_full_jid(o->from))
		return "from: a full JID";
	if (!take_text(f, "to", o->to, sizeof(o->to)) || !is_full_jid(o->to))
		return "to: a full JID";
	return NULL;
}

/*
 * What a record of an attempt to make a path begins with: its sid, its state, and the secret if
 * that is the offer, which is the first of the names. *step is the index of the name; count: it is
 * none of them.
 */
static const char *take_step(const struct record *record, enum record_type type,
			     const char *const names[], unsigned count, struct fields *f,
			     struct pass *pass, unsigned *step)
{
	const char *state;

	if (!fields_of(record, type, f))
		return FIELDS_RULE;
	if (!take_token(*f, "sid", pass))
		return "sid: 32 digits of lower-case hex";
	state = fields_get(*f, "state");
	if (!state)
		return "state: must be there";
	for (*step = 0; *step < count && strcmp(state, names[*step]); ++*step)
		;
	if (*step == 0 && !take_secret(*f, pass))
		return "secret: 64 hex digits";
	return NULL;
}

const char *s5b_parse(const struct record *record, struct s5b_record *out)
{
	unsigned step = S5B_OTHER;
	struct fields f;
	const char *rule;

	memset(out, 0, sizeof(*out));
	rule = take_step(record, RECORD_BYTESTREAM, s5b_steps, S5B_OTHER, &f, &out->pass, &step);
	out->step = (enum s5b_step)step;
	if (rule)
		return rule;
	if (out->step == S5B_OFFER)
		return take_offer(f, &out->offer);
	if (out->step == S5B_FAILED)
		strcpy(out->reason, record_reason(record, "failed"));
	return NULL;
}

void punch_put(const struct punch_record *b, struct buf *fields)
{
	assert(b->step < PUNCH_OTHER);
	fields_add(fields, "sid", b->pass.token);
	fields_add(fields, "state", punch_steps[b->step]);
	if (b->step == PUNCH_OFFER)
		put_secret(fields, &b->pass);
	if (b->step == PUNCH_FAILED && *b->reason)
		fields_add(fields, "reason", b->reason);
	else if (b->step != PUNCH_FAILED)
		put_addresses(b->addresses, b->n, fields);
}

const char *punch_parse(const struct record *record, struct punch_record *out)
{
	unsigned step = PUNCH_OTHER;
	struct fields f;
	const char *rule;

	memset(out, 0, sizeof(*out));
	rule = take_step(record, RECORD_PUNCH, punch_steps, PUNCH_OTHER, &f, &out->pass, &step);
	out->step = (enum punch_step)step;
	if (rule)
		return rule;
	if (out->step == PUNCH_OFFER || out->step == PUNCH_READY)
		out->n = take_addresses(f, out->addresses, PUNCH_ADDRESSES_MAX);
	if (out->step == PUNCH_FAILED)
		strcpy(out->reason, record_reason(record, "failed"));
	return NULL;
}
