/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "time-text.h"

static bool printed;

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

void json_begin(struct buf *out)
{
	json_open(out, NULL, '{');
	json_number(out, "version", 1);
}

bool json_printed(void)
{
	return printed;
}

void json_print(struct buf *out)
{
	printed = true;
	puts(buf_str(out));
	buf_finish(out);
}
