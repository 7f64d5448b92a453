/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both directions run at once and end independently:
 *
 *   git -> broker: as many bytes as the broker gave credit for. At end of file on
 *   standard input, END is sent. git ends its input long before the far side is done.
 *
 *   broker -> git: DATA, until END. Then EXIT tells the status of the far
 *   service, and we exit at once: closing standard output would not do, since
 *   git's wrapper process holds it open as well until we are gone.
 *
 * git closes its end of our standard output in normal operation, as soon as it has what it
 * wants. So a failed write, or POLLERR on the idle descriptor when git was killed, is a
 * normal end and no error.
 *
 * Memory: one read's worth towards the broker; towards git PENDING_MAX, then the socket is
 * not read until git has read.
 */

#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "last-word.h"
#include "monotonic.h"
#include "remote-stderr.h"
#include "size-text.h"
#include "status-line.h"
#include "text.h"
#include "time-text.h"

enum {
	CHUNK = 64 * 1024,		/* bytes; the capacity of a pipe */
	SOCKET_READ = 256 * 1024,
	PENDING_MAX = 256 * 1024,
	PIPE_SIZE = 1024 * 1024,	/* bytes; capacity of the pipe to git, if the system
					   allows it */
	REST_MS = 2,			/* pause while git reads from a full pipe; at 250 MB/s
					   git takes half of it */
	EXIT_WAIT_MS = 2000,		/* from the end of data until the far side's status */
	LAST_WORDS_MS = 500,		/* from git's end of reading until its end of writing */
	SILENCE_MS = 1000,		/* git has said all that it had to say of its bytes */
	STATUS_FAILED = 128,
	FLUSH_LEN = 4,			/* bytes of "0000" */
};

enum pump_state {
	PUMP_FLOWING,
	PUMP_ENDED,		/* END has come: no more data, but the status */
	PUMP_FINISHED,		/* nothing more from the broker, but git has not read it all */
	PUMP_GIT_GONE,		/* nobody reads our standard output any more */
};

struct pump {
	enum pump_state state;
	int status;			/* exit status, in PUMP_FINISHED */
	struct client *broker;		/* borrowed */
	const struct opening *opening;	/* borrowed */
	struct buf to_git;		/* bytes that standard output did not take at once */
	struct remote_stderr text;
	struct message trouble;		/* MSG_NONE: the far side ended by itself */
	struct last_word lastword;
	bool told;			/* the trouble was put into what git reads */
	uint32_t credit;		/* bytes that the broker will still take */
	bool stdin_ended;		/* END was sent, or is no longer needed */
	bool ended;			/* END was put behind all that git has sent */
	uint64_t taken;			/* bytes that git has sent */
	int64_t deadline;		/* ms; for EXIT, once git has all data; 0: not set */
	struct status_line line;
	int64_t written;		/* ms; when git sent its last bytes */
	bool wide;			/* the pipe to git has PIPE_SIZE */
	int64_t rest_until;		/* ms; end of the pause after the pipe was full */
};

static void finish(struct pump *p, int status)
{
	p->state = PUMP_FINISHED;
	p->status = status;
	p->stdin_ended = true;
}

/* Towards git. */

/*
 * Writes to git. Returns how many bytes standard output took; 0 if it is full, or nobody
 * reads it.
 */
static size_t write_some(struct pump *p, const char *data, size_t n)
{
	ssize_t done;

	do
		done = write(1, data, n);
	while (done < 0 && errno == EINTR);

	if (done < 0 && errno != EAGAIN)
		p->state = PUMP_GIT_GONE;
	if (done < (ssize_t)n && p->wide)
		p->rest_until = monotonic_ms() + REST_MS;
	return done > 0 ? done : 0;
}

static void give_to_git(struct pump *p, const char *data, size_t n)
{
	/* Mostly git is waiting, and the bytes can be written without a copy. */
	size_t done;

	status_line_hide(&p->line);
	done = buf_len(&p->to_git) ? 0 : write_some(p, data, n);

	last_word_answers(&p->lastword, data, n);
	if (done < n)
		buf_append(&p->to_git, data + done, n - done);
}

static void drain_to_git(struct pump *p)
{
	if (buf_len(&p->to_git))
		buf_consume(&p->to_git, write_some(p, buf_data(&p->to_git), buf_len(&p->to_git)));
}

/* From the broker. */

/*
 * Ends because of p->trouble. If there is a place for it in what git reads, git is given
 * the text, and the hint is printed before that.
 */
static void finish_with_trouble(struct pump *p)
{
	struct buf word = { 0 };

	if (p->state == PUMP_FLOWING && last_word_put(&p->lastword, p->trouble.text, &word)) {
		p->told = true;
		remote_stderr_finish(&p->text);
		message_print_hints(&p->trouble);
		give_to_git(p, buf_data(&word), buf_len(&word));
	}
	buf_finish(&word);
	finish(p, STATUS_FAILED);
}

static void fail(struct pump *p, enum message_id id, const char *reason)
{
	const struct address *to = p->opening->address;

	message_set(&p->trouble, id, "jid", to->jid, "share", to->share, "reason", reason, NULL);
	finish_with_trouble(p);
}

static void take_credit(struct pump *p, const struct frame *frame)
{
	const unsigned char *b = (const unsigned char *)frame->payload;
	uint32_t more;

	if (frame->len != 4) {
		fail(p, MSG_INTERNAL, "the broker sent a malformed frame");
		return;
	}
	more = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
	if (more > FRAME_WINDOW - p->credit)
		more = FRAME_WINDOW - p->credit;
	p->credit += more;
}

static void take_exit(struct pump *p, const struct frame *frame)
{
	struct fields f;

	if (frame_fields(frame, &f))
		finish(p, fields_get_u64(f, "status", STATUS_FAILED) & 0xff);
	else
		fail(p, MSG_INTERNAL, "the broker sent a malformed frame");
}

static void take_error(struct pump *p, const struct frame *frame)
{
	struct fields f;

	if (frame_fields(frame, &f)) {
		message_from_fields(&p->trouble, f);
		finish_with_trouble(p);
	} else {
		fail(p, MSG_INTERNAL, "the broker sent a malformed frame");
	}
}

/*
 * What git has written, and counted as sent, may still be on its way for long. The line is shown
 * while git is silent: it has a line of its own otherwise.
 */
static void show_moving(struct pump *p, struct fields f)
{
	uint64_t sent = fields_get_u64(f, "sent", 0), total = fields_get_u64(f, "total", 0);
	uint64_t rate = fields_get_u64(f, "rate", 0);
	char part[2 * SIZE_TEXT_MAX], speed[SIZE_TEXT_MAX], left[32];
	struct buf text = { 0 };

	if (monotonic_ms() - p->written < SILENCE_MS || sent > total)
		return;
	buf_printf(&text, "sent %s", part_text(sent, total, part));
	if (rate)
		buf_printf(&text, ", %s", rate_text(rate, speed));
	if (rate && sent < total)
		buf_printf(&text, ", %s left", span_short((total - sent + rate - 1) / rate, left));
	status_line_show(&p->line, buf_str(&text));
	buf_finish(&text);
}

/*
 * Waiting lines are not shown any more once git talks to the other git. The broker sends
 * "verbose" only if it was asked for.
 */
static void take_note(struct pump *p, const struct frame *frame)
{
	struct buf shown = { 0 };
	const char *kind, *text;
	struct fields f;
	bool warning;

	if (!frame_fields(frame, &f))
		return;
	kind = fields_get(f, "kind");
	text = fields_get(f, "text");
	if (kind && !strcmp(kind, "moving")) {
		show_moving(p, f);
		return;
	}
	if (!kind || !text)
		return;
	warning = !strcmp(kind, "warning");
	if (!warning && strcmp(kind, "verbose"))
		return;
	status_line_hide(&p->line);
	text_escape(&shown, text, strlen(text), false);
	fprintf(stderr, "%s: %s\n", warning ? "warning" : "xmpp", buf_str(&shown));
	buf_finish(&shown);
}

static void take_frame(struct pump *p, const struct frame *frame)
{
	switch (frame->type) {
	case FRAME_DATA:
		if (p->state == PUMP_FLOWING)
			give_to_git(p, frame->payload, frame->len);
		else
			fail(p, MSG_INTERNAL, "the broker sent data after their end");
		break;
	case FRAME_STDERR:
		status_line_hide(&p->line);
		remote_stderr_add(&p->text, frame->payload, frame->len);
		break;
	case FRAME_END:
		p->state = PUMP_ENDED;
		break;
	case FRAME_CREDIT:
		take_credit(p, frame);
		break;
	case FRAME_EXIT:
		take_exit(p, frame);
		break;
	case FRAME_ERROR:
		take_error(p, frame);
		break;
	case FRAME_NOTE:
		take_note(p, frame);
		break;
	default:
		fail(p, MSG_INTERNAL, "the broker sent an unexpected frame");
		break;
	}
}

static void take_frames(struct pump *p)
{
	struct buf *in = &p->broker->in;

	while (p->state < PUMP_FINISHED && buf_len(&p->to_git) <= PENDING_MAX) {
		struct frame frame;
		long size = frame_parse(in, &frame);

		if (size == 0)
			return;
		if (size < 0) {
			fail(p, MSG_INTERNAL, "the broker sent a malformed frame");
			return;
		}
		take_frame(p, &frame);
		buf_consume(in, size);
	}
}

/*
 * Whether a push has left this program, so that its refs may move without the broker. A git
 * that wants to push nothing sends a flush, which has FLUSH_LEN bytes.
 */
static bool is_handed_over(const struct pump *p)
{
	return !strcmp(p->opening->service, "receive-pack") && p->taken > FLUSH_LEN && p->ended &&
	       !buf_len(&p->broker->out);
}

static void read_broker(struct pump *p)
{
	struct buf *in = &p->broker->in;
	ssize_t n = recv(p->broker->fd, buf_reserve(in, SOCKET_READ), SOCKET_READ, MSG_DONTWAIT);

	if (n > 0) {
		buf_added(in, n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* All data have come, only the status is missing: that does no harm. */
	if (p->state == PUMP_ENDED)
		finish(p, 0);
	else if (is_handed_over(p))
		fail(p, MSG_PUSH_UNKNOWN, "the XMPP broker has ended");
	else
		fail(p, MSG_BROKER_LOST, "");
}

/* Towards the broker. */

static void send_to_broker(struct pump *p)
{
	struct buf *out = &p->broker->out;
	ssize_t n = send(p->broker->fd, buf_data(out), buf_len(out), MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0) {
		buf_consume(out, n);
	} else if (errno != EAGAIN && errno != EINTR) {
		/* The broker hung up, but what it sent before can still be read. */
		buf_reset(out);
		p->stdin_ended = true;
		p->ended = false;
	}
}

/*
 * Reads git's data behind the place of a header, so that both leave in one write without a
 * copy.
 */
static void read_git(struct pump *p)
{
	struct buf *out = &p->broker->out;
	size_t want = p->credit < CHUNK ? p->credit : CHUNK;
	unsigned char *at = (unsigned char *)buf_reserve(out, FRAME_HEADER + want);
	ssize_t n = read(0, at + FRAME_HEADER, want);

	if (n > 0) {
		last_word_asks(&p->lastword, (const char *)at + FRAME_HEADER, n);
		frame_header(at, FRAME_DATA, n);
		buf_added(out, FRAME_HEADER + n);
		p->credit -= n;
		p->written = monotonic_ms();
		status_line_hide(&p->line);
		p->taken += n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		frame_put(out, FRAME_END, NULL, 0);
		p->stdin_ended = p->ended = true;
	}
	if (buf_len(out))
		send_to_broker(p);
}

static bool may_read_git(const struct pump *p)
{
	return !p->stdin_ended && p->credit > 0 && buf_len(&p->broker->out) == 0;
}

/*
 * When git is content, it closes both our ends, one after the other. Its last bytes
 * ("0000", end of file) may still be in the pipe, or about to come. With them the far
 * service ends by itself. Without them it has to be stopped, and nobody knows whether git
 * got what it wanted.
 */
static void pass_on_last_words(struct pump *p)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	while (may_read_git(p) && poll(&in, 1, LAST_WORDS_MS) > 0)
		read_git(p);
}

static void start_with(struct pump *p, struct early_input *early)
{
	struct buf *out = &p->broker->out;

	while (buf_len(&early->data) > 0) {
		size_t n = buf_len(&early->data) < CHUNK ? buf_len(&early->data) : CHUNK;

		last_word_asks(&p->lastword, buf_data(&early->data), n);
		frame_put(out, FRAME_DATA, buf_data(&early->data), n);
		buf_consume(&early->data, n);
		p->credit -= n;
		p->taken += n;
	}
	if (early->ended) {
		frame_put(out, FRAME_END, NULL, 0);
		p->stdin_ended = p->ended = true;
	}
	if (buf_len(out))
		send_to_broker(p);
}

/* The loop. */

/*
 * What is left of the pause, in ms; 0 if it is over. A full pipe would wake us for each
 * packet that git takes out of it, and git has enough to read for a while.
 */
static int rest_left(const struct pump *p)
{
	int64_t left = buf_len(&p->to_git) ? p->rest_until - monotonic_ms() : 0;

	return left > 0 ? (int)left : 0;
}

static int timeout(struct pump *p)
{
	int64_t left;

	if (p->state != PUMP_ENDED || buf_len(&p->to_git))
		return -1;
	if (!p->deadline)
		p->deadline = monotonic_ms() + EXIT_WAIT_MS;
	left = p->deadline - monotonic_ms();
	return left > 0 ? (int)left : 0;
}

static void turn(struct pump *p)
{
	short socket_events = 0;
	int rest = rest_left(p), n;

	if (p->state < PUMP_FINISHED && buf_len(&p->to_git) <= PENDING_MAX)
		socket_events |= POLLIN;
	if (p->state < PUMP_FINISHED && buf_len(&p->broker->out))
		socket_events |= POLLOUT;

	struct pollfd fds[] = {
		{ .fd = may_read_git(p) ? 0 : -1, .events = POLLIN },
		{ .fd = 1, .events = buf_len(&p->to_git) && !rest ? POLLOUT : 0 },
		{ .fd = socket_events ? p->broker->fd : -1, .events = socket_events },
	};

	n = poll(fds, 3, rest ? rest : timeout(p));
	if (n < 0)
		return;
	if (n == 0) {
		if (!rest)
			finish(p, 0);
		return;
	}
	if (fds[1].revents & POLLOUT)
		drain_to_git(p);
	else if (fds[1].revents)
		p->state = PUMP_GIT_GONE;
	if (p->state == PUMP_GIT_GONE)
		return;
	if (fds[0].revents)
		read_git(p);
	if (fds[2].revents & POLLOUT)
		send_to_broker(p);
	if (fds[2].revents & (POLLIN | POLLHUP | POLLERR) && socket_events & POLLIN)
		read_broker(p);
}

static bool is_over(const struct pump *p)
{
	return p->state == PUMP_GIT_GONE || (p->state == PUMP_FINISHED && !buf_len(&p->to_git));
}

/*
 * Makes standard output non-blocking if it is a pipe or a socket, because poll() promises
 * room for a page only. Anything else (a file, a terminal) is left as it is. Returns the
 * old flags, or -1 if nothing was changed.
 */
static int make_stdout_nonblocking(struct pump *p)
{
	int flags = fcntl(1, F_GETFL);
	struct stat st;

	if (flags < 0 || flags & O_NONBLOCK || fstat(1, &st) < 0)
		return -1;
	if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return -1;
#ifdef F_SETPIPE_SZ
	/* If the system refuses, git and we alternate more often. */
	p->wide = fcntl(1, F_SETPIPE_SZ, PIPE_SIZE) >= PIPE_SIZE;
#endif
	fcntl(1, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

/*
 * Whether nobody reads our standard output any more: the user has their prompt, or soon
 * will.
 */
static bool git_has_gone(void)
{
	struct pollfd out = { .fd = 1 };

	return poll(&out, 1, 0) > 0 && out.revents & (POLLERR | POLLNVAL);
}

int pump_run(struct client *broker, const struct opening *opening, struct early_input *early)
{
	struct pump p = {
		.broker = broker,
		.opening = opening,
		.credit = FRAME_WINDOW,
		.line = { .wanted = opening->progress && opening->verbosity > 0 },
	};
	int flags = make_stdout_nonblocking(&p);

	last_word_init(&p.lastword, opening->service);
	start_with(&p, early);
	for (take_frames(&p); !is_over(&p); take_frames(&p))
		turn(&p);

	if (p.state == PUMP_GIT_GONE)
		pass_on_last_words(&p);
	if (flags >= 0)
		fcntl(1, F_SETFL, flags);

	status_line_finish(&p.line);
	remote_stderr_finish(&p.text);
	if (p.state == PUMP_FINISHED && p.trouble.id != MSG_NONE && !p.told && !git_has_gone())
		message_print(&p.trouble, "error: ");
	last_word_finish(&p.lastword);
	buf_finish(&p.to_git);
	return p.state == PUMP_FINISHED ? p.status : 0;
}
