/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "port-mapping.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

/*
 * A link is busy in band for a second: the router is asked by PCP, by one datagram, which is
 * repeated twice. It answers with a mapping, which is told to devices and renewed after half of
 * its lifetime. When no link has been busy for a while, the mapping is removed by the same
 * datagram with a lifetime of 0.
 *
 * A protocol that is refused, or not answered, is followed by the next one. A router that speaks
 * NAT-PMP alone says so to PCP, and a port that nobody listens on is told by the system, so most
 * routers are through in a moment. After the last protocol the router rests, at each failure for
 * longer. Another network ends that.
 *
 * A router may be rebooted and have lost what it mapped. The epoch in its answers tells that
 * (RFC 6887 8.5), and each answer is one to a request to map anyway. So a link that stays on a
 * worse path although there is a mapping makes us ask for it once more.
 *
 * PCP's nonce stays as long as the router does: then the router takes a new request for the
 * port for the same mapping, even where a removal was lost.
 */

const char *mapping_protocol_name(enum mapping_protocol protocol)
{
	static const char *const names[] = {
		[MAPPING_PCP] = "PCP",
		[MAPPING_NAT_PMP] = "NAT-PMP",
		[MAPPING_UPNP] = "UPnP",
	};

	return names[protocol];
}

const char *mapping_state_name(enum mapping_state state)
{
	static const char *const names[] = {
		[MAPPING_OFF] = "off",		 [MAPPING_UNUSED] = "unused",
		[MAPPING_ASKING] = "asking",	 [MAPPING_HELD] = "mapped",
		[MAPPING_RENEWING] = "renewing", [MAPPING_REMOVING] = "removing",
		[MAPPING_RESTING] = "resting",
	};

	return names[state];
}

static void enter(struct port_mapping *m, enum mapping_state state, const char *why)
{
	bool renews = (state == MAPPING_RENEWING && m->state == MAPPING_HELD) ||
		      (state == MAPPING_HELD && m->state == MAPPING_RENEWING);

	if (state == m->state)
		return;
	log_about("the router", renews ? LOG_DEBUG : LOG_INFO, "port mapping: %s -> %s, %s",
		  mapping_state_name(m->state), mapping_state_name(state), why);
	m->state = state;
}

static enum mapping_protocol protocol_of(enum mapping_step step)
{
	switch (step) {
	case MAPPING_ASK_PCP:
		return MAPPING_PCP;
	case MAPPING_ASK_ADDRESS:
	case MAPPING_ASK_NAT_PMP:
		return MAPPING_NAT_PMP;
	default:
		return MAPPING_UPNP;
	}
}

const struct netaddr *port_mapping_external(const struct port_mapping *m)
{
	bool stands = m->state == MAPPING_HELD || m->state == MAPPING_RENEWING;

	return stands ? &m->external : NULL;
}

/* The end of what was asked */

static void settle(struct port_mapping *m, const char *why)
{
	m->events->close(m->owner);
	enter(m, m->port && !m->ending ? MAPPING_UNUSED : MAPPING_OFF, why);
	if (m->ending && !m->job)
		m->events->ended(m->owner);
}

static void rest(struct port_mapping *m, uint64_t now)
{
	m->events->close(m->owner);
	if (!m->port || m->ending) {
		settle(m, m->why);
		return;
	}
	m->rest = !m->rest			   ? MAPPING_REST_FIRST
		  : m->rest < MAPPING_REST_MAX / 2 ? m->rest * 2
						   : MAPPING_REST_MAX;
	m->until = now + m->rest;
	enter(m, MAPPING_RESTING, m->why);
}

static void removed(struct port_mapping *m, const char *why, uint64_t now)
{
	if (m->rejected)
		rest(m, now);
	else
		settle(m, why);
}

/* The mapping does not stand any more, without our doing. */
static void lose(struct port_mapping *m, const char *why, uint64_t now)
{
	m->use_since = now;
	settle(m, why);
	m->events->changed(m->owner);
}

/* Questions */

static void send_question(struct port_mapping *m, uint64_t now)
{
	struct mapping_request r = { .own = m->own,
				     .external = m->external,
				     .lifetime = m->lifetime };
	uint8_t data[MAPPING_REQUEST_MAX];
	size_t n = 0;

	memcpy(r.nonce, m->nonce, sizeof(r.nonce));
	switch (m->step) {
	case MAPPING_ASK_PCP:
		n = mapping_put_pcp(&r, data);
		break;
	case MAPPING_ASK_ADDRESS:
		n = mapping_put_nat_pmp_address(data);
		break;
	case MAPPING_ASK_NAT_PMP:
		n = mapping_put_nat_pmp(&r, data);
		break;
	case MAPPING_ASK_SEARCH:
		n = mapping_put_search(&m->gateway, data);
		break;
	case MAPPING_ASK_UPNP:
		return;
	}
	m->again_at = now + ((uint64_t)MAPPING_RETRY_FIRST << m->tries);
	m->tries++;
	m->events->send(m->owner, data, n);
}

/* Begins the job of the step, once no other one runs. */
static void start_job(struct port_mapping *m)
{
	struct mapping_job job = {
		.url = m->url,
		.gateway = m->gateway,
		.own = m->own,
		.external_port = m->external.port,
		.lifetime = m->lifetime,
	};

	if (m->job)
		return;
	m->job = true;
	m->job_maps = m->lifetime;
	m->job_stale = false;
	m->events->job(m->owner, &job);
}

/* False: there is no socket. */
static bool ask(struct port_mapping *m, enum mapping_step step, uint64_t now)
{
	struct netaddr to = m->gateway;

	m->step = step;
	m->tries = 0;
	if (step == MAPPING_ASK_UPNP) {
		m->events->close(m->owner);
		m->again_at = now + MAPPING_UPNP_MAX;
		start_job(m);
		return true;
	}
	to.port = step == MAPPING_ASK_SEARCH ? MAPPING_SEARCH_PORT : MAPPING_PORT;
	/* NAT-PMP's second question goes from where the first one went. */
	if (step != MAPPING_ASK_NAT_PMP || m->lifetime == 0)
		if (!m->events->open(m->owner, &m->own, &to))
			return false;
	send_question(m, now);
	return true;
}

static void remove_mapping(struct port_mapping *m, const char *why, uint64_t now)
{
	static const enum mapping_step steps[] = {
		[MAPPING_PCP] = MAPPING_ASK_PCP,
		[MAPPING_NAT_PMP] = MAPPING_ASK_NAT_PMP,
		[MAPPING_UPNP] = MAPPING_ASK_UPNP,
	};
	bool told = port_mapping_external(m);

	enter(m, MAPPING_REMOVING, why);
	m->lifetime = 0;
	if (told)
		m->events->changed(m->owner);
	if (!ask(m, steps[m->protocol], now))
		removed(m, "no socket to say so", now);
}

/* What was refused or not answered last is what is said, unless something was refused before. */
static void note(struct port_mapping *m, const char *why, bool refused)
{
	if (refused || !*m->why)
		snprintf(m->why, sizeof(m->why), "%s: %s",
			 mapping_protocol_name(protocol_of(m->step)), why);
}

/* The next protocol; none is left: the router rests. */
static void next(struct port_mapping *m, enum mapping_step step, uint64_t now)
{
	for (; step <= MAPPING_ASK_SEARCH; step++) {
		if (step == MAPPING_ASK_NAT_PMP)
			continue;
		if (step == MAPPING_ASK_SEARCH && !m->events->job)
			break;
		m->external = (struct netaddr){ .v6 = false };
		if (ask(m, step, now))
			return;
		note(m, "no socket", false);
	}
	rest(m, now);
}

static void begin(struct port_mapping *m, uint64_t now)
{
	struct netaddr gateway, own;

	m->asked_at = now;
	m->why[0] = '\0';
	m->rejected = m->asked_twice = false;
	if (!m->events->gateway(m->owner, &gateway, &own)) {
		snprintf(m->why, sizeof(m->why), "there is no router");
		rest(m, now);
		return;
	}
	if (netaddr_scope(&own) != NETADDR_PRIVATE) {
		snprintf(m->why, sizeof(m->why), "no NAT is between us and the router");
		rest(m, now);
		return;
	}
	gateway.port = own.port = 0;
	m->own.port = 0;
	if (!netaddr_equal(&gateway, &m->gateway) || !netaddr_equal(&own, &m->own)) {
		m->gateway = gateway;
		m->own = own;
		m->epoch_known = false;
		m->events->random(m->owner, m->nonce, sizeof(m->nonce));
	}
	m->own.port = m->port;
	m->lifetime = MAPPING_LIFETIME;
	enter(m, MAPPING_ASKING, "a link needs a better path");
	next(m, MAPPING_ASK_PCP, now);
}

static void renew(struct port_mapping *m, const char *why, uint64_t now)
{
	static const enum mapping_step steps[] = {
		[MAPPING_PCP] = MAPPING_ASK_PCP,
		[MAPPING_NAT_PMP] = MAPPING_ASK_ADDRESS,
		[MAPPING_UPNP] = MAPPING_ASK_UPNP,
	};

	m->renewed_at = now;
	m->asked_twice = false;
	enter(m, MAPPING_RENEWING, why);
	m->lifetime = MAPPING_LIFETIME;
	if (ask(m, steps[m->protocol], now))
		return;
	m->renew_at = now + MAPPING_RENEW_MIN;
	enter(m, MAPPING_HELD, "no socket");
}

/* Answers */

/* What is asked after a question that brought nothing. */
static const enum mapping_step following[] = {
	[MAPPING_ASK_PCP] = MAPPING_ASK_ADDRESS,    [MAPPING_ASK_ADDRESS] = MAPPING_ASK_SEARCH,
	[MAPPING_ASK_NAT_PMP] = MAPPING_ASK_SEARCH, [MAPPING_ASK_SEARCH] = MAPPING_ASK_UPNP,
	[MAPPING_ASK_UPNP] = MAPPING_ASK_UPNP,
};

static void refuse(struct port_mapping *m, const char *why, uint64_t now)
{

	if (m->state == MAPPING_REMOVING) {
		removed(m, why, now);
	} else if (m->state == MAPPING_RENEWING) {
		lose(m, why, now);
	} else {
		note(m, why, true);
		next(m, following[m->step], now);
	}
}

/* Nothing came of the question. */
static void give_up(struct port_mapping *m, uint64_t now)
{
	const char *why = "the router says nothing";
	uint64_t half;

	/* A job that still runs may map something; its lease ends by itself. */
	m->job_stale = m->job;
	if (m->state == MAPPING_REMOVING) {
		removed(m, why, now);
	} else if (m->state == MAPPING_RENEWING) {
		half = (m->until - now) / 2;
		m->renew_at = now + (half < MAPPING_RENEW_MIN ? MAPPING_RENEW_MIN : half);
		m->events->close(m->owner);
		enter(m, MAPPING_HELD, why);
	} else {
		note(m, why, false);
		next(m, following[m->step], now);
	}
}

/* Whether the epoch tells that the router has lost its mappings since its last answer. */
static bool has_lost(struct port_mapping *m, uint32_t epoch, uint64_t now)
{
	uint64_t ours = (now - m->epoch_at) / 1000, theirs = epoch - (uint64_t)m->epoch;
	bool lost = false;

	if (m->epoch_known)
		lost = (uint64_t)epoch + 1 < m->epoch ||
		       (epoch >= m->epoch &&
			(ours + 2 < theirs - theirs / 16 || theirs + 2 < ours - ours / 16));
	m->epoch_known = true;
	m->epoch = epoch;
	m->epoch_at = now;
	if (lost)
		log_about("the router", LOG_INFO, "port mapping: the router has begun anew");
	return lost;
}

/* What is mapped is of no use. */
static void reject(struct port_mapping *m, const char *why, uint64_t now)
{
	note(m, why, true);
	m->rejected = true;
	remove_mapping(m, why, now);
}

static void grant(struct port_mapping *m, const struct netaddr *external, uint32_t lifetime,
		  uint64_t now)
{
	bool told = port_mapping_external(m), same = netaddr_equal(external, &m->external);
	char text[NETADDR_TEXT_MAX];

	m->protocol = protocol_of(m->step);
	m->external = *external;
	if (lifetime < MAPPING_LIFETIME_MIN) {
		reject(m, "it lasts for a moment only", now);
		return;
	}
	if (netaddr_scope(external) != NETADDR_GLOBAL) {
		reject(m, "the router's own address is not public", now);
		return;
	}
	if (lifetime > MAPPING_LIFETIME_MAX)
		lifetime = MAPPING_LIFETIME_MAX;
	m->events->close(m->owner);
	m->rest = 0;
	m->until = now + lifetime * (uint64_t)1000;
	m->renew_at = now + lifetime * (uint64_t)500;
	m->renewed_at = now;
	netaddr_format(external, text);
	if (!told || !same)
		log_about("the router", LOG_INFO, "port mapping: %s by %s", text,
			  mapping_protocol_name(m->protocol));
	enter(m, MAPPING_HELD, "the router has mapped it");
	if (!told || !same)
		m->events->changed(m->owner);
}

static void on_address(struct port_mapping *m, const struct mapping_answer *a, uint64_t now)
{
	has_lost(m, a->epoch, now);
	if (a->result) {
		refuse(m, mapping_result_text(false, a->result), now);
		return;
	}
	m->seen = a->external;
	/* Without a mapping there is nothing to be removed. */
	if (m->state == MAPPING_ASKING && netaddr_scope(&m->seen) != NETADDR_GLOBAL) {
		note(m, "the router's own address is not public", true);
		rest(m, now);
		return;
	}
	ask(m, MAPPING_ASK_NAT_PMP, now);
}

static void on_map(struct port_mapping *m, const struct mapping_answer *a, bool pcp, uint64_t now)
{
	struct netaddr external = a->external;
	bool lost = has_lost(m, a->epoch, now);

	if (m->state == MAPPING_REMOVING) {
		removed(m, "the router has answered", now);
		return;
	}
	if (a->result) {
		refuse(m, mapping_result_text(pcp, a->result), now);
		return;
	}
	if (!external.port || !a->lifetime) {
		refuse(m, "nothing is mapped", now);
		return;
	}
	/* Its address may be another one since. Once: the router could go on like that. */
	if (!pcp && lost && !m->asked_twice) {
		m->asked_twice = true;
		if (!ask(m, MAPPING_ASK_ADDRESS, now))
			refuse(m, "no socket", now);
		return;
	}
	if (!pcp)
		memcpy(external.ip, m->seen.ip, sizeof(external.ip));
	grant(m, &external, a->lifetime, now);
}

static bool is_asked(const struct port_mapping *m)
{
	return m->state == MAPPING_ASKING || m->state == MAPPING_RENEWING ||
	       m->state == MAPPING_REMOVING;
}

static bool is_from_router(const struct port_mapping *m, const struct netaddr *from)
{
	struct netaddr host = *from;

	/* Some answer a search from another port. */
	host.port = m->step == MAPPING_ASK_SEARCH || from->port == MAPPING_PORT ? 0 : from->port;
	return netaddr_equal(&host, &m->gateway);
}

void port_mapping_hear(struct port_mapping *m, const struct netaddr *from, const uint8_t *data,
		       size_t n, uint64_t now)
{
	struct mapping_answer a;

	if (!is_asked(m) || !is_from_router(m, from))
		return;
	if (m->step == MAPPING_ASK_SEARCH) {
		if (mapping_parse_search(data, n, &m->gateway, m->url))
			ask(m, MAPPING_ASK_UPNP, now);
		return;
	}
	mapping_parse(data, n, m->nonce, &a);
	switch (a.kind) {
	case MAPPING_NONSENSE:
		return;
	case MAPPING_NO_PCP:
	case MAPPING_NO_VERSION:
		if (m->step != MAPPING_ASK_UPNP)
			refuse(m, "another version", now);
		return;
	case MAPPING_PCP_MAP:
		if (m->step == MAPPING_ASK_PCP && a.own_port == m->own.port)
			on_map(m, &a, true, now);
		return;
	case MAPPING_NAT_PMP_ADDRESS:
		if (m->step == MAPPING_ASK_ADDRESS)
			on_address(m, &a, now);
		return;
	case MAPPING_NAT_PMP_MAP:
		if (m->step == MAPPING_ASK_NAT_PMP && (a.result || a.own_port == m->own.port))
			on_map(m, &a, false, now);
		return;
	}
}

void port_mapping_refused(struct port_mapping *m, uint64_t now)
{
	if (!is_asked(m) || m->step == MAPPING_ASK_UPNP)
		return;
	if (m->state != MAPPING_ASKING || m->step == MAPPING_ASK_SEARCH) {
		give_up(m, now);
		return;
	}
	/* PCP and NAT-PMP have the same port. */
	note(m, "nobody listens", false);
	next(m, MAPPING_ASK_SEARCH, now);
}

void port_mapping_job_done(struct port_mapping *m, const struct mapping_job_result *result,
			   uint64_t now)
{
	bool maps = m->job_maps, counts = !m->job_stale && m->step == MAPPING_ASK_UPNP;

	m->job = m->job_stale = false;
	if (m->state == MAPPING_OFF && m->ending) {
		m->events->ended(m->owner);
	} else if (!is_asked(m) || m->step != MAPPING_ASK_UPNP) {
		return;
	} else if (!counts || maps != (m->lifetime != 0)) {
		/* What this job mapped before the mapping was unwanted is to be removed. */
		if (counts && maps && result->done)
			m->external = result->external;
		start_job(m);
	} else if (!maps) {
		removed(m, result->done ? "the router has answered" : result->why, now);
	} else if (result->done) {
		grant(m, &result->external, MAPPING_LIFETIME, now);
	} else {
		refuse(m, result->why, now);
	}
}

/* What we want */

/* Nothing is to be mapped any more, or something else. */
static void drop(struct port_mapping *m, const char *why, uint64_t now)
{
	switch (m->state) {
	case MAPPING_OFF:
	case MAPPING_UNUSED:
	case MAPPING_RESTING:
		settle(m, why);
		return;
	case MAPPING_ASKING:
		m->protocol = protocol_of(m->step);
		/* Neither question maps anything. */
		if (m->step == MAPPING_ASK_ADDRESS || m->step == MAPPING_ASK_SEARCH) {
			settle(m, why);
			return;
		}
		/* fall through */
	case MAPPING_HELD:
	case MAPPING_RENEWING:
		remove_mapping(m, why, now);
		return;
	case MAPPING_REMOVING:
		return;
	}
}

void port_mapping_init(struct port_mapping *m, const struct port_mapping_events *events,
		       void *owner)
{
	*m = (struct port_mapping){ .events = events, .owner = owner };
}

void port_mapping_end(struct port_mapping *m, uint64_t now)
{
	m->ending = true;
	drop(m, "the broker stops", now);
}

void port_mapping_allow(struct port_mapping *m, uint16_t port, uint64_t now)
{
	if (port == m->port || m->ending)
		return;
	m->port = port;
	m->rest = 0;
	drop(m, port ? "another port is to be mapped" : "nothing is to be mapped", now);
}

void port_mapping_use(struct port_mapping *m, enum mapping_use use, uint64_t now)
{
	if (use == m->use)
		return;
	m->use = use;
	m->use_since = now;
}

void port_mapping_network_changed(struct port_mapping *m, uint64_t now)
{
	bool stood = port_mapping_external(m);

	m->rest = 0;
	m->use_since = now;
	m->epoch_known = false;
	m->job_stale = m->job;
	/* Said once, in case that this router still is there. */
	if (stood)
		remove_mapping(m, "the network has changed", now);
	m->job_stale = m->job && m->job_maps;
	settle(m, "the network has changed");
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When a link has needed a mapping for long enough. */
static uint64_t need_at(const struct port_mapping *m)
{
	bool first = !m->asked_at || m->asked_at + MAPPING_FIRST_EVERY <= m->use_since;

	if (m->use != MAPPING_LINK_BUSY_WORSE)
		return UINT64_MAX;
	return m->use_since + (first ? MAPPING_FIRST_AFTER : MAPPING_BUSY_AFTER);
}

/* When a link that does not get better makes us ask for the mapping once more. */
static uint64_t check_at(const struct port_mapping *m)
{
	uint64_t at = need_at(m), next_check = m->renewed_at + MAPPING_CHECK_EVERY;

	return at < next_check ? next_check : at;
}

static uint64_t linger_until(const struct port_mapping *m)
{
	return m->use == MAPPING_NO_LINK_BUSY ? m->use_since + MAPPING_LINGER : UINT64_MAX;
}

uint64_t port_mapping_deadline(const struct port_mapping *m)
{
	switch (m->state) {
	case MAPPING_OFF:
		return UINT64_MAX;
	case MAPPING_UNUSED:
		return need_at(m);
	case MAPPING_ASKING:
	case MAPPING_REMOVING:
		return m->again_at;
	case MAPPING_RENEWING:
		return earlier(m->again_at, m->until);
	case MAPPING_HELD:
		return earlier(earlier(m->renew_at, m->until),
			       earlier(check_at(m), linger_until(m)));
	case MAPPING_RESTING:
		return m->until;
	}
	return UINT64_MAX;
}

static void repeat(struct port_mapping *m, uint64_t now)
{
	if (now < m->again_at)
		return;
	if (m->step == MAPPING_ASK_UPNP || m->tries >= MAPPING_TRIES)
		give_up(m, now);
	else
		send_question(m, now);
}

void port_mapping_step(struct port_mapping *m, uint64_t now)
{
	switch (m->state) {
	case MAPPING_OFF:
		return;
	case MAPPING_UNUSED:
		if (now >= need_at(m))
			begin(m, now);
		return;
	case MAPPING_ASKING:
	case MAPPING_REMOVING:
		repeat(m, now);
		return;
	case MAPPING_RENEWING:
		if (now >= m->until)
			lose(m, "its time is over", now);
		else
			repeat(m, now);
		return;
	case MAPPING_HELD:
		if (now >= m->until)
			lose(m, "its time is over", now);
		else if (now >= linger_until(m))
			remove_mapping(m, "no link has been busy", now);
		else if (now >= m->renew_at)
			renew(m, "half of its time is over", now);
		else if (now >= check_at(m))
			renew(m, "a link does not get better", now);
		return;
	case MAPPING_RESTING:
		if (now >= m->until)
			settle(m, "it has rested");
		return;
	}
}
