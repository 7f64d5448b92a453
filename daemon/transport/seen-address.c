/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seen-address.h"

#include <stdio.h>
#include <stdlib.h>

#include "account.h"
#include "alloc.h"
#include "disco.h"
#include "log.h"

/*
 * The account is asked once a login, and when the network has changed. The address stays known
 * while the server is away, for links live on without it.
 */

enum { PATIENCE = 10 * 1000 };		/* ms, for the server's answer */

struct seen_address {
	void (*changed)(void *owner);
	void *owner;
	bool allowed;
	struct account *xmpp;		/* borrowed; NULL: the server is not there */
	uint64_t request;		/* 0: no answer is awaited */
	bool known;
	struct netaddr address;
};

static void know(struct seen_address *s, const struct netaddr *a)
{
	bool same = a ? s->known && netaddr_equal(a, &s->address) : !s->known;

	s->known = a;
	if (a)
		s->address = *a;
	if (!same)
		s->changed(s->owner);
}

static void on_answer(void *arg, const char *error, struct iq_rows *rows)
{
	struct seen_address *s = arg;
	char text[IQ_HOST_MAX + 3];
	struct netaddr a;
	struct iq_row row;
	bool found = false;

	s->request = 0;
	if (error)
		log_debug("our server does not say how it sees us: %s", error);
	while (rows && !found && iq_rows_next(rows, &row)) {
		if (row.kind != IQ_SEEN)
			continue;
		snprintf(text, sizeof(text), "%s:1", row.host);
		found = netaddr_parse(text, &a) && !a.v6 && netaddr_scope(&a) == NETADDR_GLOBAL;
	}
	know(s, found ? &a : NULL);
}

static void ask(struct seen_address *s)
{
	if (s->allowed && s->xmpp && !s->request)
		s->request = account_query(s->xmpp, NULL, "<address xmlns='" NS_SIC "'/>", PATIENCE,
					   on_answer, s);
}

static void forget(struct seen_address *s)
{
	if (s->request)
		account_forget(s->xmpp, s->request);
	s->request = 0;
}

struct seen_address *seen_address_create(void (*changed)(void *owner), void *owner)
{
	struct seen_address *s = xcalloc(1, sizeof(*s));

	s->changed = changed;
	s->owner = owner;
	return s;
}

void seen_address_destroy(struct seen_address *s)
{
	if (s)
		forget(s);
	free(s);
}

void seen_address_allow(struct seen_address *s, bool allowed)
{
	if (s->allowed == allowed)
		return;
	s->allowed = allowed;
	if (allowed) {
		ask(s);
		return;
	}
	forget(s);
	s->known = false;
}

void seen_address_online(struct seen_address *s, struct account *xmpp)
{
	forget(s);
	s->xmpp = xmpp;
	ask(s);
}

void seen_address_doubt(struct seen_address *s)
{
	s->known = false;
	ask(s);
}

const struct netaddr *seen_address(const struct seen_address *s)
{
	return s->known ? &s->address : NULL;
}
