/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account-internal.h"

/*
 * A round is one try at all servers of the domain: look up the servers (SRV), look up the
 * addresses of the first server, log in at each address, then go on to the next server. The
 * round ends when a login succeeds or no server is left. Of all failures in a round, the most
 * telling one is reported to the user and decides when the next round begins.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hostname.h"
#include "random.h"

enum {
	PORT_STARTTLS = 5222,
	PORT_DIRECT_TLS = 5223,
	RESOLVE_MAX = 15 * 1000,
	PROXY_MAX = 45 * 1000, /* Tor builds a circuit first */
	LOGIN_MAX = 15 * 1000, /* per address: TCP, TLS and login */
};

/* Keeps the most telling failure of the round; enum retry_cause is in that order. */
static void note_trouble(struct account *x, enum retry_cause cause, const struct message *trouble)
{
	if (x->failed && cause < x->cause)
		return;
	x->failed = true;
	x->cause = cause;
	x->trouble = *trouble;
}

void xmpp_note_try(struct account *x, enum login_stage stage, const char *reason)
{
	const struct server_key *key = strophe_loop_key(x->stream);
	struct login_try *try = login_tries_add(&x->tries);

	try->stage = stage;
	snprintf(try->where, sizeof(try->where), "%s", x->where);
	snprintf(try->reason, sizeof(try->reason), "%s", reason);
	if (stage < LOGIN_STAGE_TLS)
		return;
	memcpy(try->key, key->key, sizeof(try->key));
	try->until = key->until;
	try->pinned = key->pins && !key->refused;
}

/* A look-up of this name failed. */
static void note_look_up(struct account *x, const char *name, const char *reason)
{
	snprintf(x->where, sizeof(x->where), "%s", name);
	xmpp_note_try(x, LOGIN_STAGE_DNS, reason);
}

static void note_unreachable(struct account *x, const char *reason)
{
	struct message m;

	message_set(&m, MSG_SERVER_UNREACHABLE, "domain", x->domain, "reason", reason, NULL);
	note_trouble(x, RETRY_SERVER, &m);
}

/* Ends the round: no server is left, one refused on behalf of all, or a session ended. */
static void end_round(struct account *x)
{
	uint64_t pause = 0;

	x->failed = false;
	if (x->cause == RETRY_ACCOUNT) {
		xmpp_enter(x, PHASE_FAILED, UINT64_MAX, x->trouble.text);
		return;
	}
	if (!x->urgent)
		pause = retry_pause(&x->retry, x->cause);
	x->urgent = false;
	xmpp_enter(x, x->cause == RETRY_SERVER ? PHASE_WAITING : PHASE_BARRED, pause,
		   x->trouble.text);
}

/* Follows <see-other-host/>. False if the server named no host, or redirects too often. */
static bool follow_redirection(struct account *x, bool was_up)
{
	char host[RESOLVE_HOST_MAX];
	uint16_t port = 5222;

	if (!resolve_split(x->login.other_host, host, &port))
		return false;
	if (was_up) {
		/*
		 * Do not go round in circles with a server that accepts the login and then
		 * redirects.
		 */
		if (uv_now(x->loop) - x->up_since < STABLE)
			return false;
		srv_targets_begin(&x->targets, NULL, 0);
	}
	return srv_targets_redirect(&x->targets, host, port);
}

void xmpp_login_failed(struct account *x, bool was_up)
{
	char reason[LOGIN_REASON_MAX];
	struct message trouble;
	enum retry_cause cause;

	login_error_key(&x->login, strophe_loop_key(x->stream));
	cause = login_error_trouble(&x->login, x->bare, x->domain, x->where, was_up, &trouble);

	note_trouble(x, cause, &trouble);
	if (!was_up) {
		login_error_reason(&x->login, reason, sizeof(reason));
		xmpp_note_try(x, login_error_stage(&x->login), reason);
	}
	if (cause == RETRY_PLACE || x->login.bind_refused)
		x->beside = true;
	if (follow_redirection(x, was_up) || (!was_up && !login_error_is_final(&x->login)))
		xmpp_enter(x, PHASE_NEXT, 0, trouble.text);
	else
		end_round(x);
}

/*
 * A resource beside our taken one. It is random each time, in case the last one is taken,
 * too.
 */
static char *place_beside(const struct account *x)
{
	unsigned char lot[4];

	random_bytes(lot, sizeof(lot));
	return xasprintf("%s.%02x%02x%02x%02x", x->place, lot[0], lot[1], lot[2], lot[3]);
}

/* Logs in at x->where. ready: connected to it, or -1. */
static void log_in(struct account *x, const struct endpoint *endpoint, int ready)
{
	char *jid = x->beside ? place_beside(x) : xstrdup(x->place);
	int result;

	login_error_begin(&x->login);
	x->login.direct_tls = endpoint->direct_tls;
	x->registration = (struct registration){ .secured = endpoint->direct_tls };
	if (x->registers)
		result = strophe_loop_open(x->stream, endpoint, jid, ready);
	else
		result = strophe_loop_connect(x->stream, endpoint, jid, ready);
	x->login.tcp_error = result < 0 ? errno : 0;
	free(jid);
	if (result < 0)
		xmpp_login_failed(x, false);
	else
		xmpp_enter(x, PHASE_DIALING, LOGIN_MAX, x->where);
}

static void dial(struct account *x, const struct endpoint *endpoint)
{
	char where[ENDPOINT_TEXT_MAX];

	endpoint_format(endpoint, where);
	snprintf(x->where, sizeof(x->where), "%s", where);
	log_in(x, endpoint, -1);
}

static void proxy_failed(struct account *x, const char *why)
{
	char text[LOGIN_REASON_MAX];

	snprintf(text, sizeof(text), "%.160s: proxy: %.80s", x->where, why);
	note_unreachable(x, text);
	xmpp_note_try(x, LOGIN_STAGE_PROXY, why);
	xmpp_enter(x, PHASE_NEXT, 0, text);
}

static void on_proxy(void *arg, int fd, const char *why)
{
	/* Only the port of the endpoint counts for a descriptor that is connected. */
	struct endpoint endpoint = { .ip = "127.0.0.1" };
	struct account *x = arg;

	x->proxy_dial = NULL;
	if (fd < 0) {
		proxy_failed(x, why);
		return;
	}
	endpoint.port = x->proxy_target.port;
	endpoint.direct_tls = x->proxy_target.direct_tls;
	log_in(x, &endpoint, fd);
}

/* The name goes to the proxy as it is. Nothing about it is looked up here. */
static void dial_by_proxy(struct account *x, const struct srv_target *target)
{
	char *ascii = hostname_ascii(target->host);

	snprintf(x->where, sizeof(x->where), "%.255s:%u", ascii, (unsigned)target->port);
	x->proxy_target = *target;
	if (*x->proxy.host) {
		x->proxy_dial =
			proxy_dial_start(x->loop, &x->proxy, ascii, target->port, on_proxy, x);
		xmpp_enter(x, PHASE_PROXY, PROXY_MAX, x->where);
	} else {
		proxy_failed(x, "xmpp.<account>.proxy is not like socks5h://<host>:<port>");
	}
	free(ascii);
}

void xmpp_end_proxy(struct account *x)
{
	proxy_dial_cancel(x->proxy_dial);
	x->proxy_dial = NULL;
	proxy_failed(x, "no answer in time");
}

static void on_addresses(void *arg, const struct endpoint *endpoints, size_t n, const char *why)
{
	struct account *x = arg;

	x->resolve = NULL;
	if (n == 0) {
		note_unreachable(x, why);
		note_look_up(x, x->looked_up, why);
	}
	srv_targets_found(&x->targets, endpoints, n);
	xmpp_enter(x, PHASE_NEXT, 0, n ? "they are known" : why);
}

void xmpp_go_on(struct account *x)
{
	const struct endpoint *endpoint = srv_targets_endpoint(&x->targets);
	const struct srv_target *target;

	if (endpoint) {
		dial(x, endpoint);
		return;
	}
	target = srv_targets_next(&x->targets);
	if (!target) {
		end_round(x);
		return;
	}
	if (x->by_proxy) {
		dial_by_proxy(x, target);
		return;
	}
	snprintf(x->looked_up, sizeof(x->looked_up), "%s", target->host);
	x->resolve = resolve_addresses(x->loop, target, on_addresses, x);
	if (x->resolve) {
		xmpp_enter(x, PHASE_ADDRESSES, RESOLVE_MAX, target->host);
		return;
	}
	note_unreachable(x, "the name look-up could not be started");
	xmpp_enter(x, PHASE_NEXT, 0, "the name look-up could not be started");
}

static void on_targets(void *arg, const struct srv_target *targets, size_t n, const char *why)
{
	struct account *x = arg;

	x->resolve = NULL;
	if (n == 0) {
		note_unreachable(x, why);
		note_look_up(x, x->domain, why);
	}
	srv_targets_begin(&x->targets, targets, n);
	if (x->starttls_first)
		srv_targets_starttls_first(&x->targets);
	xmpp_enter(x, PHASE_NEXT, 0, n ? "the servers are known" : why);
}

/* Behind a proxy there is no SRV look-up: the domain itself is the host, or the one configured. */
static void name_target(struct account *x)
{
	struct srv_target target = { .port = PORT_STARTTLS };
	bool good = true;

	if (x->server)
		good = resolve_split(x->server, target.host, &target.port);
	else
		snprintf(target.host, sizeof(target.host), "%.255s", x->domain);
	target.direct_tls = target.port == PORT_DIRECT_TLS;
	if (!good)
		note_unreachable(x, "xmpp.<account>.server is no host or host:port");
	srv_targets_begin(&x->targets, &target, good);
	xmpp_enter(x, PHASE_NEXT, 0, "the proxy finds the server");
}

void xmpp_look_up(struct account *x, const char *because)
{
	x->failed = false;
	login_tries_begin(&x->tries);
	if (x->by_proxy) {
		name_target(x);
		return;
	}
	x->resolve = resolve_srv_targets(x->loop, x->domain, x->server, on_targets, x);
	if (x->resolve) {
		xmpp_enter(x, PHASE_RESOLVING, RESOLVE_MAX, because);
		return;
	}
	note_unreachable(x, "the name look-up could not be started");
	end_round(x);
}

/*
 * The SRV look-up timed out. Try the domain itself, which the system may resolve by other
 * means.
 */
static void guess_target(struct account *x)
{
	struct srv_target guess = { .port = 5222 };

	snprintf(guess.host, sizeof(guess.host), "%s", x->domain);
	srv_targets_begin(&x->targets, &guess, x->server ? 0 : 1);
	note_unreachable(x, "the name server does not answer");
	note_look_up(x, x->domain, "the name server does not answer");
	xmpp_enter(x, PHASE_NEXT, 0, "the name server does not answer");
}

void xmpp_end_look_up(struct account *x)
{
	resolve_cancel(x->resolve);
	if (x->phase == PHASE_ADDRESSES) {
		on_addresses(x, NULL, 0, "the name server does not answer");
		return;
	}
	x->resolve = NULL;
	guess_target(x);
}
