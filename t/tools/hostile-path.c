/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hostile program that dials a broker on 127.0.0.1.
 *
 * usage: hostile-path overhear <port> <file>
 *        hostile-path repeats <port> <file>
 *        hostile-path guesses <port> <token>
 *        hostile-path silent <port> <pass> <n> <key file>
 *        hostile-path offers <port> <pass> <n> <key file> <from> <to>
 *
 * A pass is what odd-device prints: "<token> <secret> <fingerprint>".
 *
 * overhear: listens, prints the token of each device that dials, and writes its hello to
 * the file.
 * repeats: sends the hello of the file; prints how many bytes answer it, and appends them
 * to the file.
 * guesses: sends hellos with the token and guessed secrets; prints how many bytes answer.
 * silent: makes n handshakes with the device's pass, and sends no HELLO after any of them;
 * prints how many connections the broker keeps, then waits until it has closed them all.
 * offers: takes over the device's link, prints "up", waits for a line, then offers n
 * proxies one after the other, all of which are this program. Prints how often it was
 * dialled and what the answers were.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "candidates.h"
#include "fingerprint.h"
#include "hex.h"
#include "jid.h"
#include "link.h"
#include "nothing.h"
#include "pass-key.h"
#include "random.h"
#include "tls.h"

enum { CONNECTIONS_MAX = 64, REST = 500 };

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int make_socket(const char *port, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return fd;
}

static bool print_token(void *arg, const char *identity, struct pass_use *out)
{
	printf("%.*s\n", PASS_TOKEN_LEN, identity);
	fflush(stdout);
	return false;
}

static bool admit_nobody(void *arg)
{
	return false;
}

static const struct tls_gate overhearing = { .find = print_token, .admit = admit_nobody };

static void hear_token(int fd, const struct device_key *key, const char *path)
{
	struct buf out = { 0 }, plain = { 0 };
	struct tls *tls = tls_create(key, false, NULL, &out);
	FILE *f = fopen(path, "w");
	char bytes[4096];
	ssize_t n;

	if (!f)
		die(path);
	tls_set_gate(tls, &overhearing, NULL);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		fwrite(bytes, 1, (size_t)n, f);
		if (tls_input(tls, bytes, (size_t)n, &plain))
			break;
	}
	fclose(f);
	close(fd);
	tls_destroy(tls);
	buf_finish(&plain);
	buf_finish(&out);
}

static int overhear(const char *port, const char *path)
{
	struct device_key *key = device_key_generate();
	struct sockaddr_in address;
	int on = 1, fd = make_socket(port, &address), from;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		die("listen");
	while ((from = accept(fd, NULL, NULL)) >= 0)
		hear_token(from, key, path);
	die("accept");
	return 1;
}

static struct device_key *read_key(const char *path)
{
	char pem[8192] = "";
	FILE *f = fopen(path, "r");
	struct device_key *key;

	if (!f)
		die(path);
	pem[fread(pem, 1, sizeof(pem) - 1, f)] = '\0';
	fclose(f);
	key = device_key_parse(pem);
	if (!key) {
		fprintf(stderr, "%s is no key\n", path);
		exit(1);
	}
	return key;
}

static void write_all(int fd, struct buf *out)
{
	while (buf_len(out)) {
		ssize_t n = write(fd, buf_data(out), buf_len(out));

		if (n <= 0)
			break;
		buf_consume(out, (size_t)n);
	}
	buf_reset(out);
}

/*
 * Connects, and makes the handshake of TLS. The descriptor if our side sees TLS
 * established; else -1.
 */
static int connect_tls(const char *port, struct tls *tls, struct buf *out)
{
	struct sockaddr_in address;
	int fd = make_socket(port, &address);
	struct buf plain = { 0 };
	char bytes[4096];
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	write_all(fd, out);
	while (!tls_established(tls) && (n = read(fd, bytes, sizeof(bytes))) > 0 &&
	       tls_input(tls, bytes, (size_t)n, &plain) == 0)
		write_all(fd, out);
	buf_finish(&plain);
	if (tls_established(tls)) {
		write_all(fd, out);
		return fd;
	}
	close(fd);
	return -1;
}

/* A pass as it was printed, and the fingerprint of the device that gave it. */
struct given {
	struct pass pass;
	unsigned char fp[FINGERPRINT_BYTES];
	uint64_t number;		/* of its last use */
};

static struct given read_pass(const char *text)
{
	char token[33] = "", secret[65] = "", fp[65] = "";
	struct given g = { 0 };

	if (sscanf(text, "%32s %64s %64s", token, secret, fp) != 3 ||
	    !hex_decode(secret, g.pass.secret, sizeof(g.pass.secret)) ||
	    !hex_decode(fp, g.fp, sizeof(g.fp))) {
		fprintf(stderr, "'%s' is no pass\n", text);
		exit(1);
	}
	snprintf(g.pass.token, sizeof(g.pass.token), "%s", token);
	return g;
}

static struct tls *open_with(struct given *g, const struct device_key *key, struct buf *out)
{
	struct pass_use use;

	pass_use(&g->pass, ++g->number, true, device_key_fingerprint(key), g->fp, &use);
	return tls_create(key, true, &use, out);
}

/* Makes a connection with an established TLS, on which nothing will be sent. */
static int shake_hands(const char *port, struct given *g, const struct device_key *key)
{
	struct buf out = { 0 };
	struct tls *tls = open_with(g, key, &out);
	int fd = connect_tls(port, tls, &out);

	tls_destroy(tls);
	buf_finish(&out);
	return fd;
}

/*
 * Sends a hello and reads the answer to its end, or until REST ms of silence. Returns how
 * many bytes came.
 */
static size_t say_and_hear(const char *port, struct buf *hello, FILE *answer)
{
	struct sockaddr_in address;
	int fd = make_socket(port, &address);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t heard = 0;
	char bytes[4096];
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	write_all(fd, hello);
	while (poll(&poll_fd, 1, REST) > 0 && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		heard += (size_t)n;
		if (answer)
			fwrite(bytes, 1, (size_t)n, answer);
	}
	close(fd);
	return heard;
}

static int repeat(const char *port, const char *path)
{
	struct buf hello = { 0 };
	FILE *f = fopen(path, "r+");
	char bytes[4096];
	size_t n;

	if (!f)
		die(path);
	n = fread(bytes, 1, sizeof(bytes), f);
	buf_append(&hello, bytes, n);
	fseek(f, 0, SEEK_END);
	printf("%zu bytes\n", say_and_hear(port, &hello, f));
	fclose(f);
	buf_finish(&hello);
	return 0;
}

/* Tries no secret, the token as the secret, high numbers, and last a certificate. */
static int guess(const char *port, const char *token)
{
	struct device_key *key = device_key_generate();
	struct buf hello = { 0 };
	size_t heard = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct given g = { .number = i ? UINT64_MAX - i - 1 : 0 };

		snprintf(g.pass.token, sizeof(g.pass.token), "%s", token);
		if (i % 2)
			memcpy(g.pass.secret, token, PASS_SECRET_BYTES);
		memcpy(g.fp, device_key_fingerprint(key), sizeof(g.fp));
		tls_destroy(open_with(&g, key, &hello));
		heard += say_and_hear(port, &hello, NULL);
	}
	tls_destroy(tls_create(key, true, NULL, &hello));
	heard += say_and_hear(port, &hello, NULL);
	printf("%zu bytes\n", heard);
	buf_finish(&hello);
	device_key_destroy(key);
	return 0;
}

/*
 * Reads from all of them until nothing has come for rest ms (-1: until none is open).
 * Returns how many are open.
 */
static unsigned listen_to(struct pollfd *fds, unsigned n, int rest)
{
	unsigned open = n;

	for (unsigned i = 0; i < n; i++)
		open -= fds[i].fd < 0;
	while (open && poll(fds, n, rest) > 0) {
		for (unsigned i = 0; i < n; i++) {
			char bytes[4096];

			if (!fds[i].revents || read(fds[i].fd, bytes, sizeof(bytes)) > 0)
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			fds[i].revents = 0;
			open--;
		}
	}
	return open;
}

/* Takes the key and destroys it, as offer() does. */
static int dial(const char *port, const char *pass, unsigned n, struct device_key *key)
{
	struct given g = read_pass(pass);
	struct pollfd fds[CONNECTIONS_MAX];

	for (unsigned i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = shake_hands(port, &g, key), .events = POLLIN };
	printf("%u open\n", listen_to(fds, n, REST));
	fflush(stdout);
	printf("%u open\n", listen_to(fds, n, -1));
	device_key_destroy(key);
	return 0;
}

/* A link of our own. */

struct intruder {
	int fd, proxy;			/* the path; the listening socket of the false proxy */
	struct tls *tls;
	struct buf out, plain;
	struct link link;
	struct s5b_record offer;
	unsigned to_do, dialled, busy, unwanted, other;
	bool over;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void make_offer(struct intruder *i)
{
	struct buf fields = { 0 };

	if (i->to_do == 0) {
		i->over = true;
		return;
	}
	i->to_do--;
	pass_make(&i->offer.pass);
	s5b_put(&i->offer, &fields);
	link_send(&i->link, RECORD_BYTESTREAM, buf_data(&fields), buf_len(&fields));
	buf_finish(&fields);
}

static void on_deliver(void *owner, const struct record *record)
{
	struct intruder *i = owner;
	struct s5b_record answer;

	if (record->type != RECORD_BYTESTREAM || s5b_parse(record, &answer) ||
	    strcmp(answer.pass.token, i->offer.pass.token))
		return;
	if (!strcmp(answer.reason, "busy"))
		i->busy++;
	else if (!strcmp(answer.reason, "not-wanted"))
		i->unwanted++;
	else
		i->other++;
	make_offer(i);
}

static void on_up(void *owner, bool resumed)
{
	puts("up");
	fflush(stdout);
}

static bool on_fill(void *owner)
{
	return false;
}

static void on_ended(void *owner, const char *reason)
{
	struct intruder *i = owner;

	printf("ended: %s\n", reason);
	i->over = true;
}

static const struct link_events link_events = {
	.up = on_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = nothing,
};

static void say_all(struct intruder *i)
{
	struct buf plain = { 0 };

	if (link_output(&i->link, &plain, 16384, now()))
		tls_write(i->tls, buf_data(&plain), buf_len(&plain));
	write_all(i->fd, &i->out);
	buf_finish(&plain);
}

static void hear(struct intruder *i)
{
	char bytes[4096];
	ssize_t n = read(i->fd, bytes, sizeof(bytes));

	if (n <= 0 || tls_input(i->tls, bytes, (size_t)n, &i->plain) ||
	    link_input(&i->link, &i->plain, now()))
		i->over = true;
}

static void intrude(struct intruder *i)
{
	struct pollfd fds[] = {
		{ .fd = i->fd, .events = POLLIN },
		{ .fd = i->proxy, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char line[80];

	while (!i->over) {
		say_all(i);
		poll(fds, 3, 100);
		link_tick(&i->link, now());
		if (fds[0].revents)
			hear(i);
		if (fds[1].revents) {
			i->dialled++;
			close(accept(i->proxy, NULL, NULL));
		}
		if (fds[2].revents) {
			fds[2].fd = -1;
			if (read(STDIN_FILENO, line, sizeof(line)) > 0)
				make_offer(i);
		}
	}
	printf("%u dialled, %u busy, %u not-wanted, %u other\n", i->dialled, i->busy, i->unwanted,
	       i->other);
}

static int offer(const char *port, const char *pass, unsigned n, struct device_key *key,
		 const char *from, const char *to)
{
	struct given g = read_pass(pass);
	struct intruder i = { .to_do = n, .offer.step = S5B_OFFER };
	uint8_t id[LINK_ID_BYTES], instance[INSTANCE_BYTES];
	char us[JID_MAX], them[JID_MAX];
	struct link_ends ends = { us, them };
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	if (!jid_bare_of(from, us) || !jid_bare_of(to, them))
		return 2;
	i.proxy = make_socket("0", &address);
	if (bind(i.proxy, (struct sockaddr *)&address, len) < 0 || listen(i.proxy, 64) < 0 ||
	    getsockname(i.proxy, (struct sockaddr *)&address, &len) < 0)
		die("listen");
	strcpy(i.offer.offer.jid, "proxy.localhost");
	strcpy(i.offer.offer.host, "127.0.0.1");
	i.offer.offer.port = ntohs(address.sin_port);
	snprintf(i.offer.offer.from, sizeof(i.offer.offer.from), "%s", from);
	snprintf(i.offer.offer.to, sizeof(i.offer.offer.to), "%s", to);
	i.tls = open_with(&g, key, &i.out);
	i.fd = connect_tls(port, i.tls, &i.out);
	if (i.fd < 0)
		return 1;
	random_bytes(id, sizeof(id));
	random_bytes(instance, sizeof(instance));
	link_init(&i.link, &link_events, &i, id, instance, &ends, "the broker");
	link_attach(&i.link, true, now());
	intrude(&i);
	link_finish(&i.link);
	tls_destroy(i.tls);
	buf_finish(&i.out);
	buf_finish(&i.plain);
	device_key_destroy(key);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 4 ? (unsigned)atoi(argv[4]) : 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && !strcmp(argv[1], "overhear"))
		return overhear(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "repeats"))
		return repeat(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "guesses"))
		return guess(argv[2], argv[3]);
	if (argc == 6 && !strcmp(argv[1], "silent") && n <= CONNECTIONS_MAX)
		return dial(argv[2], argv[3], n, read_key(argv[5]));
	if (argc == 8 && !strcmp(argv[1], "offers"))
		return offer(argv[2], argv[3], n, read_key(argv[5]), argv[6], argv[7]);
	fprintf(stderr, "usage: hostile-path overhear|repeats|guesses|silent|offers <port> ...\n");
	return 2;
}
