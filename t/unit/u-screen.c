/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables, widths, sizes and times as a person sees them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "size-text.h"
#include "table.h"
#include "tap.h"
#include "text-width.h"
#include "time-text.h"

static size_t width(const char *s)
{
	return text_width(s, strlen(s));
}

static void widths(void)
{
	ok(width("") == 0 && width("abc") == 3, "a letter takes one column");
	ok(width("\xe5\x90\x8d\xe5\x89\x8d") == 4, "a wide character takes two");
	ok(width("e\xcc\x81t\xc3\xa9") == 3, "a mark that combines takes none");
	ok(width("\xff\xfe") == 2, "what is no UTF-8 is counted by bytes");
}

static void sizes(void)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 bytes" }, { 1, "1 byte" }, { 242, "242 bytes" }, { 999, "999 bytes" },
		{ 1000, "1.0 KiB" }, { 6349, "6.2 KiB" }, { 10 * 1024 - 1, "10 KiB" },
		{ 391 * 1024, "391 KiB" }, { 1023 * 1024, "1.0 MiB" },
		{ 1258291, "1.2 MiB" }, { 40ull << 20, "40 MiB" }, { 5ull << 30, "5.0 GiB" },
		{ UINT64_MAX, "16777216 TiB" },
	};
	char out[2 * SIZE_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(!strcmp(size_text(rows[i].bytes, out), rows[i].text), "%s", rows[i].text);
	ok(!strcmp(rate_text(6349, out), "6.2 KiB/s"), "a rate");
	ok(!strcmp(rate_text(3, out), "3 bytes/s"), "a rate that is slow is not 0.0");
	ok(!strcmp(part_text(1258291, 40ull << 20, out), "1.2 of 40 MiB"), "a part, in one unit");
	ok(!strcmp(part_text(120 << 10, 4 << 20, out), "120 KiB of 4.0 MiB"), "... in two");
}

static bool when(uint64_t t, uint64_t now, const char *text)
{
	char out[32];

	if (!strcmp(when_text(t, now, out), text))
		return true;
	printf("# '%s', not '%s'\n", when_text(t, now, out), text);
	return false;
}

static void times(void)
{
	enum { NOW = 1764453840, DAY = 86400 };	/* Sat 29 Nov 2025, 22:04 in UTC */
	char out[32];

	setenv("TZ", "UTC0", 1);
	tzset();
	ok(when(NOW - 1200, NOW, "today 21:44"), "today");
	ok(when(NOW - DAY, NOW, "yesterday 22:04"), "yesterday");
	ok(when(NOW - 4 * DAY, NOW, "Tue 22:04"), "a day of this week");
	ok(when(NOW - 17 * DAY, NOW, "12 Nov"), "a day of this year");
	ok(when(NOW - 24 * DAY, NOW, "5 Nov"), "a day of one digit");
	ok(when(NOW - 400 * DAY, NOW, "25 Oct 2024"), "a day of another year");
	ok(when(NOW + 27 * DAY, NOW, "26 Dec"), "a day to come");
	ok(when(0, NOW, "-"), "never");
	setenv("TZ", "XXX-3", 1);
	tzset();
	ok(when(NOW - 1200, NOW, "today 00:44"), "the time zone is the user's");
	ok(when(NOW - 2 * 3600, NOW, "yesterday 23:04"), "... and so is midnight");
	ok(!strcmp(span_short(89, out), "89 s") && !strcmp(span_short(119, out), "2 min") &&
		   !strcmp(span_short(5399, out), "90 min") &&
		   !strcmp(span_short(86399, out), "24 h"),
	   "it is rounded to the nearest");
	ok(!strcmp(span_short(24, out), "24 s") && !strcmp(span_short(200, out), "3 min") &&
		   !strcmp(span_short(7300, out), "2 h") &&
		   !strcmp(span_short(5 * DAY, out), "5 days"),
	   "spans, short");
	ok(!strcmp(when_shown(NOW, out), "2025-11-30 01:04"), "in a pipe the date is whole");
}

static bool printed(struct table *t, size_t limit, const char *expected)
{
	struct buf out = { 0 };
	bool same;

	table_put(t, limit, &out);
	same = !strcmp(buf_str(&out), expected);
	if (!same)
		printf("# printed:\n%s# expected:\n%s", buf_str(&out), expected);
	buf_finish(&out);
	return same;
}

static void fill(struct table *t)
{
	table_row(t);
	table_cell(t, PAINT_WAITS, "%s", "");
	table_cell(t, PAINT_NAME, "bob@example.org");
	table_cell(t, PAINT_GOOD, "online");
	table_cell(t, PAINT_PLAIN, "%s", "");
	table_row(t);
	table_cell(t, PAINT_WAITS, "!");
	table_cell(t, PAINT_NAME, "\xe5\x90\x8d@x");
	table_cell(t, PAINT_GOOD, "offline");
	table_cell(t, PAINT_PLAIN, "%s", "");
	table_cell(t, PAINT_PLAIN, "one two three");
	table_more(t, " %s", "\033[2J");
	table_cell(t, PAINT_COMMAND, "git xmpp verify a@b");
}

static void tables(void)
{
	struct table t = { .count = 0 };

	fill(&t);
	ok(printed(&t, 0,
		   "  bob@example.org  online\n"
		   "! \xe5\x90\x8d@x             offline  one two three \\x1b[2J  "
		   "git xmpp verify a@b\n"),
	   "aligned, escaped, without the column that is empty");
	fill(&t);
	ok(printed(&t, 40,
		   "  bob@example.org  online\n"
		   "! \xe5\x90\x8d@x             offline\n"
		   "    one two three \\x1b[2J\n"
		   "    git xmpp verify a@b\n"),
	   "a row breaks between cells");
	fill(&t);
	ok(printed(&t, 16,
		   "  bob@example.org\n"
		   "    online\n"
		   "! \xe5\x90\x8d@x\n"
		   "    offline\n"
		   "    one two\n"
		   "    three\n"
		   "    \\x1b[2J\n"
		   "    git xmpp verify a@b\n"),
	   "... within them only if it must, never a command");
	ok(printed(&t, 40, ""), "a table without rows is nothing");
}

int main(void)
{
	widths();
	sizes();
	times();
	tables();
	return tap_done();
}
