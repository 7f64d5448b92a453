/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-xmpp, run as "git xmpp <verb>": the user's interface to the broker. Lasting settings
 * are written to the user's git configuration by git itself; questions are answered by the
 * broker over its socket. This file finds the verb, and judges what has become of the output.
 */

#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice.h"
#include "notice-lines.h"
#include "password-prompt.h"
#include "query.h"
#include "verb-run.h"

/*
 * Opens something for each standard stream that is closed; otherwise the next descriptor,
 * like the broker's socket, would become that stream. It can be read or written only in the
 * wrong direction, so that any use of the stream is an error.
 */
static void occupy_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/*
 * Checks that all output was written, else the exit status says so. A reader that has gone
 * away is no failure: we end by SIGPIPE, as git does.
 */
static int finish_output(int status)
{
	struct stat st;
	int error = 0;

	if (fflush(stdout) != 0)
		error = errno;
	else if (ferror(stdout))
		error = fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) ? EPIPE : EIO;
	if (error == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (!error)
		return status;
	fprintf(stderr, "fatal: cannot write to standard output: %s\n", strerror(error));
	return STATUS_FATAL;
}

/*
 * Takes --account=<account> from before the verb. All that runs below, and git-remote-xmpp,
 * finds it in the environment. Returns how many arguments it was.
 */
static int take_account(int argc, char **argv)
{
	static const char option[] = "--account";
	size_t n = strlen(option);

	if (argc < 2 || strncmp(argv[1], option, n))
		return 0;
	if (argv[1][n] == '=' && argv[1][n + 1]) {
		setenv("GIT_XMPP_ACCOUNT", argv[1] + n + 1, 1);
		return 1;
	}
	if (!argv[1][n] && argc > 2 && *argv[2]) {
		setenv("GIT_XMPP_ACCOUNT", argv[2], 1);
		return 2;
	}
	return 0;
}

static int run(int argc, char **argv)
{
	int taken = take_account(argc, argv);
	const char *name = argc > taken + 1 ? argv[taken + 1] : "";
	const struct verb *verb = verb_find(name);

	argc -= taken;
	argv += taken;
	if (verb)
		return verb_run(verb, argc - 1, argv + 1);
	if (!strcmp(name, "--version")) {
		printf("git-xmpp %s\n", PROGRAM_VERSION);
		return STATUS_OK;
	}
	if (!*name || !strcmp(name, "-h") || !strcmp(name, "--help")) {
		verbs_print(*name ? stdout : stderr);
		return STATUS_USAGE;
	}
	return verb_run(NULL, argc - 1, argv + 1);
}

/* A query that lacks the password asks the user for it. */
static struct password_prompt prompt;

static bool ask_for_password(const struct message *trouble)
{
	return password_prompt_again(&prompt, trouble, NULL);
}

static void end_prompt(void)
{
	password_prompt_finish(&prompt);
}

static const struct query_remedy remedy = { .again = ask_for_password, .over = end_prompt };

int main(int argc, char **argv)
{
	int status;

	occupy_streams();
	signal(SIGPIPE, SIG_IGN);
	message_filter_hints(advice_wanted);
	password_prompt_init(&prompt);
	query_set_remedy(&remedy);
	status = run(argc, argv);
	notice_lines_print();
	return finish_output(status);
}
