/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What in-band data can be: a bare XEP-0047 pump between two accounts of one
 * server, with nothing of ours in it but base64. No TLS between the ends, no
 * records, no pace: a fixed block size and window, preformatted stanzas, and
 * nothing else to do in the process. The broker's in-band path is measured
 * against the best cell of its table.
 *
 *   ibb-pump --server=127.0.0.1:5222 --ca-file=FILE --from=JID/PASSWORD --to=JID/PASSWORD
 *            [--blocks=4096,5700,...] [--windows=1,2,...] [--seconds=N] [--tsv]
 *
 * The receiver is a process of its own, as the other broker is. It compares
 * every byte; the close of a bytestream is answered with an error if one was wrong.
 */

#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "base64.h"

#define NS_IBB "http://jabber.org/protocol/ibb"

enum {
	BLOCK_MAX = 65535,
	WINDOW_MAX = 1000,
	CELLS_MAX = 32,			/* blocks, windows */
	HEADER_MAX = 512,
	PATTERN = 1048573,		/* bytes, prime: no block size divides it */
	STALL = 30,			/* seconds without an answer */
	LOGIN = 15,
};

struct account {
	char *jid;
	char *password;
};

struct options {
	char *host;
	unsigned short port;
	const char *ca_file;
	struct account from, to;
	unsigned blocks[CELLS_MAX], windows[CELLS_MAX];
	unsigned block_count, window_count;
	double seconds;
	bool tsv;
};

struct pump {
	xmpp_ctx_t *ctx;
	xmpp_conn_t *conn;
	unsigned fires;			/* of a timed handler without a period, in one pass */
	bool online, lost;
	unsigned char *pattern;		/* owned; what flows, over and over */
	char *stanza;			/* owned; room for the largest */
	unsigned sid;			/* of the present bytestream */

	/* sender */
	const char *peer;		/* full JID */
	unsigned block, window, in_flight;
	uint64_t sent, acked;		/* blocks */
	bool closed, failed;
	double started, last_answer;

	/* receiver */
	unsigned char *decoded;		/* owned */
	uint64_t received;		/* bytes of the present bytestream */
	uint16_t seq;
	bool wrong;
	int ready_fd;			/* told our full JID */
};

/* libstrophe's callback for new sockets has no user data; there is one connection in a process. */
static int the_socket = -1, the_epoll = -1;

static void die(const char *what)
{
	fprintf(stderr, "ibb-pump: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* The same on both sides. */
static unsigned char *make_pattern(void)
{
	unsigned char *pattern = xmalloc(PATTERN + BLOCK_MAX);
	uint64_t x = 88172645463325252;

	for (size_t i = 0; i < PATTERN; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		pattern[i] = x >> 32;
	}
	memcpy(pattern + PATTERN, pattern, BLOCK_MAX);
	return pattern;
}

/* Edge-triggered, for it is not told whether libstrophe still has something to write. */
static int on_socket(xmpp_conn_t *conn, void *sock)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	int on = 1;

	the_socket = *(int *)sock;
	setsockopt(the_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return epoll_ctl(the_epoll, EPOLL_CTL_ADD, the_socket, &event);
}

/* Called at the start of a pass, and again at its end if the socket or TLS had something. */
static int on_fire(xmpp_ctx_t *ctx, void *userdata)
{
	struct pump *p = userdata;

	p->fires++;
	return 1;
}

/*
 * One pass of libstrophe, which writes what is queued and reads 4 KiB at most.
 * One with nothing to read waits for the socket before it returns.
 */
static void turn(struct pump *p)
{
	struct epoll_event event;
	int on = 1;

	p->fires = 0;
	xmpp_run_once(p->ctx, 0);
	if (p->lost)
		die("the connection was lost");
	if (p->fires > 1)
		return;
	/* A server with Nagle's algorithm on waits for this in the middle of a stanza. */
	if (the_socket >= 0)
		setsockopt(the_socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	epoll_wait(the_epoll, &event, 1, 1000);
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
			  xmpp_stream_error_t *stream_error, void *userdata)
{
	struct pump *p = userdata;

	if (event == XMPP_CONN_CONNECT) {
		p->online = true;
	} else {
		p->lost = true;
		the_socket = -1;
	}
}

static void pump_login(struct pump *p, const struct options *o, const struct account *account)
{
	char *jid = xasprintf("%s/ibb-pump", account->jid);
	double deadline = now() + LOGIN;

	xmpp_initialize();
	the_epoll = epoll_create1(EPOLL_CLOEXEC);
	p->ctx = xmpp_ctx_new(NULL, NULL);
	p->conn = xmpp_conn_new(p->ctx);
	xmpp_conn_set_flags(p->conn, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
	xmpp_conn_set_jid(p->conn, jid);
	xmpp_conn_set_pass(p->conn, account->password);
	if (o->ca_file)
		xmpp_conn_set_cafile(p->conn, o->ca_file);
	xmpp_conn_set_sockopt_callback(p->conn, on_socket);
	xmpp_global_timed_handler_add(p->ctx, on_fire, 0, p);
	if (xmpp_connect_client(p->conn, o->host, o->port, on_connection, p) != XMPP_EOK)
		die("cannot connect");
	while (!p->online) {
		if (now() > deadline)
			die("cannot log in");
		turn(p);
	}
	free(jid);
	p->pattern = make_pattern();
	p->stanza = xmalloc(BASE64_SIZE(BLOCK_MAX) + HEADER_MAX);
}

/* The receiver. */

static void answer(struct pump *p, xmpp_stanza_t *iq, bool good)
{
	const char *from = xmpp_stanza_get_from(iq), *id = xmpp_stanza_get_id(iq);
	int n = snprintf(p->stanza, HEADER_MAX, "<iq type='%s' id='%s' to='%s'%s>",
			 good ? "result" : "error", id, from, good ? "/" : "");

	if (n >= HEADER_MAX)
		die("addresses are too long");
	xmpp_send_raw(p->conn, p->stanza, n);
	if (!good)
		xmpp_send_raw_string(p->conn, "<error type='cancel'><not-acceptable "
				     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}

static bool block_good(struct pump *p, xmpp_stanza_t *data)
{
	xmpp_stanza_t *child = xmpp_stanza_get_children(data);
	const char *seq = xmpp_stanza_get_attribute(data, "seq");
	const char *text = child ? xmpp_stanza_get_text_ptr(child) : NULL;
	size_t text_len = text ? strlen(text) : 0;
	long n;

	if (!seq || strtoul(seq, NULL, 10) != p->seq++ || text_len >= BASE64_SIZE(BLOCK_MAX))
		return false;
	n = base64_decode(text, text_len, p->decoded);
	if (n <= 0 || memcmp(p->decoded, p->pattern + p->received % PATTERN, n) != 0)
		return false;
	p->received += n;
	return true;
}

static int on_set(xmpp_conn_t *conn, xmpp_stanza_t *iq, void *userdata)
{
	struct pump *p = userdata;
	xmpp_stanza_t *what = xmpp_stanza_get_children(iq);
	const char *name = what ? xmpp_stanza_get_name(what) : NULL;

	if (!name || !xmpp_stanza_get_from(iq) || !xmpp_stanza_get_id(iq))
		return 1;
	if (!strcmp(name, "open")) {
		p->received = 0;
		p->seq = 0;
		p->wrong = false;
		answer(p, iq, true);
	} else if (!strcmp(name, "data")) {
		p->wrong |= !block_good(p, what);
		answer(p, iq, true);
	} else {
		answer(p, iq, !strcmp(name, "close") && !p->wrong && p->received > 0);
	}
	return 1;
}

/* Until it is killed. */
static void receive(struct pump *p, const struct options *o)
{
	const char *jid;

	pump_login(p, o, &o->to);
	p->decoded = xmalloc(BASE64_SIZE(BLOCK_MAX));
	xmpp_handler_add(p->conn, on_set, NULL, "iq", "set", p);
	jid = xmpp_conn_get_bound_jid(p->conn);
	if (write(p->ready_fd, jid, strlen(jid) + 1) < 0)
		die("nobody to tell that we are ready");
	for (;;)
		turn(p);
}

/* The sender. */

static void send_block(struct pump *p)
{
	int n = snprintf(p->stanza, HEADER_MAX,
			 "<iq type='set' id='d' to='%s'><data xmlns='" NS_IBB
			 "' sid='%u' seq='%u'>",
			 p->peer, p->sid, (unsigned)(p->sent & 0xffff));

	if (n >= HEADER_MAX)
		die("addresses are too long");
	n += base64_encode(p->pattern + p->sent * p->block % PATTERN, p->block, p->stanza + n);
	memcpy(p->stanza + n, "</data></iq>", 12);
	xmpp_send_raw(p->conn, p->stanza, n + 12);
	p->sent++;
	p->in_flight++;
}

static int on_answer(xmpp_conn_t *conn, xmpp_stanza_t *iq, void *userdata)
{
	struct pump *p = userdata;
	const char *id = xmpp_stanza_get_id(iq), *type = xmpp_stanza_get_type(iq);

	if (!id || !type || (strcmp(type, "result") && strcmp(type, "error")))
		return 1;
	p->last_answer = now();
	if (!strcmp(type, "error"))
		p->failed = true;
	if (!strcmp(id, "d")) {
		p->in_flight--;
		p->acked++;
	} else {
		p->closed = !strcmp(id, "c");
		p->in_flight = 0;
	}
	return 1;
}

static void wait_for_answers(struct pump *p, unsigned most)
{
	while (p->in_flight > most) {
		turn(p);
		if (p->failed)
			die("an error came back: refused, not online, or wrong bytes");
		if (now() - p->last_answer > STALL)
			die("no answer comes any more");
	}
}

/* One bytestream of a few seconds; payload bytes a second. */
static double run_cell(struct pump *p, unsigned block, unsigned window, double seconds)
{
	double end, rate;

	p->block = block;
	p->window = window;
	p->sent = p->acked = 0;
	p->sid++;
	p->last_answer = now();
	xmpp_send_raw_string(p->conn,
			     "<iq type='set' id='o' to='%s'><open xmlns='" NS_IBB "' sid='%u' "
			     "block-size='%u'/></iq>",
			     p->peer, p->sid, block);
	p->in_flight = 1;
	wait_for_answers(p, 0);
	p->started = now();
	end = p->started + seconds;
	while (now() < end) {
		while (p->in_flight < p->window)
			send_block(p);
		wait_for_answers(p, p->window - 1);
	}
	wait_for_answers(p, 0);
	rate = p->acked * p->block / (now() - p->started);
	xmpp_send_raw_string(p->conn,
			     "<iq type='set' id='c' to='%s'><close xmlns='" NS_IBB "' sid='%u'/>"
			     "</iq>",
			     p->peer, p->sid);
	p->in_flight = 1;
	wait_for_answers(p, 0);
	return rate;
}

static void run_cells(struct pump *p, const struct options *o)
{
	double best = 0;
	unsigned best_block = 0, best_window = 0;

	if (!o->tsv) {
		printf("MiB/s, window");
		for (unsigned w = 0; w < o->window_count; w++)
			printf("%8u", o->windows[w]);
		putchar('\n');
	}
	for (unsigned b = 0; b < o->block_count; b++) {
		if (!o->tsv)
			printf("block %7u", o->blocks[b]);
		for (unsigned w = 0; w < o->window_count; w++) {
			double rate =
				run_cell(p, o->blocks[b], o->windows[w], o->seconds) / 1048576;

			if (rate > best) {
				best = rate;
				best_block = o->blocks[b];
				best_window = o->windows[w];
			}
			if (o->tsv)
				printf("%u\t%u\t%.2f\n", o->blocks[b], o->windows[w], rate);
			else
				printf("%8.2f", rate);
			fflush(stdout);
		}
		if (!o->tsv)
			putchar('\n');
	}
	if (!o->tsv)
		printf("best: block %u, window %u: %.2f MiB/s\n", best_block, best_window, best);
}

/* Options. */

static void parse_server(struct options *o, char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		die("--server is HOST:PORT");
	*colon = '\0';
	o->host = text;
	o->port = strtoul(colon + 1, NULL, 10);
}

static void parse_account(struct account *a, char *text)
{
	char *slash = strchr(text, '/');

	if (!slash)
		die("an account is JID/PASSWORD");
	*slash = '\0';
	a->jid = text;
	a->password = slash + 1;
}

static unsigned parse_list(unsigned *list, char *text, unsigned most)
{
	unsigned count = 0;

	for (char *s = strtok(text, ","); s; s = strtok(NULL, ",")) {
		unsigned long n = strtoul(s, NULL, 10);

		if (n < 1 || n > most || count == CELLS_MAX)
			die("bad list of numbers");
		list[count++] = n;
	}
	return count;
}

static void parse_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{ "server", required_argument, NULL, 's' },
		{ "ca-file", required_argument, NULL, 'c' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "blocks", required_argument, NULL, 'b' },
		{ "windows", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 'n' },
		{ "tsv", no_argument, NULL, 'x' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 's': parse_server(o, optarg); break;
		case 'c': o->ca_file = optarg; break;
		case 'f': parse_account(&o->from, optarg); break;
		case 't': parse_account(&o->to, optarg); break;
		case 'b': o->block_count = parse_list(o->blocks, optarg, BLOCK_MAX); break;
		case 'w': o->window_count = parse_list(o->windows, optarg, WINDOW_MAX); break;
		case 'n': o->seconds = strtod(optarg, NULL); break;
		case 'x': o->tsv = true; break;
		default: exit(2);
		}
	}
	if (!o->host || !o->from.jid || !o->to.jid || optind != argc)
		die("--server, --from and --to are needed, and nothing else");
}

int main(int argc, char **argv)
{
	struct options o = {
		.blocks = { 4096, 5700, 8192, 16384 }, .block_count = 4,
		.windows = { 1, 2, 4, 8, 16 }, .window_count = 5,
		.seconds = 2,
	};
	struct pump p = { 0 };
	struct pollfd ready;
	char peer[HEADER_MAX] = "";
	int fds[2];
	pid_t child;

	parse_options(&o, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) < 0)
		die("no pipe");
	child = fork();
	if (child < 0)
		die("no process");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(fds[0]);
		p.ready_fd = fds[1];
		receive(&p, &o);
	}
	close(fds[1]);
	ready = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	if (poll(&ready, 1, LOGIN * 1000) == 1 && read(fds[0], peer, sizeof(peer) - 1) > 0) {
		p.peer = peer;
		pump_login(&p, &o, &o.from);
		xmpp_handler_add(p.conn, on_answer, NULL, "iq", NULL, &p);
		run_cells(&p, &o);
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	return peer[0] ? 0 : 1;
}
