/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git knows whether there are colours: "git config --get-colorbool" looks at the variables and
 * at TERM. It is asked once, before the first colour. The variables of slots are looked for all
 * at once, and git parses the few that are set.
 */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "alloc.h"
#include "run-git.h"

enum { WIDTH_DEFAULT = 80, HEIGHT_DEFAULT = 24, COLOUR_MAX = 64 };

static struct {
	const char *slot;
	char begin[COLOUR_MAX];		/* the escape sequence; "": no colour */
} slots[] = {
	[PAINT_PLAIN] = { NULL, "" },
	[PAINT_NAME] = { "name", "\033[1m" },
	[PAINT_GOOD] = { "good", "\033[32m" },
	[PAINT_WAITS] = { "waits", "\033[1;33m" },
	[PAINT_FAILED] = { "failed", "\033[31m" },
	[PAINT_COMMAND] = { "command", "\033[36m" },
	[PAINT_DIM] = { "dim", "\033[2m" },
};

bool screen_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

/* A number of columns or lines from the environment, as git takes COLUMNS. */
static size_t from_environment(const char *name)
{
	const char *text = getenv(name);
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 && n < 10000 ? (size_t)n : 0;
}

static struct winsize window(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? (struct winsize){ .ws_row = 0 } : size;
}

/* What the environment says goes before the window; a pipe has no size. */
static size_t choose(const char *variable, size_t of_window, size_t otherwise)
{
	size_t n = from_environment(variable);

	if (!screen_is_terminal())
		return 0;
	if (n)
		return n;
	return of_window ? of_window : otherwise;
}

size_t screen_width(void)
{
	return choose("COLUMNS", window().ws_col, WIDTH_DEFAULT);
}

size_t screen_height(void)
{
	return choose("LINES", window().ws_row, HEIGHT_DEFAULT);
}

/* Asks git for the colour of a slot. One that git does not understand stays as it was. */
static void ask_slot(size_t slot)
{
	char *key = xasprintf("color.xmpp.%s", slots[slot].slot);
	const char *args[] = { "config", "--get-color", key, "", NULL };
	struct buf out = { 0 };

	if (run_git(args, NULL, &out, GIT_ERRORS_SHOWN) == 0)
		snprintf(slots[slot].begin, COLOUR_MAX, "%s", buf_str(&out));
	buf_finish(&out);
	free(key);
}

static void ask_slots(void)
{
	static const char *const args[] = { "config", "--name-only", "--get-regexp",
					    "^color\\.xmpp\\.", NULL };
	struct buf names = { 0 };

	run_git(args, NULL, &names, GIT_ERRORS_HIDDEN);
	for (size_t i = 1; i < ARRAY_SIZE(slots); i++) {
		char *line = xasprintf("color.xmpp.%s\n", slots[i].slot);

		if (strstr(buf_str(&names), line))
			ask_slot(i);
		free(line);
	}
	buf_finish(&names);
}

static bool ask_colours(void)
{
	const char *none = getenv("NO_COLOR");
	const char *args[] = { "config", "--get-colorbool", "color.xmpp",
			       screen_is_terminal() ? "true" : "false", NULL };
	struct buf answer = { 0 };
	bool wanted;

	if (none && *none)
		return false;
	run_git(args, NULL, &answer, GIT_ERRORS_HIDDEN);
	wanted = !strcmp(buf_str(&answer), "true\n");
	buf_finish(&answer);
	if (wanted)
		ask_slots();
	return wanted;
}

static bool has_colours(void)
{
	static bool asked, has;

	if (!asked)
		has = ask_colours();
	asked = true;
	return has;
}

void screen_paint(struct buf *out, enum paint paint, const char *text, size_t n)
{
	bool painted = n > 0 && paint != PAINT_PLAIN && has_colours() && *slots[paint].begin;

	if (painted)
		buf_puts(out, slots[paint].begin);
	buf_append(out, text, n);
	if (painted)
		buf_puts(out, "\033[m");
}

void screen_empty(const char *sentence)
{
	struct buf line = { 0 };

	if (!screen_is_terminal())
		return;
	screen_paint(&line, PAINT_DIM, sentence, strlen(sentence));
	puts(buf_str(&line));
	buf_finish(&line);
}
