/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing that came from outside reaches the terminal unescaped: it passes here. */

#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "exit-status.h"
#include "text.h"

void report(const char *label, const char *fmt, ...)
{
	struct buf text = { 0 }, shown = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	text_escape(&shown, buf_data(&text), buf_len(&text), false);
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", label, buf_str(&shown));
	buf_finish(&text);
	buf_finish(&shown);
}

/* The questions that can be answered with no. */
static int status_of(enum message_id id)
{
	switch (id) {
	case MSG_NOT_BUDDY:
	case MSG_NO_SUCH_BUDDY:
	case MSG_NOT_ASKED:
	case MSG_NOT_BLOCKED:
	case MSG_NO_DEVICE_KNOWN:
	case MSG_NOT_SEEN:
	case MSG_NOT_SHOWN:
	case MSG_FINGERPRINT_MISMATCH:
	case MSG_NO_SUCH_ENTRY:
		return STATUS_NO;
	default:
		return STATUS_FATAL;
	}
}

int report_trouble(const struct message *trouble, bool json)
{
	struct buf out = { 0 };

	fflush(stdout);
	if (!json) {
		message_print(trouble, "fatal: ");
		return status_of(trouble->id);
	}
	json_open(&out, NULL, '{');
	json_number(&out, "version", 1);
	json_open(&out, "error", '{');
	json_string(&out, "id", message_name(trouble->id));
	json_string(&out, "message", trouble->text);
	json_string(&out, "hint", *trouble->hint ? trouble->hint : NULL);
	json_close(&out, '}');
	json_close(&out, '}');
	json_print(&out);
	return status_of(trouble->id);
}

void print_text(const char *text)
{
	struct buf shown = { 0 };

	if (!text)
		return;
	text_escape(&shown, text, strlen(text), false);
	fputs(buf_str(&shown), stdout);
	buf_finish(&shown);
}

const char *span_text(uint64_t seconds, char out[32])
{
	static const struct {
		uint64_t length;
		const char *name;
	} units[] = {
		{ 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].length)
		i++;
	seconds /= units[i].length;
	snprintf(out, 32, "%" PRIu64 " %s%s", seconds, units[i].name, seconds == 1 ? "" : "s");
	return out;
}

void print_count(uint64_t n, const char *singular)
{
	printf("%" PRIu64 " %s%s", n, singular, n == 1 ? "" : "s");
}

const char *time_text(uint64_t unix_time, char out[32])
{
	time_t t = unix_time;
	struct tm tm;

	snprintf(out, 32, "-");
	if (unix_time > 0 && gmtime_r(&t, &tm))
		strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

static void json_key(struct buf *out, const char *key)
{
	size_t n = buf_len(out);

	if (n > 0 && !strchr("{[", buf_data(out)[n - 1]))
		buf_puts(out, ",");
	if (key)
		buf_printf(out, "\"%s\":", key);
}

void json_open(struct buf *out, const char *key, char bracket)
{
	json_key(out, key);
	buf_append(out, &bracket, 1);
}

void json_close(struct buf *out, char bracket)
{
	buf_append(out, &bracket, 1);
}

void json_string(struct buf *out, const char *key, const char *value)
{
	json_key(out, key);
	if (value)
		text_json(out, value);
	else
		buf_puts(out, "null");
}

void json_number(struct buf *out, const char *key, uint64_t value)
{
	json_key(out, key);
	buf_printf(out, "%" PRIu64, value);
}

void json_bool(struct buf *out, const char *key, bool value)
{
	json_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

void json_time(struct buf *out, const char *key, uint64_t unix_time)
{
	char text[32];

	json_string(out, key, unix_time > 0 ? time_text(unix_time, text) : NULL);
}

void json_print(struct buf *out)
{
	puts(buf_str(out));
	buf_finish(out);
}
