/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The row of a buddy is followed by those of their devices, up to the next buddy. Who asks, who
 * was removed and who is blocked has no state of their own to be shown: why, and the command
 * that changes it, stand in its place.
 */
#include "buddy-text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "device-text.h"
#include "json.h"
#include "output.h"
#include "text.h"
#include "time-text.h"
#include "transfer-text.h"

static bool has(struct fields row, const char *key)
{
	return fields_get_u64(row, key, 0) > 0;
}

const char *buddy_state(struct fields row)
{
	if (fields_get_u64(row, "self", 0))
		return "self";
	if (fields_get_u64(row, "wants", 0))
		return "wants";
	if (fields_get_u64(row, "git", 0))
		return "git";
	if (fields_get_u64(row, "online", 0))
		return "online";
	if (fields_get_u64(row, "asked", 0))
		return "asked";
	return "offline";
}

size_t buddy_devices(const struct query *answer, size_t buddy)
{
	size_t i = buddy + 1;

	while (i < answer->count && row_is(query_row(answer, i), "device"))
		i++;
	return i - buddy - 1;
}

static const char *trust_text(struct fields row)
{
	static const struct {
		const char *trust, *text;
	} texts[] = {
		{ "verified", "verified" },
		{ "vouched", "vouched for" },
		{ "seen", "seen, not verified" },
		{ "pending", "new" },
		{ "suspended", "suspended" },
		{ "revoked", "revoked" },
		{ "distrusted", "shut out" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(row_get(row, "trust"), texts[i].trust))
			return texts[i].text;
	return "no device known";
}

/*
 * Whether the person is no buddy any more, and only their devices are remembered: one side
 * has removed the other.
 */
static bool was_removed(struct fields row)
{
	return !fields_get_u64(row, "self", 0) && !fields_get_u64(row, "asked", 0) &&
	       !strcmp(row_get(row, "subscription"), "none");
}

/* Whether a device waits for the user to compare it. */
static bool has_waiting(struct fields row)
{
	return fields_get_u64(row, "pending", 0) || device_has_trust(row, "pending") ||
	       (device_has_trust(row, "suspended") && !was_removed(row));
}

static void put_command(struct table *t, const char *verb, struct fields row)
{
	struct buf jid = { 0 };

	text_operand(&jid, row_get(row, "jid"));
	table_cell(t, PAINT_COMMAND, "git xmpp %s %s", verb, buf_str(&jid));
	buf_finish(&jid);
}

/* Adds the word for the state, a sentence that explains it, and the command that changes it. */
static void put_exception(struct table *t, struct fields row, enum paint paint, const char *state,
			  const char *sentence, const char *verb)
{
	table_cell(t, paint, "%s", state);
	table_cell(t, PAINT_PLAIN, "%s", sentence);
	if (verb)
		put_command(t, verb, row);
}

static void put_asked(struct table *t, struct fields row)
{
	uint64_t again = fields_get_u64(row, "asked-again", 0);
	const char *error = row_get(row, "error");
	struct buf text = { 0 };
	char span[32];

	if (!*error)
		buf_puts(&text, "has not answered yet");
	else
		buf_printf(&text, "%s: %s",
			   again ? "could not be asked" : "the request was refused", error);
	if (again)
		buf_printf(&text, "; %s in %s", *error ? "again" : "is asked again",
			   span_text(again, span));
	put_exception(t, row, *error ? PAINT_FAILED : PAINT_WAITS, "asked", buf_str(&text),
		      *error ? "remove" : NULL);
	buf_finish(&text);
}

/* Adds what replaces the state and the devices; false if nothing does. */
static bool is_exception(struct table *t, struct fields row, const char *state)
{
	if (has(row, "blocked"))
		put_exception(t, row, PAINT_DIM, "blocked", "", "unblock");
	else if (!strcmp(state, "wants"))
		put_exception(t, row, PAINT_WAITS, "asks", "wants to be your buddy", "accept");
	else if (*row_get(row, "error") || !strcmp(state, "asked"))
		put_asked(t, row);
	else if (was_removed(row) && has(row, "removed") && has(row, "contact"))
		put_exception(t, row, PAINT_DIM, "removed", "no longer a buddy: has removed you",
			      "add");
	else if (was_removed(row))
		put_exception(t, row, PAINT_DIM, "removed", "no longer a buddy", "add");
	else
		return false;
	return true;
}

static void put_state(struct table *t, struct fields row, const char *state)
{
	if (!strcmp(state, "git"))
		table_cell(t, PAINT_GOOD, "online");
	else if (!strcmp(state, "online"))
		table_cell(t, PAINT_PLAIN, "chat only");
	else
		table_cell(t, PAINT_DIM, "%s", strcmp(state, "self") ? state : "you");
}

/* Adds a summary, like "verified, 2 devices; 1 new device to be compared". */
static void put_trust(struct table *t, struct fields row, size_t devices)
{
	uint64_t pending = fields_get_u64(row, "pending", 0);
	bool news = device_has_trust(row, "pending");
	const char *kind = has(row, "self") ? "other device" : "device";
	struct buf text = { 0 };

	if (devices && !news)
		buf_printf(&text, "%s, %zu %s%s", trust_text(row), devices, kind,
			   devices == 1 ? "" : "s");
	if (pending || news)
		buf_printf(&text, "%s%" PRIu64 " new device%s to be compared",
			   buf_len(&text) ? "; " : "", pending ? pending : 1,
			   pending > 1 ? "s" : "");
	/* Without any, its place is taken by what comes next. */
	if (buf_len(&text))
		table_cell(t,
			   has_waiting(row)		       ? PAINT_WAITS
			   : device_has_trust(row, "verified") ? PAINT_GOOD
							       : PAINT_PLAIN,
			   "%s", buf_str(&text));
	buf_finish(&text);
}

static void put_part(struct buf *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put_part(struct buf *text, const char *fmt, ...)
{
	va_list ap;

	if (buf_len(text))
		buf_puts(text, ", ");
	va_start(ap, fmt);
	buf_vprintf(text, fmt, ap);
	va_end(ap);
}

/* Adds whatever else is of interest. */
static void put_rest(struct table *t, struct fields row, const char *state,
		     const struct buddy_context *context)
{
	uint64_t seen = fields_get_u64(row, "last-seen", 0), now = time(NULL);
	unsigned pushes = context->pushes ? context->pushes(context->arg, row_get(row, "jid")) : 0;
	char *way = transfer_way(row_get(row, "path"), context->own), span[32];
	struct buf text = { 0 };

	if (*way)
		put_part(&text, "%s", way);
	if (!strcmp(state, "online") && !*row_get(row, "protocol"))
		put_part(&text, "no git-xmpp");
	if (!strcmp(state, "offline") && seen > 0 && seen <= now)
		put_part(&text, "last seen %s ago", span_text(now - seen, span));
	if (*row_get(row, "protocol"))
		put_part(&text, "speaks another protocol: %s", row_get(row, "protocol"));
	/*
	 * Only one half of the subscription is there: they have not asked us, or their
	 * request was lost.
	 */
	if (!strcmp(row_get(row, "subscription"), "to") && !has(row, "self"))
		put_part(&text, "does not see you yet");
	if (pushes)
		put_part(&text, "%u push%s", pushes, pushes == 1 ? " waits" : "es wait");
	table_cell(t, PAINT_PLAIN, "%s", buf_str(&text));
	free(way);
	buf_finish(&text);
}

void buddy_put(struct table *t, const struct query *answer, size_t i,
	       const struct buddy_context *context)
{
	struct fields row = query_row(answer, i);
	const char *state = buddy_state(row);

	bool waits = has_waiting(row) || !strcmp(state, "wants") || *row_get(row, "error");

	table_row(t);
	table_cell(t, PAINT_WAITS, "%s", waits && !has(row, "blocked") ? "!" : "");
	table_cell(t, PAINT_NAME, "%s", row_get(row, "jid"));
	if (is_exception(t, row, state))
		return;
	put_state(t, row, state);
	put_trust(t, row, buddy_devices(answer, i));
	put_rest(t, row, state, context);
	if (has_waiting(row))
		put_command(t, "verify", row);
}

static void print_marks(struct fields row)
{
	static const char *const marks[] = { "self", "blocked", "removed" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!fields_get_u64(row, marks[i], 0))
			continue;
		printf("%s%s", any ? "," : "", marks[i]);
		any = true;
	}
	if (!any)
		putchar('-');
}

void buddy_porcelain(const struct query *answer, size_t i)
{
	struct fields row = query_row(answer, i);
	char seen[32];

	print_text(row_get(row, "jid"));
	printf("\t%s\t", buddy_state(row));
	print_text(row_get(row, "subscription"));
	putchar('\t');
	print_text(row_get(row, "trust"));
	printf("\t%zu\t%s\t%" PRIu64 "\t", buddy_devices(answer, i),
	       time_text(fields_get_u64(row, "last-seen", 0), seen),
	       fields_get_u64(row, "pending", 0));
	print_marks(row);
	putchar('\t');
	print_text(*row_get(row, "error") ? row_get(row, "error") : "-");
	printf("\t%" PRIu64 "\t%" PRIu64 "\n", fields_get_u64(row, "protocol", 0),
	       fields_get_u64(row, "asked-again", 0));
}

void buddy_json(struct buf *out, const struct query *answer, size_t i)
{
	struct fields row = query_row(answer, i);
	size_t devices = buddy_devices(answer, i);

	json_open(out, NULL, '{');
	json_string(out, "jid", row_get(row, "jid"));
	json_string(out, "state", buddy_state(row));
	json_string(out, "subscription", row_get(row, "subscription"));
	json_string(out, "trust", row_get(row, "trust"));
	json_time(out, "last_seen", fields_get_u64(row, "last-seen", 0));
	json_number(out, "pending", fields_get_u64(row, "pending", 0));
	json_bool(out, "self", fields_get_u64(row, "self", 0) > 0);
	json_bool(out, "blocked", fields_get_u64(row, "blocked", 0) > 0);
	json_bool(out, "removed", fields_get_u64(row, "removed", 0) > 0);
	json_string(out, "error", fields_get(row, "error"));
	json_number(out, "asked_again", fields_get_u64(row, "asked-again", 0));
	json_number(out, "protocol", fields_get_u64(row, "protocol", 0));
	json_open(out, "devices", '[');
	for (size_t d = 0; d < devices; d++)
		device_json(out, query_row(answer, i + 1 + d));
	json_close(out, ']');
	json_close(out, '}');
}

/* Whether x is listed before y: by the address, but the own account last. */
static bool is_before(struct fields x, struct fields y)
{
	if (has(x, "self") != has(y, "self"))
		return has(y, "self");
	return strcmp(row_get(x, "jid"), row_get(y, "jid")) < 0;
}

size_t *buddies_sorted(const struct query *answer, size_t *count)
{
	size_t *found = xcalloc(answer->count ? answer->count : 1, sizeof(*found)), n = 0;

	for (size_t i = 0; i < answer->count; i++) {
		size_t at = n;

		if (!row_is(query_row(answer, i), "buddy"))
			continue;
		for (; at > 0 && is_before(query_row(answer, i), query_row(answer, found[at - 1]));
		     at--)
			found[at] = found[at - 1];
		found[at] = i;
		n++;
	}
	*count = n;
	return found;
}
