/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "bounds.h"
#include "log.h"

struct control {
	uv_loop_t *loop;		/* borrowed */
	uv_pipe_t *listener;		/* owned; NULL while there is none */
	char *path;			/* of the socket; owned */
	dev_t dev;			/* with ino: the file that the socket has at path */
	ino_t ino;
	bool made;			/* the file was made here, and is removed here */
	struct conns conns;
};

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;

	if (status < 0)
		log_warning("cannot accept a client: %s", uv_strerror(status));
	else
		conns_accept(&control->conns, listener);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free(handle);
}

static void stop_listening(struct control *control)
{
	if (control->made && control_in_place(control))
		unlink(control->path);
	if (control->listener)
		uv_close((uv_handle_t *)control->listener, on_listener_closed);
	control->listener = NULL;
	control->ino = 0;
}

/* Returns 0 or libuv's error. */
static int bind_at(struct control *control, const char *path)
{
	mode_t mask;
	int error;

	/* A socket at path was left by a broker that died: we hold the lock. */
	unlink(path);
	mask = umask(0177);
	error = uv_pipe_bind(control->listener, path);
	umask(mask);
	control->made = !error;
	return error;
}

/* Takes over the socket that listens at path already. Returns 0 or libuv's error. */
static int adopt(struct control *control, int inherited)
{
	int error = uv_pipe_open(control->listener, inherited);

	if (error)
		close(inherited);
	control->made = false;
	return error;
}

/* inherited: -1, or what is listened on. Returns 0 or libuv's error. */
static int listen_at(struct control *control, const char *path, int inherited)
{
	struct stat st;
	int error;

	control->listener = xcalloc(1, sizeof(*control->listener));
	uv_pipe_init(control->loop, control->listener, 0);
	control->listener->data = control;
	error = inherited < 0 ? bind_at(control, path) : adopt(control, inherited);
	if (error)
		return error;
	/*
	 * From here on the file is known; one that was made here is removed by
	 * stop_listening(). That of an inherited socket may have gone.
	 */
	if (!stat(path, &st)) {
		control->dev = st.st_dev;
		control->ino = st.st_ino;
	} else if (control->made) {
		return uv_translate_sys_error(errno);
	}
	return uv_listen((uv_stream_t *)control->listener, CLIENTS_MAX, on_connection);
}

static int serve(struct control *control, const char *path, int inherited, struct message *trouble)
{
	char *copy = xstrdup(path);
	int error;

	stop_listening(control);
	free(control->path);
	control->path = copy;
	error = listen_at(control, copy, inherited);
	if (!error)
		return 0;
	stop_listening(control);
	message_set(trouble, MSG_SOCKET_PATH, "path", path, "reason", uv_strerror(error), NULL);
	return -1;
}

int control_serve(struct control *control, const char *path, struct message *trouble)
{
	return serve(control, path, -1, trouble);
}

bool control_in_place(const struct control *control)
{
	struct stat st;

	return control->listener && control->ino && !stat(control->path, &st) &&
	       st.st_dev == control->dev && st.st_ino == control->ino;
}

struct control *control_create(uv_loop_t *loop, const char *path, int inherited,
			       const struct control_events *events, void *owner,
			       struct message *trouble)
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->loop = loop;
	conns_init(&control->conns, events, owner);
	if (serve(control, path, inherited, trouble) == 0)
		return control;
	control_destroy(control);
	return NULL;
}

void control_dismiss(struct control *control, const void *party, const struct message *why)
{
	if (control)
		conns_dismiss(&control->conns, party, why);
}

unsigned control_reading(const struct control *control)
{
	return control ? conns_reading(&control->conns) : 0;
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	conns_end(&control->conns);
	stop_listening(control);
	free(control->path);
	free(control);
}
