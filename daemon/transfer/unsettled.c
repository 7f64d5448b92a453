/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The states of a push:
 *
 *   ASKING    the device told the outcome         -> settled: a line in the journal
 *             the device was not there            -> WAITING, "unknown" in the journal
 *             the device no longer knows the push
 *             (it was restarted)                  -> LOOKING, "unknown" in the journal
 *   WAITING   the device is online                -> ASKING
 *   LOOKING   "git ls-remote" told the outcome    -> settled: a line in the journal
 *             it failed, or no ref has moved yet,
 *             and a hook may still run            -> WAITING for LOOK_PAUSE or longer; the
 *                                                 second time the refs are believed
 *
 * The journal says "unknown" once. Each push has a file, as fields: account (ours), jid, share,
 * device, path, reason, sent, received, told, and those of witness_write(). The file is on the disk
 * before the refs leave for the device. It is removed when the journal has its line, without a
 * sync: a push whose file comes back by a crash of the machine is asked about once more.
 *
 * Files of the last broker that cannot be read are tried again after a pause. By then there are
 * also files of pushes that run now. These are not cut off, so their names are kept as long as
 * their files, and such files are not loaded.
 */
#include "unsettled.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"
#include "backoff-timer.h"
#include "context.h"
#include "fields.h"
#include "log.h"
#include "negotiation.h"
#include "presence.h"
#include "transfer-log.h"
#include "userfile.h"

enum { LOOK_PAUSE = 15 * 1000 };	/* ms */

enum unsettled_state { UNSETTLED_ASKING, UNSETTLED_WAITING, UNSETTLED_LOOKING };

struct unsettled_entry {
	struct unsettled_entry *next;
	struct unsettled *all;
	enum unsettled_state state;
	char *jid, *share, *path, *reason;	/* owned */
	char device[DEVICE_ID_LEN + 1], id[NEG_ID_LEN + 1];
	uint64_t sent, received, begun;	/* begun: bytes received when the refs were named */
	struct witness witness;
	struct outcome_query *question;	/* owned while ASKING */
	struct git_run *look;		/* owned while LOOKING */
	uint64_t look_at;		/* ms; not looked or asked before this time */
	bool looked;			/* the refs were read once, and did not tell yet */
	bool told;			/* the journal has the line "unknown" */
};

/* A push of this broker that has a file. */
struct noted {
	struct noted *next;
	char id[NEG_ID_LEN + 1];
};

struct unsettled {
	struct outcome_query_host asks;
	struct git_run_host host;
	unsettled_ours *ours;
	void *owner;
	struct unsettled_entry *first;	/* owned, oldest first */
	unsigned count;
	struct noted *noted;		/* owned */
	uv_timer_t timer;		/* until an entry's look_at */
	struct backoff_timer unread;	/* runs while files of the last broker could not be
					   read */
};

static void enter(struct unsettled_entry *e, enum unsettled_state state, const char *because)
{
	static const char *const names[] = { "asking", "waiting", "looking" };

	log_debug("push %.8s to %s/%s: %s -> %s, %s", e->id, e->jid, e->share, names[e->state],
		  names[state], because);
	e->state = state;
}

/*
 * The path of a push's file; the caller frees it. NULL, logged, if the directory does not
 * exist and cannot be made.
 */
static char *path_of(const char *id)
{
	char *name = xasprintf("unsettled/%s", id), *path;
	struct message trouble;

	path = userfile_path(USERFILE_STATE, name, &trouble);
	if (!path)
		log_warning("%s", trouble.text);
	free(name);
	return path;
}

static void write_file(const char *id, const struct buf *fields)
{
	char *path = path_of(id);
	struct message trouble;

	if (path && userfile_write(path, buf_data(fields), buf_len(fields), &trouble))
		log_warning("%s", trouble.text);
	free(path);
}

/* The place of that push in the list; the end of the list if it is not there. */
static struct noted **find_noted(struct unsettled *u, const char *id)
{
	struct noted **at = &u->noted;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

static void remember(struct unsettled *u, const char *id)
{
	struct noted **at = find_noted(u, id);

	if (*at)
		return;
	*at = xcalloc(1, sizeof(**at));
	snprintf((*at)->id, sizeof((*at)->id), "%s", id);
}

static void forget_noted(struct noted **at)
{
	struct noted *noted = *at;

	if (!noted)
		return;
	*at = noted->next;
	free(noted);
}

void unsettled_note(struct unsettled *u, const struct unsettled_push *push)
{
	struct buf fields = { 0 };

	if (!u)
		return;
	if (u->host.account && *u->host.account)
		fields_add(&fields, "account", u->host.account);
	fields_add(&fields, "jid", push->jid);
	fields_add(&fields, "share", push->share);
	fields_add(&fields, "device", push->device);
	fields_add(&fields, "path", push->path);
	fields_add(&fields, "reason", push->reason);
	fields_add_u64(&fields, "sent", push->sent);
	fields_add_u64(&fields, "received", push->received);
	fields_add_u64(&fields, "told", push->asked);
	witness_write(push->witness, &fields);
	remember(u, push->id);
	write_file(push->id, &fields);
	buf_finish(&fields);
}

void unsettled_drop(struct unsettled *u, const char *id)
{
	char *path = u ? path_of(id) : NULL;

	if (path && unlink(path) && errno != ENOENT)
		log_warning("cannot remove '%s': %s", path, strerror(errno));
	if (u)
		forget_noted(find_noted(u, id));
	free(path);
}

/*
 * Writes the entry's file anew, with "told" set. A part of the report may have come since;
 * the file keeps the count from before it.
 */
static void note_told(const struct unsettled_entry *e)
{
	unsettled_note(e->all, &(struct unsettled_push){
		.jid = e->jid,
		.device = e->device,
		.share = e->share,
		.id = e->id,
		.path = e->path,
		.reason = e->reason,
		.sent = e->sent,
		.received = e->begun,
		.witness = (struct witness *)&e->witness,
		.asked = true,
	});
}

static void release(struct unsettled_entry *e)
{
	outcome_query_destroy(e->question);
	git_run_destroy(e->look);
	witness_finish(&e->witness);
	free(e->jid);
	free(e->share);
	free(e->path);
	free(e->reason);
	free(e);
}

static void forget(struct unsettled_entry *e)
{
	struct unsettled_entry **at = &e->all->first;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->all->count--;
	release(e);
}

static void say(const struct unsettled_entry *e, const char *note)
{
	transfer_log_add(e->all->host.account, &(struct transfer){
		.jid = e->jid,
		.share = e->share,
		.service = SERVICE_RECEIVE_PACK,
		.sent = e->sent,
		.received = e->received,
		.path = e->path,
		.witness = &e->witness,
		.reason = e->reason,
		.note = note,
	});
}

static void say_unknown(struct unsettled_entry *e)
{
	if (e->told)
		return;
	say(e, NULL);
	e->told = true;
	note_told(e);
}

static void settle(struct unsettled_entry *e, const char *note)
{
	log_info("what became of a push to %s/%s is known", e->jid, e->share);
	say(e, note);
	unsettled_drop(e->all, e->id);
	forget(e);
}

static void on_rest(void *owner, const void *data, size_t n)
{
	struct unsettled_entry *e = owner;

	e->received += n;
	witness_answers(&e->witness, data, n);
}

static void on_exited(void *owner, uint32_t status)
{
	struct unsettled_entry *e = owner;

	witness_exited(&e->witness, status);
	settle(e, e->told ? "asked for later" : NULL);
}

static void on_timer(uv_timer_t *timer)
{
	unsettled_wake(timer->data);
}

static void on_looked(void *owner, int status, const char *output, const char *error)
{
	struct unsettled_entry *e = owner;

	e->look = NULL;
	if (status == 0 && witness_sees_refs(&e->witness, output, e->looked)) {
		settle(e, "by the refs that are there");
		return;
	}
	e->looked = status == 0;
	e->look_at = context_now(e->all->asks.context) + LOOK_PAUSE;
	enter(e, UNSETTLED_WAITING, status == 0 ? "the refs do not tell yet" : error);
	uv_timer_start(&e->all->timer, on_timer, LOOK_PAUSE, 0);
}

/*
 * The device that served the push no longer knows it, so read the refs. The address names
 * that device, because another device of theirs has other refs.
 */
static void look(struct unsettled_entry *e)
{
	struct buf url = { 0 };

	buf_puts(&url, "xmpp::");
	address_put(&url, e->jid, e->share, e->device);
	enter(e, UNSETTLED_LOOKING, "the device does not know");
	e->look = git_run_start(&e->all->host, &(struct git_run_task){
		.args = (const char *const[]){ "ls-remote", "-q", "--", buf_str(&url), NULL },
		.git_dir = "/",
		.directory = "/",
		.only_reads = true,
	}, on_looked, e);
	buf_finish(&url);
}

static void on_unknown(void *owner, bool answered)
{
	struct unsettled_entry *e = owner;

	outcome_query_destroy(e->question);
	e->question = NULL;
	say_unknown(e);
	if (answered)
		look(e);
	else
		enter(e, UNSETTLED_WAITING, "the device is not there");
}

static const struct outcome_query_events outcome_query_events = {
	.rest = on_rest,
	.exited = on_exited,
	.unknown = on_unknown,
};

static void ask(struct unsettled_entry *e)
{
	e->question = outcome_query_create(&e->all->asks, &(struct outcome_query_question){
		.jid = e->jid,
		.device = e->device,
		.id = e->id,
		.received = e->received,
	}, &outcome_query_events, e);
}

static void append(struct unsettled *u, struct unsettled_entry *e)
{
	struct unsettled_entry **last = &u->first;

	if (u->count == UNSETTLED_MAX) {
		unsettled_drop(u, u->first->id);
		forget(u->first);
	}
	while (*last)
		last = &(*last)->next;
	*last = e;
	e->all = u;
	u->count++;
}

/*
 * Makes an entry from the fields of its file, in state WAITING. NULL if the file is damaged.
 */
static struct unsettled_entry *parse(const char *id, struct fields f)
{
	const char *jid = fields_get(f, "jid"), *share = fields_get(f, "share"),
		   *device = fields_get(f, "device");
	const char *path = fields_get(f, "path"), *reason = fields_get(f, "reason");
	struct unsettled_entry *e = xcalloc(1, sizeof(*e));

	witness_init(&e->witness, SERVICE_RECEIVE_PACK);
	if (!jid || !share || !share_name_valid(share) || !device ||
	    !witness_read(&e->witness, f)) {
		witness_finish(&e->witness);
		free(e);
		return NULL;
	}
	e->state = UNSETTLED_WAITING;
	e->jid = xstrdup(jid);
	e->share = xstrdup(share);
	e->path = xstrdup(path);
	e->reason = xstrdup(reason ? reason : "stopped");
	snprintf(e->device, sizeof(e->device), "%s", device);
	snprintf(e->id, sizeof(e->id), "%s", id);
	e->sent = fields_get_u64(f, "sent", 0);
	e->received = e->begun = fields_get_u64(f, "received", 0);
	e->told = fields_get_u64(f, "told", 0);
	return e;
}

static bool is_known(struct unsettled *u, const char *id)
{
	for (const struct unsettled_entry *e = u->first; e; e = e->next)
		if (!strcmp(e->id, id))
			return true;
	return *find_noted(u, id);
}

/*
 * Loads one file. False if it could not be read. A damaged file is removed, as reading it
 * again would not help.
 */
static bool load(struct unsettled *u, const char *id)
{
	char *path = path_of(id);
	struct message trouble;
	struct buf bytes = { 0 };
	int result = path ? userfile_read(path, &bytes, &trouble) : -1;
	struct fields f;
	struct unsettled_entry *e;

	if (result == 0) {
		f = (struct fields){ buf_data(&bytes), buf_len(&bytes) };
		e = fields_valid(f) ? parse(id, f) : NULL;
		if (!e)
			unlink(path);
		else if (u->ours(u->owner, fields_get(f, "account")))
			append(u, e);
		else
			release(e);
	}
	buf_finish(&bytes);
	free(path);
	return result >= 0;
}

/*
 * Loads all files. A file with a longer name is a temporary one of a broker that was killed
 * while writing; it is removed.
 */
static bool load_files(struct unsettled *u)
{
	char *path = path_of("");
	DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *entry;
	bool good = dir;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strspn(name, "0123456789abcdef") != NEG_ID_LEN)
			continue;
		if (name[NEG_ID_LEN])
			unlinkat(dirfd(dir), name, 0);
		else if (!is_known(u, name))
			good &= load(u, name);
	}
	if (dir)
		closedir(dir);
	free(path);
	return good;
}

static void load_all(struct unsettled *u)
{
	if (load_files(u))
		backoff_timer_end(&u->unread);
	else if (backoff_timer_begin(&u->unread))
		log_warning("what is kept of pushes that were cut could not be read, and is read "
			    "again");
}

static void on_read_again(void *owner)
{
	load_all(owner);
	unsettled_wake(owner);
}

struct unsettled *unsettled_create(const struct outcome_query_host *asks,
				   const struct git_run_host *host, unsettled_ours *ours,
				   void *owner)
{
	struct unsettled *u = xcalloc(1, sizeof(*u));

	u->asks = *asks;
	u->host = *host;
	u->ours = ours;
	u->owner = owner;
	uv_timer_init(host->loop, &u->timer);
	u->timer.data = u;
	backoff_timer_init(&u->unread, host->loop, on_read_again, u);
	load_all(u);
	return u;
}

void unsettled_add(struct unsettled *u, const struct unsettled_push *push)
{
	struct unsettled_entry *e;

	if (!u) {
		witness_finish(push->witness);
		return;
	}
	e = xcalloc(1, sizeof(*e));
	e->jid = xstrdup(push->jid);
	e->share = xstrdup(push->share);
	e->path = xstrdup(push->path);
	e->reason = xstrdup(push->reason);
	snprintf(e->device, sizeof(e->device), "%s", push->device);
	snprintf(e->id, sizeof(e->id), "%s", push->id);
	e->sent = push->sent;
	e->received = push->received;
	e->begun = push->begun;
	e->witness = *push->witness;
	witness_init(push->witness, SERVICE_RECEIVE_PACK);
	append(u, e);
	if (push->asked) {
		e->state = UNSETTLED_WAITING;
		say_unknown(e);
	} else {
		ask(e);
	}
}

void unsettled_wake(struct unsettled *u)
{
	for (struct unsettled_entry *e = u ? u->first : NULL; e; e = e->next) {
		if (e->state != UNSETTLED_WAITING || context_now(u->asks.context) < e->look_at ||
		    !peer_is_there(u->asks.peers, e->jid, e->device))
			continue;
		enter(e, UNSETTLED_ASKING, "the device is there");
		ask(e);
	}
}

static void on_pause_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct unsettled *u = handle->data;

	backoff_timer_close(&u->unread, on_pause_closed, u);
}

void unsettled_destroy(struct unsettled *u)
{
	if (!u)
		return;
	while (u->first) {
		say_unknown(u->first);
		forget(u->first);
	}
	while (u->noted)
		forget_noted(&u->noted);
	backoff_timer_end(&u->unread);
	uv_close((uv_handle_t *)&u->timer, on_timer_closed);
}
