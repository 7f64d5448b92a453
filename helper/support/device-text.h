/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_DEVICE_TEXT_H
#define HELPER_DEVICE_TEXT_H

/* Devices of people, as rows of the broker's answers have them, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>

#include "fingerprint.h"
#include "query.h"

/* Whether it gets nothing until the user has compared its fingerprint. */
bool device_waits(struct fields row);

/*
 * " laptop online seen first seen 2025-06-15", a mark if it waits, and the
 * fingerprint below.
 */
void device_show(struct fields row);

/* How far it is trusted, and what that means for it, like "new: it can do nothing". */
const char *device_trust_text(struct fields row);

/* Hints, as it is to be typed, at the command that says that the fingerprint is right. */
void device_hint(struct fields row);

void device_json(struct buf *out, struct fields row);

/*
 * The indices of the answer's devices, malloc'd: online ones first, and of
 * these those that wait.
 */
size_t *devices_sorted(const struct query *answer, size_t *count);

/* For people; empty if the text is no fingerprint. */
const char *fingerprint_text(const char *hex, char out[FINGERPRINT_TEXT_MAX]);

#endif
