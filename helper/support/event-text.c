/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal has its values escaped. They are unescaped nowhere, so that a value is shown as it
 * was written: an escape that somebody else had typed looks like one of ours.
 */
#include "event-text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "size-text.h"
#include "time-text.h"

enum { TEXTS = 10 };

/* The texts of an event. */
static void list_texts(struct journal_event *e, const char **texts[TEXTS])
{
	const char **all[TEXTS] = { &e->kind, &e->jid, &e->share, &e->what, &e->result,
				    &e->text, &e->way, &e->refs,  &e->why,  &e->account };

	memcpy(texts, all, sizeof(all));
}

void event_text_take(struct event_text *kept, const struct journal_event *event)
{
	const char **texts[TEXTS];
	size_t size = 0;
	char *at;

	kept->event = *event;
	list_texts(&kept->event, texts);
	for (size_t i = 0; i < TEXTS; i++)
		size += strlen(*texts[i]) + 1;
	kept->bytes = at = xcalloc(1, size);
	for (size_t i = 0; i < TEXTS; i++) {
		size_t n = strlen(*texts[i]) + 1;

		*texts[i] = memcpy(at, *texts[i], n);
		at += n;
	}
}

void event_text_finish(struct event_text *kept)
{
	free(kept->bytes);
}

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* The words for a transfer: what we do, what they do, and what was done. */
static const struct {
	const char *ours, *theirs;
} transfers[] = {
	{ "push", "pushed" },
	{ "fetch", "fetched" },
	{ "archive", "archived" },
};

static enum paint paint_of(const char *result)
{
	if (is(result, "ok"))
		return PAINT_PLAIN;
	return is(result, "failed") || is(result, "refused") ? PAINT_FAILED : PAINT_WAITS;
}

/* Adds "pushed", or "push refused". False if the event is no transfer. */
static bool put_transfer(struct table *t, const struct journal_event *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(transfers) && is(e->kind, "transfer"); i++) {
		bool theirs = is(e->what, transfers[i].theirs);

		if (!theirs && !is(e->what, transfers[i].ours))
			continue;
		table_cell(t, PAINT_NAME, "%s", theirs ? e->jid : "you");
		if (is(e->result, "ok"))
			table_cell(t, PAINT_PLAIN, "%s", transfers[i].theirs);
		else
			table_cell(t, paint_of(e->result), "%s %s", transfers[i].ours, e->result);
		if (theirs)
			table_cell(t, PAINT_PLAIN, "%s", e->share);
		else
			table_cell(t, PAINT_PLAIN, "%s/%s", e->jid, e->share);
		return true;
	}
	return false;
}

/* Adds who did what, with which share, and whether it worked. */
static void put_deed(struct table *t, const struct journal_event *e)
{
	if (put_transfer(t, e))
		return;
	table_cell(t, PAINT_NAME, "%s", e->kind);
	table_cell(t, paint_of(e->result), "%s", e->what);
	if (!is(e->result, "ok"))
		table_more(t, " %s", e->result);
	table_cell(t, PAINT_PLAIN, "%s%s%s", e->jid, *e->share ? "/" : "", e->share);
}

static void put_outcome(struct table *t, const struct journal_event *e)
{
	char text[SIZE_TEXT_MAX];

	/* A line of an older version, and what has no parts, is shown as it is. */
	if (!e->bytes && !*e->refs && !*e->why) {
		table_cell(t, PAINT_PLAIN, "%s", e->text);
		return;
	}
	table_cell(t, PAINT_PLAIN, "%s", *e->refs ? e->refs : e->why);
	if (*e->refs && *e->why)
		table_more(t, ": %s", e->why);
	table_cell(t, PAINT_PLAIN, "%s", e->bytes ? size_text(e->bytes, text) : "");
	/* Without the addresses of a direct path. */
	table_cell(t, PAINT_DIM, "%.*s", (int)strcspn(e->way, " "), e->way);
}

void event_text_put(struct table *t, const struct journal_event *e, bool several)
{
	char text[SIZE_TEXT_MAX];

	table_row(t);
	table_cell(t, PAINT_DIM, "%s", when_shown(e->when, text));
	put_deed(t, e);
	put_outcome(t, e);
	if (several && *e->account)
		table_cell(t, PAINT_DIM, "by %s", e->account);
}

static void put_field(struct buf *out, const char *value)
{
	buf_printf(out, "%s\t", *value ? value : "-");
}

void event_text_porcelain(struct buf *out, const struct journal_event *e)
{
	char when[32];

	put_field(out, time_text(e->when, when));
	put_field(out, e->kind);
	put_field(out, e->jid);
	put_field(out, e->share);
	put_field(out, e->what);
	put_field(out, e->result);
	buf_printf(out, "%" PRIu64 "\t", e->bytes);
	put_field(out, e->way);
	put_field(out, e->refs);
	put_field(out, e->why);
	put_field(out, e->text);
	buf_printf(out, "%s\n", *e->account ? e->account : "-");
}

void event_text_json(struct buf *out, const char *key, const struct journal_event *e)
{
	json_open(out, key, '{');
	json_time(out, "time", e->when);
	json_string(out, "kind", e->kind);
	json_string(out, "jid", e->jid);
	json_string(out, "share", e->share);
	json_string(out, "what", e->what);
	json_string(out, "result", e->result);
	json_string(out, "text", e->text);
	json_number(out, "bytes", e->bytes);
	json_string(out, "path", *e->way ? e->way : NULL);
	json_string(out, "refs", *e->refs ? e->refs : NULL);
	json_string(out, "why", *e->why ? e->why : NULL);
	json_string(out, "account", *e->account ? e->account : NULL);
	json_close(out, '}');
}
