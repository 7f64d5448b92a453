/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage: drain [--bytes=N] [--seconds=N] [--skip=SECONDS] <where from>
 *
 *   drain --daemon=HOST:PORT PATH      a git daemon, as git speaks to it
 *   drain --helper command...          a remote helper that can connect
 *   drain command...                   anything that has upload-pack behind it, ssh for one
 *   drain --plain=HOST:PORT            whatever comes from there, no git (see source.c)
 *
 * Asks for all that HEAD reaches, throws the pack away as it comes, and prints
 * how many bytes that were and in how many seconds, from the first byte of the
 * pack on or from the byte after so many seconds. It ends with the pack, or
 * after that many bytes or seconds of it. So it is what a transport can do
 * when nobody has to index what arrives.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER = 256 * 1024,
	PKT_MAX = 65520,
	HEADER = 4,
	LINE_MAX_LEN = 4096,
	PATIENCE = 600,			/* seconds */
	BAND_PACK = 1, BAND_PROGRESS = 2, BAND_ERROR = 3,
};

extern char **environ;

struct source {
	int in, out;
	pid_t child;			/* 0: none */
	unsigned char buffer[BUFFER];
	size_t at, end;			/* what is not taken yet */
};

struct drain {
	uint64_t most_bytes;		/* 0: all */
	double most_seconds, skip;	/* seconds; 0: all, none */
	uint64_t bytes, skipped;	/* of the pack */
	double first, last;		/* when they came; first is that of the first one counted */
};

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("drain: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Where it comes from. */

static int dial(char *where)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *port = strrchr(where, ':');
	struct addrinfo *found;
	int fd;

	if (!port)
		die("not HOST:PORT: %s", where);
	*port++ = '\0';
	if (getaddrinfo(where, port, &hints, &found))
		die("no such host: %s", where);
	fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		die("%s:%s: %s", where, port, strerror(errno));
	freeaddrinfo(found);
	return fd;
}

static void start(struct source *s, char **command)
{
	posix_spawn_file_actions_t files;
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		die("no pipe");
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, to[0], 0);
	posix_spawn_file_actions_adddup2(&files, from[1], 1);
	if (posix_spawnp(&s->child, command[0], &files, NULL, command, environ))
		die("cannot run %s", command[0]);
	posix_spawn_file_actions_destroy(&files);
	close(to[0]);
	close(from[1]);
	s->out = to[1];
	s->in = from[0];
}

static void send_all(struct source *s, const void *data, size_t n)
{
	const char *at = data;

	while (n > 0) {
		ssize_t done = write(s->out, at, n);

		if (done < 0)
			die("cannot send: %s", strerror(errno));
		at += done;
		n -= done;
	}
}

/* False at the end. */
static bool refill(struct source *s)
{
	ssize_t n;

	if (s->at == s->end)
		s->at = s->end = 0;
	n = read(s->in, s->buffer + s->end, BUFFER - s->end);
	if (n < 0)
		die("cannot read: %s", strerror(errno));
	s->end += n;
	return n > 0;
}

/* At least n bytes in one piece. */
static const unsigned char *need(struct source *s, size_t n)
{
	if (s->end - s->at < n && s->at > BUFFER - PKT_MAX - HEADER) {
		memmove(s->buffer, s->buffer + s->at, s->end - s->at);
		s->end -= s->at;
		s->at = 0;
	}
	while (s->end - s->at < n)
		if (!refill(s))
			die("it ended in the middle");
	return s->buffer + s->at;
}

static unsigned from_hex(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	die("that is not git's protocol");
	return 0;
}

/* The length of a pkt-line's content; -1: a flush. Its header is taken. */
static int next_packet(struct source *s)
{
	const unsigned char *h = need(s, HEADER);
	unsigned length =
		from_hex(h[0]) << 12 | from_hex(h[1]) << 8 | from_hex(h[2]) << 4 | from_hex(h[3]);

	s->at += HEADER;
	if (length == 0)
		return -1;
	if (length < HEADER || length > PKT_MAX)
		die("a pkt-line of length %u", length);
	return length - HEADER;
}

static void take_line(struct source *s, char line[LINE_MAX_LEN])
{
	size_t n = 0;

	while (n == 0 || line[n - 1] != '\n') {
		if (n == LINE_MAX_LEN - 1)
			die("a line that is too long");
		line[n++] = *need(s, 1);
		s->at++;
	}
	line[n - 1] = '\0';
}

/* Up to the empty line that says that upload-pack is there. */
static void connect_helper(struct source *s)
{
	char line[LINE_MAX_LEN];

	send_all(s, "capabilities\n", 13);
	do
		take_line(s, line);
	while (*line);
	send_all(s, "connect git-upload-pack\n", 24);
	take_line(s, line);
	if (*line)
		die("the helper does not connect: %s", line);
}

static void greet_daemon(struct source *s, const char *path)
{
	char request[LINE_MAX_LEN];
	size_t n;

	if (strlen(path) > LINE_MAX_LEN / 2)
		die("that path is too long");
	n = HEADER + strlen("git-upload-pack ") + strlen(path) + 1 + strlen("host=localhost") + 1;
	snprintf(request, sizeof(request), "%04zxgit-upload-pack %s%chost=localhost", n, path, 0);
	send_all(s, request, n);
}

/* What is asked for: everything below the first ref, which is HEAD. */
static void want_head(struct source *s)
{
	char want[256], request[512];
	int length = next_packet(s), n;
	const unsigned char *ref = length > 0 ? need(s, length) : NULL;
	const unsigned char *space = ref ? memchr(ref, ' ', length) : NULL;

	if (!space || space - ref > 64)
		die("no refs of version 0 of the protocol");
	n = snprintf(want, sizeof(want), "want %.*s side-band-64k ofs-delta\n", (int)(space - ref),
		     ref);
	n = snprintf(request, sizeof(request), "%04x%s00000009done\n", n + HEADER, want);
	for (s->at += length; (length = next_packet(s)) >= 0; s->at += length)
		need(s, length);
	send_all(s, request, n);
}

/* The pack. */

/* False when that is enough. */
static bool count(struct drain *d, size_t n)
{
	d->last = now();
	if (d->first == 0)
		d->first = d->last;
	if (d->skip > 0 && d->last >= d->first + d->skip) {
		d->skip = 0;
		d->skipped = d->bytes + n;
		d->first = d->last;
	}
	d->bytes += n;
	return (d->most_bytes == 0 || d->bytes < d->most_bytes) &&
	       (d->most_seconds == 0 || d->skip > 0 || d->last < d->first + d->most_seconds);
}

/* The rest of a packet, in whatever pieces it comes. */
static bool count_content(struct drain *d, struct source *s, size_t length)
{
	while (length > 0) {
		size_t here = s->end - s->at < length ? s->end - s->at : length;

		if (here == 0) {
			if (!refill(s))
				die("it ended in the middle of the pack");
			continue;
		}
		s->at += here;
		length -= here;
		if (!count(d, here))
			return false;
	}
	return true;
}

static void check_pack(struct source *s, int length)
{
	if (length < 4 || memcmp(need(s, 4), "PACK", 4) != 0)
		die("that is no pack");
}

static void drain_pack(struct drain *d, struct source *s)
{
	int length = next_packet(s);

	if (length < 3 || memcmp(need(s, 3), "NAK", 3) != 0)
		die("not NAK: %.*s", length, (const char *)need(s, length));
	s->at += length;
	while ((length = next_packet(s)) > 0) {
		unsigned char band = *need(s, 1);

		s->at++;
		length--;
		if (band == BAND_PACK) {
			if (d->bytes == 0)
				check_pack(s, length);
			if (!count_content(d, s, length))
				return;
			continue;
		}
		need(s, length);
		if (band == BAND_ERROR)
			die("the other side says: %.*s", length, (const char *)s->buffer + s->at);
		s->at += length;
	}
	if (d->bytes == 0)
		die("no pack came");
}

static void drain_plain(struct drain *d, struct source *s)
{
	while (refill(s)) {
		size_t n = s->end - s->at;

		s->at = s->end;
		if (!count(d, n))
			return;
	}
}

/* 0 if the command did well, or was not let to its end. */
static int finish(struct drain *d, struct source *s)
{
	int status = 0;

	close(s->in);
	if (s->out != s->in)
		close(s->out);
	if (s->child > 0) {
		bool cut = d->most_bytes > 0 || d->most_seconds > 0;

		if (cut)
			kill(s->child, SIGTERM);
		while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
			;
		if (cut)
			status = 0;
	}
	return status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "bytes", required_argument, NULL, 'b' },
		{ "seconds", required_argument, NULL, 's' },
		{ "skip", required_argument, NULL, 'k' },
		{ "daemon", required_argument, NULL, 'd' },
		{ "plain", required_argument, NULL, 'p' },
		{ "helper", no_argument, NULL, 'h' },
		{ 0 },
	};
	static struct source s;
	struct drain d = { 0 };
	char *daemon = NULL, *plain = NULL;
	bool helper = false;
	int c;

	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		switch (c) {
		case 'b': d.most_bytes = strtoull(optarg, NULL, 10); break;
		case 's': d.most_seconds = strtod(optarg, NULL); break;
		case 'k': d.skip = strtod(optarg, NULL); break;
		case 'd': daemon = optarg; break;
		case 'p': plain = optarg; break;
		case 'h': helper = true; break;
		default: return 129;
		}
	}
	if (!plain && !argv[optind]) {
		fprintf(stderr, "drain: from where?\n");
		return 129;
	}
	signal(SIGPIPE, SIG_IGN);
	alarm(PATIENCE);
	if (daemon || plain)
		s.in = s.out = dial(daemon ? daemon : plain);
	else
		start(&s, argv + optind);
	if (plain) {
		drain_plain(&d, &s);
	} else {
		if (daemon)
			greet_daemon(&s, argv[optind]);
		if (helper)
			connect_helper(&s);
		want_head(&s);
		drain_pack(&d, &s);
	}
	printf("%llu\t%.6f\n", (unsigned long long)(d.bytes - d.skipped), d.last - d.first);
	return finish(&d, &s);
}
