/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xmpp.h"

/*
 * The account is a state machine, its states below. The happy path: resolve the
 * domain, let libstrophe dial the first address and log in, ask for the
 * roster; when it is here say that we are available, and ping our server behind that:
 * servers answer in order, so that with the pong the presences of the
 * domain are here as well, and whoever is not seen is offline.
 *
 * What can go wrong: an address fails, then the next one is dialled; all fail, or
 * the connection breaks, then the whole is tried again after a while; or the trouble
 * is one that only the user can end, then nothing is done until xmpp_connect().
 * Which it is, login.c says. Each state has a limit of time: of its own
 * or that of the request it waits for; and smack.c watches over the silent connection.
 *
 * There is one timer, set to the earliest of all that is due. Most events come
 * from inside libstrophe, so nothing here connects, or destroys, but from that timer.
 */

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "disco.h"
#include "iq.h"
#include "jid.h"
#include "limits.h"
#include "log.h"
#include "login.h"
#include "resolve.h"
#include "smack.h"
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
	FAREWELL_MAX = 2 * 1000,
	BULK_UNSENT_MAX = 16 * 1024,	/* more than this waits on our side: no more bulk */
	BULK_RETRY = 50,		/* a socket does not tell when it is half empty */
	REPLIES_QUEUED_MAX = 256,	/* a flood of requests is not answered beyond it */
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
	const struct xmpp_events *events;	/* NULL: being destroyed */
	void *owner;

	char *bare, *server, *device, *instance;	/* owned; server may be NULL */
	const char *domain;		/* within bare */
	char *full;			/* as bound; owned; NULL: not logged in */
	struct disco disco;

	enum phase phase;
	struct message trouble;
	uint64_t deadline;		/* of the phase; UINT64_MAX: none */
	unsigned tries;			/* in vain, since it last was up for long */

	struct resolve *resolve;	/* while PHASE_RESOLVING */
	struct endpoint endpoints[ENDPOINTS_MAX];
	size_t endpoint_count, endpoint_next;
	char where[ENDPOINT_TEXT_MAX];	/* the one dialled last */

	struct strophe_loop *stream;	/* owned */
	struct login login;
	bool up;			/* logged in: stanzas can be sent */
	uint64_t up_since;
	struct smack smack;
	struct iq_table *iq;		/* owned */
	struct buf out;			/* the stanza being written */

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

	earlier(&next, iq_deadline(x->iq));
	if (x->up)
		earlier(&next, smack_deadline(&x->smack));
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

	log_info("xmpp: %s -> %s, %s", phases[x->phase].name, phases[phase].name, because);
	x->phase = phase;
	set_deadline(x, in);
	if (phases[phase].state != before && x->events)
		x->events->state(x->owner, phases[phase].state,
				 x->trouble.id == MSG_NONE ? NULL : &x->trouble);
}

/* --- sending --- */

static bool send_out(struct xmpp *x)
{
	return x->up && strophe_loop_send(x->stream, buf_str(&x->out), buf_len(&x->out));
}

static void send_text(struct xmpp *x, const char *text)
{
	if (x->up)
		strophe_loop_send(x->stream, text, strlen(text));
}

/* The id of a new request, or handle 0. */
static uint64_t new_request(struct xmpp *x, const char *to, unsigned timeout, iq_answer answer,
			    void *arg, char id[IQ_ID_MAX])
{
	uint64_t handle;

	if (!x->up || x->phase == PHASE_LEAVING)
		return 0;
	handle = iq_add(x->iq, to, uv_now(x->loop) + timeout, answer, arg);
	if (handle == 0)
		return 0;
	iq_id(x->iq, handle, id);
	arm(x);
	buf_reset(&x->out);
	return handle;
}

static uint64_t request(struct xmpp *x, const char *to, const char *type, const char *payload,
			unsigned timeout, iq_answer answer, void *arg)
{
	char id[IQ_ID_MAX];
	uint64_t handle = new_request(x, to, timeout, answer, arg, id);

	if (handle) {
		stanza_put_iq(&x->out, type, to, id, payload);
		send_out(x);
	}
	return handle;
}

static bool may_reply(struct xmpp *x)
{
	buf_reset(&x->out);
	return x->up && strophe_loop_queued(x->stream) < REPLIES_QUEUED_MAX;
}

static void reply(struct xmpp *x, const struct stanza *s, const char *payload)
{
	if (!may_reply(x))
		return;
	stanza_put_iq(&x->out, "result", s->from, s->id, payload);
	send_out(x);
}

static void reply_error(struct xmpp *x, const struct stanza *s, const char *condition)
{
	if (!may_reply(x))
		return;
	stanza_put_error(&x->out, s->from, s->id, condition);
	send_out(x);
}

/* --- connecting --- */

/* 1, 2, 4 ... 60 seconds and up to half as much again, so that a crowd does not come back as one. */
static void wait_to_retry(struct xmpp *x)
{
	uint64_t delay = x->tries < 6 ? (uint64_t)RETRY_FIRST << x->tries : RETRY_MAX;
	uint32_t lot;

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

static void on_settled(void *arg, const char *error)
{
	struct xmpp *x = arg;

	/* An error is as good an answer: what counts is that it came after the presences. */
	if (x->phase != PHASE_SETTLING || !x->up)
		return;
	x->trouble.id = MSG_NONE;
	enter(x, PHASE_ONLINE, UINT64_MAX, error ? error : "roster and presences are here");
}

static void on_roster(void *arg, const char *error)
{
	struct xmpp *x = arg;

	if (x->phase != PHASE_ROSTER || !x->up)
		return;
	if (error && !strcmp(error, "timeout")) {
		x->login.late = true;
		strophe_loop_cut(x->stream);
		return;
	}
	if (error)
		log_warning("xmpp: the server gives no roster: %s", error);
	/* A big roster leaves megabytes of free heap that nothing will use again. */
	malloc_trim(0);
	buf_reset(&x->out);
	stanza_put_available(&x->out, &x->disco, x->device, x->instance);
	send_out(x);
	enter(x, PHASE_SETTLING, UINT64_MAX, "the roster is here");
	request(x, x->domain, "get", "<ping xmlns='" NS_PING "'/>", REQUEST_MAX, on_settled, x);
}

/* --- the stream's events --- */

static void on_up(void *owner)
{
	struct xmpp *x = owner;
	unsigned char prefix[IQ_PREFIX_BYTES];
	const char *jid = strophe_loop_jid(x->stream);

	if (x->phase == PHASE_LEAVING)
		return;
	random_bytes(prefix, sizeof(prefix));
	iq_begin(x->iq, prefix);
	x->full = xstrdup(jid ? jid : x->bare);
	x->up = true;
	x->up_since = uv_now(x->loop);
	smack_begin(&x->smack, x->up_since);
	/* A server that did not offer it would close the stream. */
	if (x->login.offers_acks)
		send_text(x, "<enable xmlns='urn:xmpp:sm:3'/>");
	login_begin(&x->login);		/* what went wrong on the way is no matter now */
	enter(x, PHASE_ROSTER, UINT64_MAX, x->full);
	request(x, NULL, "get", "<query xmlns='jabber:iq:roster'/>", REQUEST_MAX, on_roster, x);
}

static void answer_all(struct xmpp *x, const char *error)
{
	struct iq_request request;

	while (iq_take_any(x->iq, &request))
		request.answer(request.arg, error);
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
	bool was_up = x->up;

	x->up = false;
	x->bulk_wanted = false;
	free(x->full);
	x->full = NULL;
	if (x->phase == PHASE_LEAVING) {
		set_deadline(x, 0);
		return;
	}
	if (error)
		note_stream_error(x, error);
	if (was_up && uv_now(x->loop) - x->up_since >= STABLE)
		x->tries = 0;
	/* Nothing new can be asked now, so this ends. */
	answer_all(x, "disconnected");
	if (x->phase != PHASE_LEAVING)
		failed(x, was_up);
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
	if (x->events)
		x->events->bulk(x->owner);
}

static bool bulk_fits(const struct xmpp *x)
{
	return x->phase == PHASE_ONLINE && strophe_loop_unsent(x->stream) < BULK_UNSENT_MAX;
}

static void on_pumped(void *owner)
{
	struct xmpp *x = owner;

	/* libstrophe would wait two seconds for the server's farewell. */
	if (x->phase == PHASE_DIALING && login_hopeless(&x->login))
		strophe_loop_cut(x->stream);
	if (x->bulk_wanted && bulk_fits(x))
		tell_bulk(x);
}

/* --- what comes in --- */

static void tell_roster(struct xmpp *x, xmpp_stanza_t *query)
{
	struct roster_item item;
	xmpp_stanza_t *at = NULL;

	while (x->events && stanza_roster_next(query, &at, &item))
		x->events->roster(x->owner, item.jid, item.subscription, item.asked, item.removed);
}

static void take_answer(struct xmpp *x, const struct stanza *s)
{
	const struct iq_self self = { .full = x->full, .bare = x->bare, .domain = x->domain };
	struct iq_request request;

	if (!iq_take(x->iq, s->id, s->from, &self, &request))
		return;
	if (request.answer == on_roster && !s->condition && s->payload)
		tell_roster(x, s->payload);
	request.answer(request.arg, s->condition);
}

/* RFC 6121 2.1.6: only from our own account; anybody could send one. */
static void take_roster_push(struct xmpp *x, const struct stanza *s)
{
	if (s->from && strcmp(s->from, x->bare) != 0 && strcmp(s->from, x->domain) != 0) {
		reply_error(x, s, "service-unavailable");
		return;
	}
	tell_roster(x, s->payload);
	reply(x, s, NULL);
}

static void take_disco(struct xmpp *x, const struct stanza *s)
{
	struct buf query = { 0 };

	if (disco_put_info(&x->disco, s->node, &query))
		reply(x, s, buf_str(&query));
	else
		reply_error(x, s, "item-not-found");
	buf_finish(&query);
}

static void take_presence(struct xmpp *x, const struct stanza *s)
{
	char bare[JID_MAX];

	/* The server shows us ourselves, too. */
	if (!x->events || !strcmp(s->from, x->full) || !jid_bare_of(s->from, bare))
		return;
	if (s->kind == STANZA_SUBSCRIPTION)
		x->events->subscription(x->owner, bare, s->type);
	else if (s->kind == STANZA_UNAVAILABLE)
		x->events->unavailable(x->owner, s->from);
	else if (jid_resource(s->from))
		x->events->available(x->owner, s->from, s->device, s->instance);
}

static void send_acknowledgement(struct xmpp *x)
{
	char text[64];

	snprintf(text, sizeof(text), "<a xmlns='urn:xmpp:sm:3' h='%u'/>", x->smack.handled);
	send_text(x, text);
}

static void on_stanza(void *owner, xmpp_stanza_t *xml)
{
	struct xmpp *x = owner;
	struct stanza s;

	if (!x->up)
		return;
	stanza_read(xml, &s);
	smack_heard(&x->smack, s.counted, uv_now(x->loop));
	switch (s.kind) {
	case STANZA_ANSWER:
		take_answer(x, &s);
		break;
	case STANZA_ROSTER:
		take_roster_push(x, &s);
		break;
	case STANZA_PING:
		reply(x, &s, NULL);
		break;
	case STANZA_DISCO:
		take_disco(x, &s);
		break;
	case STANZA_IBB:
		if (x->events)
			x->events->ibb(x->owner, &s.ibb);
		break;
	case STANZA_BAD_REQUEST:
		reply_error(x, &s, "bad-request");
		break;
	case STANZA_UNKNOWN:
		reply_error(x, &s, "service-unavailable");
		break;
	case STANZA_AVAILABLE:
	case STANZA_UNAVAILABLE:
	case STANZA_SUBSCRIPTION:
		take_presence(x, &s);
		break;
	case STANZA_SM_ENABLED:
		smack_enabled(&x->smack);
		break;
	case STANZA_SM_REQUEST:
		send_acknowledgement(x);
		break;
	case STANZA_SM_FAILED:
	case STANZA_SM_ANSWER:
	case STANZA_OTHER:
		break;
	}
}

static const struct strophe_events stream_events = {
	.up = on_up,
	.down = on_down,
	.stanza = on_stanza,
	.login_line = on_login_line,
	.certificate = on_certificate,
	.pumped = on_pumped,
};

/* --- what is due --- */

static void finish(struct xmpp *x);

static void ignore_answer(void *arg, const char *error)
{
}

static void expire_requests(struct xmpp *x)
{
	struct iq_request request;

	while (iq_take_expired(x->iq, uv_now(x->loop), &request))
		request.answer(request.arg, "timeout");
}

static void check_life(struct xmpp *x)
{
	uint64_t now = uv_now(x->loop);

	if (!x->up)
		return;
	switch (smack_check(&x->smack, now)) {
	case SMACK_ALIVE:
		break;
	case SMACK_ASK:
		if (x->smack.enabled)
			send_text(x, "<r xmlns='urn:xmpp:sm:3'/>");
		else
			request(x, x->domain, "get", "<ping xmlns='" NS_PING "'/>", REQUEST_MAX,
				ignore_answer, NULL);
		break;
	case SMACK_DEAD:
		x->login.late = true;
		strophe_loop_cut(x->stream);
		smack_begin(&x->smack, now);	/* not to be found dead again before it is down */
		break;
	}
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
	expire_requests(x);
	check_life(x);
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
	x->events = events;
	x->owner = owner;
	x->bare = xstrdup(config->jid);
	x->domain = jid_domain(x->bare);
	x->server = xstrdup(config->server);
	x->device = xstrdup(config->device);
	x->instance = xstrdup(config->instance);
	x->deadline = x->clock_at = UINT64_MAX;
	x->iq = iq_create();
	disco_init(&x->disco, config->version);
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

static void on_clock_closed(uv_handle_t *handle)
{
	struct xmpp *x = handle->data;
	void (*done)(void *arg) = x->done;
	void *arg = x->done_arg;

	free(x->bare);
	free(x->server);
	free(x->device);
	free(x->instance);
	free(x->full);
	buf_finish(&x->out);
	iq_destroy(x->iq);
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
	uint64_t farewell = 0;

	assert(x->phase != PHASE_LEAVING);
	x->events = NULL;
	x->done = done;
	x->done_arg = arg;
	x->bulk_wanted = false;
	resolve_cancel(x->resolve);
	x->resolve = NULL;
	if (x->up) {
		send_text(x, "<presence type='unavailable'/></stream:stream>");
		farewell = FAREWELL_MAX;
	}
	enter(x, PHASE_LEAVING, farewell, "asked to end");
	answer_all(x, "disconnected");
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
	return x->full;
}

uint64_t xmpp_retry_at(const struct xmpp *x)
{
	return x->phase == PHASE_WAITING ? x->deadline : 0;
}

uint64_t xmpp_request(struct xmpp *x, const char *to, const char *type, const char *payload,
		      unsigned timeout_ms, xmpp_answer answer, void *arg)
{
	return request(x, to, type, payload, timeout_ms, answer, arg);
}

void xmpp_forget(struct xmpp *x, uint64_t handle)
{
	iq_forget(x->iq, handle);
}

void xmpp_reply_result(struct xmpp *x, const char *to, const char *id)
{
	reply(x, &(struct stanza){ .from = to, .id = id }, NULL);
}

void xmpp_reply_error(struct xmpp *x, const char *to, const char *id, const char *condition)
{
	reply_error(x, &(struct stanza){ .from = to, .id = id }, condition);
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

uint64_t xmpp_send_block(struct xmpp *x, const char *to, const char *sid, uint16_t seq,
			 const void *data, size_t n, xmpp_answer answer, void *arg)
{
	char id[IQ_ID_MAX];
	uint64_t handle = new_request(x, to, IBB_ACK_TIMEOUT, answer, arg, id);

	if (handle) {
		stanza_put_block(&x->out, to, id, sid, seq, data, n);
		send_out(x);
	}
	return handle;
}

void xmpp_subscription(struct xmpp *x, const char *bare, const char *type)
{
	buf_reset(&x->out);
	stanza_put_presence(&x->out, bare, type);
	send_out(x);
}

static void on_removed(void *arg, const char *error)
{
	if (error)
		log_warning("xmpp: a buddy could not be taken out of the roster: %s", error);
}

void xmpp_roster_remove(struct xmpp *x, const char *bare)
{
	struct buf query = { 0 };

	buf_puts(&query, "<query xmlns='jabber:iq:roster'><item subscription='remove' jid='");
	text_xml(&query, bare);
	buf_puts(&query, "'/></query>");
	request(x, NULL, "set", buf_str(&query), REQUEST_MAX, on_removed, x);
	buf_finish(&query);
}
