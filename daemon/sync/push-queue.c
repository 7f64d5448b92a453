/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core decides which entry runs when. This file runs "git push" for it, with a lease for
 * each ref, and classifies the result (core/sync/attempt.h): delivered, unreachable, or
 * refused. After a refusal the user must decide: the entry stays, and is not retried by
 * itself. What git printed is shown to the user only.
 */
#include "push-queue.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "attempt.h"
#include "backoff-timer.h"
#include "journal.h"
#include "log.h"
#include "queuefile.h"

/* An entry that is being pushed. */
struct run {
	struct run *next;		/* push_queue::runs */
	struct push_queue *queue;	/* borrowed */
	struct queue_entry *entry;	/* borrowed from the core */
	struct git_run *git;		/* owned */
	struct attempt attempt;
};

struct push_queue {
	struct git_run_host host;	/* borrowed */
	struct queue *entries;		/* owned */
	struct run *runs;		/* owned */
	struct queue_writer *disk;	/* owned */
	bool more;			/* there may be more files than were listed */
	struct backoff_timer unread;	/* runs while files could not be read */
	const struct push_queue_events *events;
	void *owner;
	uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

static void set_timer(struct push_queue *q)
{
	uint64_t now = uv_now(q->host.loop), at = queue_deadline(q->entries, now);

	if (at == UINT64_MAX)
		uv_timer_stop(&q->timer);
	else
		uv_timer_start(&q->timer, on_timer, at > now ? at - now : 0, 0);
}

static void tick(struct push_queue *q)
{
	queue_tick(q->entries, uv_now(q->host.loop), time(NULL));
	set_timer(q);
}

static void on_timer(uv_timer_t *timer)
{
	tick(timer->data);
}

static void put_updates(struct buf *text, const struct queue_entry *e)
{
	for (const struct queue_update *u = e->updates; u; u = u->next) {
		if (u != e->updates)
			buf_puts(text, ", ");
		queuefile_update_text(text, u->src, u->dst, u->expect);
	}
}

/* Writes a sentence about an entry to the journal and the log, with the entry's refs. */
static void tell(const struct push_queue *q, const struct queue_entry *e, const char *result,
		 const char *sentence)
{
	struct buf text = { 0 }, refs = { 0 };
	struct journal_event event = {
		.kind = "queue",
		.jid = e->jid,
		.share = e->share,
		.what = e->id,
		.result = result,
		.account = q->host.account,
	};

	put_updates(&refs, e);
	buf_printf(&text, "%s: %s", buf_str(&refs), sentence);
	event.text = buf_str(&text);
	event.refs = buf_str(&refs);
	event.why = sentence;
	journal_add(&event);
	log_about(e->jid, LOG_INFO, "%s for %s/%s: %s", e->id, e->jid, e->share, event.text);
	buf_finish(&text);
	buf_finish(&refs);
}

/*
 * Whether git no longer has the objects. They were named when the entry was queued, and only
 * the user's refs keep them from git gc.
 */
static bool is_collected(const char *error)
{
	return strstr(error, "src refspec") || strstr(error, "bad object");
}

/*
 * Parses "<src>:<dst>\t[rejected] (stale info)" of git push --porcelain. False if the line
 * is no refusal.
 */
static bool read_refusal(char *line, struct buf *reason, bool *moved)
{
	static const char branch[] = "refs/heads/";
	char *dst = strchr(line, ':'), *summary = strchr(line, '\t');

	if (!dst || !summary || dst > summary)
		return false;
	*summary++ = '\0';
	dst++;
	if (!strncmp(dst, branch, strlen(branch)))
		dst += strlen(branch);
	/* The connection was lost before the fate of the ref was known. */
	if (!strncmp(summary, "[remote failure]", strlen("[remote failure]")))
		return false;
	*moved = !strcmp(summary, "[rejected] (stale info)");
	if (*moved)
		buf_printf(reason, "%s has moved there since this was queued", dst);
	else
		buf_printf(reason, "%s: %s", dst, summary);
	return true;
}

/* Describes the first ref that was refused. False if none was. */
static bool find_refusal(const char *output, struct buf *reason, bool *moved)
{
	char *copy = xstrdup(output), *rest = copy, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n")))
		found = !strncmp(line, "!\t", 2) && read_refusal(line + 2, reason, moved);
	free(copy);
	return found;
}

static void end_run(struct run *run)
{
	struct run **p = &run->queue->runs;

	while (*p != run)
		p = &(*p)->next;
	*p = run->next;
	git_run_destroy(run->git);
	free(run);
}

/* Puts into reason, for the user, why the push did not succeed. */
static void explain(struct buf *reason, const struct run *run, enum queue_outcome outcome,
		    const char *output, const char *error)
{
	const char *before = git_run_last_word(run->git);

	if (outcome == QUEUE_REFUSED && is_collected(error)) {
		buf_printf(reason,
			   "what was queued is not in %s any more: no ref kept it, and git gc has "
			   "removed it",
			   run->entry->path);
		return;
	}
	if (outcome == QUEUE_REFUSED && find_refusal(output, reason, &run->entry->moved))
		return;
	/* git's last line may only say that something failed; the line before it says what. */
	if (outcome == QUEUE_REFUSED && run->attempt.trouble == MSG_NONE && *before)
		buf_printf(reason, "%s (%s)", before, error);
	else
		buf_puts(reason, *error ? error : "git push failed and did not say why");
}

static void on_pushed(void *owner, int status, const char *output, const char *error)
{
	struct run *run = owner;
	struct push_queue *q = run->queue;
	struct queue_entry *e = run->entry;
	enum queue_outcome outcome;
	struct buf reason = { 0 };

	run->attempt.no_place = status == GIT_RUN_NO_PLACE;
	outcome = attempt_outcome(&run->attempt, status);
	if (outcome != QUEUE_DELIVERED)
		explain(&reason, run, outcome, output, error);
	run->git = NULL;
	end_run(run);
	if (outcome == QUEUE_UNREACHABLE)
		tell(q, e, "waiting", buf_str(&reason));
	queue_done(q->entries, e, outcome, status == 0 ? NULL : buf_str(&reason),
		   uv_now(q->host.loop));
	buf_finish(&reason);
	set_timer(q);
}

static const char **push_args(const struct queue_entry *e)
{
	const char **args;
	size_t n = 0, count = 0;

	for (const struct queue_update *u = e->updates; u; u = u->next)
		count++;
	args = xcalloc(2 * count + 5, sizeof(*args));
	args[n++] = "push";
	args[n++] = "--porcelain";
	for (const struct queue_update *u = e->updates; u; u = u->next)
		args[n++] = xasprintf("--force-with-lease=%s:%s", u->dst, u->expect);
	args[n++] = "--";
	args[n++] = e->remote;
	for (const struct queue_update *u = e->updates; u; u = u->next)
		args[n++] = xasprintf("%s:%s", u->src, u->dst);
	return args;
}

static void free_push_args(const struct queue_entry *e, const char **args)
{
	for (size_t n = 2; args[n]; n++)
		if (args[n] != e->remote && strcmp(args[n], "--"))
			free((char *)args[n]);
	free(args);
}

static void on_run(void *owner, struct queue_entry *e)
{
	struct push_queue *q = owner;
	struct run *run = xcalloc(1, sizeof(*run));
	const char **args = push_args(e);
	const struct git_run_task task = {
		.args = args,
		.git_dir = e->path,
		.directory = e->directory,
		.variables = (const char *const *)e->variables,
		.task = e->id,
	};

	run->queue = q;
	run->entry = e;
	run->next = q->runs;
	q->runs = run;
	run->git = git_run_start(&q->host, &task, on_pushed, run);
	free_push_args(e, args);
}

/* Whether the push of an entry leads to jid: the remote may not have been changed yet. */
static bool leads_to(const struct queue_entry *e, const char *jid)
{
	return !strcmp(e->jid, jid) || (e->moved_from && !strcmp(e->moved_from, jid));
}

void push_queue_troubled(struct push_queue *q, const char *id, const char *jid,
			 enum message_id trouble)
{
	struct run *run = q ? q->runs : NULL;

	while (run && strcmp(run->entry->id, id))
		run = run->next;
	if (run && (!jid || leads_to(run->entry, jid)))
		run->attempt.trouble = trouble;
}

unsigned push_queue_move(struct push_queue *q, const char *from, const char *to)
{
	unsigned n = q ? queue_move(q->entries, from, to, uv_now(q->host.loop)) : 0;

	if (n)
		set_timer(q);
	return n;
}

static bool on_online(void *owner, const char *jid)
{
	struct push_queue *q = owner;

	return q->events->online(q->owner, jid);
}

static void on_save(void *owner, const struct queue_entry *e)
{
	struct push_queue *q = owner;
	struct buf fields = { 0 };

	if (e->state == QUEUE_FAILED) {
		tell(q, e, "failed", e->error ? e->error : "failed");
		q->events->failed(q->owner);
	}
	queue_entry_write(e, &fields);
	queue_writer_write(q->disk, e->id,
			   (struct fields){ .data = buf_data(&fields), .len = buf_len(&fields) });
	buf_finish(&fields);
}

static void on_gone(void *owner, const struct queue_entry *e, const char *outcome)
{
	struct push_queue *q = owner;

	tell(q, e, "ok", outcome);
	queue_writer_remove(q->disk, e->id);
}

static const struct queue_events queue_events = {
	.run = on_run,
	.online = on_online,
	.save = on_save,
	.gone = on_gone,
};

/*
 * Loads an entry. False if it could not be read. For a damaged one that is true, because
 * reading it again would not help.
 */
static bool load(struct push_queue *q, const char *id)
{
	struct message trouble;
	struct buf bytes = { 0 };
	int result = queuefile_read(id, &bytes, &trouble);
	struct fields f = { .data = buf_data(&bytes), .len = buf_len(&bytes) };

	if (result < 0)
		log_error("%s", trouble.text);
	else if (result == 0 && fields_valid(f) &&
		 !q->events->ours(q->owner, fields_get(f, "account")))
		log_debug("entry %s of the queue is another account's", id);
	else if (result == 0 && !queue_load(q->entries, id, f))
		log_error("entry %s of the queue is damaged, or there are more than %d", id,
			  QUEUE_MAX);
	buf_finish(&bytes);
	return result >= 0;
}

/*
 * Loads the entries that have a file and are not in the queue. A file that is about to be
 * removed is not a new entry.
 */
static void load_new(struct push_queue *q)
{
	char (*ids)[QUEUEFILE_ID_MAX];
	struct message trouble;
	int n = queuefile_list(&ids, &trouble);
	bool good = n >= 0;

	if (!good)
		log_error("%s", trouble.text);
	q->more = n == QUEUEFILES_MAX;
	for (int i = 0; i < n; i++)
		if (!queue_find(q->entries, ids[i]) && !queue_writer_busy(q->disk, ids[i]))
			good &= load(q, ids[i]);
	free(ids);
	if (!good)
		backoff_timer_begin(&q->unread);
	else if (backoff_timer_end(&q->unread))
		log_info("all of the queue could be read now");
}

static void on_read_again(void *owner)
{
	struct push_queue *q = owner;

	load_new(q);
	tick(q);
}

void push_queue_reload(struct push_queue *q)
{
	if (!q)
		return;
	load_new(q);
	tick(q);
}

/* A file may have been removed, which makes room for another entry. */
static void on_idle(void *owner)
{
	struct push_queue *q = owner;

	if (q->more)
		push_queue_reload(q);
}

static const struct queue_writer_events disk_events = {
	.idle = on_idle,
};

struct push_queue *push_queue_create(const struct git_run_host *host, uint32_t seed,
				     const struct push_queue_events *events, void *owner)
{
	struct push_queue *q = xcalloc(1, sizeof(*q));

	q->host = *host;
	q->events = events;
	q->owner = owner;
	q->entries = queue_create(&queue_events, q, seed);
	q->disk = queue_writer_create(host->loop, &disk_events, q);
	uv_timer_init(host->loop, &q->timer);
	q->timer.data = q;
	backoff_timer_init(&q->unread, host->loop, on_read_again, q);
	load_new(q);
	set_timer(q);
	return q;
}

bool push_queue_waits_for(const struct push_queue *q, const char *jid)
{
	for (const struct queue_entry *e = q ? queue_first(q->entries) : NULL; e; e = e->next)
		if (e->state == QUEUE_WAITING && !strcmp(e->jid, jid))
			return true;
	return false;
}

void push_queue_buddy_online(struct push_queue *q, const char *jid)
{
	if (!q)
		return;
	if (queue_buddy_online(q->entries, jid, uv_now(q->host.loop), time(NULL)))
		set_timer(q);
}

bool push_queue_retry(struct push_queue *q, const char *id)
{
	struct queue_entry *e = id ? queue_find(q->entries, id) : queue_first(q->entries);
	bool done = !id;

	while (e) {
		struct queue_entry *next = id ? NULL : e->next;

		done |= queue_retry(q->entries, e, uv_now(q->host.loop), time(NULL));
		e = next;
	}
	set_timer(q);
	return done;
}

bool push_queue_drop(struct push_queue *q, const char *id)
{
	struct queue_entry *e = queue_find(q->entries, id);
	bool done = e && queue_drop(q->entries, e);

	set_timer(q);
	return done;
}

void push_queue_settle(struct push_queue *q, const char *id, queue_writer_fn *done, void *owner)
{
	queue_writer_settle(q->disk, id, done, owner);
}

void push_queue_forget(struct push_queue *q, const void *owner)
{
	if (q)
		queue_writer_forget(q->disk, owner);
}

const struct queue_entry *push_queue_first(const struct push_queue *q)
{
	return q ? queue_first(q->entries) : NULL;
}

static void on_pause_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct push_queue *q = handle->data;

	backoff_timer_close(&q->unread, on_pause_closed, q);
}

void push_queue_destroy(struct push_queue *q)
{
	if (!q)
		return;
	while (q->runs) {
		queue_interrupted(q->entries, q->runs->entry);
		end_run(q->runs);
	}
	queue_destroy(q->entries);
	queue_writer_destroy(q->disk);
	backoff_timer_end(&q->unread);
	uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}
