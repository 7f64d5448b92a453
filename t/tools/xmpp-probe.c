/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Only the XMPP part of the broker, for tests: logs in, prints what happens, one line each,
 * and obeys commands on standard input.
 *
 *   xmpp-probe [options] JID PASSWORD
 *     --server S --ca-file F --resource R --device D
 *     --until PREFIX    ends, with status 0, after a line that begins so
 *     --timeout N       ends, with status 1, after N seconds (30)
 *     --tell-memory     the last line is "memory N", the most memory that it used, in kB
 *
 *   connect | check | ping JID | subscribe JID | subscribed JID | remove JID | block JID |
 *   unblock JID | quit
 *   shy on|off                     whether to hide that it is there
 *   send JID BYTES BLOCK WINDOW    an in-band bytestream, acknowledged block by block
 *
 * "stall N M" means that the loop stood still for N milliseconds. For M of them it computed; for
 * the rest it waited, for something or for a processor.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "account.h"
#include "alloc.h"
#include "base64.h"
#include "buf.h"
#include "log.h"

enum { BEAT = 50, STALL = 500, BLOCK_MAX = 65535 };

struct transfer {
	char *to;			/* owned; NULL: no transfer */
	uint64_t left, unacked, bytes, began;
	size_t block;
	unsigned window;
	uint16_t seq;
};

struct probe {
	uv_loop_t *loop;
	struct account *xmpp;		/* owned; NULL once it is being destroyed */
	const char *until;
	uv_timer_t beat, limit;
	uv_pipe_t in;
	bool has_in;
	uint64_t last_beat, computed;	/* ms; by the clock, and of this program's own */
	struct buf commands;
	char chunk[4096];
	struct transfer send;
	uint64_t received;
	bool shy;			/* other JIDs are answered as strangers, who must not
					   see that it is there */
	int status;
};

static const char *const states[] = {
	[ACCOUNT_OFFLINE] = "offline",
	[ACCOUNT_CONNECTING] = "connecting",
	[ACCOUNT_SETTLING] = "settling",
	[ACCOUNT_ONLINE] = "online",
	[ACCOUNT_FAILED] = "failed",
};

static void on_destroyed(void *arg)
{
	struct probe *p = arg;

	uv_close((uv_handle_t *)&p->beat, NULL);
	uv_close((uv_handle_t *)&p->limit, NULL);
	if (p->has_in)
		uv_close((uv_handle_t *)&p->in, NULL);
}

static void end(struct probe *p, int status)
{
	struct account *x = p->xmpp;

	if (!x)
		return;
	p->xmpp = NULL;
	p->status = status;
	account_destroy(x, on_destroyed, p);
}

__attribute__((format(printf, 2, 3)))
static void say(struct probe *p, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	printf("%s\n", buf_str(&line));
	fflush(stdout);
	if (p->until && !strncmp(buf_str(&line), p->until, strlen(p->until)))
		end(p, 0);
	buf_finish(&line);
}

/* Events. */

static void on_state(void *owner, enum account_state state, const struct message *trouble)
{
	say(owner, "state %s%s%s%s%s", states[state], trouble ? " " : "",
	    trouble ? message_name(trouble->id) : "", trouble ? ": " : "",
	    trouble ? trouble->text : "");
}

static enum asker on_asker(void *owner, const char *bare)
{
	struct probe *p = owner;

	return p->shy ? ASKER_STRANGER : ASKER_TRUSTED;
}

static void on_roster(void *owner, const char *bare, enum subscription subscription, bool asked,
		      bool removed)
{
	static const char *const names[] = { "none", "to", "from", "both" };

	say(owner, "roster %s %s%s", bare, removed ? "removed" : names[subscription],
	    asked ? " asked" : "");
}

static void on_available(void *owner, const char *full, const char *device, bool asks)
{
	say(owner, "available %s %s", full, device ? device : "-");
}

static void on_unavailable(void *owner, const char *full)
{
	say(owner, "unavailable %s", full);
}

static void on_doubted(void *owner, const char *jid, const char *condition)
{
}

static void on_subscription(void *owner, const char *bare, const char *kind)
{
	say(owner, "subscription %s %s", bare, kind);
}

static void on_ibb(void *owner, const struct ibb_stanza *stanza)
{
	struct probe *p = owner;
	static char data[BLOCK_MAX + 3];
	long n;

	if (!p->xmpp)
		return;
	if (stanza->kind == IBB_OPEN) {
		say(p, "ibb open %s %s %" PRIu64, stanza->from, stanza->sid, stanza->block_size);
		p->received = 0;
	} else if (stanza->kind == IBB_DATA) {
		n = stanza->text_len / 4 * 3 <= sizeof(data) ?
			    base64_decode(stanza->text, stanza->text_len, data) : -1;
		if (n < 0 || stanza->seq == UINT64_MAX) {
			account_reply_error(p->xmpp, stanza->from, stanza->id, "bad-request");
			return;
		}
		p->received += n;
	}
	account_reply_result(p->xmpp, stanza->from, stanza->id);
	if (stanza->kind == IBB_CLOSE)
		say(p, "ibb close %s %" PRIu64, stanza->from, p->received);
}

/* An in-band bytestream. */

static void pour(struct probe *p);

static void on_block(void *arg, const char *error)
{
	struct probe *p = arg;
	uint64_t took;

	p->send.unacked--;
	if (error && p->send.to) {
		say(p, "sent %s", error);
		free(p->send.to);
		p->send.to = NULL;
	}
	if (!p->send.to || !p->xmpp)
		return;
	if (p->send.left || p->send.unacked) {
		pour(p);
		return;
	}
	took = uv_now(p->loop) - p->send.began;
	account_request(p->xmpp, p->send.to, "set", "<close xmlns='http://jabber.org/protocol/ibb' "
			"sid='probe'/>", 10000, on_block, p);
	p->send.unacked++;
	free(p->send.to);
	p->send.to = NULL;
	say(p, "sent %" PRIu64 " bytes in %" PRIu64 " ms", p->send.bytes, took);
}

static void pour(struct probe *p)
{
	static char zeros[BLOCK_MAX];
	struct transfer *t = &p->send;

	while (t->to && t->left && t->unacked < t->window && account_bulk_ready(p->xmpp)) {
		size_t n = t->left < t->block ? t->left : t->block;

		if (!account_send_block(p->xmpp, t->to, "probe", t->seq++, zeros, n, on_block, p))
			return;
		t->left -= n;
		t->unacked++;
	}
}

static void on_bulk(void *owner)
{
	struct probe *p = owner;

	if (p->xmpp)
		pour(p);
}

static void on_opened(void *arg, const char *error)
{
	struct probe *p = arg;

	if (error) {
		say(p, "sent %s", error);
		free(p->send.to);
		p->send.to = NULL;
		return;
	}
	p->send.began = uv_now(p->loop);
	pour(p);
}

static void start_sending(struct probe *p, const char *args)
{
	struct transfer *t = &p->send;
	char to[512], payload[256];

	if (t->to || sscanf(args, "%511s %" SCNu64 " %zu %u", to, &t->left, &t->block,
			    &t->window) != 4 || t->block == 0 || t->block > BLOCK_MAX) {
		say(p, "sent bad-command");
		return;
	}
	t->bytes = t->left;
	t->seq = 0;
	snprintf(payload, sizeof(payload), "<open xmlns='http://jabber.org/protocol/ibb' "
		 "sid='probe' block-size='%zu' stanza='iq'/>", t->block);
	t->to = xstrdup(to);
	if (!account_request(p->xmpp, to, "set", payload, 10000, on_opened, p))
		on_opened(p, "not-online");
}

/* Commands. */

static void on_pong(void *arg, const char *error)
{
	say(arg, "pong %s", error ? error : "ok");
}

static void on_done(void *arg, const char *error)
{
	say(arg, "done %s", error ? error : "ok");
}

static void command(struct probe *p, char *line)
{
	char *arg = strchr(line, ' ');

	if (arg)
		*arg++ = '\0';
	if (!p->xmpp)
		return;
	if (!strcmp(line, "quit"))
		end(p, 0);
	else if (!strcmp(line, "connect"))
		account_connect(p->xmpp);
	else if (!strcmp(line, "check"))
		account_check(p->xmpp);
	else if (!arg)
		say(p, "bad-command %s", line);
	else if (!strcmp(line, "subscribe") || !strcmp(line, "subscribed"))
		account_subscription(p->xmpp, arg, line);
	else if (!strcmp(line, "shy"))
		p->shy = !strcmp(arg, "on");
	else if (!strcmp(line, "remove"))
		account_roster_remove(p->xmpp, arg, on_done, p);
	else if (!strcmp(line, "block") || !strcmp(line, "unblock"))
		account_block(p->xmpp, arg, *line == 'b', on_done, p);
	else if (!strcmp(line, "send"))
		start_sending(p, arg);
	else if (!strcmp(line, "ping") &&
		 !account_request(p->xmpp, arg, "get", "<ping xmlns='urn:xmpp:ping'/>", 5000,
				  on_pong, p))
		say(p, "pong not-online");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct probe *p = handle->data;

	*buf = uv_buf_init(p->chunk, sizeof(p->chunk));
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct probe *p = stream->data;
	char *nl;

	if (n < 0) {
		uv_read_stop(stream);
		return;
	}
	buf_append(&p->commands, buf->base, n);
	while (buf_len(&p->commands) &&
	       (nl = memchr(buf_data(&p->commands), '\n', buf_len(&p->commands)))) {
		char *line = xstrndup(buf_data(&p->commands), nl - buf_data(&p->commands));

		buf_consume(&p->commands, strlen(line) + 1);
		command(p, line);
		free(line);
	}
}

/* Time. */

static uint64_t computed(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_beat(uv_timer_t *timer)
{
	struct probe *p = timer->data;
	uint64_t now = uv_hrtime() / 1000000, own = computed();

	if (now - p->last_beat > STALL)
		say(p, "stall %" PRIu64 " %" PRIu64, now - p->last_beat, own - p->computed);
	p->last_beat = now;
	p->computed = own;
}

static void on_limit(uv_timer_t *timer)
{
	struct probe *p = timer->data;

	say(p, "timeout");
	end(p, 1);
}

static void on_groups(void *owner, const char *bare, const char *groups)
{
}

/* Begin and end of a whole roster: its items are reported like pushed ones, one by one. */
static void on_roster_whole(void *owner)
{
}

static void on_refused(void *owner, const char *bare, const char *condition)
{
	say(owner, "refused %s %s", bare, condition);
}

static void on_blocklist(void *owner, struct iq_rows *rows)
{
	struct iq_row row;

	while (rows && iq_rows_next(rows, &row))
		say(owner, "blocked %s", row.jid);
}

static void on_blocking(void *owner, bool blocked, struct iq_rows *rows)
{
	struct iq_row row;

	while (iq_rows_next(rows, &row))
		say(owner, "%s %s", blocked ? "blocked" : "unblocked", row.jid);
}

static const struct account_events events = {
	.state = on_state,
	.roster_begin = on_roster_whole,
	.roster_end = on_roster_whole,
	.asker = on_asker,
	.roster = on_roster,
	.groups = on_groups,
	.refused = on_refused,
	.blocklist = on_blocklist,
	.blocking = on_blocking,
	.available = on_available,
	.unavailable = on_unavailable,
	.doubted = on_doubted,
	.subscription = on_subscription,
	.ibb = on_ibb,
	.bulk = on_bulk,
};

static void start(struct probe *p, const struct account_config *config, unsigned seconds)
{
	p->xmpp = account_create(p->loop, config, &events, p);
	if (!p->xmpp) {
		fprintf(stderr, "xmpp-probe: no descriptor to be had\n");
		exit(2);
	}
	uv_timer_init(p->loop, &p->beat);
	uv_timer_init(p->loop, &p->limit);
	p->beat.data = p->limit.data = p->in.data = p;
	p->last_beat = uv_hrtime() / 1000000;
	p->computed = computed();
	uv_timer_start(&p->beat, on_beat, BEAT, BEAT);
	uv_timer_start(&p->limit, on_limit, seconds * 1000, 0);
	if (uv_guess_handle(0) == UV_NAMED_PIPE) {
		p->has_in = true;
		uv_pipe_init(p->loop, &p->in, 0);
		p->in.data = p;
		uv_pipe_open(&p->in, 0);
		uv_read_start((uv_stream_t *)&p->in, on_alloc, on_input);
	}
	account_connect(p->xmpp);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'c' },
		{ "resource", required_argument, NULL, 'r' },
		{ "device", required_argument, NULL, 'd' },
		{ "until", required_argument, NULL, 'u' },
		{ "timeout", required_argument, NULL, 't' },
		{ "tell-memory", no_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	struct account_config config = {
		.resource = "git.probe",
		.device = "probeprobeprobep",
	};
	struct probe p = { .loop = uv_default_loop() };
	unsigned seconds = 30;
	bool tell_memory = false;
	struct rusage usage;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': config.server = optarg; break;
		case 'c': config.ca_file = optarg; break;
		case 'r': config.resource = optarg; break;
		case 'd': config.device = optarg; break;
		case 'u': p.until = optarg; break;
		case 't': seconds = atoi(optarg); break;
		case 'm': tell_memory = true; break;
		default: return 2;
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: xmpp-probe [options] JID PASSWORD\n");
		return 2;
	}
	config.jid = argv[optind];
	config.password = argv[optind + 1];
	signal(SIGPIPE, SIG_IGN);
	log_init();
	start(&p, &config, seconds);
	uv_run(p.loop, UV_RUN_DEFAULT);
	uv_loop_close(p.loop);
	buf_finish(&p.commands);
	free(p.send.to);
	if (tell_memory && getrusage(RUSAGE_SELF, &usage) == 0)
		printf("memory %ld\n", usage.ru_maxrss);
	return p.status;
}
