/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xmpp.h"

/*
 * The account is a state machine, its states below. The happy path: look up the
 * servers of the domain and the addresses of the first one, let libstrophe dial and log in, ask
 * for the roster; when it is here say that we are available, and ping our server behind that:
 * servers answer in order, so that with the pong the presences of the domain are here as well,
 * and whoever is not seen is offline.
 *
 * What can go wrong: an address fails, in whatever way, then the next one is dialled, and the next
 * server's; all fail, or the connection breaks, then the whole is tried again after a while
 * (core/retry.h). Only when the account itself is refused nothing is done until xmpp_connect():
 * who has the password calls it. What kind of failure it is, login.c says. Each state has a limit
 * of time, of its own or that of the request it waits for, and exchange.c tells when the server
 * is silent for too long.
 *
 * Another connection may take our place, the resource. To take it back would be a fight. So the
 * next login is beside it, under a resource that nobody has, and asks whoever is in our place for
 * a sign of life: a ghost gives none, and a copy of this device, on another machine, does, and
 * learns of us in turn.
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
#include "random.h"
#include "resolve.h"
#include "retry.h"
#include "stanza.h"
#include "strophe-loop.h"
#include "text.h"

enum {
	RESOLVE_MAX = 15 * 1000,
	LOGIN_MAX = 15 * 1000,		/* per address: TCP, TLS and login */
	CUT_MAX = 1000,			/* a connection that was cut is gone by then */
	REQUEST_MAX = 15 * 1000,	/* our own requests */
	STABLE = 60 * 1000,		/* up for so long: the next retry is a first one */
	CHECK_MAX = 5 * 1000,		/* what an attempt has left when the network changes under it */
	FAREWELL_MAX = 2 * 1000,
	YIELD_MAX = 2 * 1000,		/* for who asks us in turn */
	BULK_UNSENT_MAX = 16 * 1024,	/* more than this waits on our side: no more bulk */
	BULK_RETRY = 50,		/* a socket does not tell when it is half empty */
};

enum phase {
	PHASE_OFF,		/* not yet asked to connect */
	PHASE_WAITING,		/* before trying again */
	PHASE_RESOLVING,	/* which servers the domain has */
	PHASE_ADDRESSES,	/* of the next of them */
	PHASE_NEXT,		/* about to go on with the next address, or server */
	PHASE_DIALING,		/* TCP, TLS and login, by libstrophe */
	PHASE_BESIDE,		/* logged in beside our place; who is in it is asked for a sign of life */
	PHASE_ROSTER,		/* logged in; the roster is on its way */
	PHASE_SETTLING,		/* presence is out; the pong behind it is on its way */
	PHASE_ONLINE,
	PHASE_BARRED,		/* a bad certificate, or our place is taken: before trying again */
	PHASE_FAILED,		/* the account is refused: until xmpp_connect() */
	PHASE_YIELDING,		/* we make room for another machine, which may still ask us */
	PHASE_LEAVING,		/* xmpp_destroy(): the farewell is on its way */
};

static const struct {
	const char *name;
	enum xmpp_state state;
} phases[] = {
	[PHASE_OFF] = { "off", XMPP_OFFLINE },
	[PHASE_WAITING] = { "waiting", XMPP_OFFLINE },
	[PHASE_RESOLVING] = { "resolving", XMPP_CONNECTING },
	[PHASE_ADDRESSES] = { "looking up addresses", XMPP_CONNECTING },
	[PHASE_NEXT] = { "next address", XMPP_CONNECTING },
	[PHASE_DIALING] = { "dialing", XMPP_CONNECTING },
	[PHASE_BESIDE] = { "beside our place", XMPP_CONNECTING },
	[PHASE_ROSTER] = { "fetching the roster", XMPP_SETTLING },
	[PHASE_SETTLING] = { "settling", XMPP_SETTLING },
	[PHASE_ONLINE] = { "online", XMPP_ONLINE },
	[PHASE_BARRED] = { "barred", XMPP_FAILED },
	[PHASE_FAILED] = { "failed", XMPP_FAILED },
	[PHASE_YIELDING] = { "making room", XMPP_FAILED },
	[PHASE_LEAVING] = { "leaving", XMPP_OFFLINE },
};

struct xmpp {
	uv_loop_t *loop;
	char *bare, *server, *device;	/* owned; server may be NULL */
	char *place;			/* our full JID, unless somebody else has it; owned */
	const char *domain;		/* within bare */

	enum phase phase;
	struct message trouble;
	enum retry_cause cause;		/* of the trouble */
	bool failed;			/* something did, in this round of servers */
	uint64_t deadline;		/* of the phase; UINT64_MAX: none */
	struct retry retry;
	bool urgent;			/* the next retry is at once */
	bool beside;			/* the next login is beside our place */

	struct resolve *resolve;	/* while PHASE_RESOLVING and PHASE_ADDRESSES */
	struct targets targets;
	char where[ENDPOINT_TEXT_MAX];	/* the one dialled last */

	struct strophe_loop *stream;	/* owned */
	struct login login;
	struct exchange exchange;
	uint64_t up_since;

	bool keeps_approvals;		/* of the connection */
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

/* Of what fails in one round what says most is told, and decides. */
static void note_trouble(struct xmpp *x, enum retry_cause cause, const struct message *trouble)
{
	if (x->failed && cause < x->cause)
		return;
	x->failed = true;
	x->cause = cause;
	x->trouble = *trouble;
}

static void note_unreachable(struct xmpp *x, const char *reason)
{
	struct message m;

	message_set(&m, MSG_SERVER_UNREACHABLE, "domain", x->domain, "reason", reason, NULL);
	note_trouble(x, RETRY_SERVER, &m);
}

/* No server of the domain is left in this round, or one said it for all. */
static void end_round(struct xmpp *x)
{
	uint64_t pause = 0;

	x->failed = false;
	if (x->cause == RETRY_ACCOUNT) {
		enter(x, PHASE_FAILED, UINT64_MAX, x->trouble.text);
		return;
	}
	if (!x->urgent)
		pause = retry_pause(&x->retry, x->cause);
	x->urgent = false;
	enter(x, x->cause == RETRY_SERVER ? PHASE_WAITING : PHASE_BARRED, pause, x->trouble.text);
}

/* The server sends us on: false if it does not, or too often. */
static bool follow_redirection(struct xmpp *x, bool was_up)
{
	char host[RESOLVE_HOST_MAX];
	uint16_t port = 5222;

	if (!resolve_split(x->login.other_host, host, &port))
		return false;
	if (was_up) {
		/* One that lets us in and then sends us away is not followed in a circle. */
		if (uv_now(x->loop) - x->up_since < STABLE)
			return false;
		targets_begin(&x->targets, NULL, 0);
	}
	return targets_redirect(&x->targets, host, port);
}

/* A login did not come about, or a session ended; x->login knows why. */
static void failed(struct xmpp *x, bool was_up)
{
	struct message trouble;
	enum retry_cause cause = login_trouble(&x->login, x->bare, x->domain, x->where, was_up,
					       &trouble);

	note_trouble(x, cause, &trouble);
	if (cause == RETRY_PLACE || x->login.bind_refused)
		x->beside = true;
	if (follow_redirection(x, was_up) || (!was_up && !login_is_final(&x->login)))
		enter(x, PHASE_NEXT, 0, trouble.text);
	else
		end_round(x);
}

/* A place of our own beside the one that is taken; a new one each time, lest that is taken, too. */
static char *place_beside(const struct xmpp *x)
{
	unsigned char lot[4];

	random_bytes(lot, sizeof(lot));
	return xasprintf("%s.%02x%02x%02x%02x", x->place, lot[0], lot[1], lot[2], lot[3]);
}

static void dial(struct xmpp *x, const struct endpoint *endpoint)
{
	char *jid = x->beside ? place_beside(x) : xstrdup(x->place);
	int result;

	endpoint_format(endpoint, x->where);
	login_begin(&x->login);
	result = strophe_loop_connect(x->stream, endpoint, jid);
	x->login.tcp_error = result < 0 ? errno : 0;
	free(jid);
	if (result < 0)
		failed(x, false);
	else
		enter(x, PHASE_DIALING, LOGIN_MAX, x->where);
}

static void on_addresses(void *arg, const struct endpoint *endpoints, size_t n, const char *why)
{
	struct xmpp *x = arg;

	x->resolve = NULL;
	if (n == 0)
		note_unreachable(x, why);
	targets_found(&x->targets, endpoints, n);
	enter(x, PHASE_NEXT, 0, n ? "they are known" : why);
}

/* The next address, or the next server, or none is left. */
static void go_on(struct xmpp *x)
{
	const struct endpoint *endpoint = targets_endpoint(&x->targets);
	const struct target *target;

	if (endpoint) {
		dial(x, endpoint);
		return;
	}
	target = targets_next(&x->targets);
	if (!target) {
		end_round(x);
		return;
	}
	x->resolve = resolve_addresses(x->loop, target, on_addresses, x);
	if (x->resolve) {
		enter(x, PHASE_ADDRESSES, RESOLVE_MAX, target->host);
		return;
	}
	note_unreachable(x, "the name look-up could not be started");
	enter(x, PHASE_NEXT, 0, "the name look-up could not be started");
}

static void on_targets(void *arg, const struct target *targets, size_t n, const char *why)
{
	struct xmpp *x = arg;

	x->resolve = NULL;
	if (n == 0)
		note_unreachable(x, why);
	targets_begin(&x->targets, targets, n);
	enter(x, PHASE_NEXT, 0, n ? "the servers are known" : why);
}

static void look_up(struct xmpp *x, const char *because)
{
	x->failed = false;
	x->resolve = resolve_targets(x->loop, x->domain, x->server, on_targets, x);
	if (x->resolve) {
		enter(x, PHASE_RESOLVING, RESOLVE_MAX, because);
		return;
	}
	note_unreachable(x, "the name look-up could not be started");
	end_round(x);
}

/* No name server tells about services, in time: the domain may be known by other means. */
static void guess_target(struct xmpp *x)
{
	struct target guess = { .port = 5222 };

	snprintf(guess.host, sizeof(guess.host), "%s", x->domain);
	targets_begin(&x->targets, &guess, x->server ? 0 : 1);
	note_unreachable(x, "the name server does not answer");
	enter(x, PHASE_NEXT, 0, "the name server does not answer");
}

/* --- settling --- */

static void on_roster(void *arg, const char *error);

static uint64_t request_deadline(const struct xmpp *x)
{
	return uv_now(x->loop) + REQUEST_MAX;
}

static void settle(struct xmpp *x)
{
	exchange_roster(&x->exchange, request_deadline(x), on_roster, x);
	exchange_blocklist(&x->exchange, request_deadline(x));
	enter(x, PHASE_ROSTER, UINT64_MAX, x->exchange.full);
}

/* Whoever is in our place was asked for a sign of life. */
static void on_place(void *arg, const char *error)
{
	struct xmpp *x = arg;

	if (x->phase != PHASE_BESIDE || !x->exchange.full)
		return;
	if (error)
		settle(x);
	else
		xmpp_yield(x);
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
	/* Nobody would be a buddy without it, for as long as the connection lasts. */
	if (error) {
		snprintf(x->login.refusal, sizeof(x->login.refusal), "the server gives no roster: %s", error);
		strophe_loop_cut(x->stream);
		return;
	}
	exchange_available(&x->exchange, x->device, NULL, false);
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
	x->keeps_approvals = x->login.keeps_approvals;
	exchange_begin(&x->exchange, full ? full : x->bare, x->login.offers_acks, x->up_since);
	login_begin(&x->login);		/* what went wrong on the way is no matter now */
	x->failed = false;
	if (!x->beside || !strcmp(x->exchange.full, x->place)) {
		settle(x);
		return;
	}
	x->beside = false;
	enter(x, PHASE_BESIDE, UINT64_MAX, x->exchange.full);
	exchange_available(&x->exchange, x->device, x->place, false);
	exchange_request(&x->exchange, x->place, "get", "<ping xmlns='" NS_PING "'/>",
			 request_deadline(x), on_place, x);
}

static void note_stream_error(struct xmpp *x, const xmpp_stream_error_t *error)
{
	const char *condition = stanza_stream_error(error->stanza);

	x->login.replaced = error->type == XMPP_SE_CONFLICT;
	stanza_other_host(error->stanza, x->login.other_host, sizeof(x->login.other_host));
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
		retry_reset(&x->retry);
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
	case PHASE_BARRED:
		look_up(x, "it is time to try again");
		break;
	case PHASE_RESOLVING:
		resolve_cancel(x->resolve);
		x->resolve = NULL;
		guess_target(x);
		break;
	case PHASE_ADDRESSES:
		resolve_cancel(x->resolve);
		on_addresses(x, NULL, 0, "the name server does not answer");
		break;
	case PHASE_NEXT:
		go_on(x);
		break;
	case PHASE_DIALING:
		x->login.late = true;
		cut(x);
		break;
	case PHASE_YIELDING:
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
	uint32_t seed;

	x->stream = strophe_loop_create(loop, config->password, config->ca_file, &stream_events, x);
	if (!x->stream) {
		free(x);
		return NULL;
	}
	x->loop = loop;
	x->bare = xstrdup(config->jid);
	x->domain = jid_domain(x->bare);
	x->server = xstrdup(config->server);
	x->device = xstrdup(config->device);
	x->place = xasprintf("%s/%s", config->jid, config->resource);
	random_bytes(&seed, sizeof(seed));
	retry_init(&x->retry, seed);
	x->deadline = x->clock_at = UINT64_MAX;
	exchange_init(&x->exchange, x->stream, x->bare, events, owner);
	uv_timer_init(loop, &x->clock);
	x->clock.data = x;
	return x;
}

void xmpp_connect(struct xmpp *x)
{
	if (x->phase == PHASE_OFF || x->phase == PHASE_WAITING || x->phase == PHASE_BARRED ||
	    x->phase == PHASE_FAILED)
		look_up(x, "asked to connect");
	else if (x->phase == PHASE_YIELDING)
		x->urgent = true;
}

bool xmpp_password(struct xmpp *x, const char *password)
{
	return x->phase == PHASE_FAILED && strophe_loop_password(x->stream, password);
}

void xmpp_yield(struct xmpp *x)
{
	if (!x->exchange.full || x->phase == PHASE_YIELDING || x->phase == PHASE_LEAVING)
		return;
	x->login.copied = true;
	login_trouble(&x->login, x->bare, x->domain, x->where, true, &x->trouble);
	enter(x, PHASE_YIELDING, YIELD_MAX, x->exchange.full);
}

void xmpp_check(struct xmpp *x)
{
	uint64_t now = uv_now(x->loop);

	switch (x->phase) {
	case PHASE_WAITING:
	case PHASE_BARRED:
		retry_reset(&x->retry);
		look_up(x, "the network changed");
		break;
	case PHASE_RESOLVING:
	case PHASE_ADDRESSES:
	case PHASE_NEXT:
	case PHASE_DIALING:
		/* Begun on the old network, its answer may never come. */
		retry_reset(&x->retry);
		x->urgent = true;
		earlier(&x->deadline, now + CHECK_MAX);
		break;
	case PHASE_BESIDE:
	case PHASE_ROSTER:
	case PHASE_SETTLING:
	case PHASE_ONLINE:
		exchange_doubt(&x->exchange, now);
		break;
	case PHASE_OFF:
	case PHASE_FAILED:
	case PHASE_YIELDING:
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
	free(x->place);
	targets_finish(&x->targets);
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
	return x->phase == PHASE_WAITING || x->phase == PHASE_BARRED ? x->deadline : 0;
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

bool xmpp_keeps_approvals(const struct xmpp *x)
{
	return x->keeps_approvals;
}

void xmpp_available(struct xmpp *x, const char *to, bool asks)
{
	exchange_available(&x->exchange, x->device, to, asks);
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

uint64_t xmpp_ping_device(struct xmpp *x, const char *full, xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_request(&x->exchange, full, "get", "<ping xmlns='" NS_PING "'/>",
					   uv_now(x->loop) + INQUIRY_TIMEOUT, answer, arg);

	arm(x);
	return handle;
}

uint64_t xmpp_ping(struct xmpp *x, xmpp_answer answer, void *arg)
{
	uint64_t handle = exchange_ping(&x->exchange, request_deadline(x), answer, arg);

	arm(x);
	return handle;
}
