/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-xmpp, run as "git xmpp <verb>": the user's interface to the broker. Lasting settings
 * are written to the user's git configuration by git itself; questions are answered by the
 * broker over its socket. This file only finds the verb.
 */

#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "notice-lines.h"
#include "output.h"

static const char usage[] = "usage: git xmpp <command> [<args>]\n"
			    "\n"
			    "set up\n"
			    "    setup      log in, store the password, start the broker\n"
			    "people\n"
			    "    buddies    list buddies and their devices\n"
			    "    add        ask somebody to become a buddy\n"
			    "    accept     accept somebody who asked\n"
			    "    decline    say no to somebody who asked\n"
			    "    invite     make a link that does all of it for one other person\n"
			    "    join       use such a link\n"
			    "    verify     compare device fingerprints with a buddy\n"
			    "    distrust   shut a device out that is not theirs any more\n"
			    "    device     list, name, retire and move devices\n"
			    "    move       somebody has another address\n"
			    "    remove     end being buddies\n"
			    "    block      hear nothing of somebody any more\n"
			    "    unblock    stop that\n"
			    "repositories\n"
			    "    list       what buddies share with you\n"
			    "    share      let buddies fetch from or push to a repository\n"
			    "    unshare    stop that\n"
			    "    follow     have a buddy's share fetched whenever it changes\n"
			    "    unfollow   stop that\n"
			    "    queue      push to a buddy when they come online\n"
			    "broker\n"
			    "    status     what is connected, what is being transferred\n"
			    "    log        what happened by itself\n"
			    "    daemon     start, stop, restart, run, status\n"
			    "\n"
			    "\"git xmpp <command> -h\" shows the options of a command.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "setup", cmd_setup },	    { "buddies", cmd_buddies }, { "add", cmd_add },
	{ "accept", cmd_accept },   { "decline", cmd_decline }, { "invite", cmd_invite },
	{ "join", cmd_join },	    { "remove", cmd_remove },	{ "distrust", cmd_distrust },
	{ "device", cmd_device },   { "block", cmd_block },	{ "unblock", cmd_unblock },
	{ "verify", cmd_verify },   { "list", cmd_list },	{ "share", cmd_share },
	{ "unshare", cmd_unshare }, { "follow", cmd_follow },	{ "unfollow", cmd_unfollow },
	{ "queue", cmd_queue },	    { "log", cmd_log },		{ "status", cmd_status },
	{ "daemon", cmd_daemon },   { "move", cmd_move },
};

int cmd_misused(const char *cmd_usage, const char *problem)
{
	report("error", "%s", problem);
	fputs(cmd_usage, stderr);
	return STATUS_USAGE;
}

/*
 * The short options for getopt. The ':' in front makes getopt report a missing value in its
 * own way, and print nothing.
 */
static const char *short_options(const struct option *options, char out[64])
{
	size_t n = (size_t)sprintf(out, ":h");

	for (const struct option *o = options; o->name; o++) {
		if (o->name[1] || n > 60)
			continue;
		out[n++] = o->name[0];
		if (o->has_arg == required_argument)
			out[n++] = ':';
	}
	out[n] = '\0';
	return out;
}

int cmd_option(int argc, char **argv, const struct option *options, const char *cmd_usage)
{
	char letters[64];
	int c = getopt_long(argc, argv, short_options(options, letters), options, NULL);

	switch (c) {
	case 'h':
		fputs(cmd_usage, stdout);
		return '?';
	case ':':
		report("error", "option '%s' needs a value", argv[optind - 1]);
		fputs(cmd_usage, stderr);
		return '?';
	case '?':
		/*
		 * optopt is the letter. Inside a group of letters optind does not point
		 * behind them yet.
		 */
		if (optopt)
			report("error", "unknown option '-%c'", optopt);
		else
			report("error", "unknown option '%s'", argv[optind - 1]);
		fputs(cmd_usage, stderr);
		return '?';
	default:
		return c;
	}
}

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

static int run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	struct message trouble;

	if (!strcmp(name, "--version")) {
		printf("git-xmpp %s\n", PROGRAM_VERSION);
		return STATUS_OK;
	}
	if (!*name || !strcmp(name, "-h") || !strcmp(name, "--help")) {
		fputs(usage, *name ? stdout : stderr);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(name, verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);

	message_set(&trouble, MSG_BAD_COMMAND, "verb", name, NULL);
	message_print(&trouble, "fatal: ");
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	int status;

	occupy_streams();
	signal(SIGPIPE, SIG_IGN);
	status = run(argc, argv);
	notice_lines_print();
	return finish_output(status);
}
