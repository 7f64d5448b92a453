/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LOCKFILE_H
#define COMMON_LOCKFILE_H

/*
 * A lock file: one process holds it for as long as the process lives, and writes a text for
 * others into it. The holder can find out that the file was removed or replaced.
 */

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

/*
 * Takes the lock. Returns a descriptor, which is the lock; the text of the last holder
 * stays. -1 if another process holds the lock, then trouble->id is MSG_NONE, or if it
 * cannot be taken.
 */
int lockfile_take(const char *path, struct message *trouble);

/* Whether the file at path is still the one whose lock we hold. */
bool lockfile_is_there(int fd, const char *path);

/* Replaces the text of the file, which we hold. 0, or -1 with errno. */
int lockfile_say(const char *path, const char *text);

/*
 * Reads the text of the file; false if there is no file or no text. Does not check whether
 * a process holds it.
 */
bool lockfile_read(const char *path, char *text, size_t size);

/*
 * Whether another process holds the lock. The check itself takes the lock for a moment if
 * it is free.
 */
bool lockfile_is_held(const char *path);

/* Touches the file. So its holder notices that somebody could not reach it (premises.h). */
void lockfile_knock(const char *path);

#endif
