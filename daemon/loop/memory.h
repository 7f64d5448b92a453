/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_MEMORY_H
#define DAEMON_MEMORY_H

/*
 * The memory of libuv and OpenSSL comes from alloc.h, too: where there is none the broker
 * ends with a line. (libstrophe and expat are given it where they are set up. libgit2, whose
 * allocator has another shape in each version, returns an error.) Call it before anything else
 * of theirs.
 */
void memory_of_libraries(void);

#endif
