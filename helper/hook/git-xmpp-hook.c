/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: git-xmpp-hook <directory> <repository> <command>...
 *
 * The broker runs this for a push to a share with rules, with git receive-pack as the
 * command. The command runs in place of this program, and finds hooks in the directory that
 * are links to this program. Under the name of a hook, this program asks the rules, if that
 * is "pre-receive" or "update", and then runs the repository's own hook of that name as git
 * would have run it, with its arguments and its standard input.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "descriptors.h"
#include "hook-env.h"
#include "hook-links.h"
#include "io.h"
#include "push-judge.h"

enum {
	STATUS_DECLINED = 1,
	STATUS_FAILED = 128,
	UPDATE_ARGS = 4,
	LIST_MAX = 4 * 1024 * 1024,	/* bytes of the list of refs; REF_LIST_MAX is less */
};

/* Settings for one command, as git-config(1) has them. No other one is given this way. */
static const char *const settings[] = { "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0",
					"GIT_CONFIG_VALUE_0" };

static int fail(const char *what)
{
	fprintf(stderr, "fatal: %s: %s\n", what, strerror(errno));
	return STATUS_FAILED;
}

static int run_command(char **argv)
{
	char *own = hook_links_own(argv[2]), *links;

	if (!own) {
		fprintf(stderr, "fatal: '%s' does not appear to be a git repository\n", argv[2]);
		return STATUS_FAILED;
	}
	links = hook_links_make(argv[1], own);
	if (!links || setenv(settings[0], "1", 1) || setenv(settings[1], "core.hooksPath", 1) ||
	    setenv(settings[2], links, 1) || setenv(HOOK_ENV_HOOKS, own, 1))
		return fail("cannot make the directory of hooks");
	execvp(argv[3], argv + 3);
	return fail(argv[3]);
}

/* As git does: a script need not say what runs it. */
static void run_own(const char *path, char **argv)
{
	size_t n = 0;
	char **args;

	argv[0] = (char *)path;
	execv(path, argv);
	if (errno != ENOEXEC)
		return;
	while (argv[n])
		n++;
	args = xcalloc(n + 2, sizeof(*args));
	args[0] = (char *)"/bin/sh";
	memcpy(args + 1, argv, n * sizeof(*argv));
	execv(args[0], args);
	free(args);
}

/* Puts the list that was read where the next program finds it. */
static bool give_back(struct buf *list)
{
	FILE *file = tmpfile();
	int fd = file ? fileno(file) : -1;
	bool good = fd >= 0 && io_write_all(fd, buf_data(list), buf_len(list)) == 0 &&
		    lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO;

	if (file)
		fclose(file);
	return good;
}

/* pre-receive: judges the list of refs, and leaves it on standard input. */
static bool list_passes(void)
{
	struct buf list = { 0 };
	bool good = io_read_all(STDIN_FILENO, &list, LIST_MAX) == 0 && buf_len(&list) <= LIST_MAX &&
		    push_judge_list(&list);

	if (good && !give_back(&list)) {
		fprintf(stderr, "fatal: the list of refs cannot be kept: %s\n", strerror(errno));
		good = false;
	}
	buf_finish(&list);
	return good;
}

/* Whether the rules let git go on. */
static bool passes(const char *name, int argc, char **argv)
{
	if (!strcmp(name, "pre-receive"))
		return list_passes();
	if (!strcmp(name, "update"))
		return argc == UPDATE_ARGS && push_judge_ref(argv[1], argv[2], argv[3]);
	return true;
}

static int run_hook(const char *name, int argc, char **argv)
{
	const char *own = getenv(HOOK_ENV_HOOKS);
	char *path;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		unsetenv(settings[i]);
	if (!own) {
		fprintf(stderr, "fatal: %s is not set\n", HOOK_ENV_HOOKS);
		return STATUS_FAILED;
	}
	if (!passes(name, argc, argv))
		return STATUS_DECLINED;
	path = xasprintf("%s/%s", own, name);
	unsetenv(HOOK_ENV_HOOKS);
	unsetenv(HOOK_ENV_RULES);
	unsetenv(HOOK_ENV_VERDICTS);
	if (access(path, X_OK)) {
		free(path);
		return 0;
	}
	run_own(path, argv);
	return fail(path);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];

	descriptors_sanitize();
	if (hook_name_known(name))
		return run_hook(name, argc, argv);
	if (argc < 4) {
		fprintf(stderr, "usage: git-xmpp-hook <directory> <repository> <command>...\n");
		return STATUS_FAILED + 1;
	}
	return run_command(argv);
}
