/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths over TCP, on the loopback interface: two device keys, one loop, and
 * strangers with plain sockets. Time passes when the test says so: pass_time()
 * fires timers that are due by then.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "alloc.h"
#include "dialer.h"
#include "listener.h"
#include "pass-key.h"
#include "s5b-hash.h"
#include "socks5.h"
#include "sockaddr.h"
#include "tap.h"
#include "tcp-path.h"
#include "tcp-tuning.h"
#include "token-bucket.h"

enum { MIB = 1024 * 1024, PATIENCE = 20 * 1000 };

static const struct pass pass = { .token = "0123456789abcdef0123456789abcdef",
				  .secret = "a secret" };
static const struct pass other_pass = { .token = "fedcba9876543210fedcba9876543210",
					.secret = "another" };
static uint64_t number;			/* of the last use of any of them */

static uv_loop_t loop;
static struct device_key *alice, *bob;

static void on_tick(uv_timer_t *timer)
{
}

/* Runs the loop until done(arg) or out of patience. */
static bool wait_for(bool (*done)(void *), void *arg)
{
	uint64_t end = uv_hrtime() / 1000000 + PATIENCE;
	uv_timer_t tick;
	bool good;

	uv_timer_init(&loop, &tick);
	uv_timer_start(&tick, on_tick, 10, 10);
	while (!(good = done(arg)) && uv_hrtime() / 1000000 < end)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
	return good;
}

static bool is_after(void *arg)
{
	return uv_hrtime() / 1000000 >= *(uint64_t *)arg;
}

static void run_for(uint64_t ms)
{
	uint64_t end = uv_hrtime() / 1000000 + ms;

	wait_for(is_after, &end);
}

static void fire_if_due(uv_handle_t *handle, void *arg)
{
	uv_timer_t *timer = (uv_timer_t *)handle;

	if (handle->type != UV_TIMER || !uv_is_active(handle) ||
	    uv_timer_get_due_in(timer) > *(uint64_t *)arg)
		return;
	uv_timer_set_repeat(timer, 1);
	uv_timer_again(timer);
	uv_timer_set_repeat(timer, 0);
}

static void pass_time(uint64_t ms)
{
	uv_update_time(&loop);
	uv_walk(&loop, fire_if_due, &ms);
}

static void count_handle(uv_handle_t *handle, void *arg)
{
	if (!uv_is_closing(handle))
		++*(int *)arg;
}

/* What was closed is gone; what was not is a leak. */
static bool none_left(void *arg)
{
	int n = 0;

	uv_walk(&loop, count_handle, &n);
	return n == 1;		/* wait_for()'s own */
}

struct end {
	struct path *path;
	bool up, closed, echo;
	unsigned char fp[FINGERPRINT_BYTES];
	char why[100];
	char heard[PASS_IDENTITY_LEN + 1];
	uint64_t to_send, sent, received, wrong;
	struct buf back;		/* to be echoed */
	bool keep_text;			/* what comes is no pattern, and is kept */
	struct buf text;
};

/* The byte at an offset of what everybody sends. */
static char byte_at(uint64_t at)
{
	return (char)((at * 2654435761u >> 13) ^ at);
}

static void on_established(void *owner, const unsigned char *fp)
{
	struct end *e = owner;

	e->up = true;
	memcpy(e->fp, fp, sizeof(e->fp));
	path_kick(e->path);
}

static void on_plain(void *owner, struct buf *plain)
{
	struct end *e = owner;
	size_t n = buf_len(plain);

	if (e->keep_text)
		buf_append(&e->text, buf_data(plain), n);
	else
		for (size_t i = 0; i < n; i++)
			e->wrong += buf_data(plain)[i] != byte_at(e->received + i);
	e->received += n;
	if (e->echo) {
		buf_append(&e->back, buf_data(plain), n);
		path_kick(e->path);
	}
	buf_consume(plain, n);
}

static size_t on_fill(void *owner, struct buf *out, size_t max)
{
	struct end *e = owner;
	char *at;
	size_t n;

	if (e->echo) {
		n = buf_len(&e->back) < max ? buf_len(&e->back) : max;
		buf_append(out, buf_data(&e->back), n);
		buf_consume(&e->back, n);
		return n;
	}
	n = e->to_send - e->sent < max ? e->to_send - e->sent : max;
	at = buf_reserve(out, n);
	for (size_t i = 0; i < n; i++)
		at[i] = byte_at(e->sent + i);
	buf_added(out, n);
	e->sent += n;
	return n;
}

static void on_closed(void *owner, const char *why)
{
	struct end *e = owner;

	e->closed = true;
	e->path = NULL;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct path_events path_events = {
	.established = on_established,
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_closed,
};

static void end_own(struct end *e, struct path *path, const unsigned char *fp)
{
	e->path = path;
	path_set_owner(path, &path_events, e);
	on_established(e, fp);
}

static void end_finish(struct end *e)
{
	if (e->path)
		path_close(e->path);
	buf_finish(&e->back);
	buf_finish(&e->text);
	*e = (struct end){ 0 };
}

static bool is_closed(void *arg)
{
	return ((struct end *)arg)->closed;
}

struct pair {
	struct listener *listener;
	struct dialer *dialer;
	struct end client, server;
	bool failed;
	char why[100];
	unsigned proven;
};

/* Both were given to alice's key. */
static const char *on_expected(void *owner, const char *identity, struct pass_use *out)
{
	char token[PASS_TOKEN_LEN + 1];
	uint64_t use;
	bool other;

	if (!pass_identity(identity, token, &use))
		return NULL;
	other = !strcmp(token, other_pass.token);
	if (!other && strcmp(token, pass.token))
		return NULL;
	pass_use(other ? &other_pass : &pass, use, false, device_key_fingerprint(bob),
		 device_key_fingerprint(alice), out);
	return other ? "carol@example.org" : "alice@example.org";
}

static void on_proven(void *owner, const char *identity)
{
	struct pair *p = owner;

	p->proven++;
}

static void on_arrived(void *owner, struct path *path, const char *identity,
		       const unsigned char *fp)
{
	struct pair *p = owner;

	if (p->server.path) {
		path_close(path);
		return;
	}
	snprintf(p->server.heard, sizeof(p->server.heard), "%s", identity);
	end_own(&p->server, path, fp);
}

static const struct listener_events listener_events = { on_expected, on_proven, on_arrived };

static void on_reached(void *owner, struct path *path, const unsigned char *fp)
{
	struct pair *p = owner;

	p->dialer = NULL;
	end_own(&p->client, path, fp);
}

static void on_failed(void *owner, const char *why)
{
	struct pair *p = owner;

	p->dialer = NULL;
	p->failed = true;
	snprintf(p->why, sizeof(p->why), "%s", why);
}

static const struct dialer_events dialer_events = { on_reached, on_failed };

static struct netaddr loopback(uint16_t port)
{
	return (struct netaddr){ .ip = { 127, 0, 0, 1 }, .port = port };
}

static void pair_listen(struct pair *p)
{
	int error;

	*p = (struct pair){ 0 };
	p->listener = listener_create(&loop, bob, 0, &listener_events, p, &error);
}

static void pair_dial(struct pair *p, const struct pass *with)
{
	struct netaddr to = loopback(listener_port(p->listener));

	p->dialer = dialer_start(&loop, alice, &to, 1, device_key_fingerprint(bob), with, &number,
				 &dialer_events, p);
}

static bool both_up(void *arg)
{
	struct pair *p = arg;

	return (p->client.up && p->server.up) || p->failed;
}

static bool pair_connect(struct pair *p)
{
	pair_listen(p);
	pair_dial(p, &pass);
	return wait_for(both_up, p) && !p->failed;
}

static void pair_finish(struct pair *p, const char *what)
{
	dialer_destroy(p->dialer);
	end_finish(&p->client);
	end_finish(&p->server);
	listener_destroy(p->listener);
	ok(wait_for(none_left, NULL), "%s: nothing is left", what);
}

static bool all_received(void *arg)
{
	struct pair *p = arg;

	return p->client.received >= p->server.to_send && p->server.received >= p->client.to_send;
}

static void test_bytes(void)
{
	struct pair p;

	ok(pair_connect(&p), "a device dials another one");
	ok(!memcmp(p.client.fp, device_key_fingerprint(bob), FINGERPRINT_BYTES) &&
		   !memcmp(p.server.fp, device_key_fingerprint(alice), FINGERPRINT_BYTES),
	   "each knows the other's key");
	ok(!strncmp(p.server.heard, pass.token, PASS_TOKEN_LEN), "which pass it was is told");
	ok(!strncmp(path_name(p.client.path), "direct 127.0.0.1:", 17) &&
		   !strncmp(path_name(p.server.path), "direct 127.0.0.1:", 17),
	   "the paths have names for people: %s", path_name(p.server.path));
	is_int(path_kind(p.client.path), PATH_DIRECT, "and are direct");
	p.client.to_send = 24 * MIB + 17;
	p.server.to_send = 16 * MIB + 3;
	path_kick(p.client.path);
	path_kick(p.server.path);
	ok(wait_for(all_received, &p), "MiBs go both ways at once");
	is_int(p.client.wrong + p.server.wrong, 0, "byte by byte");
	is_int(p.client.received, p.server.to_send, "no more this way");
	is_int(p.server.received, p.client.to_send, "nor that way");
	pair_finish(&p, "bytes");
}

/* Both draw on one bucket, so that together they send no more than it allows. */
static void test_bandwidth(void)
{
	enum { RATE = 1000 * 1000, SIZE = 300 * 1000, PIECE = RATE * TOKEN_BUCKET_WAIT / 1000 };
	struct token_bucket bandwidth;
	struct pair p;
	uint64_t began;

	ok(pair_connect(&p), "two devices, of whom one has a limit");
	token_bucket_init(&bandwidth, RATE, uv_now(&loop));
	path_keep(p.client.path, &bandwidth);
	path_keep(p.server.path, &bandwidth);
	p.client.to_send = p.server.to_send = SIZE;
	began = uv_now(&loop);
	path_kick(p.client.path);
	path_kick(p.server.path);
	ok(wait_for(all_received, &p), "all of it comes, under a limit");
	ok(uv_now(&loop) - began >= (2 * SIZE - 2 * PIECE) * UINT64_C(1000) / RATE,
	   "not faster than it allows, in %d ms", (int)(uv_now(&loop) - began));
	is_int(p.client.wrong + p.server.wrong, 0, "byte by byte");
	p.client.to_send += SIZE;
	path_kick(p.client.path);
	uv_run(&loop, UV_RUN_NOWAIT);
	pair_finish(&p, "a path that ends while it waits for more");
}

static bool came_back(void *arg)
{
	struct pair *p = arg;

	return p->client.received == p->client.to_send;
}

static void test_echo(void)
{
	struct pair p;

	pair_connect(&p);
	p.server.echo = true;
	for (int i = 1; i <= 5; i++) {
		p.client.to_send += i == 5 ? 8 * MIB : i * i * i * 997;
		path_kick(p.client.path);
		if (!ok(wait_for(came_back, &p), "%" PRIu64 " bytes come back", p.client.to_send))
			break;
	}
	is_int(p.client.wrong, 0, "as they were");
	pair_finish(&p, "echo");
}

/* What the kernel then sends by, where it is told to send by `first`. "": it is not told so. */
static void prefer_bbr(const char *first, char now[TCP_CONGESTION_SIZE])
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*now = '\0';
#ifdef TCP_CONGESTION
	if (!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, first, strlen(first))) {
		tcp_prefer_bbr(fd);
		tcp_congestion(fd, now);
	}
#endif
	close(fd);
}

static bool is_up(void *arg)
{
	struct pair *p = arg;

	return p->client.up && p->server.up;
}

/* What can be set depends on the system; what is told must be so. */
static void test_congestion(void)
{
	char allowed[TCP_CONGESTION_SIZE], now[TCP_CONGESTION_SIZE], told[PATH_CONGESTION_SIZE];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pair p;

	prefer_bbr("bbr", allowed);
	prefer_bbr("reno", now);
	is_str(now, *allowed || !*now ? allowed : "reno",
	       "BBR takes the place of Reno if the system allows it");
	ok(tcp_congestion(fd, now) || !*allowed, "a new socket has %s", now);
	if (*now)
		tcp_prefer_bbr(fd);
	tcp_congestion(fd, now);
	close(fd);
	pair_connect(&p);
	wait_for(is_up, &p);
	if (!path_congestion(p.client.path, told))
		*told = '\0';
	is_str(told, now, "a path tells what its socket has");
	ok(!path_congestion(p.server.path, told) == !*now && !strcmp(told, now),
	   "one that was accepted, too");
	pair_finish(&p, "congestion control");
}

static bool no_client(void *arg)
{
	struct pair *p = arg;

	return !p->dialer;
}

static void test_wrong_pass(void)
{
	struct pass wrong = pass;
	struct pair p;

	wrong.token[PASS_TOKEN_LEN - 1] = 'e';
	pair_listen(&p);
	pair_dial(&p, &wrong);
	wait_for(no_client, &p);
	ok(p.failed && !p.server.up && !p.proven, "another token does not get in: %s", p.why);
	wrong = pass;
	wrong.secret[0] ^= 1;
	p.failed = false;
	pair_dial(&p, &wrong);
	wait_for(no_client, &p);
	ok(p.failed && !p.server.up && !p.proven, "nor the token with another secret: %s", p.why);
	pair_finish(&p, "wrong token");
}

struct unauthenticated {
	uv_tcp_t tcp;
	uv_connect_t connect;
	struct buf say;
	size_t heard;
	bool connected, hung_up;
	char in[4096];
};

static void stranger_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct unauthenticated *s = handle->data;

	*out = uv_buf_init(s->in, sizeof(s->in));
}

static void stranger_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	struct unauthenticated *s = stream->data;

	if (n > 0)
		s->heard += n;
	else if (n < 0)
		s->hung_up = true;
	if (n < 0)
		uv_read_stop(stream);
}

static void stranger_says(struct unauthenticated *s, const void *data, size_t n)
{
	uv_buf_t bytes;

	buf_append(&s->say, data, n);
	if (!s->connected || !buf_len(&s->say))
		return;
	bytes = uv_buf_init(buf_data(&s->say), buf_len(&s->say));
	uv_try_write((uv_stream_t *)&s->tcp, &bytes, 1);
	buf_reset(&s->say);
}

static void stranger_connected(uv_connect_t *connect, int status)
{
	struct unauthenticated *s = connect->data;

	if (status < 0) {
		s->hung_up = true;
		return;
	}
	s->connected = true;
	uv_read_start((uv_stream_t *)&s->tcp, stranger_alloc, stranger_read);
	stranger_says(s, "", 0);
}

static void stranger_dial(struct unauthenticated *s, uint16_t port)
{
	struct netaddr to = loopback(port);
	struct sockaddr_storage addr;

	*s = (struct unauthenticated){ 0 };
	sockaddr_from(&to, &addr);
	uv_tcp_init(&loop, &s->tcp);
	s->tcp.data = s->connect.data = s;
	uv_tcp_connect(&s->connect, &s->tcp, (struct sockaddr *)&addr, stranger_connected);
}

static void stranger_finish(struct unauthenticated *s)
{
	buf_finish(&s->say);
	uv_close((uv_handle_t *)&s->tcp, NULL);
}

static bool hung_up(void *arg)
{
	return ((struct unauthenticated *)arg)->hung_up;
}

static bool is_connected(void *arg)
{
	struct unauthenticated *s = arg;

	return s->connected || s->hung_up;
}

/* with NULL: one of certificates. */
static void put_hello(struct buf *out, const struct pass *with)
{
	struct pass_use use;

	if (with)
		pass_use(with, ++number, true, device_key_fingerprint(alice),
			 device_key_fingerprint(bob), &use);
	tls_destroy(tls_create(alice, true, with ? &use : NULL, out));
}

static void test_strangers(void)
{
	struct buf none = { 0 }, wrong_secret = { 0 }, much = { 0 };
	struct pass sniffed = pass;
	struct unauthenticated s;
	struct pair p;

	memset(sniffed.secret, 0, sizeof(sniffed.secret));
	put_hello(&none, NULL);
	put_hello(&wrong_secret, &sniffed);
	buf_append(&much, "\x16\x03\x01\x3f\xfc\x01\x00\x3f\xf8\x03\x03", 11);
	memset(buf_reserve(&much, 200000), 'x', 200000);
	buf_added(&much, 200000);

	struct { const char *what; const void *data; size_t n; } rows[] = {
		{ "a web browser", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 35 },
		{ "an ssh client", "SSH-2.0-OpenSSH_9.2\r\n", 21 },
		{ "a TLS client without a pass", buf_data(&none), buf_len(&none) },
		{ "who has seen the token of one", buf_data(&wrong_secret),
		  buf_len(&wrong_secret) },
		{ "who says too much", buf_data(&much), buf_len(&much) },
	};

	pair_listen(&p);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		stranger_dial(&s, listener_port(p.listener));
		stranger_says(&s, rows[i].data, rows[i].n);
		ok(wait_for(hung_up, &s) && s.heard == 0, "%s is dropped without a byte",
		   rows[i].what);
		stranger_finish(&s);
		run_for(1);
	}
	ok(!p.server.up && !p.proven, "none of them arrived");
	buf_finish(&none);
	buf_finish(&wrong_secret);
	buf_finish(&much);
	pair_finish(&p, "strangers");
}

static void test_silence(void)
{
	struct unauthenticated silent, slow;
	struct buf hello = { 0 };
	struct pair p;

	put_hello(&hello, &pass);
	pair_listen(&p);
	stranger_dial(&silent, listener_port(p.listener));
	stranger_dial(&slow, listener_port(p.listener));
	wait_for(is_connected, &silent);
	wait_for(is_connected, &slow);
	for (size_t i = 0; i < 20; i++) {
		stranger_says(&slow, buf_data(&hello) + i, 1);
		run_for(10);
	}
	ok(!silent.hung_up && !slow.hung_up, "silence is borne for a while");
	pass_time(TCP_HANDSHAKE_TIMEOUT - 150);
	ok(wait_for(hung_up, &silent) && silent.heard == 0, "but not for long");
	ok(wait_for(hung_up, &slow) && slow.heard == 0, "nor somebody who trickles");
	stranger_finish(&silent);
	stranger_finish(&slow);
	buf_finish(&hello);
	pair_finish(&p, "silence");
}

static void test_crowd(void)
{
	struct unauthenticated crowd[LISTENER_UNAUTHENTICATED_MAX];
	unsigned gone = 0;
	struct pair p;

	pair_listen(&p);
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++) {
		stranger_dial(&crowd[i], listener_port(p.listener));
		wait_for(is_connected, &crowd[i]);
	}
	pair_dial(&p, &pass);
	ok(wait_for(both_up, &p) && p.server.up,
	   "a crowd of strangers keeps nobody out who has a pass");
	run_for(20);
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		gone += crowd[i].hung_up;
	ok(gone >= ARRAY_SIZE(crowd) * 3 / 4, "those of one address have few places (%u made room)",
	   gone);
	ok(crowd[0].hung_up && !crowd[ARRAY_SIZE(crowd) - 1].hung_up,
	   "and the oldest makes room first");
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		stranger_finish(&crowd[i]);
	pair_finish(&p, "crowd");
}

static bool answered(void *arg)
{
	struct unauthenticated *s = arg;

	return s->heard || s->hung_up;
}

/* A buddy whose devices begin one handshake after the other has not the places of the others. */
static void test_crowd_of_one_buddy(void)
{
	struct unauthenticated crowd[2 * LISTENER_UNAUTHENTICATED_MAX], carol;
	struct buf hello = { 0 }, other = { 0 };
	unsigned held = 0;
	struct pair p;

	put_hello(&hello, &pass);
	put_hello(&other, &other_pass);
	pair_listen(&p);
	stranger_dial(&carol, listener_port(p.listener));
	stranger_says(&carol, buf_data(&other), buf_len(&other));
	ok(wait_for(answered, &carol) && !carol.hung_up, "a handshake of carol's is under way");
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++) {
		stranger_dial(&crowd[i], listener_port(p.listener));
		stranger_says(&crowd[i], buf_data(&hello), buf_len(&hello));
		wait_for(answered, &crowd[i]);
		held += !crowd[i].hung_up;
	}
	ok(held >= LISTENER_UNAUTHENTICATED_MAX / 4 && held <= LISTENER_UNAUTHENTICATED_MAX / 2,
	   "another buddy has half of the places at most (%u)", held);
	ok(!carol.hung_up, "carol's is not disturbed");
	pair_dial(&p, &other_pass);
	ok(wait_for(both_up, &p) && p.server.up, "and another device of hers is let in");
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		stranger_finish(&crowd[i]);
	stranger_finish(&carol);
	buf_finish(&hello);
	buf_finish(&other);
	pair_finish(&p, "a crowd of one buddy");
}

static void count_iteration(uv_prepare_t *prepare)
{
	++*(int *)prepare->data;
}

static void test_no_descriptors(void)
{
	int fd, filler[256], iterations = 0;
	struct rlimit before, few;
	struct sockaddr_storage addr;
	struct netaddr to;
	uv_prepare_t prepare;
	size_t n = 0;
	struct pair p;

	pair_listen(&p);
	uv_prepare_init(&loop, &prepare);
	prepare.data = &iterations;
	to = loopback(listener_port(p.listener));
	sockaddr_from(&to, &addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){ .rlim_cur = 100, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	while (n < ARRAY_SIZE(filler) && (filler[n] = dup(fd)) >= 0)
		n++;
	ok(!connect(fd, (struct sockaddr *)&addr, sizeof(struct sockaddr_in)),
	   "somebody comes when descriptors are out");
	uv_prepare_start(&prepare, count_iteration);
	run_for(300);
	uv_close((uv_handle_t *)&prepare, NULL);
	ok(iterations < 200, "the loop does not spin (%d rounds)", iterations);
	while (n > 0)
		close(filler[--n]);
	close(fd);
	setrlimit(RLIMIT_NOFILE, &before);
	pass_time(2000);
	run_for(20);
	pair_dial(&p, &pass);
	ok(wait_for(both_up, &p) && p.server.up, "and afterwards all is well");
	pair_finish(&p, "no descriptors");
}

static uint16_t bound_port(uv_tcp_t *tcp)
{
	struct sockaddr_storage addr;
	int len = sizeof(addr);
	struct netaddr a = { 0 };

	uv_tcp_getsockname(tcp, (struct sockaddr *)&addr, &len);
	sockaddr_to((struct sockaddr *)&addr, &a);
	return a.port;
}

static void bind_loopback(uv_tcp_t *tcp)
{
	struct netaddr any = loopback(0);
	struct sockaddr_storage addr;

	sockaddr_from(&any, &addr);
	uv_tcp_init(&loop, tcp);
	uv_tcp_bind(tcp, (struct sockaddr *)&addr, 0);
}

static void nobody_home(uv_stream_t *stream, int status)
{
}

static void test_addresses(void)
{
	uv_tcp_t dead, deaf;
	struct netaddr to[3];
	uint64_t start;
	struct pair p;

	bind_loopback(&dead);		/* bound and not listening: refuses */
	bind_loopback(&deaf);		/* takes connections and says nothing */
	uv_listen((uv_stream_t *)&deaf, 8, nobody_home);
	pair_listen(&p);
	to[0] = loopback(bound_port(&dead));
	to[1] = loopback(bound_port(&deaf));
	to[2] = loopback(listener_port(p.listener));
	start = uv_hrtime();
	p.dialer = dialer_start(&loop, alice, to, 3, device_key_fingerprint(bob), &pass, &number,
				&dialer_events, &p);
	ok(wait_for(both_up, &p) && p.server.up, "a dead and a deaf address do not matter");
	ok(uv_hrtime() - start < 2 * 1000000000ull, "nor take long (%d ms)",
	   (int)((uv_hrtime() - start) / 1000000));
	end_finish(&p.client);
	end_finish(&p.server);

	p.dialer = dialer_start(&loop, alice, to, 2, device_key_fingerprint(bob), &pass, &number,
				&dialer_events, &p);
	run_for(250);
	ok(!p.failed, "a deaf one alone is given its time");
	pass_time(TCP_HANDSHAKE_TIMEOUT);
	wait_for(no_client, &p);
	ok(p.failed, "then it has failed: %s", p.why);

	p.failed = false;
	p.dialer = dialer_start(&loop, alice, &to[2], 1, device_key_fingerprint(alice), &pass,
				&number, &dialer_events, &p);
	wait_for(both_up, &p);
	ok(p.failed && !p.client.up, "one where another key answers counts as dead: %s", p.why);

	p.dialer = dialer_start(&loop, alice, to, 2, device_key_fingerprint(bob), &pass, &number,
				&dialer_events, &p);
	run_for(20);
	dialer_destroy(p.dialer);
	p.dialer = NULL;
	uv_close((uv_handle_t *)&dead, NULL);
	uv_close((uv_handle_t *)&deaf, NULL);
	pair_finish(&p, "addresses");
}

static void test_own_addresses(void)
{
	struct netaddr extra[2] = { { .ip = { 203, 0, 114, 7 }, .port = 4711 },
				    { .ip = { 203, 0, 114, 7 }, .port = 4711 } };
	struct netaddr list[16];
	bool named = false, sorted = true;
	struct pair p;
	size_t n;

	pair_listen(&p);
	n = listener_addresses(p.listener, true, extra, 2, list, ARRAY_SIZE(list));
	ok(n >= 2 && netaddr_equal(&list[0], &extra[0]), "the configured address goes first");
	for (size_t i = 1; i < n; i++) {
		struct netaddr local = loopback(listener_port(p.listener));

		named = named || netaddr_equal(&list[i], &local);
		sorted = sorted && !netaddr_equal(&list[i], &extra[0]) &&
			 (i == 1 || netaddr_compare(&list[i - 1], &list[i]) <= 0);
	}
	ok(named, "this machine's follow");
	ok(sorted, "each once, best first");
	is_int(listener_addresses(p.listener, true, extra, 2, list, 1), 1,
	       "and no more than wanted");
	n = listener_addresses(p.listener, false, NULL, 0, list, ARRAY_SIZE(list));
	named = false;
	for (size_t i = 0; i < n; i++)
		named = named || netaddr_scope(&list[i]) < NETADDR_PRIVATE;
	ok(!named, "loopback and the cable only if that is wanted");
	pair_finish(&p, "own addresses");
}

static void test_port_taken(void)
{
	struct listener *again;
	struct pair p;
	int error;

	pair_listen(&p);
	again = listener_create(&loop, bob, listener_port(p.listener), &listener_events, &p,
				&error);
	ok(!again && error == UV_EADDRINUSE, "a port that is taken is not ours");
	pair_finish(&p, "port taken");
}

static bool half_way(void *arg)
{
	struct pair *p = arg;

	return p->client.received > MIB && p->server.received > MIB;
}

static void test_close_while_busy(void)
{
	struct pair p;

	pair_connect(&p);
	p.client.to_send = p.server.to_send = 1024 * MIB;
	path_kick(p.client.path);
	path_kick(p.server.path);
	ok(wait_for(half_way, &p), "both are busy");
	path_close(p.client.path);
	p.client.path = NULL;
	ok(wait_for(is_closed, &p.server), "one side lets go, the other one notices: %s",
	   p.server.why);
	is_int(p.server.wrong, 0, "and has read nothing false");
	pair_finish(&p, "closed while busy");

	pair_connect(&p);
	p.client.to_send = p.server.to_send = 1024 * MIB;
	path_kick(p.client.path);
	path_kick(p.server.path);
	wait_for(half_way, &p);
	pair_finish(&p, "both closed while busy");
}

/* With a flood from the other side unread, and more to say than a socket takes at once. */
static void test_last_words(void)
{
	char *much = xcalloc(4, MIB);
	struct pair p;
	int heard = 0;

	for (int i = 0; i < 5; i++) {
		size_t n;

		pair_connect(&p);
		p.server.keep_text = true;
		p.server.to_send = 4 * MIB;
		path_kick(p.server.path);
		run_for(1);
		path_write(p.client.path, much, 4 * MIB);
		path_write(p.client.path, "farewell", 8);
		path_close(p.client.path);
		p.client.path = NULL;
		wait_for(is_closed, &p.server);
		n = buf_len(&p.server.text);
		heard += n == 4 * MIB + 8 &&
			 !memcmp(buf_data(&p.server.text) + n - 8, "farewell", 8);
		end_finish(&p.client);
		end_finish(&p.server);
		listener_destroy(p.listener);
	}
	free(much);
	is_int(heard, 5, "last words arrive in a flood");
	ok(wait_for(none_left, NULL), "last words: nothing is left");
}

struct visitor {
	struct proxy *proxy;
	uv_tcp_t tcp;
	int step;		/* 0: greeting, 1: request, 2: done */
	char name[SOCKS5_HASH_LEN + 1];
	char in[8192];
	uv_write_t *write;
};

struct proxy {
	uv_tcp_t tcp;
	struct visitor visitors[2];
	unsigned n;
	int refuse;		/* with this reply */
	bool mute;
	unsigned rude;		/* requests that were joined, split or wrong */
};

static void visitor_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct visitor *v = handle->data;

	*out = uv_buf_init(v->in, sizeof(v->in));
}

static void relayed(uv_write_t *write, int status)
{
	free(write->data);
	free(write);
}

static void say(struct visitor *v, const char *data, size_t n)
{
	uv_write_t *write = xcalloc(1, sizeof(*write));
	uv_buf_t bytes = uv_buf_init(write->data = xmalloc(n + 1), n);

	memcpy(bytes.base, data, n);
	uv_write(write, (uv_stream_t *)&v->tcp, &bytes, 1, relayed);
}

static void visitor_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in)
{
	struct visitor *v = stream->data, *other = &v->proxy->visitors[v == v->proxy->visitors];
	char reply[5 + SOCKS5_HASH_LEN + 2];

	if (n < 0) {
		uv_read_stop(stream);
		for (unsigned i = 0; i < v->proxy->n; i++)
			if (!uv_is_closing((uv_handle_t *)&v->proxy->visitors[i].tcp))
				uv_close((uv_handle_t *)&v->proxy->visitors[i].tcp, NULL);
		return;
	}
	if (v->proxy->mute || n == 0)
		return;
	if (v->step == 0) {
		v->proxy->rude += n != 3 || memcmp(in->base, "\5\1\0", 3);
		say(v, "\5\0", 2);
		v->step++;
	} else if (v->step == 1) {
		v->proxy->rude +=
			n != (ssize_t)sizeof(reply) || memcmp(in->base, "\5\1\0\3\x28", 5);
		memcpy(v->name, in->base + 5, SOCKS5_HASH_LEN);
		memcpy(reply, in->base, sizeof(reply));
		reply[1] = v->proxy->refuse;
		say(v, reply, sizeof(reply));
		v->step++;
	} else if (v->proxy->n == 2 && !strcmp(v->name, other->name)) {
		say(other, in->base, n);
	}
}

static void on_visitor(uv_stream_t *stream, int status)
{
	struct proxy *proxy = stream->data;
	struct visitor *v = &proxy->visitors[proxy->n++];

	*v = (struct visitor){ .proxy = proxy };
	uv_tcp_init(&loop, &v->tcp);
	v->tcp.data = v;
	uv_accept(stream, (uv_stream_t *)&v->tcp);
	uv_read_start((uv_stream_t *)&v->tcp, visitor_alloc, visitor_read);
}

static uint16_t proxy_start(struct proxy *proxy)
{
	bind_loopback(&proxy->tcp);
	proxy->tcp.data = proxy;
	uv_listen((uv_stream_t *)&proxy->tcp, 8, on_visitor);
	return bound_port(&proxy->tcp);
}

static unsigned joined_count;

static void on_joined(void *owner)
{
	joined_count++;
}

static bool two_joined(void *arg)
{
	return joined_count == 2;
}

static bool one_joined(void *arg)
{
	return joined_count == 1;
}

static void test_proxy(void)
{
	struct pass_use of_alice, of_bob;
	char hash[SOCKS5_HASH_LEN + 1];
	struct proxy proxy = { 0 };
	struct netaddr to = loopback(proxy_start(&proxy));
	struct pair p = { 0 };

	joined_count = 0;
	pass_use(&pass, 1, true, device_key_fingerprint(alice), device_key_fingerprint(bob),
		 &of_alice);
	pass_use(&pass, 1, false, device_key_fingerprint(bob), device_key_fingerprint(alice),
		 &of_bob);
	s5b_hash(pass.token, "alice@example.org/a", "bob@example.org/b", hash);
	p.server.path = tcp_path_join(&loop, bob, &to, hash, &of_bob, false, "proxy here",
				      on_joined, &path_events, &p.server);
	wait_for(one_joined, NULL);
	p.client.path = tcp_path_join(&loop, alice, &to, hash, &of_alice, true, "proxy here",
				      on_joined, &path_events, &p.client);
	ok(wait_for(two_joined, NULL), "both join at a proxy");
	is_int(proxy.rude, 0, "with a greeting alone and a request in one piece");
	run_for(20);
	ok(!p.client.up && !p.server.up && !p.client.closed, "and wait");
	tcp_path_begin(p.client.path);
	run_for(20);
	tcp_path_begin(p.server.path);	/* the hello was there before */
	ok(wait_for(both_up, &p), "TLS begins when it is told to, in either order");
	is_int(path_kind(p.client.path), PATH_PROXY, "the path's kind is proxy");
	is_str(path_name(p.server.path), "proxy here", "its name was given");
	p.client.to_send = 4 * MIB + 1;
	p.server.to_send = 3 * MIB + 7;
	path_kick(p.client.path);
	path_kick(p.server.path);
	ok(wait_for(all_received, &p) && !p.client.wrong && !p.server.wrong,
	   "bytes go through it as they are");
	path_close(p.client.path);
	p.client.path = NULL;
	ok(wait_for(is_closed, &p.server), "the end arrives, too");
	uv_close((uv_handle_t *)&proxy.tcp, NULL);
	pair_finish(&p, "proxy");
}

static void test_bad_proxy(int refuse, bool mute, bool early, const char *what)
{
	struct proxy proxy = { .refuse = refuse, .mute = mute };
	struct netaddr to = loopback(proxy_start(&proxy));
	struct pair p = { 0 };
	char flood[8000] = { 0 };
	struct pass_use use;

	joined_count = 0;
	pass_use(&pass, 1, true, device_key_fingerprint(alice), device_key_fingerprint(bob), &use);
	p.client.path = tcp_path_join(&loop, alice, &to, "0123456789012345678901234567890123456789",
				      &use, true, "proxy here", on_joined, &path_events, &p.client);
	if (mute) {
		run_for(30);
		ok(!p.client.closed, "%s is given its time", what);
		pass_time(TCP_HANDSHAKE_TIMEOUT);
	}
	if (early && wait_for(one_joined, NULL))
		for (int i = 0; i < 8; i++)
			say(&proxy.visitors[0], flood, sizeof(flood));
	ok(wait_for(is_closed, &p.client), "%s fails: %s", what, p.client.why);
	ok(!p.client.up, "and is no path");
	uv_close((uv_handle_t *)&proxy.tcp, NULL);
	pair_finish(&p, what);
}

static void test_no_begin(void)
{
	struct proxy proxy = { 0 };
	struct netaddr to = loopback(proxy_start(&proxy));
	struct pair p = { 0 };
	struct pass_use use;

	joined_count = 0;
	pass_use(&pass, 1, true, device_key_fingerprint(alice), device_key_fingerprint(bob), &use);
	p.client.path = tcp_path_join(&loop, alice, &to, "0123456789012345678901234567890123456789",
				      &use, true, "proxy here", on_joined, &path_events, &p.client);
	wait_for(one_joined, NULL);
	pass_time(TCP_JOINED_TIMEOUT);
	ok(wait_for(is_closed, &p.client), "a bytestream that never begins ends: %s", p.client.why);
	uv_close((uv_handle_t *)&proxy.tcp, NULL);
	pair_finish(&p, "never begun");
}

int main(void)
{
	alice = device_key_generate();
	bob = device_key_generate();
	uv_loop_init(&loop);
	test_bytes();
	test_bandwidth();
	test_echo();
	test_congestion();
	test_wrong_pass();
	test_strangers();
	test_silence();
	test_crowd();
	test_crowd_of_one_buddy();
	test_no_descriptors();
	test_addresses();
	test_own_addresses();
	test_port_taken();
	test_close_while_busy();
	test_last_words();
	test_proxy();
	test_bad_proxy(5, false, false, "a proxy that refuses");
	test_bad_proxy(0, true, false, "a proxy that is mute");
	test_bad_proxy(0, false, true, "a proxy that floods us");
	test_no_begin();
	uv_run(&loop, UV_RUN_NOWAIT);
	is_int(uv_loop_close(&loop), 0, "the loop is empty");
	device_key_destroy(alice);
	device_key_destroy(bob);
	return tap_done();
}
