/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library to be preloaded into a program of ours. It makes one call fail: one of those
 * that create a descriptor (EMFILE), or one of those that allocate memory (ENOMEM), in the
 * libraries too. The file that FAULTS names has two numbers of 32 bits, one for descriptors
 * and one for memory: how many calls until one fails, 0 for never. The file is mapped. So a
 * test that writes to it arms a running process, and sees when the call has come. Programs
 * that the process starts are not affected.
 */

/* Both open() and open64() are defined below, so none may be an alias of the other. */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum kind { DESCRIPTOR, MEMORY, KINDS };

static _Atomic uint32_t *left;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map = MAP_FAILED;

	if (fd >= 0) {
		map = mmap(NULL, KINDS * sizeof(*left), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	unsetenv("LD_PRELOAD");
	unsetenv("FAULTS");
	if (map != MAP_FAILED)
		left = map;
}

static bool fails(enum kind kind)
{
	uint32_t n;

	if (!left)
		return false;
	n = atomic_load(&left[kind]);
	do {
		if (n == 0)
			return false;
	} while (!atomic_compare_exchange_weak(&left[kind], &n, n - 1));
	if (n > 1)
		return false;
	errno = kind == MEMORY ? ENOMEM : EMFILE;
	return true;
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Defines a function of this name that fails or calls the real one with the same arguments. */
#define STAND_IN(type, failure, name, parameters, arguments) \
	type name parameters \
	{ \
		static type (*real) parameters; \
		if (!real) \
			real = next(#name); \
		return fails(DESCRIPTOR) ? failure : real arguments; \
	}

/* The same for open() and its like: there is a mode only if a file may be created. */
#define STAND_IN_OPEN(name, parameters, arguments) \
	int name parameters \
	{ \
		static int (*real) parameters; \
		va_list ap; \
		int mode; \
		if (!real) \
			real = next(#name); \
		va_start(ap, flags); \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0; \
		va_end(ap); \
		return fails(DESCRIPTOR) ? -1 : real arguments; \
	}

STAND_IN_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
STAND_IN_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
STAND_IN_OPEN(openat, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
STAND_IN_OPEN(openat64, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
STAND_IN(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
STAND_IN(FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode))
STAND_IN(DIR *, NULL, opendir, (const char *path), (path))
STAND_IN(int, -1, pipe, (int fds[2]), (fds))
STAND_IN(int, -1, pipe2, (int fds[2], int flags), (fds, flags))
STAND_IN(int, -1, socket, (int domain, int type, int protocol), (domain, type, protocol))
STAND_IN(int, -1, socketpair, (int domain, int type, int protocol, int fds[2]),
	 (domain, type, protocol, fds))
STAND_IN(int, -1, accept, (int fd, struct sockaddr *peer, socklen_t *len), (fd, peer, len))
STAND_IN(int, -1, accept4, (int fd, struct sockaddr *peer, socklen_t *len, int flags),
	 (fd, peer, len, flags))
STAND_IN(int, -1, epoll_create, (int size), (size))
STAND_IN(int, -1, epoll_create1, (int flags), (flags))
STAND_IN(int, -1, timerfd_create, (clockid_t clock, int flags), (clock, flags))
STAND_IN(int, -1, inotify_init1, (int flags), (flags))
STAND_IN(int, -1, eventfd, (unsigned int value, int flags), (value, flags))

/* glibc's own functions: dlsym() itself allocates memory, so it cannot be used to find them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	return fails(MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return fails(MEMORY) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return fails(MEMORY) ? NULL : __libc_realloc(p, n);
}
