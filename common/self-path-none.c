/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "self-path.h"

bool self_directory(char out[PATH_MAX])
{
	return false;
}
