/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer_want() makes a peer for a session, an announcement, a pairing or the outcome of a push,
 * and peer_take() for an incoming path. The peer's connector looks for paths. A path's
 * handshake proves a key, which must be the device's; then the link is attached. When the
 * other side's HELLO has named both accounts, the key is checked against the trust table, and
 * only then does the link come up.
 *
 * A better path that is found later takes over the link. The old path stays open, unread,
 * until the new one works. When the path dies, the link is suspended and the connector begins
 * again. What the server says of the device makes the link check its path, but ends no link
 * over which something runs (core/absence.h). The peer ends with its link.
 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acceptor.h"
#include "alloc.h"
#include "connector.h"
#include "log.h"

static const struct path_events path_events, left_events;
static const struct connector_events connector_events;
static const struct link_events link_events;
static const struct negotiation_events negotiation_events;

static void on_timer(void *owner);

static bool we_win(const struct peer *p)
{
	return memcmp(p->all->context->fp, p->fp, FINGERPRINT_BYTES) < 0;
}

/*
 * Whether git's data may go over the present path. Where the users do not allow in-band, it is
 * used only to find a better path.
 */
static bool may_carry(const struct peer *p)
{
	return p->path && connector_allowed(p->connector) & PATH_MASK(path_kind(p->path));
}

static void note_stall(struct peer *p, uint64_t now)
{
	bool waits = p->link.busy && connector_allowed(p->connector) != PATH_MASK_ALL;

	if (stall_note(&p->stall, waits, p->link.state == LINK_UP && may_carry(p), now))
		link_wake(&p->link);
}

static void count(bool *counts, bool now, unsigned *n)
{
	if (*counts != now)
		*n += now ? 1 : -1;
	*counts = now;
}

/* Whether a better path would be of use now, to this link as well. */
static void note_use(struct peer *p)
{
	struct peers *all = p->all;
	unsigned busy = all->busy, worse = all->worse;
	bool is_busy = !p->ended && p->link.busy;
	bool is_worse = is_busy && p->link.state == LINK_UP && p->path &&
			path_kind(p->path) != PATH_DIRECT &&
			connector_allowed(p->connector) & PATH_MASK(PATH_DIRECT);

	count(&p->counts_busy, is_busy, &all->busy);
	count(&p->counts_worse, is_worse, &all->worse);
	if (all->events->used && (!busy != !all->busy || !worse != !all->worse))
		all->events->used(all->owner);
}

void peer_touch(struct peer *p)
{
	uint64_t now = context_now(p->all->context), at, other;

	if (p->ended)
		return;
	p->link.busy = p->channels.count || p->negotiations.count;
	if (p->link.busy) {
		p->idle_since = 0;
	} else if (!p->idle_since) {
		p->idle_since = now;
		p->all->events->rested(p->all->owner);
	}
	note_stall(p, now);
	note_use(p);
	at = link_deadline(&p->link);
	other = negotiations_deadline(&p->negotiations);
	at = other < at ? other : at;
	other = connector_deadline(p->connector, p->link.busy);
	at = other < at ? other : at;
	other = absence_deadline(&p->absence);
	at = other < at ? other : at;
	other = stall_deadline(&p->stall, p->link.suspend_max);
	at = other < at ? other : at;
	if (p->idle_since && p->idle_since + LINK_IDLE_CLOSE < at)
		at = p->idle_since + LINK_IDLE_CLOSE;
	timer_set(&p->timer, at);
}

/* Called by the timer, so that no function that uses the peer is on the stack. */
static void on_reap(void *owner)
{
	struct peer *p = owner;

	p->all->events->rested(p->all->owner);
	link_finish(&p->link);
	connector_destroy(p->connector);
	free(p->jid);
	free(p);
}

static struct peer *create(struct peers *all, const char *jid, const char *device)
{
	struct peer *p = xcalloc(1, sizeof(*p));
	struct link_ends ends = { all->context->self, jid };
	char *name = xasprintf("%s/%s", jid, device);
	uint8_t id[LINK_ID_BYTES];

	context_random(all->context, id, sizeof(id));
	p->all = all;
	p->jid = xstrdup(jid);
	strncpy(p->device, device, DEVICE_ID_LEN);
	link_init(&p->link, &link_events, p, id, all->context->instance, &ends, name);
	p->link.suspend_max = all->context->path_timeout;
	p->connector = connector_create(&all->connectors, p->jid, p->device, &connector_events, p);
	channels_init(&p->channels, &p->link, true);
	negotiations_init(&p->negotiations, &negotiation_events, p, &p->channels);
	timer_init(&p->timer, &all->context->timers, on_timer, p);
	timer_init(&p->reaper, &all->context->timers, on_reap, p);
	p->next = all->first;
	all->first = p;
	free(name);
	all->events->made(all->owner, p);
	return p;
}

/* A link that has ended may still have a BYE to send. */
static void say_last_word(struct peer *p)
{
	struct buf last = { 0 };

	if (p->path && !p->cut && p->link.state == LINK_ENDED &&
	    link_output(&p->link, &last, RECORD_PAYLOAD_MAX, context_now(p->all->context)))
		path_write(p->path, buf_data(&last), buf_len(&last));
	buf_finish(&last);
}

static void let_go(const struct peer *p, struct path *path)
{
	if (p->cut)
		path_cut(path);
	else
		path_close(path);
}

/* The only way a peer ends, once: tells all who wait for it and gives up all that it holds. */
static void end(struct peer *p, const char *reason)
{
	struct peer **at = &p->all->first;

	if (p->ended)
		return;
	p->ended = true;
	note_use(p);
	log_about(p->jid, LOG_INFO, "link with %s/%s ended: %s", p->jid, p->device, reason);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	negotiations_now(&p->negotiations, context_now(p->all->context));
	channels_finish(&p->channels, reason);
	negotiations_finish(&p->negotiations, reason, context_now(p->all->context));
	connector_stop(p->connector);
	say_last_word(p);
	if (p->path)
		let_go(p, p->path);
	if (p->left)
		let_go(p, p->left);
	p->path = p->left = NULL;
	timer_stop(&p->timer);
	timer_set(&p->reaper, 0);
	p->all->events->ended(p->all->owner, p, reason);
}

void peer_end(struct peer *p, const char *reason)
{
	if (p->ended)
		return;
	/* link_bye() ends the peer too, unless the link had ended before. */
	link_bye(&p->link, reason);
	end(p, reason);
}

void peer_revoke(struct peer *p, const char *reason, bool quietly)
{
	p->cut = quietly || (p->path && path_unsent(p->path));
	peer_end(p, reason);
}

struct peer *peer_want(struct peers *all, const char *jid, const char *device)
{
	struct peer *p = peer_find(all, jid, device);
	const struct resource *r;

	if (p)
		return p;
	r = presence_device(all->context->presence, jid, device);
	if (!r || resource_protocol(r, context_now(all->context)) ||
	    !context_is_buddy(all->context, jid))
		return NULL;
	p = create(all, jid, device);
	connector_step(p->connector, true);
	if (p->ended)
		return NULL;
	peer_touch(p);
	return p;
}

/*
 * Whether the key is that of the device that we mean. The trust table learns nothing here:
 * only the HELLO says whose key it is.
 */
static bool check_key(const struct peer *p, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(fp, device);
	if (strcmp(device, p->device) || (p->fp_known && memcmp(fp, p->fp, FINGERPRINT_BYTES))) {
		log_about(p->jid, LOG_ERROR,
			  "%s: the device that said it is '%s' holds the key of '%s'; not talking "
			  "to it",
			  p->jid, p->device, device);
		return false;
	}
	/* Not even who we are. */
	return !trust_rejects(trust_lookup(p->all->context->trust, p->jid, fp)) &&
	       context_is_buddy(p->all->context, p->jid);
}

static void know_key(struct peer *p, const unsigned char *fp)
{
	if (p->fp_known)
		return;
	memcpy(p->fp, fp, FINGERPRINT_BYTES);
	p->fp_known = true;
	/* A channel needs a link that is up, so there is none yet. */
	channels_init(&p->channels, &p->link, we_win(p));
	connector_know(p->connector, fp, we_win(p));
}

static bool is_by_server(const struct peer *p)
{
	return p->path && path_kind(p->path) == PATH_INBAND;
}

static void drop_left(struct peer *p)
{
	if (p->left)
		path_close(p->left);
	p->left = NULL;
}

/* moves: the link leaves a path for this one, as far as we know. */
static void attach(struct peer *p, struct path *path, bool moves)
{
	struct netaddr ours, theirs;

	p->path = path;
	snprintf(p->path_name, sizeof(p->path_name), "%s", path_name(path));
	p->link.tail_probe = path_kind(path) == PATH_PROXY;
	p->link.on_trial = moves && path_kind(path) != PATH_INBAND;
	path_set_owner(path, &path_events, p);
	path_keep(path, &p->all->context->bandwidth);
	connector_attached(p->connector, path_kind(path));
	if (path_ends(path, &ours, &theirs))
		connector_ends(p->connector, &ours, &theirs);
	absence_renewed(&p->absence);
}

static void detach(struct peer *p, const char *why)
{
	uint64_t now = context_now(p->all->context);

	stall_lost(&p->stall, link_worked_until(&p->link, now));
	link_detach(&p->link, why, now);
}

/* Detaches the link from its path. The path stays open, unread, until the next one works. */
static void leave_path(struct peer *p, const char *why)
{
	drop_left(p);
	p->left = p->path;
	p->path = NULL;
	path_set_owner(p->left, &left_events, p);
	detach(p, why);
}

static void on_found(void *owner, struct path *path, const unsigned char *fp)
{
	struct peer *p = owner;
	bool moves = p->path;

	if (!check_key(p, fp)) {
		path_close(path);
		end(p, "unknown-key");
		return;
	}
	know_key(p, fp);
	if (!connector_wants(p->connector, path_kind(path))) {
		path_close(path);
		peer_touch(p);
		return;
	}
	if (moves) {
		log_about(p->jid, LOG_INFO, "%s/%s: moving from %s to %s", p->jid, p->device,
			  path_name(p->path), path_name(path));
		leave_path(p, "moving to a better path");
	}
	attach(p, path, moves);
	/* What is shared is asked of nobody whose key would first have to become trusted. */
	p->link.ahead = context_admits(p->all->context, p->jid, fp);
	link_attach(&p->link, true, context_now(p->all->context));
	path_kick(path);
	peer_touch(p);
}

/*
 * Whether to try once more for the first path of a link, which is done once, after silence: a
 * stanza may be lost, a device that gets many offers may answer some seconds later, and one whose
 * broker restarts answers by another process.
 */
static bool is_worth_another_try(struct peer *p)
{
	if (p->tried_again)
		return false;
	p->tried_again = true;
	return true;
}

static bool is_silence(const char *why)
{
	return !strcmp(why, IBB_PATH_UNANSWERED) || !strcmp(why, PATH_HANDSHAKE_UNANSWERED) ||
	       !strcmp(why, IBB_PATH_UNKNOWN);
}

static void on_failed(void *owner, enum path_kind kind, const char *why)
{
	struct peer *p = owner;

	if (p->link.state == LINK_IDLE && !connector_trying(p->connector) &&
	    !(is_silence(why) && is_worth_another_try(p)))
		end(p, "unreachable");
	else
		peer_touch(p);
}

static uint64_t on_send_candidates(void *owner, enum record_type type, struct buf *fields)
{
	struct peer *p = owner;
	uint64_t number;

	link_send(&p->link, type, buf_data(fields), buf_len(fields));
	number = link_queued(&p->link);
	peer_touch(p);
	return number;
}

static bool on_acked(void *owner, uint64_t number)
{
	const struct peer *p = owner;

	return number <= link_acknowledged(&p->link);
}

static void on_way_arrived(void *owner, struct path *path, const unsigned char *fp)
{
	struct peer *p = owner;

	acceptor_take(p->all, path, p->jid, fp);
	/* The connector has another deadline now. */
	peer_touch(p);
}

static void on_doubted(void *owner, const char *full, const char *why)
{
	struct peer *p = owner;

	p->all->events->doubted(p->all->owner, full, why);
}

static const struct connector_events connector_events = {
	.arrived = on_way_arrived,
	.doubted = on_doubted,
	.found = on_found,
	.failed = on_failed,
	.send = on_send_candidates,
	.acked = on_acked,
};

void peer_note_absence(struct peer *p, uint64_t grace)
{
	const struct context *c = p->all->context;

	if (!p->path && c->online_at && !presence_device(c->presence, p->jid, p->device))
		absence_begin(&p->absence, grace, context_now(c));
}

/*
 * The path is gone. collision: the device has opened a path at the same moment, and that one
 * counts.
 */
static void path_lost(struct peer *p, const char *why, bool collision)
{
	uint64_t now = context_now(p->all->context),
		 worked_until = link_worked_until(&p->link, now);

	p->path = NULL;
	drop_left(p);
	detach(p, why);
	if (p->ended)
		return;
	connector_detached(p->connector, worked_until);
	peer_note_absence(p, ABSENCE_GRACE);
	/* A device that refuses the link says so by HELLO, which ends the link. */
	if (p->link.state == LINK_IDLE && !collision && !is_worth_another_try(p)) {
		end(p, "unreachable");
		return;
	}
	connector_step(p->connector, p->link.busy);
	peer_touch(p);
}

/* The path does not work any more, though it has not noticed that itself. */
static void drop_path(struct peer *p, const char *why, bool collision)
{
	if (!p->path)
		return;
	path_close(p->path);
	path_lost(p, why, collision);
}

static void on_path_plain(void *owner, struct buf *plain)
{
	struct peer *p = owner;
	size_t before = buf_len(plain);
	int result = link_input(&p->link, plain, context_now(p->all->context));

	meter_add(&p->meter_in, before - buf_len(plain), context_now(p->all->context));
	/*
	 * -1 without the end of the link is a collision: the device's own attempt wins and is
	 * on its way.
	 */
	if (result < 0 && !p->ended)
		drop_path(p, "the other side comes by another one", true);
	if (!p->ended)
		absence_heard(&p->absence, &p->link);
	peer_touch(p);
}

static size_t on_path_fill(void *owner, struct buf *out, size_t max)
{
	struct peer *p = owner;
	size_t n;

	n = link_output(&p->link, out, max, context_now(p->all->context));
	meter_add(&p->meter_out, n, context_now(p->all->context));
	/* A path asks until there is nothing left, and then nothing has changed. */
	if (n)
		peer_touch(p);
	return n;
}

static size_t on_path_urgent(void *owner, struct buf *out, size_t max)
{
	struct peer *p = owner;
	size_t n = link_urgent(&p->link, out, max, context_now(p->all->context));

	meter_add(&p->meter_out, n, context_now(p->all->context));
	peer_touch(p);
	return n;
}

static void on_path_closed(void *owner, const char *why)
{
	struct peer *p = owner;

	log_about(p->jid, LOG_INFO, "%s path to %s/%s is gone: %s", path_name(p->path), p->jid,
		  p->device, why);
	if (is_by_server(p))
		p->all->events->doubted(p->all->owner, path_jid(p->path), why);
	path_lost(p, why, false);
}

static const struct path_events path_events = {
	.plain = on_path_plain,
	.fill = on_path_fill,
	.urgent = on_path_urgent,
	.closed = on_path_closed,
};

/* What still comes on the path before was not acknowledged, and comes again on the new path. */
static void on_left_plain(void *owner, struct buf *plain)
{
	buf_reset(plain);
}

static void on_left_closed(void *owner, const char *why)
{
	struct peer *p = owner;

	p->left = NULL;
}

static const struct path_events left_events = {
	.plain = on_left_plain,
	.closed = on_left_closed,
};

void peer_take(struct peers *all, const char *jid, const unsigned char *fp, struct path *path,
	       const struct link_hello *hello, struct buf *plain)
{
	struct link_ends ends = { all->context->self, jid };
	char device[DEVICE_ID_LEN + 1];
	struct buf refusal = { 0 };
	enum link_verdict verdict;
	struct peer *p;
	bool moves;

	device_id_of(fp, device);
	p = peer_find(all, jid, device);
	if (p && p->fp_known && memcmp(p->fp, fp, FINGERPRINT_BYTES)) {
		path_close(path);
		return;
	}
	verdict = link_hello_decide(p ? &p->link : NULL, hello,
				    memcmp(all->context->fp, fp, FINGERPRINT_BYTES) < 0,
				    context_now(all->context));
	if (verdict == LINK_REFUSE_GONE || verdict == LINK_REFUSE_COLLISION) {
		link_hello_refusal(verdict == LINK_REFUSE_GONE ? "gone" : "collision", &ends,
				   all->context->instance, &refusal);
		path_write(path, buf_data(&refusal), buf_len(&refusal));
		buf_finish(&refusal);
		path_close(path);
		return;
	}
	if (verdict == LINK_REPLACE && p) {
		/* The device's process has lost its side of the link, or it is another process. */
		end(p, memcmp(hello->instance, p->link.peer_instance, INSTANCE_BYTES) ? "restarted"
										      : "gone");
		/* Those who were told of the end may have made a new peer for the device. */
		p = peer_find(all, jid, device);
	}
	if (!p)
		p = create(all, jid, device);
	know_key(p, fp);
	drop_left(p);
	moves = p->path;
	if (moves) {
		path_close(p->path);
		p->path = NULL;
		detach(p, "a newer path came");
	}
	attach(p, path, moves);
	link_accept(&p->link, hello, context_now(all->context));
	if (!p->ended && buf_len(plain))
		on_path_plain(p, plain);
	if (!p->ended && p->path)
		path_kick(p->path);
	peer_touch(p);
}

void peer_arrived(struct peer *p, struct path *path, const unsigned char *fp)
{
	/* Only the device that was given the pass may use it, and its key is the peer's. */
	if (p->fp_known && !memcmp(p->fp, fp, FINGERPRINT_BYTES))
		acceptor_take(p->all, path, p->jid, fp);
	else
		path_close(path);
}

void peer_presence(struct peer *p, bool available)
{
	uint64_t now = context_now(p->all->context);

	if (available) {
		/*
		 * The device may be another process. This path does not reach that one, and it
		 * will answer the HELLO of the next path with "gone". If it was offline, a HELLO
		 * that it has not answered by this path gets no answer any more.
		 */
		link_probe(&p->link, now);
		if (absence_stands(&p->absence) && is_by_server(p) &&
		    p->link.state == LINK_HANDSHAKE)
			drop_path(p, "the device was offline", true);
		absence_end(&p->absence);
	} else {
		absence_doubt(&p->absence, &p->link, is_by_server(p), now);
		absence_begin(&p->absence, ABSENCE_GRACE, now);
	}
	connector_refresh(p->connector);
	peer_touch(p);
}

void peer_doubt(struct peer *p)
{
	absence_doubt(&p->absence, &p->link, is_by_server(p), context_now(p->all->context));
	peer_touch(p);
}

static void on_timer(void *owner)
{
	struct peer *p = owner;
	uint64_t now = context_now(p->all->context);

	link_tick(&p->link, now);
	if (!p->ended && link_path_dead(&p->link))
		drop_path(p, "it is silent", false);
	if (!p->ended)
		negotiations_tick(&p->negotiations, now);
	if (p->ended)
		return;
	if (absence_over(&p->absence, &p->link, &p->channels, now)) {
		end(p, "offline");
		return;
	}
	if (stall_over(&p->stall, p->link.suspend_max, now)) {
		peer_end(p, "no-path");
		return;
	}
	if (p->idle_since && now >= p->idle_since + LINK_IDLE_CLOSE) {
		/*
		 * "idle" is only for a link that is up: without a path the device does not
		 * hear of this end.
		 */
		peer_end(p, p->link.state == LINK_UP ? "idle" : "no-path");
		return;
	}
	connector_step(p->connector, p->link.busy);
	peer_touch(p);
}

static bool on_link_admit(void *owner)
{
	struct peer *p = owner;

	p->all->events->met_key(p->all->owner, p->jid, p->fp);
	return context_admits(p->all->context, p->jid, p->fp);
}

static void on_link_up(void *owner, bool resumed)
{
	struct peer *p = owner;

	log_about(p->jid, LOG_INFO, "link with %s/%s is %s, %s", p->jid, p->device,
		  resumed ? "up again" : "up", path_name(p->path));
	absence_end(&p->absence);
	presence_our_protocol(p->all->context->presence, p->jid, p->device);
	drop_left(p);
	connector_refresh(p->connector);
	if (!resumed)
		connector_tell(p->connector);
	note_stall(p, context_now(p->all->context));
	p->all->events->up(p->all->owner, p, resumed);
}

static void on_link_down(void *owner)
{
	struct peer *p = owner;

	log_about(p->jid, LOG_INFO, "link with %s/%s waits for a path", p->jid, p->device);
	p->all->events->down(p->all->owner, p);
}

static void on_link_deliver(void *owner, const struct record *record)
{
	struct peer *p = owner;
	const char *fault;

	if (record->type == RECORD_CANDIDATES || record->type == RECORD_BYTESTREAM ||
	    record->type == RECORD_PUNCH)
		fault = connector_record(p->connector, record);
	else if (record->type >= RECORD_DEVICE)
		fault = p->all->events->word(p->all->owner, p, record);
	else if (record->type < RECORD_ACCEPT)
		fault = negotiations_record(&p->negotiations, record, context_now(p->all->context));
	else
		fault = channels_record(&p->channels, record);
	if (record->type >= RECORD_ACCEPT && record->type < RECORD_DEVICE)
		stall_moved(&p->stall);
	if (fault && !p->ended) {
		log_about(p->jid, LOG_WARNING, "%s/%s: broke the protocol: %s record: %s", p->jid,
			  p->device, record_type_name(record->type), fault);
		peer_end(p, "protocol");
	}
}

static bool on_link_fill(void *owner)
{
	struct peer *p = owner;

	return may_carry(p) && !absence_pauses(&p->absence) && channels_fill(&p->channels);
}

static void on_link_ended(void *owner, const char *reason)
{
	struct peer *p = owner;

	if (!strcmp(reason, "version") && p->link.peer_protocol)
		presence_other_protocol(p->all->context->presence, p->jid, p->device,
					p->link.peer_protocol, context_now(p->all->context));
	end(p, reason);
}

static void on_link_kick(void *owner)
{
	struct peer *p = owner;

	if (p->path)
		path_kick(p->path);
}

static const struct link_events link_events = {
	.admit = on_link_admit,
	.up = on_link_up,
	.down = on_link_down,
	.deliver = on_link_deliver,
	.fill = on_link_fill,
	.ended = on_link_ended,
	.kick = on_link_kick,
};

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	struct peer *p = owner;

	link_send(&p->link, type, buf_data(fields), buf_len(fields));
	/*
	 * The end of another peer may have sent a request on to this one, so the timers have
	 * to be set.
	 */
	peer_touch(p);
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	struct peer *p = owner;

	return p->all->events->authorize(p->all->owner, p, service, share);
}

static void *on_start(void *owner, struct negotiation *neg)
{
	struct peer *p = owner;

	return p->all->events->start(p->all->owner, p, neg);
}

static void on_stop(void *owner, void *serving)
{
	struct peer *p = owner;

	p->all->events->stop(p->all->owner, serving);
}

static void on_announced(void *owner, const char *share, struct fields f)
{
	struct peer *p = owner;

	p->all->events->announced(p->all->owner, p, share, f);
}

static void on_outcome(void *owner, const char *id, uint64_t received, struct buf *fields)
{
	struct peer *p = owner;

	p->all->events->outcome(p->all->owner, p, id, received, fields);
}

static bool on_turn_held(void *owner, const char *share)
{
	const struct peer *p = owner;

	return p->all->events->turn_held(p->all->owner, p, share);
}

static const struct negotiation_events negotiation_events = {
	.send = on_send,
	.outcome = on_outcome,
	.announced = on_announced,
	.authorize = on_authorize,
	.start = on_start,
	.stop = on_stop,
	.turn_held = on_turn_held,
};
