/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each op calls the part that knows sockets or stanzas, and gives it the loop, our key, and
 * the connection with the server.
 */
#include "connections.h"

#include <stdio.h>

#include "context.h"
#include "dialer.h"
#include "ibb-path.h"
#include "local-candidates.h"
#include "punch-log.h"
#include "puncher.h"
#include "s5b.h"

static void on_facts(void *arg, struct connector_facts *out)
{
	const struct connections *c = arg;

	*out = (struct connector_facts){
		.jid = c->ibb_paths->xmpp ? account_jid(c->ibb_paths->xmpp) : NULL,
		.may_dial = local_candidates_may_dial(c->local_candidates),
		.punch = local_candidates_may_punch(c->local_candidates),
		.ports_change = local_candidates_ports_change(c->local_candidates),
	};
}

static void on_candidates(void *arg, const struct pass *pass, struct candidates *out)
{
	const struct connections *c = arg;

	local_candidates_fill(c->local_candidates, pass, out);
}

static bool on_has_proxy(void *arg, bool wanted)
{
	const struct connections *c = arg;
	struct s5b_proxies *proxies = local_candidates_proxies(c->local_candidates);

	return wanted ? s5b_proxies_best(proxies) != NULL : s5b_proxies_name(proxies) != NULL;
}

static bool on_knows_proxy(void *arg, const struct s5b_offer *offer)
{
	const struct connections *c = arg;

	return s5b_proxies_know(local_candidates_proxies(c->local_candidates), offer->jid,
				offer->host, offer->port);
}

static void on_proxy_failed(void *arg, const char *jid)
{
	const struct connections *c = arg;

	s5b_proxies_failed(local_candidates_proxies(c->local_candidates), jid);
}

static struct path *on_open_inband(void *arg, const char *to, enum ibb_path_standing standing,
				   const struct path_events *events, void *owner)
{
	const struct connections *c = arg;

	return ibb_path_open(c->ibb_paths, to, standing, events, owner);
}

static struct path *on_open_invited(void *arg, const char *to, const char *sid,
				    const struct path_events *events, void *owner)
{
	const struct connections *c = arg;

	return ibb_path_open_as(c->ibb_paths, to, sid, IBB_PATH_STRANGER, events, owner);
}

static struct dialer *on_dial(void *arg, const struct netaddr *to, size_t n,
			      const unsigned char *fp, const struct pass *pass, uint64_t *number,
			      const struct dialer_events *events, void *owner)
{
	const struct connections *c = arg;

	return dialer_start(c->loop, c->ibb_paths->key, to, n, fp, pass, number, events, owner);
}

static struct s5b *on_offer(void *arg, const unsigned char *fp, const char *to,
			    char proxy[JID_FULL_MAX], const struct s5b_events *events, void *owner)
{
	const struct connections *c = arg;
	const struct s5b_proxy *best =
		s5b_proxies_best(local_candidates_proxies(c->local_candidates));

	if (!best)
		return NULL;
	snprintf(proxy, JID_FULL_MAX, "%s", best->jid);
	return s5b_offer(c->loop, c->ibb_paths->key, fp, c->ibb_paths->xmpp, best,
			 account_jid(c->ibb_paths->xmpp), to, c->context->local, events, owner);
}

static struct s5b *on_answer(void *arg, const unsigned char *fp, const struct s5b_record *offer,
			     struct quota *lookups, const char *jid,
			     const struct s5b_events *events, void *owner)
{
	const struct connections *c = arg;
	struct s5b *stream =
		s5b_answer(c->loop, c->ibb_paths->key, fp, offer, c->context->local, events, owner);

	if (stream && lookups)
		s5b_hold(stream, lookups, jid);
	return stream;
}

static struct puncher *on_punch(void *arg, const unsigned char *fp,
				const struct punch_record *offer,
				const struct puncher_events *events, void *owner)
{
	const struct connections *c = arg;
	struct puncher_world world;

	local_candidates_world(c->local_candidates, &world);
	return puncher_start(c->loop, c->ibb_paths->key, fp, &world, offer, events, owner);
}

static void on_seen(void *arg, const struct netaddr *outside, uint16_t inside)
{
	const struct connections *c = arg;

	local_candidates_seen(c->local_candidates, outside, inside);
}

static void on_punch_ended(void *arg, const struct punch_report *report)
{
	const struct connections *c = arg;

	punch_log_add(c->context->jid, report);
}

const struct connector_ops connection_ops = {
	.facts = on_facts,
	.candidates = on_candidates,
	.has_proxy = on_has_proxy,
	.knows_proxy = on_knows_proxy,
	.proxy_failed = on_proxy_failed,
	.open_inband = on_open_inband,
	.open_invited = on_open_invited,
	.dial = on_dial,
	.hang_up = dialer_destroy,
	.offer = on_offer,
	.answer = on_answer,
	.stream_record = s5b_record,
	.stream_sid = s5b_sid,
	.stream_end = s5b_destroy,
	.punch = on_punch,
	.punch_record = puncher_record,
	.punch_sid = puncher_sid,
	.punch_end = puncher_destroy,
	.seen = on_seen,
	.punch_ended = on_punch_ended,
};

bool connection_may_answer(void *arg, const char *bare)
{
	const struct connections *c = arg;

	return account_may_answer(c->ibb_paths->xmpp, bare);
}

struct path *connection_accept(void *arg, const void *offer, enum ibb_path_standing standing,
			       const struct path_events *events, void *owner)
{
	const struct connections *c = arg;

	return ibb_path_accept(c->ibb_paths, offer, standing, events, owner);
}
