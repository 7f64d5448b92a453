/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fetch moves bytes to the one who fetches and a push to the one who is pushed to, whichever of
 * them we are. The few bytes in the other direction are of no interest.
 */
#include "transfer-text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "account-status.h"
#include "alloc.h"
#include "size-text.h"
#include "time-text.h"

static bool is(struct fields row, const char *key, const char *value)
{
	return !strcmp(row_get(row, key), value);
}

/* "bob@example.org is fetching", "you push to bob@example.org" */
static void put_deed(struct buf *text, struct fields row)
{
	static const struct {
		const char *service, *theirs, *ours;
	} words[] = {
		{ "upload-pack", "is fetching", "you fetch from" },
		{ "receive-pack", "is pushing", "you push to" },
		{ "upload-archive", "is making an archive", "you make an archive at" },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(words) && !is(row, "service", words[i].service))
		i++;
	if (is(row, "direction", "in"))
		buf_printf(text, "%s %s", row_get(row, "jid"), words[i].theirs);
	else
		buf_printf(text, "%s %s", words[i].ours, row_get(row, "jid"));
}

void transfer_about(struct buf *text, struct fields row)
{
	put_deed(text, row);
	buf_printf(text, " %s", row_get(row, "share"));
}

/* Whether what the transfer is for moves away from us. */
static bool goes_out(struct fields row)
{
	return is(row, "direction", "out") == is(row, "service", "receive-pack");
}

static void put_amount(struct table *t, struct fields row, uint64_t done, uint64_t total)
{
	char text[2 * SIZE_TEXT_MAX];

	if (total)
		table_cell(t, PAINT_PLAIN, "%u%% of %s",
			   (unsigned)(done >= total ? 100 : (double)done / total * 100),
			   size_text(total, text));
	else
		table_cell(t, PAINT_PLAIN, "%s %s", goes_out(row) ? "sent" : "received",
			   size_text(done, text));
}

static void put_speed(struct table *t, struct fields row, uint64_t left)
{
	uint64_t rate = fields_get_u64(row, "rate", 0), waits = fields_get_u64(row, "waits", 0);
	char text[32];

	if (waits) {
		table_cell(t, PAINT_WAITS, "waits up to %s for the connection to come back",
			   span_text(waits, text));
		return;
	}
	if (rate)
		table_cell(t, PAINT_PLAIN, "%s", rate_text(rate, text));
	else
		table_cell(t, PAINT_DIM, "nothing moves");
	if (rate && left)
		table_cell(t, PAINT_PLAIN, "%s left", span_short((left + rate - 1) / rate, text));
	else
		table_cell(t, PAINT_PLAIN, "%s", "");
}

bool transfer_is(struct fields row, const char *begin)
{
	return row_is(row, "transfer") && !strncmp(row_get(row, "id"), begin, strlen(begin));
}

/* How many letters two different ids have in common; 0 if they are the same. */
static size_t common_len(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return a[n] == b[n] ? 0 : n;
}

size_t transfer_id_len(const struct query *answer, struct fields row)
{
	size_t len = TRANSFER_ID_SHOWN;

	for (size_t i = 0; i < answer->count; i++) {
		struct fields other = query_row(answer, i);
		size_t n = row_is(other, "transfer")
				   ? common_len(row_get(row, "id"), row_get(other, "id"))
				   : 0;

		len = n < len ? len : n + 1;
	}
	return len;
}

/* The JID of the account whose transfer this is; its server is in the way of what goes in-band. */
static const char *own_jid(const struct query *answer, struct fields row)
{
	struct fields account;

	account_status(answer, fields_get(row, "account"), &account);
	return account.data ? row_get(account, "jid") : "";
}

void transfer_put(struct table *t, const struct query *answer, struct fields row)
{
	uint64_t total = fields_get_u64(row, "total", 0);
	uint64_t done = fields_get_u64(row, goes_out(row) ? "sent" : "received", 0);
	char *way = transfer_way(row_get(row, "path"), own_jid(answer, row));
	struct buf deed = { 0 };

	if (total)
		done = fields_get_u64(row, "done", done);
	table_row(t);
	put_deed(&deed, row);
	table_cell(t, PAINT_NAME, "%s", buf_str(&deed));
	table_cell(t, PAINT_PLAIN, "%s", row_get(row, "share"));
	put_amount(t, row, done, total);
	put_speed(t, row, total > done ? total - done : 0);
	table_cell(t, PAINT_DIM, "%s", way);
	if (*way && fields_get(row, "limited"))
		table_more(t, " (its limit)");
	buf_finish(&deed);
	free(way);
}

char *transfer_way(const char *path, const char *own)
{
	const char *domain = strchr(own, '@');

	if (!strncmp(path, "proxy ", strlen("proxy ")))
		return xasprintf("through %s", path + strlen("proxy "));
	/* The addresses are of interest to few; they are in the list of links. */
	if (strncmp(path, "in-band", strlen("in-band")) != 0 || !domain)
		return xstrndup(path, strcspn(path, " "));
	domain++;
	return xasprintf("through %.*s", (int)strcspn(domain, "/"), domain);
}

char *transfer_ways(struct fields paths)
{
	uint64_t port = fields_get_u64(paths, "port", 0);
	struct buf text = { 0 };

	if (port)
		buf_printf(&text, "direct connections on port %" PRIu64 "; ", port);
	else
		buf_puts(&text, "no direct connections; ");
	if (*row_get(paths, "proxy"))
		buf_printf(&text, "proxy %s", row_get(paths, "proxy"));
	else
		buf_puts(&text, "no proxy");
	if (!is(paths, "transport", "auto"))
		buf_printf(&text, "; only %s", row_get(paths, "transport"));
	return buf_detach(&text);
}
