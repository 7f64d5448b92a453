/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WATCHED_FS_H
#define DAEMON_WATCHED_FS_H

#include <stdbool.h>

/*
 * Whether the file system of a path reports all changes to watches. Changes by other
 * machines, or that bypass the kernel, are not reported. Each kind of system has a file.
 */
bool watched_fs(const char *path);

#endif
