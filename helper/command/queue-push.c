/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp queue push: stores a push for a buddy who is away. The command decides now,
 * object by object, what is pushed, what the refs there must be then, and where git will
 * run. On return the push is on the disk. Only then the broker is told, if one runs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account-pick.h"
#include "alloc.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "place.h"
#include "query.h"
#include "queue-entries.h"
#include "queue-entry.h"
#include "queue.h"
#include "refspec.h"
#include "remote.h"

enum { EXPIRY = 30 * 24 * 3600 };	/* seconds */

struct queueing {
	struct remote remote;
	struct queue_entries waiting;
	struct updates updates;
	char account[JID_MAX];		/* ours that pushes */
};

/*
 * Whether an entry waits for the same share, from the same repository: it is pushed before
 * ours.
 */
static bool goes_before(const struct queueing *q, struct fields f)
{
	return !strcmp(row_get(f, "path"), q->remote.git_dir) &&
	       !strcmp(row_get(f, "jid"), q->remote.address.jid) &&
	       !strcmp(row_get(f, "share"), q->remote.address.share) &&
	       strcmp(row_get(f, "state"), "failed");
}

struct looking {
	const char *dst;
	char *found;		/* owned */
};

static void look(void *arg, const char *src, const char *dst, const char *expect)
{
	struct looking *l = arg;

	if (strcmp(dst, l->dst))
		return;
	free(l->found);
	l->found = xstrdup(src);
}

static char *pending(void *arg, const char *dst)
{
	struct queueing *q = arg;
	struct looking l = { .dst = dst };

	for (size_t i = 0; i < q->waiting.count; i++)
		if (goes_before(q, q->waiting.rows[i].f))
			queue_entry_updates(q->waiting.rows[i].f, look, &l);
	return l.found;
}

static bool put_entry(struct queueing *q, struct buf *f)
{
	struct queue_entry *e = xcalloc(1, sizeof(*e));
	struct queue_update **tail = &e->updates;
	bool good;

	strcpy(e->account, q->account);
	strcpy(e->jid, q->remote.address.jid);
	strcpy(e->share, q->remote.address.share);
	e->path = xstrdup(q->remote.git_dir);
	e->remote = xstrdup(q->remote.name);
	e->queued = time(NULL);
	e->expires = e->queued + EXPIRY;
	for (size_t i = 0; i < q->updates.count; i++) {
		const struct update *u = &q->updates.rows[i];
		struct queue_update *update = xcalloc(1, sizeof(*update));

		update->src = xstrdup(u->src);
		update->dst = xstrdup(u->dst);
		update->expect = xstrdup(u->expect);
		*tail = update;
		tail = &update->next;
	}
	good = place_fill(e);
	if (good)
		queue_entry_write(e, f);
	queue_entry_destroy(e);
	return good;
}

static bool find_account(struct queueing *q, bool json)
{
	struct account_pick pick;
	struct message trouble;
	struct gitconfig c;
	bool good = gitconfig_read(&c, &trouble) == 0 &&
		    account_pick(&c, q->remote.address.jid, q->remote.name, &pick, &trouble);

	if (good)
		strcpy(q->account, pick.jid);
	else
		report_trouble(&trouble, json);
	gitconfig_finish(&c);
	return good;
}

static void show(const char *id, struct fields f, bool json)
{
	struct table t = { .count = 0 };
	struct buf out = { 0 };

	if (!json) {
		queue_entry_put(&t, id, f, accounts_several());
		table_print(&t);
		return;
	}
	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "entries", '[');
	if (f.len)
		queue_entry_json(&out, id, f);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

/* Whether the broker has the entry in its queue, or has already finished it. */
static bool is_queued(const struct query *answer, const char *id)
{
	struct buf bytes = { 0 };
	struct message trouble;
	bool there = false;

	/* A broker whose queue is full will take the entry when there is room. */
	if (!answer->lists_entries || answer->count >= QUEUEFILES_MAX)
		return true;
	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);

		if (row_is(row, "entry") && !strcmp(row_get(row, "id"), id))
			return true;
	}
	there = queuefile_read(id, &bytes, &trouble) == 0;
	buf_finish(&bytes);
	return !there;
}

/*
 * Tells the broker about the entry, which is on the disk already; without a broker it waits
 * for the next one. False if the running broker reads another directory.
 */
static bool wake_broker(const char *id)
{
	struct message trouble;
	struct query answer;
	int result = query_to(&answer, "queue-reload", NULL, NULL, autostart_allowed(), &trouble);
	bool queued = result < 0 || is_queued(&answer, id);

	if (result < 0 && trouble.id == MSG_BROKER_UNREACHABLE) {
		report("hint", "No broker runs; start it with \"git xmpp daemon start\"");
	} else if (result < 0) {
		fflush(stdout);
		message_print(&trouble, "warning: ");
	}
	query_finish(&answer);
	return queued;
}

/* Removes the entry: the broker was started with another HOME or XDG_STATE_HOME. */
static int take_back(const char *id)
{
	struct message trouble;

	report("fatal", "the broker keeps its queue in another directory than this command");
	report("hint", "Start it from here with \"git xmpp daemon restart\", "
	       "and run the same command again");
	if (queuefile_remove(id, &trouble) < 0)
		return report_trouble(&trouble, false);
	return STATUS_FATAL;
}

static int write_entry(struct queueing *q, bool json)
{
	char id[QUEUEFILE_ID_MAX];
	struct message trouble;
	struct buf bytes = { 0 };
	struct fields f;
	int status = STATUS_OK;

	if (!put_entry(q, &bytes)) {
		buf_finish(&bytes);
		return STATUS_FATAL;
	}
	place_warn_settings();
	f = (struct fields){ .data = buf_data(&bytes), .len = buf_len(&bytes) };
	if (queuefile_new_id(id, &trouble) || queuefile_write(id, f, &trouble))
		status = report_trouble(&trouble, json);
	else if (!wake_broker(id))
		status = take_back(id);
	else
		show(id, f, json);
	buf_finish(&bytes);
	return status;
}

static int queue_push(struct queueing *q, int argc, char **argv, bool json)
{
	const char *name = argc > 0 ? argv[0] : NULL;
	struct message trouble;

	if (queue_entries_read(&q->waiting, &trouble))
		return report_trouble(&trouble, json);
	if (q->waiting.files == QUEUEFILES_MAX) {
		report("fatal", "the queue is full");
		report("hint",
		       "Drop what is not wanted any more with \"git xmpp queue drop <id>\"");
		return STATUS_FATAL;
	}
	if (!remote_find(&q->remote, name, true) || !find_account(q, json) ||
	    !refspecs_resolve(&q->updates, q->remote.name, argv + 1, argc > 1 ? argc - 1 : 0,
			      pending, q))
		return STATUS_FATAL;
	if (q->updates.count > 0)
		return write_entry(q, json);
	if (json)
		show("", (struct fields){ .len = 0 }, json);
	else
		printf("nothing to queue: that is what they have, or will get\n");
	return STATUS_OK;
}

int cmd_queue_push(int argc, char **argv, bool json)
{
	struct queueing q = { .updates = { .count = 0 } };
	int status = queue_push(&q, argc, argv, json);

	updates_finish(&q.updates);
	queue_entries_finish(&q.waiting);
	remote_finish(&q.remote);
	return status;
}
