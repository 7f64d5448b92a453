/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "presence-hold.h"

/* Each presence is one allocation: the record, and behind it the strings that it points to. */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"

struct held_presence {
	struct held_presence *next;
	struct stanza stanza; /* only what is said of a presence */
	char text[];
};

void presence_hold_begin(struct presence_hold *h)
{
	presence_hold_finish(h);
	h->holds = true;
}

static size_t size_of(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

/* Copies s to *at, and moves *at behind it. */
static const char *put(char **at, const char *s)
{
	char *copy = *at;

	if (!s)
		return NULL;
	memcpy(copy, s, size_of(s));
	*at += size_of(s);
	return copy;
}

bool presence_hold_keep(struct presence_hold *h, const struct stanza *s)
{
	size_t bytes = sizeof(struct held_presence) + size_of(s->from) + size_of(s->type) +
		       size_of(s->device) + size_of(s->condition);
	struct held_presence *p;
	char *at;

	if (!h->holds)
		return false;
	if (bytes > PRESENCE_HOLD_MAX - h->bytes) {
		if (!h->dropped)
			log_warning("too many presences came ahead of the roster: dropped");
		h->dropped = true;
		return true;
	}
	p = xcalloc(1, bytes);
	at = p->text;
	p->stanza.kind = s->kind;
	p->stanza.asks = s->asks;
	p->stanza.from = put(&at, s->from);
	p->stanza.type = put(&at, s->type);
	p->stanza.device = put(&at, s->device);
	p->stanza.condition = put(&at, s->condition);
	if (h->last)
		h->last->next = p;
	else
		h->first = p;
	h->last = p;
	h->bytes += bytes;
	return true;
}

void presence_hold_end(struct presence_hold *h, void (*take)(void *arg, const struct stanza *s),
		       void *arg)
{
	struct presence_hold held = *h;
	struct held_presence *next;

	*h = (struct presence_hold){ 0 };
	for (struct held_presence *p = held.first; p; p = next) {
		next = p->next;
		if (take)
			take(arg, &p->stanza);
		free(p);
	}
}

void presence_hold_finish(struct presence_hold *h)
{
	presence_hold_end(h, NULL, NULL);
}
