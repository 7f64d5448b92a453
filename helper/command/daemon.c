/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git xmpp daemon: starting and stopping the broker by hand. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "client.h"
#include "commands.h"
#include "launch.h"
#include "lockfile.h"
#include "output.h"
#include "process.h"
#include "query.h"
#include "sockpath.h"
#include "userfile.h"

static const char usage[] =
	"usage: git xmpp daemon start | stop | restart | status [<options>]\n"
	"   or: git xmpp daemon run [<options>]\n"
	"\n"
	"    start    start the broker in the background, unless it runs\n"
	"    stop     end it, and wait for that\n"
	"    restart  stop, then start\n"
	"    run      be the broker, in the foreground: see git-xmpp-daemon(1)\n"
	"    status   the same as \"git xmpp status\"\n"
	"\n"
	"    git xmpp daemon restart\n";

enum {
	POLL_MS = 20,
	STOP_MS = 30 * 1000,
	TERM_MS = 5 * 1000,	/* ms; for a broker that does not answer to end after SIGTERM */
};

static const char program[] = "git-xmpp/" PROGRAM_VERSION;

static int start(int argc, char **argv)
{
	struct message trouble = { .id = MSG_NONE };
	struct client c;
	int status = STATUS_OK;

	if (client_connect(&c, program, false, &trouble) == 0) {
		client_finish(&c);
		puts("already running");
		return STATUS_OK;
	}
	if (client_connect(&c, program, true, &trouble) < 0)
		return report_trouble(&trouble, false);
	client_flush(&c);
	if (client_expect_hello(&c, &trouble) < 0)
		status = report_trouble(&trouble, false);
	else
		puts("started");
	client_finish(&c);
	return status;
}

/*
 * Waits until the broker closes the connection: it answers, ends its work, and hangs up. -1
 * with *trouble if it reports an error.
 */
static int wait_for_end(struct client *c, struct message *trouble)
{
	struct frame frame;
	struct fields f;
	int got;

	while ((got = client_next(c, &frame, -1)) == 1) {
		if (frame.type != FRAME_ERROR || !frame_fields(&frame, &f))
			continue;
		message_from_fields(trouble, f);
		return -1;
	}
	return 0;
}

/* The broker's process id; 0 if it does not tell. */
static pid_t broker_pid(void)
{
	struct message trouble;
	struct query answer;
	struct fields row;
	pid_t pid = 0;

	if (query_to(&answer, "status", NULL, NULL, false, &trouble) == 0 &&
	    query_find(&answer, "broker", &row))
		pid = fields_get_u64(row, "pid", 0);
	query_finish(&answer);
	return pid;
}

/* A zombie does not count: in a container there may be nobody to reap it. */
static bool is_running(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == 0 && !process_is_zombie(pid);
}

/*
 * The broker answers "stop" before it has ended: first it logs out from the server and ends
 * its children. A broker that we cannot see, because we are in a container and it is not,
 * counts as gone.
 */
static bool wait_until_gone(pid_t pid, int limit)
{
	for (int waited = 0; is_running(pid); waited += POLL_MS) {
		if (waited > limit)
			return false;
		poll(NULL, 0, POLL_MS);
	}
	return true;
}

/* Another process may have this id, as when the lock belongs to another machine (NFS). */
static bool is_broker(pid_t pid)
{
	return process_runs(pid, "git-xmpp-daemon");
}

/*
 * The process that holds the lock in the state directory; 0 if none does. It is the broker,
 * even if it does not answer.
 */
static pid_t holder(void)
{
	char *lock = userfile_name(USERFILE_STATE, "broker.lock"), text[SOCKPATH_MAX + 32];
	const char *said = NULL;

	if (lock && lockfile_read(lock, text, sizeof(text)) && lockfile_is_held(lock))
		said = strstr(text, "\npid ");
	free(lock);
	return said && is_broker(atoi(said + 5)) ? atoi(said + 5) : 0;
}

/* Ends, by signal, a broker that does not answer, or answers in another protocol. */
static int end_by_force(const struct message *trouble)
{
	pid_t pid = holder();

	if (!pid)
		return report_trouble(trouble, false);
	report("warning", "%s; ending process %d", trouble->text, (int)pid);
	kill(pid, SIGTERM);
	if (!wait_until_gone(pid, TERM_MS)) {
		kill(pid, SIGKILL);
		wait_until_gone(pid, TERM_MS);
	}
	puts("stopped");
	return STATUS_OK;
}

static int stop(int argc, char **argv)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf command = { 0 };
	struct client c;
	int status = STATUS_OK;
	pid_t pid = broker_pid();

	if (client_connect(&c, program, false, &trouble) < 0) {
		if (trouble.id != MSG_BROKER_UNREACHABLE || holder())
			return end_by_force(&trouble);
		puts("not running");
		return STATUS_NO;
	}
	fields_add(&command, "verb", "stop");
	frame_put_fields(&c.out, FRAME_COMMAND, &command);
	buf_finish(&command);
	client_flush(&c);
	if (client_expect_hello(&c, &trouble) < 0) {
		status = end_by_force(&trouble);
	} else if (wait_for_end(&c, &trouble) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!wait_until_gone(pid, STOP_MS)) {
		report("fatal", "the broker (pid %d) does not end", (int)pid);
		status = STATUS_FATAL;
	} else {
		puts("stopped");
	}
	client_finish(&c);
	return status;
}

static int restart(int argc, char **argv)
{
	int status = stop(argc, argv);

	return status == STATUS_OK || status == STATUS_NO ? start(argc, argv) : status;
}

static int run(int argc, char **argv)
{
	argv[0] = (char *)"git-xmpp-daemon";
	launch_become(argv);
	report("fatal", "cannot run '%s': %s", argv[0], strerror(errno));
	return STATUS_FATAL;
}

static const struct {
	const char *name;
	int (*act)(int argc, char **argv);
	bool takes_arguments;
} acts[] = {
	{ "start", start, false },
	{ "stop", stop, false },
	{ "restart", restart, false },
	{ "run", run, true },
	{ "status", cmd_status, true },
};

int cmd_daemon(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(acts); i++) {
		if (strcmp(argv[1], acts[i].name))
			continue;
		if (argc > 2 && !acts[i].takes_arguments)
			return cmd_misused(usage, "too many arguments");
		return acts[i].act(argc - 1, argv + 1);
	}
	if (cmd_option(argc, argv, options, usage) != -1)
		return STATUS_USAGE;
	return cmd_misused(usage, argc > 1 ? "no such thing to do" : "what is to be done?");
}
