/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_DESCRIPTORS_H
#define COMMON_DESCRIPTORS_H

/* File descriptors: those that a program was started with, and those that are not to be had. */

#include <stdbool.h>

/*
 * Opens /dev/null for each of 0, 1 and 2 that is closed, as git does. Otherwise the next file that
 * is opened becomes a standard stream, and what is printed is written into it. Call it first in
 * main().
 */
void descriptors_sanitize(void);

/* Closes lowest and all above it. Async-signal-safe. */
void descriptors_close_from(int lowest);

/*
 * Whether this errno says that there are too many of something for now: descriptors, watches,
 * processes, or the kernel's memory for them. It passes, and nobody says when.
 */
bool descriptors_lacking(int error);

#endif
