/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watched-fs.h"

/* It cannot be told: so it is looked at by the clock as well. */
bool watched_fs(const char *path)
{
	return false;
}
