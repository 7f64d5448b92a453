/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_WIPE_H
#define COMMON_WIPE_H

#include <stddef.h>

/* Sets n bytes of a secret to 0; no compiler leaves that out because nobody looks at them again. */
void wipe(void *p, size_t n);

#endif
