/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process starts when the negotiation says so, but the device is told only when the
 * process has written its first byte. So a repository that is broken or gone is refused with a
 * reason, before the git at the other end is told that it is connected. upload-archive speaks
 * only when spoken to, and counts as ready at once.
 *
 * After that bytes move. Channel to standard input: credit goes back as the process takes
 * them. Standard output to channel: the pipe is not read while the channel is full. The end of
 * the process is the end of data and the exit status.
 *
 * When a channel is closed from outside, a process that only reads ends. One that takes a push
 * becomes an orphan: its input ends, and it exits when it is done. receive-pack changes nothing
 * before it has read what it is asked for, so one that was sent nothing has little time for that.
 *
 * A push to a share with rules goes through a filter, push-filter.c.
 *
 * The bytes are read along (witness.h), so that the journal says of a push what git said of
 * it.
 *
 * Each process has a place among the services (core/services.h) until it has ended. That may
 * be after all else here is over: then the record waits only for the process.
 */
#include "git-service-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "outcome.h"

enum {
	ROOM_LOW = 64 * 1024,		/* bytes; less room in the channel pauses the process */
	ERRORS_MAX = 2048,		/* bytes of standard error before the channel is open, for
					   our log */
	SIGNAL_EXIT = 128,		/* added to the number of a signal that ended the process,
					   as a shell does */
};

static uint64_t now_of(const struct git_service *s)
{
	return context_now(s->all->context);
}

bool git_service_is_orphan(const struct git_service *s)
{
	return s->run.state == SERVICE_ORPHAN;
}

/* The process has ended: frees its place, and starts a deferred push that waited for its turn. */
static void give_back(struct git_service *s)
{
	struct peer *p = peer_find(s->all->peers, s->run.jid, s->run.device);

	services_end(&s->run);
	if (!p)
		return;
	negotiations_turn_free(&p->negotiations, now_of(s));
	peer_touch(p);
}

static void on_process_gone(void *arg)
{
	struct git_service *s = arg;

	give_back(s);
	free(s);
}

/* The only way a service ends, after its channel and its negotiation were dealt with. */
static void finish(struct git_service *s)
{
	if (s->peer)
		peer_touch(s->peer);
	list_remove(&s->leaving);
	buf_finish(&s->errors);
	tail_finish(&s->tail);
	witness_finish(&s->witness);
	ref_filter_destroy(s->filter);
	s->filter = NULL;
	free(s->path_name);
	free(s->directory);
	s->path_name = s->directory = NULL;
	s->peer = NULL;
	if (!s->process) {
		free(s);
		return;
	}
	services_ending(&s->run);
	s->all->ops->leave(s->process, on_process_gone, s);
}

bool git_service_is_whole(const struct git_service *s)
{
	return witness_pushes(&s->witness) && (s->whole || witness_only_deletes(&s->witness));
}

/*
 * Keeps the outcome of a push for the device to ask for. A push that is over counts, too: its
 * last bytes may have been lost.
 */
static void keep_outcome(struct git_service *s)
{
	if (!s->tail.on || s->all->context->stopping)
		return;
	outcomes_begin(s->all->outcomes, s->peer->jid, s->peer->device, s->id, &s->tail, now_of(s));
	if (s->process_over)
		outcomes_done(s->all->outcomes, s->id, s->status, now_of(s));
}

/* The service loses its peer. The process may be changing a repository, so it goes on. */
static void become_orphan(struct git_service *s, const char *reason)
{
	log_about(s->peer->jid, LOG_INFO, "%s/%s: its push %.8s goes on without a link: %s",
		  s->peer->jid, s->peer->device, s->id, reason);
	s->path_name = xstrdup(s->peer->path_name);
	snprintf(s->lost, sizeof(s->lost), "%s", reason);
	services_orphan(&s->run);
	s->peer = NULL;
	s->all->ops->cut_input(s->process);
	s->all->ops->pause(s->process, false);
	s->all->ops->limit(s->process, s->traffic.received ? ORPHAN_LIMIT : UNASKED_LIMIT);
}

/*
 * Writes the service's line of the journal, once. reason: why the stream ended early. For an
 * orphan that had all it needs, the line has a note that the push finished after its link had
 * ended.
 */
static void log_transfer(struct git_service *s, const char *reason)
{
	char note[REASON_MAX + 64];
	const struct transfer over = {
		/* The run ends with the process, but an orphan has no other jid and share. */
		.jid = s->peer ? s->peer->jid : s->run.jid,
		.share = s->neg ? neg_share(s->neg) : s->run.share,
		.service = s->service,
		.served = true,
		.sent = s->traffic.written,
		.received = s->traffic.received,
		.path = s->peer ? s->peer->path_name : s->path_name,
		.witness = &s->witness,
		.reason = reason,
		.note = git_service_is_orphan(s) && git_service_is_whole(s) ? note : NULL,
	};

	if (s->logged)
		return;
	s->logged = true;
	snprintf(note, sizeof(note), "finished after its link had ended (%s)", s->lost);
	s->all->events->over(s->all->owner, &over);
}

static void on_accepted(void *owner)
{
}

static void on_channel_data(void *owner, const void *data, size_t n)
{
	struct git_service *s = owner;

	traffic_received(&s->traffic, n, now_of(s));
	witness_asks(&s->witness, data, n);
	if (witness_pushes(&s->witness))
		tail_begin(&s->tail, s->traffic.written);
	services_moved(&s->run, now_of(s));
	if (!s->active) {
		s->active = true;
		neg_active(s->neg);
	}
	if (s->process_over)
		channel_consumed(s->channel, n);
	else if (s->filter && !ref_filter_passes(s->filter))
		push_filter_take(s, data, n);
	else
		s->all->ops->write(s->process, data, n);
}

static void on_channel_stderr(void *owner, const void *data, size_t n)
{
}

static void on_channel_end(void *owner)
{
	struct git_service *s = owner;

	if (s->process_over)
		return;
	s->whole = true;
	witness_ends(&s->witness);
	push_filter_end(s);
	s->all->ops->end_input(s->process);
}

static void on_channel_exited(void *owner, uint32_t status)
{
}

/* Tells the user at the other end, whose broker does not know of the limit. */
static void tell_limit(struct git_service *s)
{
	struct buf text = { 0 };

	if (!traffic_limited(&s->traffic, s->channel, s->peer, NULL, &text))
		return;
	buf_puts(&text, "\n");
	channel_write_stderr(s->channel, buf_data(&text), buf_len(&text));
	buf_finish(&text);
}

static void on_channel_writable(void *owner)
{
	struct git_service *s = owner;

	traffic_left(&s->traffic, s->channel, now_of(s));
	services_moved(&s->run, now_of(s));
	tell_limit(s);
	if (s->paused && !s->process_over && channel_room(s->channel) >= ROOM_LOW) {
		s->paused = false;
		s->all->ops->pause(s->process, false);
	}
}

static void on_channel_closed(void *owner, const char *reason)
{
	struct git_service *s = owner;

	log_about(s->peer->jid, LOG_INFO, "%s/%s %s '%.64s': %s", s->peer->jid, s->peer->device,
		  service_name(s->service), neg_share(s->neg), reason ? reason : "done");
	s->channel = NULL;
	if (reason && !s->ended_here && !strcmp(reason, ENDED_BY_USER))
		reason = ENDED_THERE;
	keep_outcome(s);
	if (s->service == SERVICE_RECEIVE_PACK && !s->process_over) {
		become_orphan(s, reason ? reason : "done");
	} else {
		log_transfer(s, reason);
		services_ending(&s->run);
	}
	neg_done(s->neg, now_of(s));
	s->neg = NULL;
	if (!git_service_is_orphan(s))
		finish(s);
}

static const struct channel_events channel_events = {
	.accepted = on_accepted,
	.data = on_channel_data,
	.stderr_data = on_channel_stderr,
	.end = on_channel_end,
	.exited = on_channel_exited,
	.writable = on_channel_writable,
	.closed = on_channel_closed,
};

/*
 * The process has written something: opens the channel, which tells the device. False if the
 * device does not want it any more.
 */
static bool open_channel(struct git_service *s)
{
	if (s->channel)
		return true;
	s->channel = neg_started(s->neg, &channel_events, s, now_of(s));
	/* NULL: git_service_stop() was called within. */
	if (!s->channel)
		return false;
	log_about(s->peer->jid, LOG_INFO, "%s/%s %s '%.64s': started", s->peer->jid,
		  s->peer->device, service_name(s->service), neg_share(s->neg));
	if (buf_len(&s->errors))
		channel_write_stderr(s->channel, buf_data(&s->errors), buf_len(&s->errors));
	buf_reset(&s->errors);
	peer_touch(s->peer);
	return true;
}

/* Takes what the device is to get. May free s. */
static void pass_output(struct git_service *s, const void *data, size_t n)
{
	s->traffic.written += n;
	services_moved(&s->run, now_of(s));
	witness_answers(&s->witness, data, n);
	tail_add(&s->tail, data, n);
	if (git_service_is_orphan(s)) {
		outcomes_add(s->all->outcomes, s->id, data, n);
		return;
	}
	if (!open_channel(s))
		return;
	channel_write(s->channel, data, n);
	if (!s->process_over && channel_room(s->channel) < ROOM_LOW) {
		s->paused = true;
		s->all->ops->pause(s->process, true);
	}
}

static void on_output(void *owner, const void *data, size_t n)
{
	struct git_service *s = owner;
	struct buf pusher = { 0 };

	if (!s->filter) {
		pass_output(s, data, n);
		return;
	}
	ref_filter_answer(s->filter, data, n, &pusher);
	if (buf_len(&pusher))
		pass_output(s, buf_data(&pusher), buf_len(&pusher));
	buf_finish(&pusher);
}

static void on_error_output(void *owner, const void *data, size_t n)
{
	struct git_service *s = owner;

	if (git_service_is_orphan(s))
		return;
	if (s->channel)
		channel_write_stderr(s->channel, data, n);
	else if (buf_len(&s->errors) < ERRORS_MAX)
		buf_append(&s->errors, data, n < ERRORS_MAX ? n : ERRORS_MAX);
}

static void on_wrote(void *owner, size_t n)
{
	struct git_service *s = owner;
	size_t without = n < s->uncredited ? n : s->uncredited;

	s->uncredited -= without;
	if (s->channel && n > without)
		channel_consumed(s->channel, n - without);
}

/* The request cannot be served: tells the device and the journal. */
static void refuse(struct git_services *all, const struct peer *peer, struct negotiation *neg,
		   const char *reason)
{
	all->events->refused(all->owner, peer->jid, neg_share(neg), neg_service(neg), reason);
	neg_failed(neg, reason, context_now(all->context));
}

static void on_exited(void *owner, int status, int term_signal)
{
	struct git_service *s = owner;
	bool orphan = git_service_is_orphan(s);
	struct buf told = { 0 };

	s->process = NULL;
	s->process_over = true;
	s->status = term_signal ? SIGNAL_EXIT + term_signal : status;
	if (s->filter && (s->channel || orphan)) {
		push_filter_over(s, &told);
		if (buf_len(&told))
			pass_output(s, buf_data(&told), buf_len(&told));
		buf_finish(&told);
	}
	witness_exited(&s->witness, s->status);
	/* The exit of a fetch does not tell whether all of it arrives, so its line comes later. */
	if (orphan || s->service == SERVICE_RECEIVE_PACK)
		log_transfer(s, orphan ? s->lost : NULL);
	give_back(s);
	if (orphan) {
		outcomes_done(s->all->outcomes, s->id, s->status, now_of(s));
		finish(s);
		return;
	}
	if (!s->channel && s->service != SERVICE_UPLOAD_ARCHIVE && !buf_len(&s->errors) &&
	    s->status == 0) {
		/* The process ended well and said nothing: let the other end see just that. */
		if (!open_channel(s))
			return;
	}
	if (!s->channel) {
		log_about(s->peer->jid, LOG_ERROR,
			  "share '%.64s' cannot be served (%s ended with status %d): %s",
			  neg_share(s->neg), service_name(s->service), s->status,
			  buf_str(&s->errors));
		refuse(s->all, s->peer, s->neg, "broken");
		s->neg = NULL;
		finish(s);
		return;
	}
	list_append(&s->all->leaving, &s->leaving);
	channel_end(s->channel);
	/* May close the channel, and so end this service. */
	channel_exit(s->channel, s->status);
}

static const struct service_events service_events = {
	.output = on_output,
	.error_output = on_error_output,
	.wrote = on_wrote,
	.exited = on_exited,
};

/* The path is that of the share, never one that a peer sent. */
static struct service_process *start_process(struct git_service *s, const struct share *share,
					     const char **why)
{
	enum trust_state state = trust_lookup(s->all->context->trust, s->peer->jid, s->peer->fp);
	struct service_process *process;
	struct buf rules = { 0 };

	push_filter_begin(s, share, &rules);
	process = s->all->ops->start(s->all->host,
				     &(struct service_start){
					     .service = s->service,
					     .share = share->name,
					     .path = share->path,
					     .jid = s->peer->jid,
					     .device = s->peer->device,
					     .verified = state == TRUST_VERIFIED,
					     .git_protocol = neg_git_protocol(s->neg),
					     .rules = s->filter ? buf_str(&rules) : NULL,
					     .max_pack = s->max_pack,
				     },
				     &service_events, s, why);
	buf_finish(&rules);
	return process;
}

void git_service_end_early(struct git_service *s, const char *reason, const char *refusal)
{
	if (s->channel) {
		channel_close(s->channel, reason);
		return;
	}
	neg_failed(s->neg, refusal, now_of(s));
	s->neg = NULL;
	finish(s);
}

/* The service was silent for so long that its place goes to another one. */
static void end_silent(struct git_service *s)
{
	log_about(s->peer->jid, LOG_INFO, "%s/%s %s '%.64s' was silent and makes room",
		  s->peer->jid, s->peer->device, service_name(s->service), neg_share(s->neg));
	git_service_end_early(s, "silent", "busy");
}

/* Makes a service with a place; NULL if there is no place. */
static struct git_service *take_place(struct git_services *all, struct peer *peer,
				      struct negotiation *neg)
{
	struct git_service *s = xcalloc(1, sizeof(*s));
	struct service_run *victim;

	list_init(&s->leaving);
	s->all = all;
	s->peer = peer;
	s->neg = neg;
	s->service = neg_service(neg);
	witness_init(&s->witness, s->service);
	snprintf(s->id, sizeof(s->id), "%s", neg_id(neg));
	if (!services_begin(&all->services, &s->run, peer->jid, peer->device, s->service,
			    neg_share(neg), now_of(s), &victim)) {
		free(s);
		return NULL;
	}
	if (victim)
		end_silent((struct git_service *)victim);
	return s;
}

void *git_service_start(struct git_services *all, struct peer *peer, struct negotiation *neg)
{
	const struct share *share = policy_find(all->context->policy, neg_share(neg));
	const char *why;
	struct git_service *s;

	if (!share || !share->path || !all->ops->is_directory(all->host, share->path)) {
		log_about(peer->jid, LOG_ERROR,
			  "share '%.64s' cannot be served: '%s' is not a directory", neg_share(neg),
			  share && share->path ? share->path : "");
		refuse(all, peer, neg, "broken");
		return NULL;
	}
	s = take_place(all, peer, neg);
	if (!s) {
		refuse(all, peer, neg, "busy");
		return NULL;
	}
	s->process = start_process(s, share, &why);
	if (!s->process) {
		log_about(peer->jid, LOG_ERROR, "cannot start git %s: %s", service_name(s->service),
			  why);
		services_end(&s->run);
		ref_filter_destroy(s->filter);
		free(s);
		refuse(all, peer, neg, "broken");
		return NULL;
	}
	s->directory = xstrdup(share->path);
	if (s->service == SERVICE_UPLOAD_ARCHIVE && !open_channel(s)) {
		/*
		 * The negotiation does not know this service yet, so it has not called
		 * git_service_stop().
		 */
		git_service_stop(s);
		return NULL;
	}
	return s;
}

void git_service_stop(void *serving)
{
	struct git_service *s = serving;

	if (!s)
		return;
	s->neg = NULL;
	s->channel = NULL;
	if (s->service == SERVICE_RECEIVE_PACK && !s->process_over)
		become_orphan(s, "withdrawn");
	else
		finish(s);
}

void git_service_abandon(struct git_service *s)
{
	witness_cut(&s->witness);
	log_transfer(s, s->lost);
	finish(s);
}
