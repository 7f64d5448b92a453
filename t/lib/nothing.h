/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_NOTHING_H
#define T_NOTHING_H

/* Handlers for those events of links and channels that a test ignores. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void nothing(void *owner)
{
}

static inline void nothing_up(void *owner, bool resumed)
{
}

static inline void nothing_ended(void *owner, const char *reason)
{
}

static inline void nothing_came(void *owner, const void *data, size_t n)
{
}

static inline void nothing_exited(void *owner, uint32_t status)
{
}

#endif
