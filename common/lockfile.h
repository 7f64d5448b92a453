/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_LOCKFILE_H
#define COMMON_LOCKFILE_H

/*
 * A file that one process holds for as long as it lives, and that says something to others. That
 * it was removed, or another one put in its place, its holder can find out.
 */

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

/*
 * A descriptor, which is the lock; what its last holder said stays. -1: another process has it,
 * which is MSG_NONE in *trouble, or it cannot be had.
 */
int lockfile_take(const char *path, struct message *trouble);

/* Whether the file at path is the one that we hold. */
bool lockfile_is_there(int fd, const char *path);

/* What it, which we hold, says from now on. 0, or -1 with errno. */
int lockfile_say(const char *path, const char *text);

/* What it says; false if there is none, or nothing. Whether somebody holds it is not asked. */
bool lockfile_read(const char *path, char *text, size_t size);

/* Whether another process holds it. For a moment nobody else can take it. */
bool lockfile_is_held(const char *path);

/* Has its holder notice that somebody could not reach it (premises.h): the file is touched. */
void lockfile_knock(const char *path);

#endif
