/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of libc, or of a sanitizer.
 */
#include "sim-memory.h"

void memory_mark(void)
{
}

size_t memory_in_use(void)
{
	return 0;
}

void memory_rewind(void)
{
}
