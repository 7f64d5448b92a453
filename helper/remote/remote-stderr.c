/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes come in pieces of any size. A line is kept until its newline, or until it is too
 * long. Then it is written in one write(), so that it does not mix with the progress that
 * git prints to the same terminal.
 */

#include "remote-stderr.h"

#include <string.h>

#include "io.h"
#include "text.h"

static void show_line(struct remote_stderr *text)
{
	struct buf shown = { 0 };
	size_t n = buf_len(&text->line);

	if (n > 0 && buf_data(&text->line)[n - 1] == '\r')
		n--;
	buf_puts(&shown, "remote: ");
	if (n > 0)
		text_escape(&shown, buf_data(&text->line), n, false);
	buf_puts(&shown, "\n");
	io_write_all(2, buf_data(&shown), buf_len(&shown));
	text->shown += buf_len(&shown);
	buf_reset(&text->line);
	buf_finish(&shown);
}

static void cut(struct remote_stderr *text)
{
	static const char more[] = "remote: (more of this was left out)\n";

	io_write_all(2, more, strlen(more));
	text->cut = true;
	buf_reset(&text->line);
}

void remote_stderr_add(struct remote_stderr *text, const char *data, size_t n)
{
	while (n > 0 && !text->cut) {
		size_t room = REMOTE_LINE_MAX - buf_len(&text->line);
		const char *newline = memchr(data, '\n', n);
		size_t take = newline ? (size_t)(newline - data) : n;
		bool whole = newline && take <= room;

		if (take > room)
			take = room;
		buf_append(&text->line, data, take);
		data += take + whole;
		n -= take + whole;
		if (!whole && buf_len(&text->line) < REMOTE_LINE_MAX)
			return;
		if (text->shown < REMOTE_STDERR_MAX)
			show_line(text);
		else
			cut(text);
	}
}

void remote_stderr_finish(struct remote_stderr *text)
{
	if (buf_len(&text->line) > 0 && !text->cut)
		show_line(text);
	buf_finish(&text->line);
}
