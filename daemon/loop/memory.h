/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_MEMORY_H
#define DAEMON_MEMORY_H

/*
 * Makes libuv and OpenSSL allocate by alloc.h: when memory runs out, the broker ends with
 * a message. To be called before any other function of theirs. (libstrophe and expat get
 * their allocator where they are set up. libgit2, whose allocator differs from version to
 * version, returns an error.)
 */
void memory_of_libraries(void);

#endif
