/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"
#include "output.h"
#include "query.h"
#include "queue-entry.h"
#include "text.h"

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

static void print_state(struct fields f)
{
	const char *state = row_get(f, "state"), *error = row_get(f, "error");
	uint64_t tries = fields_get_u64(f, "tries", 0);

	if (!strcmp(state, "running")) {
		printf("is being pushed");
	} else if (!strcmp(state, "failed")) {
		printf("failed: ");
		print_text(error);
	} else {
		printf("waits for ");
		print_text(row_get(f, "jid"));
		if (*error) {
			printf(" (tried %" PRIu64 " time%s: ", tries, tries == 1 ? "" : "s");
			print_text(error);
			putchar(')');
		}
	}
}

void queue_entry_print(const char *id, struct fields f)
{
	struct buf updates = { 0 };

	queue_entry_updates_text(f, &updates);
	printf("%s  ", id);
	print_text(row_get(f, "jid"));
	putchar('/');
	print_text(row_get(f, "share"));
	printf("  %s  ", buf_str(&updates));
	print_state(f);
	putchar('\n');
	buf_finish(&updates);
}

static void print_word(const char *word)
{
	struct buf out = { 0 };

	text_shell(&out, word);
	print_text(buf_str(&out));
	buf_finish(&out);
}

static void print_git(struct fields f)
{
	printf("git -C ");
	print_word(*row_get(f, "directory") ? row_get(f, "directory") : row_get(f, "path"));
}

/* Prints the refspec with which the ref can be queued again. */
static void print_anew(void *arg, const char *src, const char *dst, const char *expect)
{
	struct buf refspec = { 0 };

	buf_printf(&refspec, "%s:%s", *src ? "HEAD" : "", dst);
	putchar(' ');
	print_word(buf_str(&refspec));
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

void queue_entry_print_way_out(const char *id, struct fields f)
{
	struct only only = { .count = 0 };

	if (strcmp(row_get(f, "state"), "failed"))
		return;
	printf("    ");
	if (!fields_get_u64(f, "moved", 0)) {
		printf("git xmpp queue retry %s   or   git xmpp queue drop %s\n", id, id);
		return;
	}
	/*
	 * The commits that are new there have to be merged first: with pull, if the entry
	 * has just one branch. Otherwise the user decides how.
	 */
	queue_entry_updates(f, look_for_only, &only);
	print_git(f);
	printf(only.dst ? " pull " : " fetch ");
	print_word(row_get(f, "remote"));
	if (only.dst) {
		putchar(' ');
		print_word(only.dst);
	}
	if (only.count == 1) {
		printf(" && ");
		print_git(f);
		printf(" xmpp queue push ");
		print_word(row_get(f, "remote"));
		queue_entry_updates(f, print_anew, NULL);
	}
	printf(" && git xmpp queue drop %s\n", id);
	free(only.dst);
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
	static const char *const keys[] = { "jid", "share", "path", "remote", "state", "error" };

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
