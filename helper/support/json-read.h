/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_JSON_READ_H
#define HELPER_JSON_READ_H

/* What other programs say in JSON (RFC 8259): one object, of which a few members are wanted. */

#include <stdbool.h>

#include "buf.h"

/*
 * Replaces *value by the text of a member: a string without its escapes, or a number, true, false
 * or null as it stands. The last member of that name counts. False if the text is not one object,
 * has no such member, or the member is a list, an object or a string with a NUL in it.
 */
bool json_read_member(const char *text, const char *name, struct buf *value);

#endif
