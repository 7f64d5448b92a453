/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_DESCRIPTORS_H
#define COMMON_DESCRIPTORS_H

/*
 * File descriptors: those that a program starts with, and how to see that the system is
 * short of them.
 */

#include <stdbool.h>

/*
 * Opens /dev/null for each of 0, 1 and 2 that is closed, as git does. Otherwise the next
 * file that is opened would become a standard stream, and output would be written into it.
 * To be called first in main().
 */
void descriptors_sanitize(void);

/* Closes the descriptor `lowest` and all above it. Async-signal-safe. */
void descriptors_close_from(int lowest);

/*
 * Whether this errno means that the system is short of something for now: descriptors,
 * watches, processes, or kernel memory for them. The shortage passes, but nothing reports
 * its end.
 */
bool descriptors_lacking(int error);

#endif
