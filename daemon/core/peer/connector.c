/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The path manager (core/path/path-manager.h) says what to try and when, and
 * connector-attempts.c tries it. Here the facts are collected: presence, our connection, the
 * configuration and the known proxies; and here is what the two devices tell each other for it,
 * candidates and passes.
 */
#include "connector-internal.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "wipe.h"

static void renew_pass(struct connector *w)
{
	unsigned char token[PASS_TOKEN_BYTES];

	context_random(w->all->context, token, sizeof(token));
	hex_encode(token, sizeof(token), w->pass.token);
	context_random(w->all->context, w->pass.secret, sizeof(w->pass.secret));
}

struct connector *connector_create(const struct connectors *all, const char *jid,
				   const char *device, const struct connector_events *events,
				   void *owner)
{
	struct connector *w = xcalloc(1, sizeof(*w));

	w->all = all;
	w->jid = jid;
	w->device = device;
	w->events = events;
	w->owner = owner;
	renew_pass(w);
	path_manager_init(&w->manager, &connector_attempt_events, w, connector_now(w));
	connector_refresh(w);
	return w;
}

void connector_stop(struct connector *w)
{
	path_manager_stop(&w->manager);
}

void connector_destroy(struct connector *w)
{
	if (!w)
		return;
	wipe(&w->pass, sizeof(w->pass));
	free(w->session);
	free(w);
}

void connector_know(struct connector *w, const unsigned char *fp, bool leads)
{
	memcpy(w->fp, fp, FINGERPRINT_BYTES);
	path_manager_lead(&w->manager, leads);
}

bool connector_trying(const struct connector *w)
{
	return path_manager_trying(&w->manager);
}

static void hold_offers(struct connector *w)
{
	for (int kind = 0; kind < PATH_KINDS; kind++) {
		uint64_t *number = &w->offered[kind];

		if (*number && w->events->acked(w->owner, *number))
			*number = 0;
		path_manager_hold(&w->manager, kind, *number);
	}
}

void connector_step(struct connector *w, bool busy)
{
	hold_offers(w);
	path_manager_step(&w->manager, busy, connector_now(w));
}

uint64_t connector_deadline(struct connector *w, bool busy)
{
	hold_offers(w);
	return path_manager_deadline(&w->manager, busy);
}

void connector_replaced(struct connector *w, enum path_kind by, uint64_t heard_at)
{
	path_manager_replaced(&w->manager, by, heard_at, connector_now(w));
}

void connector_attached(struct connector *w, enum path_kind kind)
{
	path_manager_attached(&w->manager, kind, connector_now(w));
	connector_refresh(w);
}

/* Of IPv6, and within one network, it knows that itself. */
void connector_ends(struct connector *w, const struct netaddr *ours, const struct netaddr *theirs)
{
	struct netaddr appears = { 0 };

	w->inside = ours->port;
	if (!theirs->v6 && netaddr_scope(theirs) == NETADDR_GLOBAL)
		appears = *theirs;
	if (netaddr_equal(&appears, &w->appears))
		return;
	w->appears = appears;
	path_manager_tell_again(&w->manager);
}

void connector_detached(struct connector *w, uint64_t heard_at)
{
	path_manager_detached(&w->manager, heard_at, connector_now(w));
}

bool connector_wants(const struct connector *w, enum path_kind kind)
{
	return path_manager_wants(&w->manager, kind);
}

void connector_tell(struct connector *w)
{
	/* The device may be another process, which counts its uses of the pass from 1. */
	renew_pass(w);
	w->seen = (struct pass_seen){ 0 };
	path_manager_tell(&w->manager);
}

void connector_candidates_changed(struct connector *w)
{
	connector_refresh(w);
	path_manager_tell_again(&w->manager);
}

/*
 * Begins to count at 0 if the pass is new. The device may tell no pass for a while, if its
 * user wants that, and then the same one again.
 */
static void count_anew(struct connector *w, const char *token)
{
	if (!*token || !strcmp(token, w->counted))
		return;
	strcpy(w->counted, token);
	w->number = 0;
}

const char *connector_record(struct connector *w, const struct record *record)
{
	struct candidates theirs;
	const char *fault;

	if (record->type == RECORD_PUNCH)
		return connector_take_punch(w, record);
	if (record->type == RECORD_CANDIDATES) {
		fault = candidates_parse(record, &theirs);
		if (fault)
			return fault;
		count_anew(w, theirs.pass.token);
		path_manager_hear(&w->manager, &theirs, connector_now(w));
		if (theirs.seen.port && w->inside && w->all->ops->seen)
			w->all->ops->seen(w->all->arg, &theirs.seen, w->inside);
		return NULL;
	}
	return connector_take_bytestream(w, record);
}

/* Notes where the device is; NULL: it is not online. Whether that is elsewhere than before. */
static bool note_session(struct connector *w, const char *full)
{
	bool moved;

	if (!full || (w->session && !strcmp(w->session, full)))
		return false;
	moved = w->session;
	free(w->session);
	w->session = xstrdup(full);
	return moved;
}

void connector_refresh(struct connector *w)
{
	struct connector_facts now;
	struct path_manager_facts facts;
	const char *full = connector_full_jid(w);

	w->all->ops->facts(w->all->arg, &now);
	facts = (struct path_manager_facts){
		.transport = w->all->context->transport,
		.online = now.jid && full,
		.may_dial = now.may_dial,
		.punch = now.punch && now.may_dial,
		.local = w->all->context->local,
	};
	/* Our proxies are looked for when the first link has a path that is not a direct one. */
	if (facts.online)
		facts.proxy =
			w->all->ops->has_proxy(w->all->arg, path_manager_needs_proxy(&w->manager));
	path_manager_know(&w->manager, &facts, connector_now(w));
	if (note_session(w, full))
		path_manager_device_moved(&w->manager, connector_now(w));
}

void connector_network_changed(struct connector *w)
{
	path_manager_network_changed(&w->manager, connector_now(w));
}

void connector_demand(struct connector *w, const void *by, unsigned kinds)
{
	path_manager_demand(&w->manager, by, kinds, connector_now(w));
}

void connector_release(struct connector *w, const void *by)
{
	path_manager_release(&w->manager, by, connector_now(w));
}

unsigned connector_allowed(const struct connector *w)
{
	return path_manager_allowed(&w->manager);
}

const struct path_manager *connector_search(const struct connector *w)
{
	return &w->manager;
}

bool connector_expects(const struct connector *w, const char *token)
{
	return !strcmp(w->pass.token, token);
}

const struct pass *connector_pass(const struct connector *w, uint64_t number)
{
	return pass_is_new(&w->seen, number) ? &w->pass : NULL;
}

void connector_pass_used(struct connector *w, uint64_t number)
{
	pass_mark(&w->seen, number);
}
