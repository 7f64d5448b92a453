/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * on-terminal [-e | -o | -c | -a] <typed> <program> <argument>...
 *
 * Runs a program whose standard input is a terminal at which this text was typed: \n ends a
 * line, \d is the end of input, and what follows \w is typed once there is a file "go" in the
 * current directory. The other streams are ours; with -e standard error, with -o standard
 * output is the terminal, too, and what is shown there goes to ours. With -c it is as with -e,
 * and also the controlling terminal of the program, which opens it as /dev/tty, and a line is
 * typed each time that a prompt is shown, which ends with ": " or "] ". Ends with the program's
 * exit status.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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
static void show(int terminal, int to)
{
	char text[4096];
	ssize_t n;

	while ((n = read(terminal, text, sizeof(text))) > 0)
		if (write(to, text, (size_t)n) != n)
			die("write");
}

static void set_mode(int in, bool echo)
{
	struct termios mode;

	if (tcgetattr(in, &mode))
		die("tcgetattr");
	if (!echo)
		mode.c_lflag &= ~(tcflag_t)ECHO;
	mode.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(in, TCSANOW, &mode))
		die("tcsetattr");
}

/* Types a line. Returns what is left. */
static const char *type_line(int fd, const char *text)
{
	const char *end = strstr(text, "\\n");
	size_t n = end ? (size_t)(end - text) : strlen(text);

	if (write(fd, text, n) != (ssize_t)n || write(fd, "\n", 1) != 1)
		die("write");
	return end ? end + 2 : text + n;
}

static bool is_prompt(const char *shown, size_t n)
{
	return n >= 2 && shown[n - 1] == ' ' && strchr(":]", shown[n - 2]);
}

/* Answers each prompt with the next line of text, until nobody has the terminal open any more. */
static void converse(int terminal, const char *text)
{
	char shown[4096];
	ssize_t n;

	while ((n = read(terminal, shown, sizeof(shown))) > 0) {
		if (write(STDERR_FILENO, shown, (size_t)n) != n)
			die("write");
		if (*text && is_prompt(shown, (size_t)n))
			text = type_line(terminal, text);
	}
}

int main(int argc, char **argv)
{
	bool whole = argc > 1 && !strcmp(argv[1], "-a");
	bool controls = whole || (argc > 1 && !strcmp(argv[1], "-c"));
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), status, in;
	int shown = argc < 2		     ? -1
		    : !strcmp(argv[1], "-e") ? STDERR_FILENO
		    : !strcmp(argv[1], "-o") ? STDOUT_FILENO
		    : controls		     ? STDERR_FILENO
					     : -1;
	const char *rest;
	pid_t pid;

	argv += shown >= 0;
	argc -= shown >= 0;
	if (argc < 3 || terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		die("on-terminal");
	in = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	if (in < 0)
		die("open");
	if (shown >= 0)
		set_mode(in, whole);
	rest = controls ? argv[1] : type(terminal, argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (controls && (setsid() < 0 || ioctl(in, TIOCSCTTY, 0)))
			die("controlling terminal");
		dup2(in, STDIN_FILENO);
		if (shown >= 0)
			dup2(in, shown);
		if (whole)
			dup2(in, STDOUT_FILENO);
		close(in);
		close(terminal);
		execvp(argv[2], argv + 2);
		die(argv[2]);
	}
	close(in);
	if (controls)
		converse(terminal, rest);
	else if (*rest)
		type_later(terminal, rest);
	if (shown >= 0)
		show(terminal, shown);
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
