/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "premises.h"

/*
 * A place in a directory of its own, which goes and comes. What is served is a file. What another
 * broker does, the test does with locks of its own.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "lockfile.h"
#include "log.h"
#include "process.h"
#include "tap.h"
#include "until.h"
#include "userfile.h"

enum {
	PATIENCE = 20 * 1000,	/* ms; mostly it takes one turn of the loop */
	TURNS = 2000,
};

static char top[] = "/tmp/u-premises.XXXXXX";
static char resort[SOCKPATH_MAX];
static uv_loop_t loop;
static struct premises premises;
static char served_at[SOCKPATH_MAX];
static unsigned served, lost;

/* meson.build has this called instead: /tmp is everybody's. */
void __wrap_sockpath_last_resort(char out[SOCKPATH_MAX]);

void __wrap_sockpath_last_resort(char out[SOCKPATH_MAX])
{
	memcpy(out, resort, SOCKPATH_MAX);
}

/* Also these: they are refused so often. */
static unsigned unwatched, unwritten;

int __wrap_uv_fs_event_start(uv_fs_event_t *watch, uv_fs_event_cb cb, const char *path,
			     unsigned flags);
int __real_uv_fs_event_start(uv_fs_event_t *watch, uv_fs_event_cb cb, const char *path,
			     unsigned flags);
int __wrap_lockfile_say(const char *path, const char *text);
int __real_lockfile_say(const char *path, const char *text);
int __wrap_lockfile_take(const char *path, struct message *trouble);
int __real_lockfile_take(const char *path, struct message *trouble);

int __wrap_uv_fs_event_start(uv_fs_event_t *watch, uv_fs_event_cb cb, const char *path,
			     unsigned flags)
{
	if (unwatched == 0)
		return __real_uv_fs_event_start(watch, cb, path, flags);
	unwatched--;
	return UV_EMFILE;
}

int __wrap_lockfile_say(const char *path, const char *text)
{
	if (unwritten == 0)
		return __real_lockfile_say(path, text);
	unwritten--;
	errno = EMFILE;
	return -1;
}

/* The next of that path. */
static const char *not_taken;

int __wrap_lockfile_take(const char *path, struct message *trouble)
{
	if (!not_taken || strcmp(path, not_taken) != 0)
		return __real_lockfile_take(path, trouble);
	not_taken = NULL;
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", "no descriptor", NULL);
	return -1;
}

static bool on_served(void *owner)
{
	struct stat st;

	return stat(served_at, &st) == 0 && S_ISREG(st.st_mode);
}

static int on_serve(void *owner, const char *path, struct message *trouble)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		message_set(trouble, MSG_INTERNAL, "reason", "no file", NULL);
		return -1;
	}
	fclose(file);
	memmove(served_at, path, strlen(path) + 1);
	served++;
	return 0;
}

static void on_lost(void *owner)
{
	lost++;
}

static const struct premises_events events = {
	.served = on_served,
	.serve = on_serve,
	.lost = on_lost,
};

static void on_time(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* One, of a loop that the place does not keep alive. */
static void turn(void)
{
	bool late = false;
	uv_timer_t timer;

	uv_timer_init(&loop, &timer);
	timer.data = &late;
	uv_timer_start(&timer, on_time, 10, 0);
	uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

/* Until it was served or lost once more; false if it was not. */
static bool happens(const unsigned *what)
{
	return run_until_more(&loop, what, PATIENCE);
}

static const char *in_top(const char *name)
{
	static char paths[4][SOCKPATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, SOCKPATH_MAX, "%s/%s", top, name);
	return path;
}

static void begin(void)
{
	struct message trouble;

	served = lost = 0;
	mkdir(in_top("run"), 0700);
	mkdir(in_top("run/git-xmpp"), 0700);
	is_int(premises_take(&premises, in_top("run/git-xmpp/socket"), &trouble), 0,
	       "the place is taken");
	on_serve(NULL, premises.path, &trouble);
	premises_watch(&premises, &loop, &events, NULL);
}

/* As at the end of a process. */
static void end(void)
{
	premises_leave(&premises);
	uv_run(&loop, UV_RUN_DEFAULT);
	close(premises.lock);
	close(premises.state_lock);
}

static void test_only_one(void)
{
	char where[SOCKPATH_MAX + 32], *lock = userfile_name(USERFILE_STATE, "broker.lock");
	struct premises other = { .watched = false };
	struct message trouble;

	begin();
	is_int(premises_take(&other, in_top("other/socket"), &trouble), -1,
	       "another one with the same state is none");
	is_int(trouble.id, MSG_NONE, "... because there is one");
	ok(lockfile_read(lock, where, sizeof(where)), "... which says where it is");
	where[strcspn(where, "\n")] = '\0';
	is_str(where, premises.path, "... as it is");
	ok(lockfile_is_held(lock), "... and that it runs");
	free(lock);
	end();
}

/* A child that holds the lock for a moment, and says that somebody is who has died. */
static void test_killed(void)
{
	char *lock = userfile_name(USERFILE_STATE, "broker.lock"), text[64], byte = 0;
	struct message trouble;
	int ready[2];
	pid_t dead = fork(), holder;

	if (dead == 0)
		_exit(0);
	waitpid(dead, NULL, 0);
	snprintf(text, sizeof(text), "/nowhere\npid %d\n", (int)dead);
	if (pipe(ready))
		exit(1);
	holder = fork();
	if (holder == 0) {
		lockfile_take(lock, &trouble);
		lockfile_say(lock, text);
		if (write(ready[1], "", 1) == 1)
			usleep(200 * 1000);
		_exit(0);
	}
	ok(read(ready[0], &byte, 1) == 1, "a broker was killed, its lock is still held");
	begin();
	end();
	waitpid(holder, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	free(lock);
}

/* A child that is the broker, until it is told to end. */
static pid_t begin_other(void)
{
	struct premises other = { .watched = false };
	struct message trouble;
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe(ready) || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		process_set_name("git-xmpp-daemon");
		if (premises_take(&other, in_top("run/git-xmpp/socket"), &trouble) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ok(read(ready[0], &byte, 1) == 1, "another broker has the place");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void test_taken_over(void)
{
	struct premises other = { .watched = false };
	struct message trouble;
	int status = 0;
	pid_t pid;

	begin();
	end();
	pid = begin_other();
	ok(premises_take(&other, in_top("run/git-xmpp/socket"), &trouble) < 0 && !kill(pid, 0),
	   "who comes without a socket leaves it alone");
	is_int(premises_take_over(&premises, in_top("run/git-xmpp/socket"), &trouble), 0,
	       "who was handed the socket takes the place");
	waitpid(pid, &status, 0);
	is_int(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGTERM, "... and has asked it to end");
	premises_watch(&premises, &loop, &events, NULL);
	end();
}

/* A service manager replaces the socket by its own. */
static void test_gives_way(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int manager = socket(AF_UNIX, SOCK_STREAM, 0);
	unsigned before;

	begin();
	before = served;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", premises.path);
	unlink(premises.path);
	turn();
	ok(!bind(manager, (struct sockaddr *)&addr, sizeof(addr)) && !listen(manager, 5),
	   "somebody has the time to listen at the place");
	ok(happens(&lost) && served == before, "then it is theirs");
	end();
	close(manager);
	unlink(addr.sun_path);
}

static void test_comes_back(void)
{
	begin();
	unlink(in_top("run/git-xmpp/socket"));
	ok(happens(&served), "the socket goes: it is served again");
	unlink(in_top("run/git-xmpp/socket"));
	unlink(in_top("run/git-xmpp/lock"));
	rmdir(in_top("run/git-xmpp"));
	ok(happens(&served), "its directory goes: it is made and served again");
	ok(lockfile_is_there(premises.lock, in_top("run/git-xmpp/lock")),
	   "... with a lock beside it");
	unlink(in_top("run/git-xmpp/socket"));
	unlink(in_top("run/git-xmpp/lock"));
	rmdir(in_top("run/git-xmpp"));
	rmdir(in_top("run"));
	turn();
	mkdir(in_top("run"), 0700);
	ok(happens(&served), "the runtime directory goes and comes: there, too");
	rename(in_top("run"), in_top("moved"));
	mkdir(in_top("run"), 0700);
	lockfile_knock(premises.state);
	ok(happens(&served), "it was moved away, and somebody knocks: there, too");
	is_str(served_at, in_top("run/git-xmpp/socket"), "... where it was");
	unlink(premises.state);
	for (int i = 0; i < TURNS && !lockfile_is_there(premises.state_lock, premises.state); i++)
		turn();
	ok(lockfile_is_there(premises.state_lock, premises.state),
	   "the lock with the state goes: there is a new one");
	is_int(lost, 0, "all the while it is the broker");
	end();
}

static void test_gone_for_good(void)
{
	begin();
	snprintf(resort, sizeof(resort), "%s", in_top("resort/socket"));
	rename(in_top("run"), in_top("gone"));
	lockfile_knock(premises.state);
	ok(happens(&served), "the runtime directory goes and does not come back");
	is_str(served_at, resort, "then the last resort is served");
	is_str(premises.path, resort, "... and said to be the place");
	end();
}

static void test_lost(void)
{
	struct message trouble;
	int lock;

	begin();
	unlink(in_top("run/git-xmpp/lock"));
	lock = lockfile_take(in_top("run/git-xmpp/lock"), &trouble);
	unlink(in_top("run/git-xmpp/socket"));
	ok(happens(&lost), "another broker has the place: ours ends");
	close(lock);
	end();
	begin();
	unlink(premises.state);
	lock = lockfile_take(premises.state, &trouble);
	ok(lost || happens(&lost), "another broker has the state: ours ends");
	close(lock);
	end();
	begin();
	snprintf(resort, sizeof(resort), "/proc/nonexistent/socket");
	rename(in_top("run"), in_top("away"));
	lockfile_knock(premises.state);
	ok(happens(&lost), "no place is to be had: it ends");
	end();
}

static bool says_where(void)
{
	char text[SOCKPATH_MAX + 32];
	size_t n = strlen(premises.path);

	return lockfile_read(premises.state, text, sizeof(text)) &&
	       !strncmp(text, premises.path, n) && text[n] == '\n';
}

/* In as many turns as it takes. */
static bool comes(bool (*what)(void))
{
	for (int i = 0; i < PATIENCE / 10 && !what(); i++)
		turn();
	return what();
}

static bool holds_state(void)
{
	return lockfile_is_there(premises.state_lock, premises.state);
}

/*
 * Neither its socket nor its state is watched, and the lock says nothing: all
 * is mended by itself.
 */
static void test_refused(void)
{
	unwatched = 2;
	unwritten = 2;
	begin();
	unlink(in_top("run/git-xmpp/socket"));
	ok(happens(&served),
	   "no watch was to be had at first: it is seen all the same that the socket goes");
	ok(comes(says_where), "... and said where it is");
	is_int(unwatched + unwritten, 0, "... for all that was refused");
	not_taken = premises.state;
	unlink(premises.state);
	ok(comes(holds_state), "a lock that there is no descriptor for is taken later");
	ok(!not_taken && lost == 0, "... and it is the broker meanwhile");
	end();
	unwatched = 2;
	begin();
	end();
	unwatched = 0;
}

int main(void)
{
	char command[64];

	log_init();
	log_set_level(LOG_ERROR);
	if (!mkdtemp(top))
		return 1;
	setenv("XDG_STATE_HOME", in_top("state"), 1);
	uv_loop_init(&loop);
	test_only_one();
	test_killed();
	test_taken_over();
	test_gives_way();
	test_comes_back();
	test_refused();
	test_gone_for_good();
	test_lost();
	is_int(uv_loop_close(&loop), 0, "no handle is left");
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) || tap_done();
}
