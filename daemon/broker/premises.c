/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "premises.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "bounds.h"
#include "lockfile.h"
#include "log.h"
#include "process.h"
#include "userfile.h"

enum {
	PATIENCE = 5 * 1000,	/* ms for the socket's directory to come back */
	TAKES = 100,		/* attempts to take a lock whose holder was killed */
	TAKE_EVERY = 20 * 1000,	/* us between those attempts */
	LOGOUT = 15 * 1000,	/* ms for a broker whose transfers are over to end */
	SETTLE = 100,		/* ms from a change until it is looked at */
	ROUNDS = 4,		/* of checking again because something changed meanwhile */
};

/* Cuts path to its parent directory. False at the root. */
static bool to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

static char *lock_beside(const char *socket_path)
{
	char *directory = xstrdup(socket_path), *lock;

	to_parent(directory);
	lock = xasprintf("%s/lock", directory);
	free(directory);
	return lock;
}

static int take_beside(const char *socket_path, struct message *trouble)
{
	char *path = lock_beside(socket_path);
	int fd = lockfile_take(path, trouble);

	free(path);
	return fd;
}

/*
 * Writes the socket's path and our process id to broker.lock. Clients that look for the
 * socket elsewhere read it, and "git xmpp daemon stop" when nothing answers there. Without
 * it clients find the socket only where they look first.
 */
static void say_where(struct premises *p)
{
	char *text = xasprintf("%s\npid %d\n", p->path, (int)getpid());
	bool failed = lockfile_say(p->state, text) != 0;

	if (failed && !p->unsaid)
		log_warning("cannot write '%s': %s", p->state, strerror(errno));
	p->unsaid = failed;
	free(text);
}

/* A zombie counts as dead, though its threads may hold the lock a moment longer. */
static bool is_dead(int pid)
{
	return kill(pid, 0) < 0 ? errno == ESRCH : process_is_zombie(pid);
}

/* The process that the lock file names as its holder; 0 if it names none. */
static int holder(const char *lock)
{
	char text[SOCKPATH_MAX + 32];
	const char *said = lockfile_read(lock, text, sizeof(text)) ? strstr(text, "\npid ") : NULL;
	int pid = said ? atoi(said + 5) : 0;

	return pid > 0 ? pid : 0;
}

/* Whether the process that the lock file names as its holder is dead. */
static bool is_ending(const char *lock)
{
	int pid = holder(lock);

	return pid && is_dead(pid);
}

/*
 * Takes the lock with the state. The last broker may just have been killed, and still hold
 * it; then waits for up to TAKES * TAKE_EVERY.
 */
static int take_state(const char *path, struct message *trouble)
{
	int fd = lockfile_take(path, trouble);

	for (int i = 0; i < TAKES && fd < 0 && trouble->id == MSG_NONE && is_ending(path); i++) {
		usleep(TAKE_EVERY);
		fd = lockfile_take(path, trouble);
	}
	return fd;
}

int premises_take(struct premises *p, const char *socket_path, struct message *trouble)
{
	p->lock = p->state_lock = -1;
	p->unsaid = false;
	snprintf(p->path, sizeof(p->path), "%s", socket_path);
	p->state = userfile_path(USERFILE_STATE, "broker.lock", trouble);
	if (!p->state)
		return -1;
	p->state_lock = take_state(p->state, trouble);
	if (p->state_lock < 0 && trouble->id == MSG_NONE)
		lockfile_knock(p->state);
	if (p->state_lock >= 0)
		p->lock = take_beside(p->path, trouble);
	if (p->lock >= 0) {
		say_where(p);
		return 0;
	}
	if (p->state_lock >= 0)
		close(p->state_lock);
	free(p->state);
	p->state = NULL;
	return -1;
}

/*
 * Sends SIGTERM to the broker that holds the lock with the state. Another process may have
 * this id, as when the lock belongs to another machine (NFS): the name has to be right.
 */
static int ask_to_end(void)
{
	struct message trouble;
	char *lock = userfile_path(USERFILE_STATE, "broker.lock", &trouble);
	int pid = lock && lockfile_is_held(lock) ? holder(lock) : 0;

	free(lock);
	if (!pid || !process_runs(pid, "git-xmpp-daemon"))
		return 0;
	log_info("process %d is the broker: it is asked to end, for the service manager has "
		 "handed its socket to this one", pid);
	kill(pid, SIGTERM);
	return pid;
}

int premises_take_over(struct premises *p, const char *socket_path, struct message *trouble)
{
	int pid = 0;

	for (int left = DRAIN_PATIENCE + STOP_PATIENCE + LOGOUT; left > 0;
	     left -= TAKE_EVERY / 1000) {
		if (premises_take(p, socket_path, trouble) == 0)
			return 0;
		if (trouble->id != MSG_NONE)
			return -1;
		/* One that has not written its id yet is asked in the next round. */
		if (!pid)
			pid = ask_to_end();
		usleep(TAKE_EVERY);
	}
	message_set(trouble, MSG_SOCKET_PATH, "path", socket_path, "reason",
		    "another broker is there, and does not end", NULL);
	return -1;
}

static void look(struct premises *p);

static void on_settled(uv_timer_t *timer)
{
	look(timer->data);
}

/*
 * A service manager that takes the place removes our socket, and binds its own. One that is bound
 * anew in between makes it fail; so the change gets a moment to be over.
 */
static void on_change(uv_fs_event_t *watch, const char *name, int events, int status)
{
	struct premises *p = watch->data;

	if (!uv_is_active((uv_handle_t *)&p->settling))
		uv_timer_start(&p->settling, on_settled, SETTLE, 0);
	uv_unref((uv_handle_t *)&p->settling);
}

/* Something could not be watched, taken or written. Has look() run again after a pause. */
static void note_blind(struct premises *p, const char *path, const char *why)
{
	if (backoff_timer_begin(&p->blind))
		log_warning(
			"'%s' cannot be looked after; if the socket goes, that is seen late: %s",
			path, why);
}

/* Watches a file or directory, or its nearest parent that exists. */
static void watch_way(struct premises *p, uv_fs_event_t *watch, const char *to)
{
	char *path = xstrdup(to);
	struct stat st;
	int error;

	uv_fs_event_stop(watch);
	while (stat(path, &st) && to_parent(path))
		;
	error = uv_fs_event_start(watch, on_change, path, 0);
	if (error)
		note_blind(p, path, uv_strerror(error));
	free(path);
}

static bool is_in_place(const struct premises *p)
{
	char *path = lock_beside(p->path);
	bool good = lockfile_is_there(p->lock, path) && p->events->served(p->owner);

	free(path);
	return good;
}

/*
 * Takes the lock beside path, and serves the socket there. Returns 0, or -1 with *trouble,
 * which is MSG_NONE if another broker has the place.
 */
static int take_again(struct premises *p, const char *path, struct message *trouble)
{
	char *beside = lock_beside(path);
	bool held = lockfile_is_there(p->lock, beside);
	int lock = p->lock;

	free(beside);
	if (sockpath_check_dir(path, true, trouble)) {
		if (trouble->id == MSG_NONE)
			message_set(trouble, MSG_SOCKET_PATH, "path", path, "reason",
				    "its directory has gone", NULL);
		return -1;
	}
	if (!held) {
		lock = take_beside(path, trouble);
		if (lock < 0)
			return -1;
		close(p->lock);
		p->lock = lock;
	}
	/*
	 * A broker would need the lock for that: it is a service manager, which starts one as
	 * soon as somebody connects.
	 */
	if (!p->events->served(p->owner) && sockpath_is_served(path)) {
		trouble->id = MSG_NONE;
		return -1;
	}
	if (p->events->serve(p->owner, path, trouble))
		return -1;
	memmove(p->path, path, strlen(path) + 1);
	say_where(p);
	log_warning("the socket had gone; serving '%s'", p->path);
	return 0;
}

/* Makes sure that we hold the lock with the state. False if another broker holds it. */
static bool hold_state(struct premises *p)
{
	struct message trouble;
	int lock;

	if (lockfile_is_there(p->state_lock, p->state))
		return true;
	lock = lockfile_take(p->state, &trouble);
	if (lock < 0 && trouble.id != MSG_NONE)
		note_blind(p, p->state, trouble.text);
	if (lock < 0)
		return trouble.id != MSG_NONE;
	close(p->state_lock);
	p->state_lock = lock;
	say_where(p);
	return true;
}

static void lose(struct premises *p, const char *why)
{
	log_error("this broker cannot be reached any more, and ends: %s", why);
	uv_fs_event_stop(&p->socket_watch);
	uv_fs_event_stop(&p->state_watch);
	uv_timer_stop(&p->patience);
	uv_timer_stop(&p->settling);
	backoff_timer_end(&p->blind);
	p->events->lost(p->owner);
}

static void watch_both(struct premises *p)
{
	char *directory = xstrdup(p->path);

	to_parent(directory);
	watch_way(p, &p->socket_watch, directory);
	watch_way(p, &p->state_watch, p->state);
	free(directory);
}

static void on_patience_over(uv_timer_t *timer)
{
	struct premises *p = timer->data;
	char path[SOCKPATH_MAX];
	struct message trouble;

	sockpath_last_resort(path);
	if (take_again(p, p->path, &trouble) && take_again(p, path, &trouble))
		lose(p, trouble.id == MSG_NONE ? "another broker serves there" : trouble.text);
	else
		look(p);
}

static void look(struct premises *p)
{
	struct message trouble;

	for (int i = 0; i < ROUNDS; i++) {
		/* Watch first, so that a change during the check is noticed. */
		watch_both(p);
		if (!hold_state(p)) {
			lose(p, "another broker has taken its state over");
			return;
		}
		if (is_in_place(p)) {
			uv_timer_stop(&p->patience);
			if (p->unsaid)
				say_where(p);
			if (p->unsaid)
				note_blind(p, p->state, "it does not say where the socket is");
			if (!backoff_timer_left(&p->blind) && backoff_timer_end(&p->blind))
				log_info("'%s' is looked after again", p->path);
			return;
		}
		if (take_again(p, p->path, &trouble) && trouble.id == MSG_NONE) {
			lose(p, "another broker serves there");
			return;
		}
	}
	if (!uv_is_active((uv_handle_t *)&p->patience)) {
		log_warning("%s", trouble.text);
		uv_timer_start(&p->patience, on_patience_over, PATIENCE, 0);
		uv_unref((uv_handle_t *)&p->patience);
	}
}

static void on_look_again(void *owner)
{
	look(owner);
}

void premises_watch(struct premises *p, uv_loop_t *loop, const struct premises_events *events,
		    void *owner)
{
	p->events = events;
	p->owner = owner;
	p->watched = true;
	uv_fs_event_init(loop, &p->socket_watch);
	uv_fs_event_init(loop, &p->state_watch);
	uv_timer_init(loop, &p->patience);
	uv_timer_init(loop, &p->settling);
	backoff_timer_init(&p->blind, loop, on_look_again, p);
	p->socket_watch.data = p->state_watch.data = p->patience.data = p->settling.data = p;
	look(p);
	uv_unref((uv_handle_t *)&p->socket_watch);
	uv_unref((uv_handle_t *)&p->state_watch);
	uv_unref((uv_handle_t *)&p->patience);
}

void premises_leave(struct premises *p)
{
	if (p->watched) {
		uv_close((uv_handle_t *)&p->socket_watch, NULL);
		uv_close((uv_handle_t *)&p->state_watch, NULL);
		uv_close((uv_handle_t *)&p->patience, NULL);
		uv_close((uv_handle_t *)&p->settling, NULL);
		backoff_timer_close(&p->blind, NULL, NULL);
	}
	p->watched = false;
	free(p->state);
	p->state = NULL;
}
