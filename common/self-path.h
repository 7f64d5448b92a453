/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_SELF_PATH_H
#define COMMON_SELF_PATH_H

/*
 * Where the file of this program lies: the others of this project lie beside it, and need not be in
 * PATH. One file for each kind of system.
 */

#include <limits.h>
#include <stdbool.h>

/*
 * The directory, without a slash at its end. False where the system does not tell: then there
 * is PATH. Async-signal-safe.
 */
bool self_directory(char out[PATH_MAX]);

#endif
