/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PORCELAIN_H
#define HELPER_PORCELAIN_H

/*
 * The output for programs as lines of fields that are separated by tabs, made from the JSON of
 * json.h: so both have the same members in the same order.
 *
 *	{"version":1,"shares":[{"name":"a","push":["b","c"],"fault":null}],"buddies":5}
 *
 *	shares	a	b,c	-
 *	buddies	5
 *
 * Each object of a list, each text of a list and each other member is a line that begins with
 * the name of the list or member. What is nested deeper is joined by commas. Null and an empty
 * text are "-". The version is left out.
 */

#include <stdbool.h>

#include "buf.h"

/* Appends the lines. False if the text is not JSON. */
bool porcelain_put(struct buf *out, const char *json);

#endif
