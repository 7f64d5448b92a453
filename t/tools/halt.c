/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library to be preloaded into a broker. It stops the process (SIGSTOP) as soon as the
 * process has written a certain line to its log, so a script finds it in the state that the
 * line tells of. The file that HALT names has the words that make the line the one. When the
 * process stops, the file is gone. Programs that the process starts are not affected.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 256 };

static char *file;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("HALT");

	if (path)
		file = strdup(path);
	unsetenv("HALT");
	unsetenv("LD_PRELOAD");
}

static size_t read_words(char words[WORDS_MAX])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, words, WORDS_MAX);
	close(fd);
	while (n > 0 && words[n - 1] == '\n')
		n--;
	return n > 0 ? n : 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
	static ssize_t (*real)(int fd, const void *data, size_t n);
	char words[WORDS_MAX];
	ssize_t written;
	size_t len;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	written = real(fd, data, n);
	if (fd != STDERR_FILENO || !file)
		return written;
	len = read_words(words);
	if (len && memmem(data, n, words, len)) {
		unlink(file);
		raise(SIGSTOP);
	}
	return written;
}
