/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The attempts of a connector, one of each kind at a time: in-band and direct ones, which one side
 * makes, and bytestreams and punches, in which both take part by records.
 *
 * What can go wrong: an attempt fails, or it stands still until its timer, one for each kind,
 * makes it fail. A device that has no room for an offer of a proxy puts it off: nobody knows
 * then whether the proxy works.
 */
#include "connector-internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "fingerprint.h"
#include "log.h"

enum {
	OFFER_COST = 4000,		/* ms between two offers of a bytestream, on average */
	OFFERS_AT_ONCE = 5,
	PUNCH_COST = 10 * 1000,		/* the same for offers to punch */
	PUNCHES_AT_ONCE = 3,
};

uint64_t connector_now(const struct connector *w)
{
	return context_now(w->all->context);
}

const char *connector_full_jid(const struct connector *w)
{
	struct resource *r = presence_device(w->all->context->presence, w->jid, w->device);

	return r ? r->full : NULL;
}

static void fail(struct connector *w, enum path_kind kind, const char *why)
{
	log_about(w->jid, LOG_INFO, "%s/%s: no %s path: %s", w->jid, w->device,
		  path_kind_name(kind), why);
	path_manager_failed(&w->manager, kind, connector_now(w));
	w->events->failed(w->owner, kind, why);
}

static void arrive(struct connector *w, enum path_kind kind, struct path *path,
		   const unsigned char *fp)
{
	path_manager_arrived(&w->manager, kind);
	w->events->found(w->owner, path, fp);
}

/* In-band */

static void on_inband_established(void *owner, const unsigned char *fp)
{
	struct connector *w = owner;
	struct path *path = w->inband;

	w->inband = NULL;
	arrive(w, PATH_INBAND, path, fp);
}

static void on_inband_closed(void *owner, const char *why)
{
	struct connector *w = owner;

	w->events->doubted(w->owner, path_jid(w->inband), why);
	w->inband = NULL;
	fail(w, PATH_INBAND, why);
}

/* The device sends nothing before our HELLO, which the new owner sends. */
static const struct path_events ibb_path_events = {
	.established = on_inband_established,
	.closed = on_inband_closed,
};

static enum ibb_path_standing standing(const struct connector *w)
{
	if (context_trusts_device(w->all->context, w->jid, w->device))
		return IBB_PATH_AWAITED;
	return context_counts_as_trusted(w->all->context, w->jid) ? IBB_PATH_TRUSTED
								  : IBB_PATH_STRANGER;
}

static void open_inband(struct connector *w)
{
	const char *to = connector_full_jid(w);

	if (to)
		w->inband =
			w->all->ops->open_inband(w->all->arg, to, standing(w), &ibb_path_events, w);
	if (!w->inband)
		fail(w, PATH_INBAND, to ? "it cannot be asked for one now" : "it is not online");
}

/* Direct */

static void on_reached(void *owner, struct path *path, const unsigned char *fp)
{
	struct connector *w = owner;

	w->dialer = NULL;
	arrive(w, PATH_DIRECT, path, fp);
}

static void on_not_reached(void *owner, const char *why)
{
	struct connector *w = owner;

	w->dialer = NULL;
	fail(w, PATH_DIRECT, why);
}

static const struct dialer_events dialer_events = {
	.reached = on_reached,
	.failed = on_not_reached,
};

static void dial(struct connector *w)
{
	struct netaddr to[CANDIDATES_MAX];
	size_t n = path_manager_dialable(&w->manager, to);

	if (n)
		w->dialer = w->all->ops->dial(w->all->arg, to, n, w->fp, &w->manager.theirs.pass,
					      &w->number, &dialer_events, w);
	if (!w->dialer)
		fail(w, PATH_DIRECT, "no socket");
}

/* What both sides take part in: a bytestream, and a punch */

/* Sends one step of the attempt, and empties the fields. */
static void send_step(struct connector *w, enum path_kind kind, enum record_type type,
		      struct buf *fields, bool offer)
{
	uint64_t number = w->events->send(w->owner, type, fields);

	if (offer)
		w->offered[kind] = number;
	buf_finish(fields);
}

/* client: of TLS, which only connects to the device whose key it wants. */
static void reached(struct connector *w, enum path_kind kind, struct path *path,
		    const unsigned char *fp, bool client)
{
	if (client) {
		arrive(w, kind, path, fp);
		return;
	}
	if (memcmp(fp, w->fp, FINGERPRINT_BYTES)) {
		path_close(path);
		fail(w, kind, "somebody else came by it");
		return;
	}
	path_manager_arrived(&w->manager, kind);
	w->events->arrived(w->owner, path, fp);
}

/* Through a proxy */

static void on_stream_send(void *owner, const struct s5b_record *record)
{
	struct connector *w = owner;
	struct buf fields = { 0 };

	s5b_put(record, &fields);
	send_step(w, PATH_PROXY, RECORD_BYTESTREAM, &fields, record->step == S5B_OFFER);
}

static void on_stream_reached(void *owner, struct path *path, const unsigned char *fp, bool client)
{
	struct connector *w = owner;

	w->stream = NULL;
	reached(w, PATH_PROXY, path, fp, client);
}

static void on_stream_failed(void *owner, const char *why, bool ours)
{
	struct connector *w = owner;

	w->stream = NULL;
	if (ours && *w->proxy)
		w->all->ops->proxy_failed(w->all->arg, w->proxy);
	fail(w, PATH_PROXY, why);
}

/*
 * Whether a refusal of our offer says nothing of the path, and passes by itself; and if so, which.
 * The device answers no more offers for a while; or it has not heard yet as who we are here now, or
 * we have not of it: presences are under way; or its own offer was first, and ours has its turn if
 * that comes to nothing.
 */
static const char *passing(const char *reason)
{
	return !strcmp(reason, "busy")	      ? "the device is busy"
	       : !strcmp(reason, "not-you")   ? "one of us has another JID"
	       : !strcmp(reason, "collision") ? "the device has offered one, too"
					      : NULL;
}

/* Why the device puts our offer off; NULL: it does not. */
static const char *puts_off(const struct connector *w, const struct s5b_record *step)
{
	if (step->step != S5B_FAILED || !*w->proxy ||
	    strcmp(step->pass.token, w->all->ops->stream_sid(w->stream)))
		return NULL;
	return passing(step->reason);
}

static void put_off(struct connector *w, enum path_kind kind, const char *why)
{
	log_about(w->jid, LOG_INFO, "%s/%s: no %s path: %s", w->jid, w->device,
		  path_kind_name(kind), why);
	path_manager_put_off(&w->manager, kind, connector_now(w));
	w->events->failed(w->owner, kind, why);
}

static const struct s5b_events stream_events = {
	.send = on_stream_send,
	.reached = on_stream_reached,
	.failed = on_stream_failed,
};

static void offer_proxy(struct connector *w)
{
	const char *to = connector_full_jid(w);

	if (to)
		w->stream = w->all->ops->offer(w->all->arg, w->fp, to, w->proxy, &stream_events, w);
	if (!w->stream)
		fail(w, PATH_PROXY, "none is known");
}

/* Tells the device that the stream failed, so that it does not wait. */
static void say_failed(struct connector *w, const char *sid, const char *reason)
{
	struct s5b_record answer = { .step = S5B_FAILED };

	memcpy(answer.pass.token, sid, sizeof(answer.pass.token));
	snprintf(answer.reason, sizeof(answer.reason), "%s", reason);
	on_stream_send(w, &answer);
}

/*
 * The answer to an offer may look up a name and dial where the device says, so the number of
 * answers is limited.
 */
static bool too_often(const struct connector *w, uint64_t *paid, uint64_t cost, unsigned at_once)
{
	uint64_t now = connector_now(w), from = *paid > now ? *paid : now;

	if (from - now > (at_once - 1) * cost)
		return true;
	*paid = from + cost;
	return false;
}

/*
 * A proxy learns our address. If our address has to stay hidden, only proxies of our own
 * server are joined, whether we or the device offer them.
 */
static bool may_show_ourselves(const struct connector *w, const struct s5b_offer *offer)
{
	struct connector_facts facts;

	w->all->ops->facts(w->all->arg, &facts);
	return facts.may_dial || w->all->ops->knows_proxy(w->all->arg, offer);
}

/*
 * Whether the proxy has a name and no address. Look-ups share a few threads, and the name's
 * server decides how long one lasts.
 */
static bool has_name(const struct s5b_record *offer)
{
	unsigned char address[16];

	return inet_pton(AF_INET, offer->offer.host, address) != 1 &&
	       inet_pton(AF_INET6, offer->offer.host, address) != 1;
}

static bool may_look_up(const struct connector *w)
{
	struct quota_place *victim;

	return quota_ask(w->all->lookups, w->jid, true, &victim) == QUOTA_YES;
}

static void take_offer(struct connector *w, const struct s5b_record *offer)
{
	const char *theirs = presence_where(w->all->context->presence, w->jid, w->device),
		   *refusal = NULL;
	struct connector_facts facts;

	w->all->ops->facts(w->all->arg, &facts);
	if (!may_show_ourselves(w, &offer->offer))
		refusal = "not-wanted";
	else if (too_often(w, &w->offers_paid, OFFER_COST, OFFERS_AT_ONCE) ||
		 (has_name(offer) && !may_look_up(w)))
		refusal = "busy";
	if (!refusal)
		refusal = path_manager_take_offer(&w->manager, &offer->offer, facts.jid, theirs);
	if (refusal) {
		say_failed(w, offer->pass.token, refusal);
		return;
	}
	*w->proxy = '\0';
	w->stream = w->all->ops->answer(w->all->arg, w->fp, offer,
					has_name(offer) ? w->all->lookups : NULL, w->jid,
					&stream_events, w);
	if (w->stream)
		return;
	path_manager_failed(&w->manager, PATH_PROXY, connector_now(w));
	say_failed(w, offer->pass.token, "busy");
}

const char *connector_take_bytestream(struct connector *w, const struct record *record)
{
	struct s5b_record step;
	const char *fault, *why;

	fault = s5b_parse(record, &step);
	if (fault || step.step == S5B_OTHER)
		return fault;
	if (step.step == S5B_OFFER) {
		take_offer(w, &step);
	} else if (w->stream && (why = puts_off(w, &step))) {
		w->all->ops->stream_end(w->stream);
		w->stream = NULL;
		put_off(w, PATH_PROXY, why);
	} else if (w->stream) {
		w->all->ops->stream_record(w->stream, &step);
	}
	return NULL;
}

/* Both sides at once */

static void begin_report(struct connector *w)
{
	w->report = (struct punch_report){ .jid = w->jid, .device = w->device };
	w->punch_began = connector_now(w);
}

static void report(struct connector *w, const char *path, const char *why)
{
	w->report.path = path;
	w->report.why = why;
	w->report.ms = connector_now(w) - w->punch_began;
	if (w->all->ops->punch_ended)
		w->all->ops->punch_ended(w->all->arg, &w->report);
}

/* An OFFER or READY tells from where its side connects. */
static void note_kind(const struct punch_record *record, bool changes, char out[PUNCH_KIND_MAX])
{
	if (record->step == PUNCH_OFFER || record->step == PUNCH_READY)
		punch_kind(record->addresses, record->n, changes, out);
}

static void on_punch_send(void *owner, const struct punch_record *record)
{
	struct connector *w = owner;
	struct buf fields = { 0 };
	struct connector_facts facts;

	w->all->ops->facts(w->all->arg, &facts);
	note_kind(record, facts.ports_change, w->report.here);
	punch_put(record, &fields);
	send_step(w, PATH_PUNCH, RECORD_PUNCH, &fields, record->step == PUNCH_OFFER);
}

static void on_punched(void *owner, struct path *path, const unsigned char *fp, bool client)
{
	struct connector *w = owner;

	w->puncher = NULL;
	if (client || !memcmp(fp, w->fp, FINGERPRINT_BYTES))
		report(w, path_name(path), NULL);
	reached(w, PATH_PUNCH, path, fp, client);
}

static void on_not_punched(void *owner, const char *why)
{
	struct connector *w = owner;

	w->puncher = NULL;
	report(w, NULL, why);
	fail(w, PATH_PUNCH, why);
}

static const struct puncher_events puncher_events = {
	.send = on_punch_send,
	.reached = on_punched,
	.failed = on_not_punched,
};

static void punch(struct connector *w)
{
	begin_report(w);
	w->puncher = w->all->ops->punch(w->all->arg, w->fp, NULL, &puncher_events, w);
	if (!w->puncher)
		fail(w, PATH_PUNCH, "no socket");
}

static void refuse_punch(struct connector *w, const char *sid, const char *reason)
{
	struct punch_record answer = { .step = PUNCH_FAILED };

	memcpy(answer.pass.token, sid, sizeof(answer.pass.token));
	snprintf(answer.reason, sizeof(answer.reason), "%s", reason);
	on_punch_send(w, &answer);
}

/* Each answer has us connect to addresses of the device's choice, so their number is limited. */
static void take_punch(struct connector *w, const struct punch_record *offer)
{
	const char *refusal = path_manager_take_punch(
		&w->manager, !too_often(w, &w->punches_paid, PUNCH_COST, PUNCHES_AT_ONCE));

	if (refusal) {
		refuse_punch(w, offer->pass.token, refusal);
		return;
	}
	begin_report(w);
	note_kind(offer, false, w->report.there);
	w->puncher = w->all->ops->punch(w->all->arg, w->fp, offer, &puncher_events, w);
	if (w->puncher)
		return;
	path_manager_failed(&w->manager, PATH_PUNCH, connector_now(w));
	refuse_punch(w, offer->pass.token, "busy");
}

const char *connector_take_punch(struct connector *w, const struct record *record)
{
	struct punch_record step;
	const char *fault = punch_parse(record, &step);
	bool ours = !w->manager.answering[PATH_PUNCH];
	const char *why;

	if (fault || step.step == PUNCH_OTHER)
		return fault;
	if (step.step == PUNCH_OFFER) {
		take_punch(w, &step);
		return NULL;
	}
	if (!w->puncher || strcmp(step.pass.token, w->all->ops->punch_sid(w->puncher)))
		return NULL;
	if (ours && step.step == PUNCH_FAILED && (why = passing(step.reason))) {
		w->all->ops->punch_end(w->puncher);
		w->puncher = NULL;
		report(w, NULL, step.reason);
		put_off(w, PATH_PUNCH, why);
		return NULL;
	}
	note_kind(&step, false, w->report.there);
	w->all->ops->punch_record(w->puncher, &step);
	return NULL;
}

/* Events of the path manager */

static void on_begin(void *owner, enum path_kind kind)
{
	struct connector *w = owner;

	if (kind == PATH_INBAND)
		open_inband(w);
	else if (kind == PATH_DIRECT)
		dial(w);
	else if (kind == PATH_PUNCH)
		punch(w);
	else
		offer_proxy(w);
}

static void on_give_up(void *owner, enum path_kind kind)
{
	struct connector *w = owner;

	if (kind == PATH_INBAND) {
		path_close(w->inband);
		w->inband = NULL;
	} else if (kind == PATH_DIRECT) {
		w->all->ops->hang_up(w->dialer);
		w->dialer = NULL;
	} else if (kind == PATH_PUNCH) {
		if (!w->manager.stopped)
			refuse_punch(w, w->all->ops->punch_sid(w->puncher), "not-wanted");
		w->all->ops->punch_end(w->puncher);
		w->puncher = NULL;
	} else {
		if (!w->manager.stopped)
			say_failed(w, w->all->ops->stream_sid(w->stream), "not-wanted");
		w->all->ops->stream_end(w->stream);
		w->stream = NULL;
	}
}

static void on_tell(void *owner)
{
	struct connector *w = owner;
	struct buf fields = { 0 };
	struct candidates ours;

	w->all->ops->candidates(w->all->arg, &w->pass, &ours);
	ours.allowed = path_manager_wanted(&w->manager);
	ours.punches = w->manager.facts.punch && ours.allowed & PATH_MASK(PATH_DIRECT);
	ours.seen = w->appears;
	candidates_put(&ours, &fields);
	w->events->send(w->owner, RECORD_CANDIDATES, &fields);
	buf_finish(&fields);
}

const struct path_manager_events connector_attempt_events = {
	.begin = on_begin,
	.give_up = on_give_up,
	.tell = on_tell,
};
