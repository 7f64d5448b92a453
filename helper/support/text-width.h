/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_TEXT_WIDTH_H
#define HELPER_TEXT_WIDTH_H

/* How many columns of a terminal a text takes. */

#include <stddef.h>

/*
 * The columns of n bytes of UTF-8 without control characters: two for a wide character, none
 * for one that combines. The locale has no effect.
 */
size_t text_width(const char *s, size_t n);

#endif
