/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ALLOC_H
#define COMMON_ALLOC_H

/* Allocates memory. Exits the program, with a line on standard error, when memory runs out. */

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);		/* xstrdup(NULL) is NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
