/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HELLO and OPEN go out together. The broker greets, tells what it waits for, and in the
 * end that the service runs, or why not. That may take a while, so a line says after a second
 * what is waited for. git is watched meanwhile: when it dies, nobody reads our standard output
 * any more.
 */

#include "opening.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "notice-lines.h"
#include "status-line.h"
#include "text.h"

enum { EARLY_INPUT_MAX = 64 * 1024 };

static void send_open(const struct opening *o, struct client *c)
{
	const struct client_config *s = o->config;
	const char *prefer = getenv("GIT_XMPP_PREFER"), *task = getenv("GIT_XMPP_TASK");
	struct buf fields = { 0 };
	int version = s->git_protocol;

	/* receive-pack has no version 2. As over ssh, it is asked for none. */
	if (!strcmp(o->service, "receive-pack") && version == 2)
		version = 0;

	fields_add(&fields, "service", o->service);
	fields_add(&fields, "jid", o->address->jid);
	fields_add(&fields, "share", o->address->share);
	client_config_put_account(s, &fields);
	if (*o->address->device)
		fields_add(&fields, "device", o->address->device);
	if (version > 0)
		fields_add_u64(&fields, "git-protocol", version);
	/*
	 * The broker sets these variables for the git that it runs itself: which device to
	 * ask first, and which of its tasks this is.
	 */
	if (prefer && *prefer)
		fields_add(&fields, "prefer", prefer);
	if (task && *task)
		fields_add(&fields, "task", task);
	if (*s->transport)
		fields_add(&fields, "transport", s->transport);
	/* What the broker runs by itself, it also repeats by itself. */
	if (s->wait && !(task && *task) && !(prefer && *prefer))
		fields_add_u64(&fields, "wait", s->wait);
	if (o->verbosity > 0 && notice_lines_wanted())
		fields_add(&fields, "notices", "1");
	fields_add_u64(&fields, "verbosity", o->verbosity);
	fields_add(&fields, "progress", o->progress ? "1" : "0");
	frame_put_fields(&c->out, FRAME_OPEN, &fields);
	buf_finish(&fields);
}

static void say(const char *prefix, const char *text)
{
	struct buf shown = { 0 };

	text_escape(&shown, text, strlen(text), false);
	fprintf(stderr, "%s: %s\n", prefix, buf_str(&shown));
	buf_finish(&shown);
}

static void take_note(const struct opening *o, struct status_line *line, struct fields f)
{
	const char *kind = fields_get(f, "kind");
	const char *text = fields_get(f, "text");

	if (!kind || !text)
		return;
	if (!strcmp(kind, "progress")) {
		status_line_set(line, text);
		return;
	}
	status_line_hide(line);
	if (!strcmp(kind, "notice"))
		notice_lines_add(text);
	else if (!strcmp(kind, "warning"))
		say("warning", text);
	else if (!strcmp(kind, "verbose") && o->verbosity >= 2)
		say("xmpp", text);
}

static void take_ready(const struct opening *o, struct fields f)
{
	static const char *const keys[] = { "trust", "path" };
	const char *jid = fields_get(f, "jid"), *device = fields_get(f, "device");
	struct buf shown = { 0 };

	if (o->verbosity >= 2) {
		buf_printf(&shown, "%s/%s", jid ? jid : o->address->jid, device ? device : "?");
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (fields_get(f, keys[i]))
				buf_printf(&shown, ", %s", fields_get(f, keys[i]));
		say("xmpp", buf_str(&shown));
	}
	buf_finish(&shown);
}

/*
 * Reads what a script sends without waiting for our answer. The end of the input does not
 * mean that git has gone; git has gone when nobody reads our output.
 */
static void read_early(struct early_input *early)
{
	ssize_t n = read(0, buf_reserve(&early->data, EARLY_INPUT_MAX), EARLY_INPUT_MAX);

	if (n > 0)
		buf_added(&early->data, n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		early->ended = true;
}

/* Sleeps until the broker has sent something. False if git has gone. */
static bool wait_for_broker(struct client *c, struct status_line *line, struct early_input *early)
{
	bool reading = !early->ended && buf_len(&early->data) < EARLY_INPUT_MAX;
	struct pollfd fds[] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = 1, .events = 0 },
		{ .fd = reading ? 0 : -1, .events = POLLIN },
	};
	int n = poll(fds, ARRAY_SIZE(fds), status_line_timeout(line));

	status_line_tick(line);
	if (n <= 0)
		return n == 0 || errno == EINTR;
	if (fds[2].revents)
		read_early(early);
	return !fds[1].revents;
}

static enum opening_result refused(struct message *trouble, enum message_id id, const char *reason)
{
	message_set(trouble, id, "reason", reason, NULL);
	return OPENING_REFUSED;
}

static enum opening_result wait_for_ready(const struct opening *o, struct client *c,
					  struct status_line *line, struct early_input *early,
					  struct message *trouble)
{
	struct frame frame;
	struct fields f;

	for (;;) {
		int got = client_next(c, &frame, 0);

		if (got == -2) {
			if (!wait_for_broker(c, line, early))
				return OPENING_ABANDONED;
			continue;
		}
		if (got <= 0)
			return refused(trouble, MSG_BROKER_LOST, "");
		if (!frame_fields(&frame, &f))
			return refused(trouble, MSG_INTERNAL, "the broker sent a malformed frame");

		switch (frame.type) {
		case FRAME_NOTE:
			take_note(o, line, f);
			break;
		case FRAME_READY:
			status_line_hide(line);
			take_ready(o, f);
			return OPENING_READY;
		case FRAME_ERROR:
			message_from_fields(trouble, f);
			return OPENING_REFUSED;
		default:
			return refused(trouble, MSG_INTERNAL,
				       "the broker sent an unexpected frame");
		}
	}
}

/* Before the broker has said more, this much is known. */
static void begin_to_wait(const struct opening *o, struct status_line *line)
{
	char *text = xasprintf("waiting for %s", o->address->jid);

	*line = (struct status_line){ .wanted = o->progress && o->verbosity > 0 };
	status_line_wait(line, text);
	free(text);
}

enum opening_result opening_run(const struct opening *opening, struct client *c,
				struct early_input *early, struct message *trouble)
{
	struct status_line line;
	enum opening_result result;

	send_open(opening, c);
	/*
	 * If the broker hangs up at once, its reason can still be read, so a failure here
	 * is ignored.
	 */
	client_flush(c);
	if (client_expect_hello(c, trouble) < 0)
		return OPENING_REFUSED;

	begin_to_wait(opening, &line);
	result = wait_for_ready(opening, c, &line, early, trouble);
	status_line_finish(&line);
	notice_lines_print();
	return result;
}
