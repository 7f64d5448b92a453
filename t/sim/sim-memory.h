/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef T_SIM_MEMORY_H
#define T_SIM_MEMORY_H

/*
 * malloc() and free() for the program sim, in the place of libc's: a seed asks for thousands of
 * small blocks, and all have been freed when its world ends. A leak is found so in every run.
 * A block that is freed twice ends the program.
 *
 * A sanitizer has a malloc() of its own, which also finds what is used after it was freed. There
 * sim-memory-libc.c is built instead, which counts nothing.
 */

#include <stddef.h>

/* What is allocated from here on has to be freed before memory_rewind(). */
void memory_mark(void);
/* How many blocks that were allocated since the mark are in use. */
size_t memory_in_use(void);
/* Takes the memory since the mark anew. No block of it may be in use. */
void memory_rewind(void);

#endif
