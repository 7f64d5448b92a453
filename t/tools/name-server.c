/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name server on port 53 of 127.0.0.1, for a network namespace of its own, whose loopback
 * interface it switches on. name-server FILE prints "ready" and answers from the lines of
 * FILE: <name> <priority> <weight> <port> <host>. Every name has the address 127.0.0.1.
 */

#include <arpa/inet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORDS_MAX = 64, TYPE_A = 1, TYPE_SRV = 33, HEADER = 12 };

static struct record {
	char name[128], host[128];
	unsigned priority, weight, port;
} records[RECORDS_MAX];
static int count;

static bool read_records(const char *path)
{
	FILE *file = fopen(path, "r");
	struct record *r = records;

	while (file && count < RECORDS_MAX &&
	       fscanf(file, "%127s %u %u %u %127s", r->name, &r->priority, &r->weight, &r->port,
		      r->host) == 5)
		r = &records[++count];
	if (file)
		fclose(file);
	return count > 0;
}

static unsigned char *put16(unsigned char *at, unsigned n)
{
	*at++ = (unsigned char)(n >> 8);
	*at++ = (unsigned char)n;
	return at;
}

static unsigned char *put_name(unsigned char *at, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		*at++ = (unsigned char)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	*at++ = 0;
	return at;
}

/* Reads the name that is asked for. Returns what follows it; NULL if it is malformed. */
static unsigned char *read_name(unsigned char *at, const unsigned char *end, char *name,
				size_t size)
{
	size_t len = 0;

	while (at < end && *at) {
		size_t n = *at++;

		if (at + n >= end || len + n + 2 > size)
			return NULL;
		memcpy(name + len, at, n);
		len += n;
		name[len++] = '.';
		at += n;
	}
	name[len ? len - 1 : 0] = '\0';
	return at < end ? at + 1 : NULL;
}

static unsigned char *begin_answer(unsigned char *at, unsigned type, unsigned len)
{
	at = put16(at, 0xc000 | HEADER);
	at = put16(at, type);
	at = put16(at, 1);
	at = put16(at, 0);
	at = put16(at, 60);
	return put16(at, len);
}

/* Turns the question into its answer. Returns the answer's length; 0 for none. */
static size_t answer(unsigned char *message, size_t n)
{
	unsigned char *at, *end = message + n;
	unsigned type, answers = 0;
	char name[256];

	at = n > HEADER ? read_name(message + HEADER, end, name, sizeof(name)) : NULL;
	if (!at || at + 4 > end)
		return 0;
	type = at[1];
	at += 4;
	for (int i = 0; type == TYPE_SRV && i < count; i++) {
		struct record *r = &records[i];

		if (strcasecmp(r->name, name))
			continue;
		at = begin_answer(at, TYPE_SRV, 6 + (unsigned)strlen(r->host) + 2);
		at = put16(at, r->priority);
		at = put16(at, r->weight);
		at = put16(at, r->port);
		at = put_name(at, r->host);
		answers++;
	}
	if (type == TYPE_A) {
		at = begin_answer(at, TYPE_A, 4);
		memcpy(at, "\177\0\0\1", 4);
		at += 4;
		answers++;
	}
	put16(message + 2, 0x8180);
	put16(message + 6, answers);
	put16(message + 8, 0);
	put16(message + 10, 0);
	return (size_t)(at - message);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2 || !read_records(argv[1]) || ioctl(fd, SIOCSIFFLAGS, &up) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("name-server");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		unsigned char message[4096];
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			return 1;
		n = (ssize_t)answer(message, (size_t)n);
		if (n > 0)
			sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}
