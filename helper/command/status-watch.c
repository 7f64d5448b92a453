/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each drawing is one write that goes back to the first line of the one before and ends below the
 * last one. So nothing has to be put right when the user types Ctrl-C. While it is drawn the
 * terminal does not wrap lines: that keeps their number known, whatever they hold.
 */
#include "status-watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit-status.h"
#include "io.h"
#include "output.h"
#include "query.h"
#include "screen.h"
#include "status-json.h"
#include "status-screen.h"

enum { AGAIN_MS = 1000 };

static const char no_wrap[] = "\033[?7l\r", wrap[] = "\033[?7h";

struct watch {
	bool verbose, json;
	size_t drawn;		/* lines of the last drawing */
	struct buf shown;	/* what was printed last */
};

/* Appends at most height - 1 lines, each of which ends what stood there before. */
static size_t put_lines(struct buf *out, const char *text, size_t height)
{
	size_t lines = 0;

	for (; *text && lines + 1 < height; lines++) {
		size_t n = strcspn(text, "\n");

		buf_append(out, text, n);
		buf_puts(out, "\033[K\n");
		text += n + (text[n] == '\n');
	}
	return lines;
}

static int draw(struct watch *w, const char *text)
{
	struct buf out = { 0 };
	int result;

	buf_puts(&out, no_wrap);
	if (w->drawn)
		buf_printf(&out, "\033[%zuA", w->drawn);
	w->drawn = put_lines(&out, text, screen_height());
	buf_printf(&out, "\033[J%s", wrap);
	result = io_write_all(STDOUT_FILENO, buf_data(&out), buf_len(&out));
	buf_finish(&out);
	return result;
}

/* Prints what has changed. -1 if it cannot be written. */
static int print(struct watch *w, struct buf *text)
{
	if (buf_len(text) == buf_len(&w->shown) &&
	    !memcmp(buf_str(text), buf_str(&w->shown), buf_len(text)))
		return 0;
	if (buf_len(&w->shown) && !w->json)
		putchar('\n');
	fputs(buf_str(text), stdout);
	buf_finish(&w->shown);
	w->shown = *text;
	*text = (struct buf){ 0 };
	return fflush(stdout);
}

static int show(struct watch *w, const struct query *answer)
{
	struct buf text = { 0 };
	int result;

	if (w->json) {
		status_json_put(answer, &text);
		buf_puts(&text, "\n");
	} else {
		status_screen(answer, w->verbose, screen_width(), &text);
	}
	result = screen_is_terminal() && !w->json ? draw(w, buf_str(&text)) : print(w, &text);
	buf_finish(&text);
	return result;
}

int status_watch(bool verbose, bool json)
{
	struct watch w = { .verbose = verbose, .json = json };
	int status = STATUS_OK;

	while (status == STATUS_OK) {
		struct message trouble = { .id = MSG_NONE };
		struct query answer;
		int result = query_to(&answer, "status", NULL, NULL, false, &trouble);

		/* A broker that is started later is seen as soon as it answers. */
		if (result < 0 && trouble.id != MSG_BROKER_UNREACHABLE &&
		    trouble.id != MSG_BROKER_LOST)
			status = report_trouble(&trouble, json);
		else if (show(&w, &answer) != 0)
			status = STATUS_FATAL;
		query_finish(&answer);
		if (status == STATUS_OK)
			poll(NULL, 0, AGAIN_MS);
	}
	buf_finish(&w.shown);
	return status;
}
