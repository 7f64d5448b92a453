/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"
#include "query.h"
#include "queue-entry.h"
#include "text.h"
#include "time-text.h"

int queue_entries_read(struct queue_entries *entries, struct message *trouble)
{
	char (*ids)[QUEUEFILE_ID_MAX];
	int n;

	*entries = (struct queue_entries){ .count = 0 };
	n = queuefile_list(&ids, trouble);
	if (n < 0)
		return -1;
	entries->files = n;
	entries->rows = xcalloc(n ? n : 1, sizeof(*entries->rows));
	for (int i = 0; i < n; i++) {
		struct queued *e = &entries->rows[entries->count];
		/*
		 * A file that has vanished belonged to a push that was delivered in the
		 * meantime.
		 */
		int result = queuefile_read(ids[i], &e->bytes, trouble);

		if (result < 0)
			message_print(trouble, "warning: ");
		if (result) {
			buf_finish(&e->bytes);
			continue;
		}
		memcpy(e->id, ids[i], sizeof(e->id));
		e->f = (struct fields){ .data = buf_data(&e->bytes), .len = buf_len(&e->bytes) };
		entries->count++;
	}
	free(ids);
	return 0;
}

void queue_entries_finish(struct queue_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		buf_finish(&entries->rows[i].bytes);
	free(entries->rows);
}

static bool runs(const struct queued *e)
{
	return !strcmp(row_get(e->f, "state"), "running");
}

bool queue_entries_any_runs(const struct queue_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (runs(&entries->rows[i]))
			return true;
	return false;
}

void queue_entries_nothing_runs(struct queue_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct queued *e = &entries->rows[i];
		const char *key, *value;
		struct buf bytes = { 0 };
		size_t pos = 0, key_len;

		if (!runs(e))
			continue;
		while (fields_next(e->f, &pos, &key, &key_len, &value)) {
			char name[FIELD_KEY_MAX + 1];

			snprintf(name, sizeof(name), "%.*s", (int)key_len, key);
			fields_add(&bytes, name, strcmp(name, "state") ? value : "waiting");
		}
		buf_finish(&e->bytes);
		e->bytes = bytes;
		e->f = (struct fields){ .data = buf_data(&e->bytes), .len = buf_len(&e->bytes) };
	}
}

void queue_entry_updates(struct fields f,
			 void (*each)(void *arg, const char *src, const char *dst,
				      const char *expect),
			 void *arg)
{
	const char *key, *value;
	size_t pos = 0, key_len;

	while (fields_next(f, &pos, &key, &key_len, &value)) {
		struct queue_update *u =
			field_is(key, key_len, "update") ? queue_update_parse(value) : NULL;

		if (!u)
			continue;
		each(arg, u->src, u->dst, u->expect);
		queue_update_free(u);
	}
}

static void add_text(void *arg, const char *src, const char *dst, const char *expect)
{
	struct buf *out = arg;

	if (buf_len(out))
		buf_puts(out, ", ");
	queuefile_update_text(out, src, dst, expect);
}

void queue_entry_updates_text(struct fields f, struct buf *out)
{
	struct buf text = { 0 };

	queue_entry_updates(f, add_text, &text);
	buf_puts(out, buf_str(&text));
	buf_finish(&text);
}

/* Since when the entry waits, and until when. */
static void put_times(struct table *t, struct fields f)
{
	uint64_t queued = fields_get_u64(f, "queued", 0), expires = fields_get_u64(f, "expires", 0);
	char text[32];

	if (queued)
		table_more(t, " since %s", when_shown(queued, text));
	if (expires)
		table_more(t, ", until %s", when_shown(expires, text));
}

static void put_state(struct table *t, struct fields f)
{
	const char *state = row_get(f, "state"), *error = row_get(f, "error");
	uint64_t tries = fields_get_u64(f, "tries", 0);

	if (!strcmp(state, "running")) {
		table_cell(t, PAINT_GOOD, "is being pushed");
	} else if (!strcmp(state, "failed")) {
		table_cell(t, PAINT_FAILED, "failed: %s", error);
	} else {
		table_cell(t, PAINT_PLAIN, "waits for %s", row_get(f, "jid"));
		if (*error)
			table_more(t, " (tried %" PRIu64 " time%s: %s)", tries,
				   tries == 1 ? "" : "s", error);
		put_times(t, f);
	}
}

/* Where git is run. */
static const char *directory_of(struct fields f)
{
	return *row_get(f, "directory") ? row_get(f, "directory") : row_get(f, "path");
}

static void put_git(struct buf *out, struct fields f)
{
	buf_puts(out, "git -C ");
	text_shell(out, directory_of(f));
}

/* Appends the refspec with which the ref can be queued again. */
static void put_anew(void *arg, const char *src, const char *dst, const char *expect)
{
	struct buf *out = arg, refspec = { 0 };

	buf_printf(&refspec, "%s:%s", *src ? "HEAD" : "", dst);
	buf_puts(out, " ");
	text_shell(out, buf_str(&refspec));
	buf_finish(&refspec);
}

struct only {
	size_t count;
	char *dst;	/* owned; the ref, if there is just one and it is not deleted; else
			   NULL */
};

static void look_for_only(void *arg, const char *src, const char *dst, const char *expect)
{
	struct only *only = arg;

	free(only->dst);
	only->dst = only->count++ == 0 && *src ? xstrdup(dst) : NULL;
}

/* Appends the commands that help with an entry that has failed. */
static void put_way_out(struct buf *out, const char *id, struct fields f)
{
	struct only only = { .count = 0 };

	if (!fields_get_u64(f, "moved", 0)) {
		buf_printf(out, "git xmpp queue retry %s   or   git xmpp queue drop %s", id, id);
		return;
	}
	/*
	 * The commits that are new there have to be merged first: with pull, if the entry
	 * has just one branch. Otherwise the user decides how.
	 */
	queue_entry_updates(f, look_for_only, &only);
	put_git(out, f);
	buf_puts(out, only.dst ? " pull " : " fetch ");
	text_shell(out, row_get(f, "remote"));
	if (only.dst) {
		buf_puts(out, " ");
		text_shell(out, only.dst);
	}
	if (only.count == 1) {
		buf_puts(out, " && ");
		put_git(out, f);
		buf_puts(out, " xmpp queue push ");
		text_shell(out, row_get(f, "remote"));
		queue_entry_updates(f, put_anew, out);
	}
	buf_printf(out, " && git xmpp queue drop %s", id);
	free(only.dst);
}

void queue_entry_put(struct table *t, const char *id, struct fields f, bool several)
{
	struct buf text = { 0 };

	queue_entry_updates_text(f, &text);
	table_row(t);
	table_cell(t, PAINT_NAME, "%s", id);
	table_cell(t, PAINT_NAME, "%s/%s", row_get(f, "jid"), row_get(f, "share"));
	table_cell(t, PAINT_PLAIN, "%s", buf_str(&text));
	table_cell(t, PAINT_DIM, "from %s", directory_of(f));
	put_state(t, f);
	if (several && *row_get(f, "account"))
		table_cell(t, PAINT_DIM, "by %s", row_get(f, "account"));
	buf_reset(&text);
	if (!strcmp(row_get(f, "state"), "failed")) {
		put_way_out(&text, id, f);
		table_note(t, PAINT_COMMAND, "%s", buf_str(&text));
	}
	buf_finish(&text);
}

static void add_json(void *arg, const char *src, const char *dst, const char *expect)
{
	struct buf *out = arg;

	json_open(out, NULL, '{');
	json_string(out, "ref", dst);
	json_string(out, "old", *expect ? expect : NULL);
	json_string(out, "new", *src ? src : NULL);
	json_close(out, '}');
}

void queue_entry_json(struct buf *out, const char *id, struct fields f)
{
	static const char *const keys[] = {
		"jid", "share", "path", "remote", "state", "error", "account",
	};

	json_open(out, NULL, '{');
	json_string(out, "id", id);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_string(out, keys[i], fields_get(f, keys[i]));
	json_number(out, "tries", fields_get_u64(f, "tries", 0));
	json_time(out, "queued", fields_get_u64(f, "queued", 0));
	json_time(out, "expires", fields_get_u64(f, "expires", 0));
	json_open(out, "updates", '[');
	queue_entry_updates(f, add_json, out);
	json_close(out, ']');
	json_close(out, '}');
}
