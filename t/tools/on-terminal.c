/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * on-terminal [-e] <typed> <program> <argument>...
 *
 * Runs a program whose standard input is a terminal at which this text was typed: \n ends a
 * line, \d is the end of input, and what follows \w is typed once there is a file "go" in the
 * current directory. The other streams are ours; with -e standard error is the
 * terminal, too, and what is shown there goes to ours. Ends with the program's exit status.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
	END_OF_INPUT = 4,
	LOOK_MS = 20,
	PATIENCE_MS = 60 * 1000,
};

static void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Returns where it has to wait, or the end. */
static const char *type(int fd, const char *text)
{
	for (; *text; text++) {
		char c = *text;

		if (c == '\\' && text[1]) {
			text++;
			if (*text == 'w')
				return text + 1;
			c = *text == 'n' ? '\n' : *text == 'd' ? END_OF_INPUT : *text;
		}
		if (write(fd, &c, 1) != 1)
			die("write");
	}
	return text;
}

static void type_later(int fd, const char *text)
{
	for (int waited = 0; access("go", F_OK); waited += LOOK_MS) {
		if (waited >= PATIENCE_MS)
			return;
		poll(NULL, 0, LOOK_MS);
	}
	type(fd, text);
}

/* Copies what the terminal shows, until nobody has it open any more. */
static void show(int terminal)
{
	char text[4096];
	ssize_t n;

	while ((n = read(terminal, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, (size_t)n) != n)
			die("write");
}

static void echo_nothing(int in)
{
	struct termios mode;

	if (tcgetattr(in, &mode))
		die("tcgetattr");
	mode.c_lflag &= ~(tcflag_t)ECHO;
	mode.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(in, TCSANOW, &mode))
		die("tcsetattr");
}

int main(int argc, char **argv)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), status, in;
	bool errors = argc > 1 && !strcmp(argv[1], "-e");
	const char *rest;
	pid_t pid;

	argv += errors;
	argc -= errors;
	if (argc < 3 || terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		die("on-terminal");
	in = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	if (in < 0)
		die("open");
	if (errors)
		echo_nothing(in);
	rest = type(terminal, argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		dup2(in, STDIN_FILENO);
		if (errors)
			dup2(in, STDERR_FILENO);
		close(in);
		close(terminal);
		execvp(argv[2], argv + 2);
		die(argv[2]);
	}
	close(in);
	if (*rest)
		type_later(terminal, rest);
	if (errors)
		show(terminal);
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
