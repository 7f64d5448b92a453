/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-xmpp-daemon: one broker for each user. It runs in the foreground. With --detach it
 * goes to the background once its socket is served; clients start it so. Locks, not the
 * socket, make sure that it is the only one (premises.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "accounts-command.h"
#include "accounts.h"
#include "alloc.h"
#include "control.h"
#include "descriptors.h"
#include "git-service.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "premises.h"
#include "repository.h"
#include "service-manager.h"
#include "sockpath.h"
#include "state-format.h"
#include "userfile.h"

enum {
	EXIT_INTERNAL = 70,
	EXIT_CONFIG = 78,
	DESCRIPTORS_MAX = 1024,		/* libstrophe uses select() */
	LOOKS = 20,			/* at a socket that should be nobody's: that of a broker
					   which was killed may look alive for a moment */
	LOOK_EVERY = 50 * 1000,		/* us between those */
};

struct options {
	bool detach;
	const char *socket;
	const char *started_by;
};

static const char usage[] =
	"usage: git-xmpp-daemon [--detach] [--socket=<path>] [--started-by=<what>]\n"
	"   or: git-xmpp-daemon --version\n";

/*
 * What --started-by may say, as status shows it. A service manager needs no option: its socket
 * or its environment says that it was it.
 */
static const char *started_by(const char *text)
{
	static const char *const ways[] = { "by-hand", "on-demand", "autostart" };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(text, ways[i]))
			return ways[i];
	return NULL;
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "detach", no_argument, NULL, 'd' },
		{ "socket", required_argument, NULL, 's' },
		{ "started-by", required_argument, NULL, 'b' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	o->started_by = started_by("by-hand");
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->detach = true;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'b':
			o->started_by = started_by(optarg);
			if (o->started_by)
				break;
			fputs(usage, stderr);
			exit(EXIT_CONFIG);
		case 'V':
			puts("git-xmpp-daemon " PROGRAM_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(EXIT_CONFIG);
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		exit(EXIT_CONFIG);
	}
}

/* The exit status of a child that could not start. */
static int failure_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return EXIT_INTERNAL;
}

/*
 * Forks. The parent waits for one line of the child and exits: "ok", or an error message for
 * standard error, with the child's exit status. In the child, returns the pipe's end to write
 * that line to.
 */
static int detach(void)
{
	char line[MESSAGE_TEXT_MAX];
	ssize_t n, len = 0;
	int fds[2];
	pid_t pid;

	if (io_pipe(fds) || (pid = fork()) < 0) {
		fprintf(stderr, "git-xmpp-daemon: %s\n", strerror(errno));
		exit(EXIT_INTERNAL);
	}
	if (pid == 0) {
		close(fds[0]);
		setsid();
		return fds[1];
	}
	close(fds[1]);
	while (len < (ssize_t)sizeof(line) - 1 &&
	       (n = read(fds[0], line + len, sizeof(line) - 1 - len)) > 0)
		len += n;
	line[len] = '\0';
	if (!strcmp(line, "ok\n"))
		_exit(0);
	fputs(len ? line : "git-xmpp-daemon: it ended without a word\n", stderr);
	_exit(failure_of(pid));
}

/* Standard streams for the background: nothing in, the log file out. */
static void redirect_streams(void)
{
	struct message trouble;
	char *path = userfile_path(USERFILE_STATE, "daemon.log", &trouble);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, 0);
	dup2(null, 1);
	if (!path || log_to_file(path))
		dup2(null, 2);
	close(null);
	free(path);
}

/*
 * Without HOME in the environment (a supervisor, env -i), takes the home directory from the
 * user database, as a login does.
 */
static void find_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user = home && *home ? NULL : getpwuid(geteuid());

	if (user && user->pw_dir)
		setenv("HOME", user->pw_dir, 1);
}

static void set_limits(void)
{
	struct rlimit limit;

	/* A core would hold the password and the device key. */
	limit = (struct rlimit){ 0, 0 };
	setrlimit(RLIMIT_CORE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != DESCRIPTORS_MAX) {
		limit.rlim_cur =
			limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The signals we act on, and the accounts they act on. */
struct signals {
	uv_signal_t term, interrupt, hangup;
	struct accounts *accounts;
	unsigned stops;		/* how many signals have told it to stop */
};

static void on_signal(uv_signal_t *handle, int signum)
{
	struct signals *s = handle->data;
	struct message trouble;

	if (signum == SIGHUP) {
		accounts_reload(s->accounts, NULL, NULL, &trouble);
		return;
	}
	/* The second one only says that no transfer is waited for. */
	if (s->accounts->stopping && s->stops > 1)
		_exit(EXIT_INTERNAL);
	log_info("stopping on signal %d", signum);
	if (s->stops++)
		accounts_stop(s->accounts);
	else
		accounts_drain(s->accounts);
}

static void watch_signals(uv_loop_t *loop, struct signals *s, struct accounts *a)
{
	struct {
		uv_signal_t *handle;
		int signum;
	} rows[] = { { &s->term, SIGTERM }, { &s->interrupt, SIGINT }, { &s->hangup, SIGHUP } };

	s->accounts = a;
	s->stops = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uv_signal_init(loop, rows[i].handle);
		rows[i].handle->data = s;
		uv_signal_start(rows[i].handle, on_signal, rows[i].signum);
		/* They do not keep the loop alive once everything else has ended. */
		uv_unref((uv_handle_t *)rows[i].handle);
	}
}

static void unwatch_signals(struct signals *s)
{
	uv_close((uv_handle_t *)&s->term, NULL);
	uv_close((uv_handle_t *)&s->interrupt, NULL);
	uv_close((uv_handle_t *)&s->hangup, NULL);
}

static void say(int ready_fd, const char *line)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, line, strlen(line)) < 0)
		log_debug("nobody waits for us any more");
	close(ready_fd);
}

/* Reports to the waiting parent why the broker could not start. */
static void say_trouble(int ready_fd, const struct message *trouble)
{
	char *line = xasprintf("%s\n", trouble->text);

	say(ready_fd, line);
	free(line);
}

static int cannot_start(const struct options *options, int ready_fd, const struct message *trouble)
{
	if (!options->detach)
		message_print(trouble, "fatal: ");
	say_trouble(ready_fd, trouble);
	return EXIT_CONFIG;
}

static bool is_served(void *owner)
{
	struct accounts *a = owner;

	return a->stopping || !a->control || control_in_place(a->control);
}

static int serve_at(void *owner, const char *path, struct message *trouble)
{
	struct accounts *a = owner;

	return control_serve(a->control, path, trouble);
}

static void on_lost(void *owner)
{
	accounts_drain(owner);
}

static const struct premises_events premises_events = {
	.served = is_served,
	.serve = serve_at,
	.lost = on_lost,
};

/* The descriptor by which the parent is told while the loop is made; -1: none. */
static int waits = -1;

static _Noreturn void cannot_begin(int error)
{
	struct message trouble;

	message_set(&trouble, MSG_CANNOT_BEGIN, "reason", strerror(error), NULL);
	log_error("%s", trouble.text);
	say_trouble(waits, &trouble);
	_exit(EXIT_CONFIG);
}

/* Runs inside libuv after its pipe() has failed. libuv holds nothing half done there. */
static void on_abort(int signum)
{
	cannot_begin(errno);
}

/*
 * Short of descriptors, uv_loop_init() returns an error if the loop's own fail, and aborts
 * if those of libuv's signal handling fail.
 */
static void begin_loop(uv_loop_t *loop, int ready_fd)
{
	int error;

	waits = ready_fd;
	signal(SIGABRT, on_abort);
	error = uv_loop_init(loop);
	signal(SIGABRT, SIG_DFL);
	if (error)
		cannot_begin(-error);
}

/* Of the default account. */
static const char *device_of(const struct accounts *a)
{
	const struct broker *b = accounts_preferred(a);

	return *b->context.device ? b->context.device : "none";
}

static int run(struct premises *premises, struct service_manager *manager, const char *how,
	       int ready_fd)
{
	struct accounts accounts = { .shared.manager = manager, .started_by = how };
	struct signals signals;
	struct message trouble;
	uv_loop_t loop;
	int result = 0;

	repository_library_begin();
	begin_loop(&loop, ready_fd);
	watch_signals(&loop, &signals, &accounts);
	if (!accounts_start(&accounts, &loop, premises->path, &accounts_control_events, &trouble)) {
		log_info("serving '%s', device %s", premises->path, device_of(&accounts));
		premises_watch(premises, &loop, &premises_events, &accounts);
		say(ready_fd, "ok\n");
	} else {
		log_error("%s", trouble.text);
		say_trouble(ready_fd, &trouble);
		accounts_stop(&accounts);
		result = EXIT_CONFIG;
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	unwatch_signals(&signals);
	premises_leave(premises);
	uv_run(&loop, UV_RUN_DEFAULT);
	accounts_finish(&accounts);
	uv_loop_close(&loop);
	/* Joins the thread pool. */
	uv_library_shutdown();
	repository_library_end();
	log_info("stopped");
	return result;
}

/*
 * Clients reach only us at a socket that a service manager has handed over: a broker that is
 * there already has to make room. Otherwise what is there stays, be it a broker or the socket of
 * a service manager.
 */
static int take(struct premises *premises, const struct service_manager *manager, const char *path,
		struct message *trouble)
{
	if (manager->listener >= 0)
		return premises_take_over(premises, path, trouble);
	if (premises_take(premises, path, trouble))
		return -1;
	/* A broker that is started for the question asks us to end, which we do by ourselves. */
	signal(SIGTERM, SIG_IGN);
	for (int left = LOOKS; sockpath_is_served(path); left--) {
		if (!left)
			return -1;
		usleep(LOOK_EVERY);
	}
	signal(SIGTERM, SIG_DFL);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct premises premises = { .watched = false };
	struct service_manager manager;
	struct message trouble;
	char path[SOCKPATH_MAX];
	int ready_fd = -1, result;

	descriptors_sanitize();
	memory_of_libraries();
	parse_options(argc, argv, &options);
	signal(SIGPIPE, SIG_IGN);
	find_home();
	if (service_manager_begin(&manager, &trouble)) {
		message_print(&trouble, "fatal: ");
		return EXIT_CONFIG;
	}
	/* What the broker runs finds it there, too. */
	if (manager.listener >= 0)
		setenv("GIT_XMPP_SOCKET", manager.path, 1);
	else if (options.socket)
		setenv("GIT_XMPP_SOCKET", options.socket, 1);
	if (manager.is_parent)
		options.started_by = manager.listener >= 0 ? "systemd-socket" : "systemd-service";
	/* Whatever starts it for a session may have left some open. */
	if (options.detach && manager.listener < 0)
		descriptors_close_from(STDERR_FILENO + 1);
	if (sockpath_find(path, &trouble) || sockpath_check_dir(path, true, &trouble)) {
		message_print(&trouble, "fatal: ");
		return EXIT_CONFIG;
	}
	if (options.detach)
		ready_fd = detach();
	if (state_format_check(&trouble) || take(&premises, &manager, path, &trouble)) {
		/* Another broker runs or starts, so the client has its broker. */
		if (trouble.id == MSG_NONE) {
			if (!options.detach)
				fputs("git-xmpp-daemon: another broker runs already; "
				      "\"git xmpp status\" shows it\n", stderr);
			say(ready_fd, "ok\n");
			return 0;
		}
		return cannot_start(&options, ready_fd, &trouble);
	}
	/* The broker that was waited for may have been of a later version. */
	if (state_format_check(&trouble))
		return cannot_start(&options, ready_fd, &trouble);
	if (options.detach) {
		redirect_streams();
		if (chdir("/"))
			return EXIT_INTERNAL;
	}
	log_init();
	set_limits();
	result = run(&premises, &manager, options.started_by, ready_fd);
	service_manager_finish(&manager);
	return result;
}
