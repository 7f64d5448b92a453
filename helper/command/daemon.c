/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git xmpp daemon: starting and stopping the broker by hand. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "client.h"
#include "commands.h"
#include "launch.h"
#include "lockfile.h"
#include "output.h"
#include "process.h"
#include "query.h"
#include "session-start.h"
#include "sockpath.h"
#include "userfile.h"

static const char usage[] =
	"usage: git xmpp daemon start | reload\n"
	"   or: git xmpp daemon stop | restart [--now]\n"
	"   or: git xmpp daemon enable | disable [--linger]\n"
	"   or: git xmpp daemon run | status [<options>]\n"
	"\n"
	"    start    start the broker in the background, unless it runs\n"
	"    reload   have it read the configuration again\n"
	"    stop     end it when what it transfers is over, in a minute at the latest\n"
	"    restart  stop, then start\n"
	"    enable   have it started with your session, by systemd or your desktop\n"
	"    disable  do not\n"
	"    run      be the broker, in the foreground: see git-xmpp-daemon(1)\n"
	"    status   the same as \"git xmpp status\"\n"
	"\n"
	"    --now     do not wait for transfers\n"
	"    --linger  from boot on, and after you have logged out\n"
	"\n"
	"    git xmpp daemon restart\n"
	"    git xmpp daemon enable\n";

enum {
	POLL_MS = 20,
	STOP_MS = 30 * 1000,	/* for a broker that waits for nothing to end */
	DRAIN_MS = 60 * 1000,	/* as long as a broker waits for transfers; DRAIN_PATIENCE */
	ONLINE_SECONDS = 10,	/* for a broker that was online to be so again */
	TERM_MS = 5 * 1000,	/* for a broker that does not answer to end after SIGTERM */
};

static const char program[] = "git-xmpp/" PROGRAM_VERSION;

static int start(int argc, char **argv)
{
	struct message trouble = { .id = MSG_NONE };
	struct client c;
	int status = STATUS_OK;

	if (client_connect(&c, program, CLIENT_STARTS_NONE, &trouble) == 0) {
		client_finish(&c);
		puts("already running");
		return STATUS_OK;
	}
	if (client_connect(&c, program, CLIENT_STARTS_BY_HAND, &trouble) < 0)
		return report_trouble(&trouble, false);
	client_flush(&c);
	if (client_expect_hello(&c, &trouble) < 0)
		status = report_trouble(&trouble, false);
	else
		puts("started");
	client_finish(&c);
	return status;
}

/* Says "waiting for alice@example.org to fetch project", or what else a transfer is. */
static void say_waits(struct fields row)
{
	bool pushes = !strcmp(row_get(row, "service"), "receive-pack");

	if (!strcmp(row_get(row, "direction"), "in")) {
		printf("waiting for ");
		print_text(row_get(row, "jid"));
		printf(" to %s ", pushes ? "push to" : "fetch from");
		print_text(row_get(row, "share"));
	} else {
		printf("waiting for our %s ", pushes ? "push to" : "fetch from");
		print_text(row_get(row, "jid"));
		putchar('/');
		print_text(row_get(row, "share"));
	}
	putchar('\n');
}

/*
 * Reads the broker's answer, which names the transfers that it waits for. Returns how many
 * these are, or -1 with *trouble if it reports an error.
 */
static int read_answer(struct client *c, struct message *trouble)
{
	struct frame frame;
	struct fields f;
	int waits = 0;

	while (client_next(c, &frame, -1) == 1) {
		if (!frame_fields(&frame, &f))
			continue;
		if (frame.type == FRAME_ERROR) {
			message_from_fields(trouble, f);
			return -1;
		}
		if (frame.type != FRAME_ROW || !row_is(f, "transfer"))
			continue;
		say_waits(f);
		waits++;
	}
	if (waits)
		printf("It ends after a minute at the latest; \"git xmpp daemon stop --now\" does "
		       "not wait.\n");
	fflush(stdout);
	return waits;
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

/*
 * Ends, by signal, a broker that does not answer, or answers in another protocol. The latter
 * may wait for transfers.
 */
static int end_by_force(const struct message *trouble, bool now)
{
	bool patient = trouble->id == MSG_BROKER_VERSION && !now;
	pid_t pid = holder();

	if (!pid)
		return report_trouble(trouble, false);
	report("warning", "%s; ending process %d", trouble->text, (int)pid);
	kill(pid, SIGTERM);
	if (!wait_until_gone(pid, patient ? DRAIN_MS + STOP_MS : TERM_MS)) {
		kill(pid, SIGKILL);
		wait_until_gone(pid, TERM_MS);
	}
	puts("stopped");
	return STATUS_OK;
}

static int end_broker(bool now)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf command = { 0 };
	struct client c;
	int status = STATUS_OK, waits;
	pid_t pid = broker_pid();

	if (client_connect(&c, program, CLIENT_STARTS_NONE, &trouble) < 0) {
		if (trouble.id != MSG_BROKER_UNREACHABLE || holder())
			return end_by_force(&trouble, now);
		puts("not running");
		return STATUS_NO;
	}
	fields_add(&command, "verb", "stop");
	if (now)
		fields_add(&command, "now", "1");
	frame_put_fields(&c.out, FRAME_COMMAND, &command);
	buf_finish(&command);
	client_flush(&c);
	if (client_expect_hello(&c, &trouble) < 0) {
		status = end_by_force(&trouble, now);
	} else if ((waits = read_answer(&c, &trouble)) < 0) {
		status = report_trouble(&trouble, false);
	} else if (!wait_until_gone(pid, waits || !now ? DRAIN_MS + STOP_MS : STOP_MS)) {
		report("fatal", "the broker (pid %d) does not end", (int)pid);
		status = STATUS_FATAL;
	} else {
		puts("stopped");
	}
	client_finish(&c);
	return status;
}

/*
 * Reads the only option that there may be. False if the command is misused; *status is what it
 * returns then.
 */
static bool read_flag(int argc, char **argv, const char *name, bool *given, int *status)
{
	const struct option options[] = {
		{ name, no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*given = false;
	*status = STATUS_USAGE;
	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c != 'f')
			return false;
		*given = true;
	}
	if (optind == argc)
		return true;
	cmd_misused(usage, "too many arguments");
	return false;
}

static int stop(int argc, char **argv)
{
	int status;
	bool now;

	return read_flag(argc, argv, "now", &now, &status) ? end_broker(now) : status;
}

/* Whether the broker is, or was, online. */
static bool is_online(void)
{
	struct message trouble;
	struct query answer;
	struct fields row;
	bool online = query_to(&answer, "status", NULL, NULL, false, &trouble) == 0 &&
		      account_status(&answer, NULL, &row) == ACCOUNT_STATUS_ONLINE;

	query_finish(&answer);
	return online;
}

/* A broker that was online and does not come back has not been restarted in earnest. */
static int come_back(void)
{
	struct message trouble = { .id = MSG_NONE };
	struct query answer;
	struct fields row;
	int status = STATUS_FATAL;

	if (account_status_wait(&answer, NULL, ONLINE_SECONDS, &trouble) == 0) {
		if (account_status(&answer, NULL, &row) == ACCOUNT_STATUS_ONLINE)
			status = STATUS_OK;
		account_status_trouble(row, &trouble);
		if (!*trouble.text)
			message_set(&trouble, MSG_NOT_ONLINE, "jid", row_get(row, "jid"), NULL);
	}
	if (status != STATUS_OK)
		message_print(&trouble, "error: ");
	query_finish(&answer);
	return status;
}

static int restart(int argc, char **argv)
{
	bool online, now;
	int status;

	if (!read_flag(argc, argv, "now", &now, &status))
		return status;
	online = is_online();
	status = end_broker(now);
	if (status != STATUS_OK && status != STATUS_NO)
		return status;
	status = start(1, argv);
	return status == STATUS_OK && online ? come_back() : status;
}

static int enable(int argc, char **argv)
{
	bool linger;
	int status;

	return read_flag(argc, argv, "linger", &linger, &status) ? session_start_enable(linger)
								 : status;
}

static int disable(int argc, char **argv)
{
	bool linger;
	int status;

	return read_flag(argc, argv, "linger", &linger, &status) ? session_start_disable(linger)
								 : status;
}

static int reload(int argc, char **argv)
{
	struct message trouble;
	struct query answer;
	int status = STATUS_OK;

	if (query_to(&answer, "reload", NULL, NULL, false, &trouble) == 0)
		printf("reloaded%s%s\n", *answer.message ? ": " : "", answer.message);
	else
		status = report_trouble(&trouble, false);
	query_finish(&answer);
	return status;
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
	{ "reload", reload, false },
	{ "stop", stop, true },
	{ "restart", restart, true },
	{ "enable", enable, true },
	{ "disable", disable, true },
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
	return cmd_misused(usage, "expected start, stop, restart, reload, enable, disable or run");
}
