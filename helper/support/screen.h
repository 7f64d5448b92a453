/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SCREEN_H
#define HELPER_SCREEN_H

/*
 * Standard output as a person sees it: how wide it is, and which colours it has. In a pipe
 * nothing is coloured, cut or only decorative.
 *
 * Colours follow git's rules: color.xmpp, or else color.ui, says whether there are any, and
 * color.xmpp.<slot> which. NO_COLOR that is not empty means none, whatever they say.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* What is painted alike. Each but the first is a slot, whose name is in git-xmpp(1). */
enum paint {
	PAINT_PLAIN,
	PAINT_NAME,	/* whom or what the line is about */
	PAINT_GOOD,	/* it works: online, verified */
	PAINT_WAITS,	/* the user has to do something */
	PAINT_FAILED,	/* it does not work */
	PAINT_COMMAND,	/* to be typed as it stands, so it is never broken into lines */
	PAINT_DIM,	/* less important than the rest */
};

/* Whether standard output is a terminal. */
bool screen_is_terminal(void);

/* The columns of the terminal, COLUMNS or 80 where it does not tell; 0 in a pipe: any number. */
size_t screen_width(void);
/* Its lines; 0 in a pipe. */
size_t screen_height(void);

/* Appends text, which is printable, in its colour. */
void screen_paint(struct buf *out, enum paint paint, const char *text, size_t n);

/*
 * Prints a dim line about a list that is empty, so that a person knows that the question was
 * answered; in a pipe nothing, so that a program reads an empty list.
 */
void screen_empty(const char *sentence);

#endif
