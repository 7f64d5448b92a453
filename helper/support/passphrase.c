/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks at the terminal itself, so that standard input and output may be something else. The
 * terminal sends no signals meanwhile: a program that ended there would leave it without echo.
 * What is typed early counts, as at any prompt.
 */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "answer.h"
#include "io.h"

enum {
	LINE_MAX_BYTES = 2048,
	CTRL_C = 3,
};

static bool fail(struct message *trouble, const char *reason)
{
	message_set(trouble, MSG_BAD_PASSPHRASE, "reason", reason, NULL);
	return false;
}

/* The bytes up to the end of the line, or of the file. */
static bool read_line(int fd, struct buf *out, struct message *trouble)
{
	ssize_t n;
	char c;

	while ((n = read(fd, &c, 1)) != 0 && c != '\n') {
		if (n < 0 && errno != EINTR)
			return fail(trouble, strerror(errno));
		if (n < 0)
			continue;
		if (!c || buf_len(out) == LINE_MAX_BYTES)
			return fail(trouble, c ? "the line is too long" : "it has a byte 0");
		buf_append(out, &c, 1);
	}
	return true;
}

static bool ask(int terminal, const char *prompt, struct buf *out, struct message *trouble)
{
	struct termios before, silent;
	bool read;

	if (tcgetattr(terminal, &before))
		return fail(trouble, strerror(errno));
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	if (tcsetattr(terminal, TCSADRAIN, &silent))
		return fail(trouble, strerror(errno));
	io_write_all(terminal, prompt, strlen(prompt));
	read = read_line(terminal, out, trouble);
	tcsetattr(terminal, TCSADRAIN, &before);
	io_write_all(terminal, "\n", 1);
	if (read && strchr(buf_str(out), CTRL_C))
		return fail(trouble, "it was not typed to the end");
	return read;
}

static bool ask_twice(int terminal, struct buf *out, struct message *trouble)
{
	struct buf again = { .secret = true };
	bool same = ask(terminal, "Passphrase again: ", &again, trouble);

	if (same && strcmp(buf_str(out), buf_str(&again)) != 0)
		same = fail(trouble, "the two that were typed differ");
	buf_finish(&again);
	return same;
}

static int open_terminal(void)
{
	return isatty(STDIN_FILENO) ? dup(STDIN_FILENO) : open("/dev/tty", O_RDWR | O_CLOEXEC);
}

bool passphrase_get(const char *file, bool twice, struct buf *out, struct message *trouble)
{
	bool done;
	int fd;

	if (!file && answer_begun())
		return fail(trouble, "no program is asked for it");
	fd = file ? open(file, O_RDONLY | O_CLOEXEC) : open_terminal();
	if (fd < 0)
		return fail(trouble, file ? strerror(errno) : "there is no terminal to ask at");
	done = file ? read_line(fd, out, trouble) : ask(fd, "Passphrase: ", out, trouble);
	if (done && !buf_len(out))
		done = fail(trouble, "it is empty");
	if (done && !file && twice)
		done = ask_twice(fd, out, trouble);
	close(fd);
	return done;
}
