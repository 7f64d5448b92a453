/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account-internal.h"

/*
 * The account is a state machine; enum phase names its states. When all goes well it looks up
 * the servers of the domain and the addresses of the first one, lets libstrophe dial and log
 * in. Then it asks for the roster and the blocklist, announces our presence and pings our
 * server behind it, all in one flight. A server answers in order: when the pong comes, the
 * presences of the domain have come, and a buddy without one is offline. Should a presence come
 * ahead of the roster all the same, it is kept until the roster is here (presence-hold.h).
 *
 * If an address fails for any reason, the next one is dialled, then those of the next server.
 * If all fail, or the connection breaks, the whole round is tried again after a pause
 * (retry.h). If the server refuses the account itself, nothing is tried until
 * account_connect(), which the owner of the password calls. login-error.c classifies the
 * failures. Each state has a time limit, its own or that of the request it waits for, and
 * stream.c finds out when the server is silent for too long.
 *
 * Another connection may take our place, the resource. Taking it back would start a fight. So
 * the next login uses a fresh resource beside it and pings whatever is in our place. A dead
 * session does not answer. A copy of this device on another machine answers, and learns of us
 * by our presence.
 *
 * One timer is set to the earliest deadline. Most events come from inside libstrophe, where
 * we can neither connect nor destroy; the timer does both.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"
#include "random.h"
#include "stanza.h"
#include "wipe.h"

enum {
	CUT_MAX = 1000,			/* ms; libstrophe reports the end of a cut connection by
					   then */
	CHECK_MAX = 5 * 1000,		/* ms; time left to an attempt when the network
					   changes */
	FAREWELL_MAX = 2 * 1000,
	YIELD_MAX = 2 * 1000,		/* ms; for the other machine to ping us */
};

static const struct {
	const char *name;
	enum account_state state;
} phases[] = {
	[PHASE_OFF] = { "off", ACCOUNT_OFFLINE },
	[PHASE_WAITING] = { "waiting", ACCOUNT_OFFLINE },
	[PHASE_RESOLVING] = { "resolving", ACCOUNT_CONNECTING },
	[PHASE_ADDRESSES] = { "looking up addresses", ACCOUNT_CONNECTING },
	[PHASE_NEXT] = { "next address", ACCOUNT_CONNECTING },
	[PHASE_PROXY] = { "by the proxy", ACCOUNT_CONNECTING },
	[PHASE_DIALING] = { "dialing", ACCOUNT_CONNECTING },
	[PHASE_BESIDE] = { "beside our place", ACCOUNT_CONNECTING },
	[PHASE_ROSTER] = { "fetching the roster", ACCOUNT_SETTLING },
	[PHASE_SETTLING] = { "settling", ACCOUNT_SETTLING },
	[PHASE_ONLINE] = { "online", ACCOUNT_ONLINE },
	[PHASE_BARRED] = { "barred", ACCOUNT_FAILED },
	[PHASE_FAILED] = { "failed", ACCOUNT_FAILED },
	[PHASE_YIELDING] = { "making room", ACCOUNT_FAILED },
	[PHASE_LEAVING] = { "leaving", ACCOUNT_OFFLINE },
};

static void on_clock(uv_timer_t *timer);

static void earlier(uint64_t *next, uint64_t at)
{
	if (at < *next)
		*next = at;
}

void xmpp_arm(struct account *x)
{
	uint64_t now = uv_now(x->loop), next = x->deadline;

	earlier(&next, stream_deadline(&x->stanzas));
	earlier(&next, bulk_deadline(&x->bulk));
	if (next == x->clock_at || uv_is_closing((uv_handle_t *)&x->clock))
		return;
	x->clock_at = next;
	if (next == UINT64_MAX)
		uv_timer_stop(&x->clock);
	else
		uv_timer_start(&x->clock, on_clock, next > now ? next - now : 0, 0);
}

static void set_deadline(struct account *x, uint64_t in)
{
	x->deadline = in == UINT64_MAX ? UINT64_MAX : uv_now(x->loop) + in;
	xmpp_arm(x);
}

void xmpp_enter(struct account *x, enum phase phase, uint64_t in, const char *because)
{
	enum account_state before = phases[x->phase].state;
	const struct account_events *events = x->stanzas.events;

	log_info("xmpp %s: %s -> %s, %s", x->bare, phases[x->phase].name, phases[phase].name,
		 because);
	x->phase = phase;
	bulk_allow(&x->bulk, phase == PHASE_ONLINE);
	set_deadline(x, in);
	if (phases[phase].state != before && events)
		events->state(x->stanzas.owner, phases[phase].state,
			      x->trouble.id == MSG_NONE ? NULL : &x->trouble);
}

static void on_roster(void *arg, const char *error);
static void on_settled(void *arg, const char *error);

static uint64_t request_deadline(const struct account *x)
{
	return uv_now(x->loop) + REQUEST_MAX;
}

/* None of these needs the answer to another one. */
static void settle(struct account *x)
{
	x->settled = false;
	stream_roster(&x->stanzas, request_deadline(x), on_roster, x);
	stream_blocklist(&x->stanzas, request_deadline(x));
	stream_available(&x->stanzas, x->device, NULL, false);
	stream_ping(&x->stanzas, request_deadline(x), on_settled, x);
	xmpp_enter(x, PHASE_ROSTER, UINT64_MAX, x->stanzas.full);
}

/* The ping to our place was answered, or timed out. */
static void on_place(void *arg, const char *error)
{
	struct account *x = arg;

	if (x->phase != PHASE_BESIDE || !x->stanzas.full)
		return;
	if (error)
		settle(x);
	else
		account_yield(x);
}

static void come_online(struct account *x)
{
	/* The server has had its time to send the blocklist. */
	stream_judge(&x->stanzas);
	if (x->phase != PHASE_SETTLING || !x->stanzas.full)
		return;
	x->trouble.id = MSG_NONE;
	x->starttls_first = !x->login.direct_tls;
	xmpp_enter(x, PHASE_ONLINE, UINT64_MAX, "roster and presences are here");
}

static void on_settled(void *arg, const char *error)
{
	struct account *x = arg;

	/* An error serves as well: it, too, came after the presences. */
	if ((x->phase != PHASE_ROSTER && x->phase != PHASE_SETTLING) || !x->stanzas.full)
		return;
	x->settled = true;
	if (x->phase == PHASE_SETTLING)
		come_online(x);
}

static void on_roster(void *arg, const char *error)
{
	struct account *x = arg;

	if (x->phase != PHASE_ROSTER || !x->stanzas.full)
		return;
	if (error && !strcmp(error, "timeout")) {
		x->login.late = true;
		strophe_loop_cut(x->stream);
		return;
	}
	/* Without a roster nobody would be a buddy for as long as this connection lasts. */
	if (error) {
		snprintf(x->login.refusal, sizeof(x->login.refusal),
			 "the server gives no roster: %s", error);
		strophe_loop_cut(x->stream);
		return;
	}
	xmpp_enter(x, PHASE_SETTLING, UINT64_MAX, "the roster is here");
	/* A server that does not keep the order may have answered the ping first. */
	if (x->settled && x->phase == PHASE_SETTLING)
		come_online(x);
}

static void on_up(void *owner)
{
	struct account *x = owner;
	const char *full = strophe_loop_jid(x->stream);

	if (x->phase == PHASE_LEAVING)
		return;
	x->up_since = uv_now(x->loop);
	x->urgent = false;
	x->keeps_approvals = x->login.keeps_approvals;
	stream_begin(&x->stanzas, full ? full : x->bare, x->login.offers_acks, x->up_since);
	login_error_begin(&x->login);	/* forget the failures before this login */
	xmpp_note_try(x, LOGIN_STAGE_DONE, "");
	x->failed = false;
	if (!x->beside || !strcmp(x->stanzas.full, x->place)) {
		settle(x);
		return;
	}
	x->beside = false;
	xmpp_enter(x, PHASE_BESIDE, UINT64_MAX, x->stanzas.full);
	stream_available(&x->stanzas, x->device, x->place, false);
	stream_request(&x->stanzas, x->place, "get", "<ping xmlns='" NS_PING "'/>",
		       request_deadline(x), on_place, x);
}

static void note_stream_error(struct account *x, const xmpp_stream_error_t *error)
{
	const char *condition = stanza_stream_error(error->stanza);

	x->login.replaced = error->type == XMPP_SE_CONFLICT;
	stanza_other_host(error->stanza, x->login.other_host, sizeof(x->login.other_host));
	snprintf(x->login.stream_error, sizeof(x->login.stream_error), "%s%s%s", condition,
		 error->text ? ": " : "", error->text ? error->text : "");
}

static void on_down(void *owner, const xmpp_stream_error_t *error)
{
	struct account *x = owner;
	bool was_up = x->stanzas.full != NULL;

	bulk_allow(&x->bulk, false);
	if (x->phase == PHASE_LEAVING) {
		set_deadline(x, 0);
		return;
	}
	if (x->made) {
		x->made = x->registers = false;
		xmpp_look_up(x, "the account is made");
		return;
	}
	if (error)
		note_stream_error(x, error);
	if (was_up && uv_now(x->loop) - x->up_since >= STABLE)
		retry_reset(&x->retry);
	if (stream_in_doubt(&x->stanzas))
		x->urgent = true;
	/* Who hears first that the login is lost does not take it for an answer to a request. */
	stream_shut(&x->stanzas);
	xmpp_login_failed(x, was_up);
	stream_end(&x->stanzas);
}

static void on_stanza(void *owner, xmpp_stanza_t *xml, bool whole)
{
	struct account *x = owner;

	stream_take(&x->stanzas, xml, whole, uv_now(x->loop));
}

/* The account is being made. The password leaves the buffer when libstrophe has it. */
static void on_unlogged(void *owner, xmpp_stanza_t *xml)
{
	struct account *x = owner;
	struct registration *r = &x->registration;
	struct buf out = { 0 };

	if (x->phase != PHASE_DIALING || x->made)
		return;
	r->jid = x->bare;
	r->password = strophe_loop_secret(x->stream);
	r->out = &out;
	switch (registration_take(r, xml)) {
	case REGISTRATION_WAITS:
		break;
	case REGISTRATION_SENDS:
		strophe_loop_say(x->stream, buf_str(&out), buf_len(&out));
		break;
	case REGISTRATION_STARTS_TLS:
		r->secured = strophe_loop_start_tls(x->stream);
		if (!r->secured)
			strophe_loop_cut(x->stream);
		break;
	case REGISTRATION_DONE:
		x->made = true;
		strophe_loop_cut(x->stream);
		break;
	case REGISTRATION_REFUSED:
	case REGISTRATION_ELSEWHERE:
		x->registers = false;
		memcpy(x->login.unregistered, r->reason, sizeof(r->reason));
		memcpy(x->login.elsewhere, r->url, sizeof(r->url));
		strophe_loop_cut(x->stream);
		break;
	}
	if (out.base)
		wipe(out.base, out.cap);
	buf_finish(&out);
}

static void on_excess(void *owner, const char *why)
{
	struct account *x = owner;

	x->login.excess = why;
}

static void on_login_line(void *owner, const char *line)
{
	struct account *x = owner;

	login_error_line(&x->login, line);
}

static void on_certificate(void *owner, const char *why)
{
	struct account *x = owner;

	login_error_certificate(&x->login, why);
}

static void on_handshake_failed(void *owner)
{
	struct account *x = owner;

	x->login.tls_failed = true;
}

static void check_heard(struct account *x)
{
	uint64_t now = uv_now(x->loop);

	if (!stream_unheard(&x->stanzas, now))
		return;
	x->login.unheard = true;
	/* Not again and again, where only what is large does not pass. */
	x->urgent = now >= x->unheard_until;
	x->unheard_until = now + STABLE;
	strophe_loop_cut(x->stream);
}

static void on_pumped(void *owner)
{
	struct account *x = owner;

	/* Cut now: libstrophe would wait two seconds for the server's farewell. */
	if (x->phase == PHASE_DIALING && login_error_hopeless(&x->login))
		strophe_loop_cut(x->stream);
	check_heard(x);
	bulk_check(&x->bulk, uv_now(x->loop));
	/* What came may have moved a deadline, such as the keepalive's. */
	xmpp_arm(x);
}

static const struct strophe_events stream_events = {
	.up = on_up,
	.down = on_down,
	.stanza = on_stanza,
	.unlogged = on_unlogged,
	.login_line = on_login_line,
	.certificate = on_certificate,
	.handshake_failed = on_handshake_failed,
	.excess = on_excess,
	.pumped = on_pumped,
};

static void finish(struct account *x);

static void check_exchange(struct account *x)
{
	if (stream_check(&x->stanzas, uv_now(x->loop)))
		return;
	x->login.late = true;
	strophe_loop_cut(x->stream);
}

static void cut(struct account *x)
{
	strophe_loop_cut(x->stream);
	set_deadline(x, CUT_MAX);
}

static void end_phase(struct account *x)
{
	switch (x->phase) {
	case PHASE_WAITING:
	case PHASE_BARRED:
		xmpp_look_up(x, "it is time to try again");
		break;
	case PHASE_RESOLVING:
	case PHASE_ADDRESSES:
		xmpp_end_look_up(x);
		break;
	case PHASE_NEXT:
		xmpp_go_on(x);
		break;
	case PHASE_PROXY:
		xmpp_end_proxy(x);
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
	struct account *x = timer->data;

	x->clock_at = UINT64_MAX;
	check_exchange(x);
	bulk_check(&x->bulk, uv_now(x->loop));
	if (uv_now(x->loop) >= x->deadline)
		end_phase(x);
	xmpp_arm(x);
}

struct account *account_create(uv_loop_t *loop, const struct account_config *config,
			       const struct account_events *events, void *owner)
{
	struct account *x = xcalloc(1, sizeof(*x));
	uint32_t seed;

	x->pins = xstrdup(config->pins);
	x->stream = strophe_loop_create(loop, config->password, config->ca_file, x->pins,
					&stream_events, x);
	if (!x->stream) {
		free(x->pins);
		free(x);
		return NULL;
	}
	x->loop = loop;
	x->bare = xstrdup(config->jid);
	x->domain = jid_domain(x->bare);
	x->server = xstrdup(config->server);
	x->by_proxy = config->proxy;
	if (config->proxy && !proxy_url_parse(config->proxy, &x->proxy))
		*x->proxy.host = '\0';
	x->device = xstrdup(config->device);
	x->place = xasprintf("%s/%s", config->jid, config->resource);
	random_bytes(&seed, sizeof(seed));
	retry_init(&x->retry, seed);
	x->deadline = x->clock_at = UINT64_MAX;
	stream_init(&x->stanzas, x->stream, x->bare, events, owner);
	bulk_init(&x->bulk, &x->stanzas);
	uv_timer_init(loop, &x->clock);
	x->clock.data = x;
	return x;
}

void account_connect(struct account *x)
{
	if (x->phase == PHASE_OFF || x->phase == PHASE_WAITING || x->phase == PHASE_BARRED ||
	    x->phase == PHASE_FAILED)
		xmpp_look_up(x, "asked to connect");
	else if (x->phase == PHASE_YIELDING)
		x->urgent = true;
}

bool account_password(struct account *x, const char *password)
{
	return x->phase == PHASE_FAILED && strophe_loop_password(x->stream, password);
}

void account_register(struct account *x)
{
	x->registers = true;
}

void account_yield(struct account *x)
{
	if (!x->stanzas.full || x->phase == PHASE_YIELDING || x->phase == PHASE_LEAVING)
		return;
	x->login.copied = true;
	login_error_trouble(&x->login, x->bare, x->domain, x->where, true, &x->trouble);
	xmpp_enter(x, PHASE_YIELDING, YIELD_MAX, x->stanzas.full);
}

void account_check(struct account *x)
{
	uint64_t now = uv_now(x->loop);

	x->starttls_first = false;
	switch (x->phase) {
	case PHASE_WAITING:
	case PHASE_BARRED:
		retry_reset(&x->retry);
		xmpp_look_up(x, "the network changed");
		break;
	case PHASE_RESOLVING:
	case PHASE_ADDRESSES:
	case PHASE_NEXT:
	case PHASE_PROXY:
	case PHASE_DIALING:
		/* The attempt began on the old network; its answer may never come. */
		retry_reset(&x->retry);
		x->urgent = true;
		earlier(&x->deadline, now + CHECK_MAX);
		break;
	case PHASE_BESIDE:
	case PHASE_ROSTER:
	case PHASE_SETTLING:
	case PHASE_ONLINE:
		stream_doubt(&x->stanzas, now);
		break;
	case PHASE_OFF:
	case PHASE_FAILED:
	case PHASE_YIELDING:
	case PHASE_LEAVING:
		break;
	}
	xmpp_arm(x);
}

static void on_clock_closed(uv_handle_t *handle)
{
	struct account *x = handle->data;
	void (*done)(void *arg) = x->done;
	void *arg = x->done_arg;

	free(x->bare);
	free(x->server);
	free(x->pins);
	free(x->device);
	free(x->place);
	srv_targets_finish(&x->targets);
	stream_finish(&x->stanzas);
	free(x);
	if (done)
		done(arg);
}

static void on_stream_destroyed(void *arg)
{
	struct account *x = arg;

	uv_close((uv_handle_t *)&x->clock, on_clock_closed);
}

static void finish(struct account *x)
{
	x->deadline = UINT64_MAX;
	strophe_loop_destroy(x->stream, on_stream_destroyed, x);
	x->stream = NULL;
}

void account_destroy(struct account *x, void (*done)(void *arg), void *arg)
{
	bool up = x->stanzas.full != NULL;

	assert(x->phase != PHASE_LEAVING);
	x->done = done;
	x->done_arg = arg;
	resolve_cancel(x->resolve);
	x->resolve = NULL;
	proxy_dial_cancel(x->proxy_dial);
	x->proxy_dial = NULL;
	stream_leave(&x->stanzas);
	/* A login under way is cut at once. */
	xmpp_enter(x, PHASE_LEAVING, up ? FAREWELL_MAX : 0, "asked to end");
}

enum account_state account_state(const struct account *x)
{
	return phases[x->phase].state;
}

const struct message *account_trouble(const struct account *x)
{
	return &x->trouble;
}

const char *account_where(const struct account *x)
{
	return x->where;
}

const struct login_tries *account_tries(const struct account *x)
{
	return &x->tries;
}

const char *account_jid(const struct account *x)
{
	return x->stanzas.full;
}

uint64_t account_retry_at(const struct account *x)
{
	return x->phase == PHASE_WAITING || x->phase == PHASE_BARRED ? x->deadline : 0;
}
