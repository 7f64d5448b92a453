/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_WATCHED_FS_H
#define DAEMON_WATCHED_FS_H

#include <stdbool.h>

/*
 * Whether the file system of a path reports what changes in it to those who watch. What others
 * change from other machines, or behind the kernel's back, is not reported. One file for each
 * kind of system.
 */
bool watched_fs(const char *path);

#endif
