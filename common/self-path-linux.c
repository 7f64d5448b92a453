/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "self-path.h"

#include <unistd.h>

bool self_directory(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX);

	while (n > 0 && out[n - 1] != '/')
		n--;
	if (n <= 0)
		return false;
	out[n - 1] = '\0';
	return true;
}
