/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git does the same with its own progress: return, text, and erase to the end of the line. */
#include "status-line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "monotonic.h"
#include "text-width.h"
#include "text.h"
#include "time-text.h"

enum { SECOND_MS = 1000, COLUMNS = 80 };

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return COLUMNS;
}

/* How many bytes of the text fit; characters stay whole. */
static size_t fitting(const char *text, size_t width)
{
	size_t n = strlen(text);

	while (n > 0 && text_width(text, n) > width)
		do
			n--;
		while (n > 0 && (text[n] & 0xc0) == 0x80);
	return n;
}

/* Prints the text, and tail, which is never cut. */
static void print_line(struct status_line *l, const char *tail)
{
	size_t width = columns(), taken = strlen(tail) + 1;
	const char *text = buf_str(&l->text);

	fprintf(stderr, "\r%.*s%s\033[K", (int)fitting(text, width > taken ? width - taken : 0),
		text, tail);
	l->visible = true;
}

static void show_wait(struct status_line *l, int64_t now)
{
	char tail[48], span[32];

	snprintf(tail, sizeof(tail), " (%s)",
		 span_short((uint64_t)(now - l->since) / SECOND_MS, span));
	print_line(l, tail);
	l->next = now + SECOND_MS - (now - l->since) % SECOND_MS;
}

static void take_text(struct status_line *l, const char *text)
{
	buf_reset(&l->text);
	text_escape(&l->text, text, strlen(text), false);
}

void status_line_wait(struct status_line *l, const char *text)
{
	l->since = monotonic_ms();
	l->next = l->since + SECOND_MS;
	take_text(l, text);
}

void status_line_set(struct status_line *l, const char *text)
{
	take_text(l, text);
	if (!buf_len(&l->text))
		status_line_hide(l);
	else if (l->visible)
		show_wait(l, monotonic_ms());
}

void status_line_show(struct status_line *l, const char *text)
{
	if (!l->wanted)
		return;
	take_text(l, text);
	print_line(l, "");
	l->next = 0;
}

int status_line_timeout(const struct status_line *l)
{
	int64_t left = l->next - monotonic_ms();

	if (!l->wanted || !l->next || !buf_len(&l->text))
		return -1;
	return left > 0 ? (int)left : 0;
}

void status_line_tick(struct status_line *l)
{
	if (status_line_timeout(l) == 0)
		show_wait(l, monotonic_ms());
}

void status_line_hide(struct status_line *l)
{
	if (l->visible)
		fputs("\r\033[K", stderr);
	l->visible = false;
}

void status_line_finish(struct status_line *l)
{
	status_line_hide(l);
	buf_finish(&l->text);
}
