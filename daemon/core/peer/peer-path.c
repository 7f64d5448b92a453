/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paths of a peer. Its connector looks for them, and acceptors bring those that the device has
 * opened. A path's handshake proves a key, which must be the device's; then the link is attached.
 *
 * A better path that is found later takes over the link. The old path stays open, unread, until
 * the new one works. When the path dies, the link is suspended and the connector begins again.
 * What the server says of the device makes the link check its path, but ends no link over which
 * something runs (absence.h).
 */
#include "peer-internal.h"

#include <stdio.h>
#include <string.h>

#include "acceptor.h"
#include "log.h"

static const struct path_events path_events, left_events;

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

static bool we_win(const struct peer *p)
{
	return memcmp(p->all->context->fp, p->fp, FINGERPRINT_BYTES) < 0;
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

void peer_drop_left(struct peer *p)
{
	if (p->left)
		path_close(p->left);
	p->left = NULL;
}

/* moves: the link leaves a path for this one, as far as we know. */
static void attach(struct peer *p, struct path *path, bool moves)
{
	p->path = path;
	snprintf(p->path_name, sizeof(p->path_name), "%s", path_name(path));
	p->link.tail_probe = path_kind(path) == PATH_PROXY;
	p->link.on_trial = moves && path_kind(path) != PATH_INBAND;
	path_set_owner(path, &path_events, p);
	path_keep(path, &p->all->context->bandwidth);
	connector_attached(p->connector, path_kind(path));
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
	peer_drop_left(p);
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
		peer_over(p, "unknown-key");
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
 * Whether to try once more for the first path of a link, which is done once, where the device has
 * not refused it: a stanza may be lost, a device that gets many offers may answer some seconds
 * later, and one whose broker restarts answers by another process.
 */
static bool is_worth_another_try(struct peer *p)
{
	if (p->tried_again)
		return false;
	p->tried_again = true;
	return true;
}

static bool is_no_refusal(const char *why)
{
	return !strcmp(why, IBB_PATH_UNANSWERED) || !strcmp(why, PATH_HANDSHAKE_UNANSWERED) ||
	       !strcmp(why, IBB_PATH_UNKNOWN);
}

/* A device that our own server's loss has kept from answering is looked for again. */
static void over_without_path(struct peer *p, const char *why)
{
	peer_over(p, strcmp(why, IBB_PATH_SERVER_LOST) ? "unreachable" : "gone");
}

static void on_failed(void *owner, enum path_kind kind, const char *why)
{
	struct peer *p = owner;

	if (p->link.state == LINK_IDLE && !connector_trying(p->connector) &&
	    !(is_no_refusal(why) && is_worth_another_try(p)))
		over_without_path(p, why);
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

const struct connector_events peer_connector_events = {
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

/* The path is gone. collision: as for peer_drop_path(). */
static void path_lost(struct peer *p, const char *why, bool collision)
{
	uint64_t now = context_now(p->all->context),
		 worked_until = link_worked_until(&p->link, now);

	p->path = NULL;
	peer_drop_left(p);
	detach(p, why);
	if (p->ended)
		return;
	connector_detached(p->connector, worked_until);
	peer_note_absence(p, ABSENCE_GRACE);
	/*
	 * HELLO may have been heard: said once more, it could end the link that came of that. But
	 * not by a process that does not know the path.
	 */
	if (p->link.state == LINK_IDLE && !collision &&
	    (strcmp(why, IBB_PATH_UNKNOWN) || !is_worth_another_try(p))) {
		over_without_path(p, why);
		return;
	}
	connector_step(p->connector, p->link.busy);
	peer_touch(p);
}

void peer_drop_path(struct peer *p, const char *why, bool collision)
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
		peer_drop_path(p, "the other side comes by another one", true);
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
		/* A device that has lost both has no attempt of ours to wait for. */
		if (verdict == LINK_REFUSE_COLLISION && p->link.state == LINK_UP) {
			link_probe(&p->link, context_now(all->context));
			peer_touch(p);
		}
		return;
	}
	if (verdict == LINK_REPLACE && p) {
		/* The device's process has lost its side of the link, or it is another process. */
		peer_over(p, memcmp(hello->instance, p->link.peer_instance, INSTANCE_BYTES)
				     ? "restarted"
				     : "gone");
		/* Those who were told of the end may have made a new peer for the device. */
		p = peer_find(all, jid, device);
	}
	if (!p)
		p = peer_create(all, jid, device);
	know_key(p, fp);
	peer_drop_left(p);
	moves = p->path;
	if (moves) {
		connector_replaced(p->connector, path_kind(path),
				   link_worked_until(&p->link, context_now(all->context)));
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
		 * will answer the HELLO of the next path with "gone". A HELLO without an answer is
		 * waited for: said once more, it could overtake the first one, and end the link
		 * that came of that.
		 */
		link_probe(&p->link, now);
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
