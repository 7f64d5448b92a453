/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_DEVICE_TEXT_H
#define HELPER_DEVICE_TEXT_H

/*
 * Devices, as the rows of the broker's answers describe them, printed for people and for
 * programs.
 */

#include <stdbool.h>
#include <stddef.h>

#include "fingerprint.h"
#include "query.h"
#include "table.h"

/* Whether a device, or the best one of a person, has that trust: "pending" and so on. */
bool device_has_trust(struct fields row, const char *trust);

/* Whether the device gets nothing until the user has compared its fingerprint. */
bool device_waits(struct fields row);

/*
 * Prints "    laptop  online  seen  first seen 2025-06-15", with a mark if the device
 * waits, and its fingerprint on the next line.
 */
void device_show(struct fields row);

/*
 * Appends ' "name"', or if the device has none, its two words (words.h). Its id stands before
 * that. Where users compare devices the words are not shown, for they are not to be compared.
 */
void device_put_name(struct buf *out, struct fields row);

/* Begins a row with the id and the name, and whether it is online. The colour of its trust. */
void device_cells(struct table *t, struct fields row);
enum paint device_paint(struct fields row);

/* The device's trust and what follows from it, like "new: it can do nothing ...". */
const char *device_trust_text(struct fields row);

/* Prints, as a hint, the command that verifies the device by its fingerprint. */
void device_hint(struct fields row);

void device_json(struct buf *out, struct fields row);

/*
 * The indices of the answer's device rows, malloc'd. Online devices come first; among the
 * online and the offline ones each, those that wait come first and distrusted ones last.
 */
size_t *devices_sorted(const struct query *answer, size_t *count);

/* A fingerprint in the form for people; empty if hex is no fingerprint. */
const char *fingerprint_text(const char *hex, char out[FINGERPRINT_TEXT_MAX]);

#endif
