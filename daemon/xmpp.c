/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xmpp.h"

/*
 * The account is a state machine, its states below. The happy path: resolve the
 * domain, let libstrophe dial the first address and log in, ask for the roster;
 * when it is here say that we are available, and ping our server behind that:
 * servers answer in order, so that with the pong the presences of the domain
 * are here as well, and whoever is not seen is offline.
 *
 * What can go wrong: an address fails, then the next one is dialled; all fail,
 * or the connection breaks, then the whole is tried again after a while; or the
 * trouble is one that only the user can end, then nothing is done until
 * xmpp_connect(). Which it is, login.c says. Each state has a limit of time, of
 * its own or that of the request it waits for, and exchange.c tells when the
 * server is silent for too long.
 *
 * There is one timer, set to the earliest of all that is due. Most events come
 * from inside libstrophe, where one can neither connect nor destroy: that is
 * done from the timer.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "buf.h"
#include "exchange.h"
#include "jid.h"
#include "log.h"
#include "login.h"
#include "resolve.h"
#include "stanza.h"
#include "strophe-loop.h"
#include "text.h"

enum {
	RESOLVE_MAX = 15 * 1000,
	LOGIN_MAX = 15 * 1000,		/* per address: TCP, TLS and login */
	CUT_MAX = 1000,			/* a connection that was cut is gone by then */
	REQUEST_MAX = 15 * 1000,	/* our own requests */
	RETRY_FIRST = 1000,
	RETRY_MAX = 60 * 1000,
	STABLE = 60 * 1000,		/* up for so long: the next retry is a first one */
	CHECK_MAX = 5 * 1000,		/* what an attempt has left when the network changes under it */
	FAREWELL_MAX = 2 * 1000,
	BULK_UNSENT_MAX = 16 * 1024,	/* more than this waits on our side: no more bulk */
	BULK_RETRY = 50,		/* a socket does not tell when it is half empty */
};

enum phase {
	PHASE_OFF,		/* not yet asked to connect */
	PHASE_WAITING,		/* before trying again */
	PHASE_RESOLVING,
	PHASE_NEXT,		/* about to dial the next address */
	PHASE_DIALING,		/* TCP, TLS and login, by libstrophe */
	PHASE_ROSTER,		/* logged in; the roster is on its way */
	PHASE_SETTLING,		/* presence is out; the pong behind it is on its way */
	PHASE_ONLINE,
	PHASE_FAILED,		/* until xmpp_connect() */
	PHASE_LEAVING,		/* xmpp_destroy(): the farewell is on its way */
};

static const struct {
	const char *name;
	enum xmpp_state state;
} phases[] = {
	[PHASE_OFF] = { "off", XMPP_OFFLINE },
	[PHASE_WAITING] = { "waiting", XMPP_OFFLINE },
	[PHASE_RESOLVING] = { "resolving", XMPP_CONNECTING },
	[PHASE_NEXT] = { "next address", XMPP_CONNECTING },
	[PHASE_DIALING] = { "dialing", XMPP_CONNECTING },
	[PHASE_ROSTER] = { "fetching the roster", XMPP_SETTLING },
	[PHASE_SETTLING] = { "settling", XMPP_SETTLING },
	[PHASE_ONLINE] = { "online", XMPP_ONLINE },
	[PHASE_FAILED] = { "failed", XMPP_FAILED },
	[PHASE_LEAVING] = { "leaving", XMPP_OFFLINE },
};

struct xmpp {
	uv_loop_t *loop;
	char *bare, *server, *device;	/* owned; server may be NULL */
	const char *domain;		/* within bare */

	enum phase phase;
	struct message trouble;
	uint64_t deadline;		/* of the phase; UINT64_MAX: none */
	unsigned tries;			/* in vain, since it last was up for long */
	bool urgent;			/* the next retry is at once */

	struct resolve *resolve;	/* while PHASE_RESOLVING */
	struct endpoint endpoints[ENDPOINTS_MAX];
	size_t endpoint_count, endpoint_next;
	char where[ENDPOINT_TEXT_MAX];	/* the one dialled last */

	struct strophe_loop *stream;	/* owned */
	struct login login;
	struct exchange exchange;
	uint64_t up_since;

	bool bulk_wanted;		/* somebody was told to wait */
	uint64_t bulk_at;		/* when to look again */

	uv_timer_t clock;
	uint64_t clock_at;		/* what it is set to; UINT64_MAX: nothing */

	void (*done)(void *arg);
	void *done_arg;
};

/* --- the clock --- */

static void on_clock(uv_timer_t *timer);

static void earlier(uint64_t *next, uint64_t at)
{
	if (at < *next)
		*next = at;
}

/* Sets the clock to the earliest of all that is due. To be called when one of them has changed. */
static void arm(struct xmpp *x)
{
	uint64_t now = uv_now(x->loop), next = x->deadline;

	earlier(&next, exchange_deadline(&x->exchange));
	if (x->bulk_wanted)
		earlier(&next, x->bulk_at);
	if (next == x->clock_at || uv_is_closing((uv_handle_t *)&x->clock))
		return;
	x->clock_at = next;
	if (next == UINT64_MAX)
		uv_timer_stop(&x->clock);
	else
		uv_timer_start(&x->clock, on_clock, next > now ? next - now : 0, 0);
}

static void set_deadline(struct xmpp *x, uint64_t in)
{
	x->deadline = in == UINT64_MAX ? UINT64_MAX : uv_now(x->loop) + in;
	arm(x);
}

/* The only writer of phase. in is how long it may last. */
static void enter(struct xmpp *x, enum phase phase, uint64_t in, const char *because)
{
	enum xmpp_state before = phases[x->phase].state;
	const struct xmpp_events *events = x->exchange.events;

	log_info("xmpp: %s -> %s, %s", phases[x->phase].name, phases[phase].name, because);
	x->phase = phase;
	set_deadline(x, in);
	if (phases[phase].state != before && events)
		events->state(x->exchange.owner, phases[phase].state,
			      x->trouble.id == MSG_NONE ? NULL : &x->trouble);
}

/* --- connecting --- */

/* 1, 2, 4 ... 60 seconds and up to half as much again, so that a crowd does not come back as one. */
static void wait_to_retry(struct xmpp *x)
{
	uint64_t delay = x->tries < 6 ? (uint64_t)RETRY_FIRST << x->tries : RETRY_MAX;
	uint32_t lot;

	if (x->urgent) {
		x->urgent = false;
		enter(x, PHASE_WAITING, 0, x->trouble.text);
		return;
	}
	random_bytes(&lot, sizeof(lot));
	x->tries++;
	enter(x, PHASE_WAITING, delay + lot % (delay / 2), x->trouble.text);
}

static void unreachable(struct xmpp *x, const char *reason)
{
	message_set(&x->trouble, MSG_SERVER_UNREACHABLE, "domain", x->domain, "reason", reason, NULL);
	wait_to_retry(x);
}

/* A login did not come about, or a session ended; x->login knows why. */
static void failed(struct xmpp *x, bool was_up)
{
	if (login_trouble(&x->login, x->bare, x->domain, x->where, was_up, &x->trouble))
		enter(x, PHASE_FAILED, UINT64_MAX, x->trouble.text);
	else if (!was_up && x->endpoint_next < x->endpoint_count)
		enter(x, PHASE_NEXT, 0, x->trouble.text);
	else
		wait_to_retry(x);
}

static void dial(struct xmpp *x)
{
	const struct endpoint *endpoint = &x->endpoints[x->endpoint_next++];

	endpoint_format(endpoint, x->where);
	login_begin(&x->login);
	if (strophe_loop_connect(x->stream, endpoint) < 0) {
		x->login.tcp_error = errno;
		failed(x, false);
		return;
	}
	enter(x, PHASE_DIALING, LOGIN_MAX, x->where);
}

static void on_resolved(void *arg, const struct endpoint *endpoints, size_t n, const char *why)
{
	struct xmpp *x = arg;

	x->resolve = NULL;
	if (n == 0) {
		unreachable(x, why);
		return;
	}
	memcpy(x->endpoints, endpoints, n * sizeof(*endpoints));
	x->endpoint_count = n;
	x->endpoint_next = 0;
	dial(x);
}

static void look_up(struct xmpp *x, const char *because)
{
	x->resolve = resolve_start(x->loop, x->domain, x->server, on_resolved, x);
	if (!x->resolve)
		unreachable(x, "the name look-up could not be started");
	else
		enter(x, PHASE_RESOLVING, RESOLVE_MAX, because);
}

/* --- settling --- */

static uint64_t request_deadline(const struct xmpp *x)
{
	return uv_now(x->loop) + REQUEST_MAX;
}

static void on_settled(void *arg, const char *error)
{
	struct xmpp *x = arg;

	/* An error is as good an answer: what counts is that it came after the presences. */
	if (x->phase != PHASE_SETTLING || !x->exchange.full)
		return;
	x->trouble.id = MSG_NONE;
	enter(x, PHASE_ONLINE, UINT64_MAX, error ? error : "roster and presences are here");
}

static void on_roster(void *arg, const char *error)
{
	struct xmpp *x = arg;

	if (x->phase != PHASE_ROSTER || !x->exchange.full)
		return;
	if (error && !strcmp(error, "timeout")) {
		x->login.late = true;
		strophe_loop_cut(x->stream);
		return;
	}
	if (error)
		log_warning("xmpp: the server gives no roster: %s", error);
	exchange_available(&x->exchange, x->device);
	exchange_ping(&x->exchange, request_deadline(x), on_settled, x);
	enter(x, PHASE_SETTLING, UINT64_MAX, "the roster is here");
}

/* --- the stream's events --- */

static void on_up(void *owner)
{
	struct xmpp *x = owner;
	const char *full = strophe_loop_jid(x->stream);

	if (x->phase == PHASE_LEAVING)
		return;
	x->up_since = uv_now(x->loop);
	x->urgent = false;
	exchange_begin(&x->exchange, full ? full : x->bare, x->login.offers_acks, x->up_since);
	exchange_roster(&x->exchange, request_deadline(x), on_roster, x);
	exchange_blocklist(&x->exchange, request_deadline(x));
	login_begin(&x->login);		/* what went wrong on the way is no matter now */
	enter(x, PHASE_ROSTER, UINT64_MAX, x->exchange.full);
}

static void note_stream_error(struct xmpp *x, const xmpp_stream_error_t *error)
{
	const char *condition = stanza_stream_error(error->stanza);

	x->login.replaced = error->type == XMPP_SE_CONFLICT;
	snprintf(x->login.stream_error, sizeof(x->login.stream_error), "%s%s%s", condition,
		 error->text ? ": " : "", error->text ? error->text : "");
}

static void on_down(void *owner, const xmpp_stream_error_t *error)
{
	struct xmpp *x = owner;
	bool was_up = x->exchange.full != NULL;

	x->bulk_wanted = false;
	if (x->phase == PHASE_LEAVING) {
		set_deadline(x, 0);
		return;
	}
	if (error)
		note_stream_error(x, error);
	if (was_up && uv_now(x->loop) - x->up_since >= STABLE)
		x->tries = 0;
	if (exchange_in_doubt(&x->exchange))
		x->urgent = true;
	exchange_end(&x->exchange);
	if (x->phase != PHASE_LEAVING)
		failed(x, was_up);
}

static void on_stanza(void *owner, xmpp_stanza_t *xml, bool whole)
{
	struct xmpp *x = owner;

	exchange_take(&x->exchange, xml, whole, uv_now(x->loop));
}

static void on_excess(void *owner, const char *why)
{
	struct xmpp *x = owner;

	x->login.excess = why;
}

static void on_login_line(void *owner, const char *line)
{
	struct xmpp *x = owner;

	login_line(&x->login, line);
}

static void on_certificate(void *owner, const char *why)
{
	struct xmpp *x = owner;

	login_certificate(&x->login, why);
}

static void tell_bulk(struct xmpp *x)
{
	x->bulk_wanted = false;
	if (x->exchange.events)
		x->exchange.events->bulk(x->exchange.owner);
}

static bool bulk_fits(const struct xmpp *x)
{
	return x->phase == PHASE_ONLINE && exchange_path_fits(&x->exchange) &&
	       strophe_loop_unsent(x->stream) < BULK_UNSENT_MAX;
}

static void on_pumped(void *owner)
{
	struct xmpp *x = owner;

	/* libstrophe would wait two seconds for the server's farewell. */
	if (x->phase == PHASE_DIALING && login_hopeless(&x->login))
		strophe_loop_cut(x->stream);
	if (x->bulk_wanted && bulk_fits(x))
		tell_bulk(x);
	/* The answer to a keepalive puts its time-out off: nothing need wake up for that. */
	arm(x);
}

static const struct strophe_events stream_events = {
	.up = on_up,
	.down = on_down,
	.stanza = on_stanza,
	.login_line = on_login_line,
	.certificate = on_certificate,
	.excess = on_excess,
	.pumped = on_pumped,
};

/* --- what is due --- */

static void finish(struct xmpp *x);

static void check_exchange(struct xmpp *x)
{
	if (exchange_check(&x->exchange, uv_now(x->loop)))
		return;
	x->login.late = true;
	strophe_loop_cut(x->stream);
}

static void check_bulk(struct xmpp *x)
{
	uint64_t now = uv_now(x->loop);

	if (!x->bulk_wanted || now < x->bulk_at)
		return;
	if (bulk_fits(x))
		tell_bulk(x);
	else
		x->bulk_at = now + BULK_RETRY;
}

static void cut(struct xmpp *x)
{
	strophe_loop_cut(x->stream);
	set_deadline(x, CUT_MAX);
}

static void end_phase(struct xmpp *x)
{
	switch (x->phase) {
	case PHASE_WAITING:
		look_up(x, "it is time to try again");
		break;
	case PHASE_RESOLVING:
		resolve_cancel(x->resolve);
		x->resolve = NULL;
		unreachable(x, "the name server does not answer");
		break;
	case PHASE_NEXT:
		dial(x);
		break;
	case PHASE_DIALING:
		x->login.late = true;
		cut(x);
		break;
	case PHASE_LEAVING:
		if (strophe_loop_busy(x->stream))
			cut(x);
		else
			finish(x);
		break;
	default:
		assert(!"a phase without a deadline of its own");
	}
}

static void on_clock(uv_timer_t *timer)
{
	struct xmpp *x = timer->data;

	x->clock_at = UINT64_MAX;
	check_exchange(x);
	check_bulk(x);
	if (uv_now(x->loop) >= x->deadline)
		end_phase(x);
	arm(x);
}

/* --- for the owner --- */

struct xmpp *xmpp_create(uv_loop_t *loop, const struct xmpp_config *config,
			 const struct xmpp_events *events, void *owner)
{
	struct xmpp *x = xcalloc(1, sizeof(*x));
	char *full = xasprintf("%s/%s", config->jid, config->resource);

	x->stream = strophe_loop_create(loop, full, config->password, config->ca_file,
					&stream_events, x);
	free(full);
	if (!x->stream) {
		free(x);
		return NULL;
	}
	x->loop = loop;
	x->bare = xstrdup(config->jid);
	x->domain = jid_domain(x->bare);
	x->server = xstrdup(config->server);
	x->device = xstrdup(config->device);
	x->deadline = x->clock_at = UINT64_MAX;
	exchange_init(&x->exchange, x->stream, x->bare, events, owner);
	uv_timer_init(loop, &x->clock);
	x->clock.data = x;
	return x;
}

void xmpp_connect(struct xmpp *x)
{
	if (x->phase != PHASE_OFF && x->phase != PHASE_WAITING && x->phase != PHASE_FAILED)
		return;
	x->tries = 0;
	look_up(x, "asked to connect");
}

void xmpp_check(struct xmpp *x)
{
	uint64_t now = uv_now(x->loop);

	switch (x->phase) {
	case PHASE_WAITING:
		x->tries = 0;
		look_up(x, "the network changed");
		break;
	case PHASE_RESOLVING:
	case PHASE_NEXT:
	case PHASE_DIALING:
		/* Begun on the old network, its answer may never come. */
		x->tries = 0;
		x->urgent = true;
		earlier(&x->deadline, now + CHECK_MAX);
		break;
	case PHASE_ROSTER:
	case PHASE_SETTLING:
	case PHASE_ONLINE:
		exchange_doubt(&x->exchange, now);
		break;
	case PHASE_OFF:
	case PHASE_FAILED:
	case PHASE_LEAVING:
		break;
	}
	arm(x);
}

static void on_clock_closed(uv_handle_t *handle)
{
	struct xmpp *x = handle->data;
	void (*done)(void *arg) = x->done;
	void *arg = x->done_arg;

	free(x->bare);
	free(x->server);
	free(x->device);
	exchange_finish(&x->exchange);
	free(x);
	if (done)
		done(arg);
}

static void on_stream_destroyed(void *arg)
{
	struct xmpp *x = arg;

	uv_close((uv_handle_t *)&x->clock, on_clock_closed);
}

static void finish(struct xmpp *x)
{
	x->deadline = UINT64_MAX;
	strophe_loop_destroy(x->stream, on_stream_destroyed, x);
	x->stream = NULL;
}

void xmpp_destroy(struct xmpp *x, void (*done)(void *arg), void *arg)
{
	bool up = x->exchange.full != NULL;

	assert(x->phase != PHASE_LEAVING);
	x->done = done;
	x->done_arg = arg;
	x->bulk_wanted = false;
	resolve_cancel(x->resolve);
	x->resolve = NULL;
	exchange_leave(&x->exchange);
	/* A login that is under way is not waited for. */
	enter(x, PHASE_LEAVING, up ? FAREWELL_MAX : 0, "asked to end");
}

enum xmpp_state xmpp_state(const struct xmpp *x)
{
	return phases[x->phase].state;
}

const struct message *xmpp_trouble(const struct xmpp *x)
{
	return &x->trouble;
}

const char *xmpp_jid(const struct xmpp *x)
{
	return x->exchange.full;
}

uint64_t xmpp_retry_at(const struct xmpp *x)
{
	return x->phase == PHASE_WAITING ? x->deadline : 0;
}

uint64_t xmpp_request(struct xmpp *x, const char *to, const char *type, const char *payload,
		      unsigned timeout_ms, xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_request(&x->exchange, to, type, payload,
					   uv_now(x->loop) + timeout_ms, answer, arg);

	arm(x);
	return handle;
}

uint64_t xmpp_query(struct xmpp *x, const char *to, const char *payload, unsigned timeout_ms,
		    xmpp_rows_answer answer, void *arg)
{
	uint64_t handle = exchange_query(&x->exchange, to, payload, uv_now(x->loop) + timeout_ms, answer, arg);

	arm(x);
	return handle;
}

bool xmpp_rows_next(struct xmpp_rows *rows, struct xmpp_row *row)
{
	return stanza_rows_next(rows, row);
}

void xmpp_forget(struct xmpp *x, uint64_t handle)
{
	iq_forget(x->exchange.iq, handle);
}

bool xmpp_reply_result(struct xmpp *x, const char *to, const char *id)
{
	return exchange_acknowledge(&x->exchange, to, id);
}

void xmpp_reply_error(struct xmpp *x, const char *to, const char *id, const char *condition)
{
	exchange_error(&x->exchange, to, id, condition, uv_now(x->loop));
}

bool xmpp_may_answer(struct xmpp *x, const char *bare)
{
	return exchange_may_answer(&x->exchange, bare, uv_now(x->loop));
}

bool xmpp_bulk_ready(struct xmpp *x)
{
	if (x->phase != PHASE_ONLINE)
		return false;
	if (bulk_fits(x))
		return true;
	if (!x->bulk_wanted) {
		x->bulk_wanted = true;
		x->bulk_at = uv_now(x->loop) + BULK_RETRY;
		arm(x);
	}
	return false;
}

uint64_t xmpp_open_stream(struct xmpp *x, const char *to, const char *sid, size_t block_size,
			  xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_open(&x->exchange, to, sid, block_size,
					uv_now(x->loop) + IBB_OPEN_TIMEOUT, answer, arg);

	arm(x);
	return handle;
}

void xmpp_close_stream(struct xmpp *x, const char *to, const char *sid)
{
	exchange_close(&x->exchange, to, sid);
}

uint64_t xmpp_send_block(struct xmpp *x, const char *to, const char *sid, uint16_t seq,
			 const void *data, size_t n, xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_block(&x->exchange, to, sid, seq, data, n,
					 uv_now(x->loop) + IBB_ACK_TIMEOUT, answer, arg);

	arm(x);
	return handle;
}

void xmpp_subscription(struct xmpp *x, const char *bare, const char *type)
{
	exchange_presence(&x->exchange, bare, type);
}

void xmpp_unavailable(struct xmpp *x, const char *bare)
{
	exchange_presence(&x->exchange, bare, "unavailable");
}

/* A request about one JID, to our own account; the payload's text is before, the JID, and after. */
static uint64_t request_about(struct xmpp *x, const char *before, const char *bare, const char *after,
			      xmpp_answer answer, void *arg)
{
	struct buf payload = { 0 };
	uint64_t handle;

	buf_puts(&payload, before);
	text_xml(&payload, bare);
	buf_puts(&payload, after);
	handle = exchange_request(&x->exchange, NULL, "set", buf_str(&payload), request_deadline(x), answer, arg);
	arm(x);
	buf_finish(&payload);
	return handle;
}

uint64_t xmpp_roster_remove(struct xmpp *x, const char *bare, xmpp_answer answer, void *arg)
{
	return request_about(x, "<query xmlns='jabber:iq:roster'><item subscription='remove' jid='", bare,
			     "'/></query>", answer, arg);
}

uint64_t xmpp_block(struct xmpp *x, const char *bare, bool blocked, xmpp_answer answer, void *arg)
{
	if (blocked)
		return request_about(x, "<block xmlns='" NS_BLOCKING "'><item jid='", bare, "'/></block>",
				     answer, arg);
	return request_about(x, "<unblock xmlns='" NS_BLOCKING "'><item jid='", bare, "'/></unblock>", answer, arg);
}

uint64_t xmpp_ping(struct xmpp *x, xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_ping(&x->exchange, request_deadline(x), answer, arg);

	arm(x);
	return handle;
}
