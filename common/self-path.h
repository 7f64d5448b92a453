/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_SELF_PATH_H
#define COMMON_SELF_PATH_H

/*
 * The directory of this program's file. The other programs of this project lie beside it,
 * and need not be in PATH. One source file for each kind of system.
 */

#include <limits.h>
#include <stdbool.h>

/*
 * The directory, without a slash at its end. False where the system does not tell: the
 * caller then searches PATH. Async-signal-safe.
 */
bool self_directory(char out[PATH_MAX]);

#endif
