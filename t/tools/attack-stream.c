/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * During the login the descriptor blocks: one request, one answer. After that it does not
 * block. Stanzas are found by counting tags: servers write well-formed XML and escape '>'
 * in values.
 */
#include "attack-stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "base64.h"
#include "hex.h"

enum {
	READ_SIZE = 65536,
	ATTRIBUTE_MAX = 80,
	JOIN_MAX = 400,
	JOIN_AGAIN = 100 * 1000,
	FLUSH_MAX = 1000,
	FLUSH_PATIENCE = 200
};

#define HEADER                                                                                     \
	"<stream:stream to='%s' version='1.0' xmlns='%s' "                                         \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "attacker: %s: %s\n", what, detail);
	exit(1);
}

static struct stream *create(unsigned port)
{
	struct stream *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->fd < 0 || connect(s->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("no connection with the server", "refused");
	return s;
}

static int write_some(struct stream *s)
{
	if (s->ssl)
		return SSL_write(s->ssl, buf_data(&s->out), (int)buf_len(&s->out));
	return (int)write(s->fd, buf_data(&s->out), buf_len(&s->out));
}

static int read_some(struct stream *s)
{
	char *room = buf_reserve(&s->in, READ_SIZE);
	int n = s->ssl ? SSL_read(s->ssl, room, READ_SIZE) : (int)read(s->fd, room, READ_SIZE);

	if (n > 0)
		buf_added(&s->in, (size_t)n);
	return n;
}

/*
 * Writes all output, then reads until the word has come; only while the descriptor blocks.
 * False if the connection is closed.
 */
static bool ask(struct stream *s, const char *word)
{
	int n;

	while (buf_len(&s->out)) {
		n = write_some(s);
		if (n <= 0)
			return false;
		buf_consume(&s->out, (size_t)n);
	}
	while (!strstr(buf_str(&s->in), word))
		if (read_some(s) <= 0)
			return false;
	return true;
}

static void insist(struct stream *s, const char *word)
{
	if (!ask(s, word))
		die("the server hung up before", word);
}

static void encrypt(struct stream *s)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	s->ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_mode(s->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_set_fd(s->ssl, s->fd);
	buf_reset(&s->in);
	if (SSL_connect(s->ssl) != 1)
		die("no TLS with the server", "handshake");
}

static void put_credentials(struct stream *s, const char *user, const char *password)
{
	struct buf plain = { 0 };
	char *text;

	buf_append(&plain, "", 1);
	buf_puts(&plain, user);
	buf_append(&plain, "", 1);
	buf_puts(&plain, password);
	text = xmalloc(BASE64_SIZE(buf_len(&plain)));
	base64_encode(buf_data(&plain), buf_len(&plain), text);
	buf_printf(&s->out,
		   "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>",
		   text);
	free(text);
	buf_finish(&plain);
}

static void unblock(struct stream *s)
{
	buf_reset(&s->in);
	fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
}

struct stream *stream_login(unsigned port, const char *user, const char *password,
			    const char *resource)
{
	struct stream *s = create(port);

	buf_printf(&s->out, HEADER, "localhost", "jabber:client");
	insist(s, "</stream:features>");
	buf_puts(&s->out, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	insist(s, "<proceed");
	encrypt(s);
	buf_printf(&s->out, HEADER, "localhost", "jabber:client");
	insist(s, "</stream:features>");
	put_credentials(s, user, password);
	insist(s, "<success");
	buf_reset(&s->in);
	buf_printf(&s->out, HEADER, "localhost", "jabber:client");
	insist(s, "</stream:features>");
	buf_printf(&s->out,
		   "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
		   "<resource>%s</resource></bind></iq>",
		   resource);
	insist(s, "</iq>");
	unblock(s);
	return s;
}

static bool join(struct stream *s, const char *domain, const char *secret)
{
	char id[ATTRIBUTE_MAX], hex[2 * SHA_DIGEST_LENGTH + 1];
	unsigned char digest[SHA_DIGEST_LENGTH];
	struct buf text = { 0 };

	buf_printf(&s->out, HEADER, domain, "jabber:component:accept");
	if (!ask(s, "<stream:stream") ||
	    !stanza_attribute(strstr(buf_str(&s->in), "<stream:stream"), "id", id, sizeof(id)))
		return false;
	buf_printf(&text, "%s%s", id, secret);
	SHA1((const unsigned char *)buf_data(&text), buf_len(&text), digest);
	buf_finish(&text);
	hex_encode(digest, sizeof(digest), hex);
	buf_reset(&s->in);
	buf_printf(&s->out, "<handshake>%s</handshake>", hex);
	return ask(s, "<handshake");
}

/*
 * Tries again: the server takes one component at a time, and may still be busy with the
 * last one.
 */
struct stream *stream_component(unsigned port, const char *domain, const char *secret)
{
	for (unsigned n = 0; n < JOIN_MAX; n++) {
		struct stream *s = create(port);

		if (join(s, domain, secret)) {
			unblock(s);
			return s;
		}
		stream_destroy(s);
		usleep(JOIN_AGAIN);
	}
	die("the server does not take the component", domain);
	return NULL;
}

void stream_destroy(struct stream *s)
{
	SSL_free(s->ssl);
	close(s->fd);
	buf_finish(&s->in);
	buf_finish(&s->out);
	free(s);
}

static bool must_wait(const struct stream *s, int n)
{
	int error;

	if (!s->ssl)
		return n < 0;
	error = SSL_get_error(s->ssl, n);
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

void stream_pump(struct stream *s)
{
	int n = 1;

	while (!s->over && buf_len(&s->out)) {
		n = write_some(s);
		if (n <= 0)
			break;
		buf_consume(&s->out, (size_t)n);
	}
	if (n <= 0 && !must_wait(s, n))
		s->over = true;
	while (!s->over && (n = read_some(s)) > 0)
		;
	if (!s->over && !must_wait(s, n))
		s->over = true;
}

/*
 * Reads on while it writes: to close with unread bytes would cause a reset, which destroys
 * what was written. A server that throttles takes long.
 */
void stream_flush(struct stream *s)
{
	struct pollfd fd = { .fd = s->fd };

	buf_puts(&s->out, "</stream:stream>");
	for (unsigned n = 0; !s->over && n < FLUSH_MAX; n++) {
		stream_pump(s);
		buf_reset(&s->in);
		fd.events = POLLIN | (buf_len(&s->out) ? POLLOUT : 0);
		if (poll(&fd, 1, FLUSH_PATIENCE) <= 0)
			break;
	}
}

/* The length of the element that text begins with; 0 while it is not complete. */
static size_t element_len(const char *text, size_t n)
{
	unsigned depth = 0;
	size_t at = 0;

	while (at < n) {
		const char *open = memchr(text + at, '<', n - at), *end;

		end = open ? memchr(open, '>', n - (size_t)(open - text)) : NULL;
		if (!end)
			return 0;
		if (open[1] == '/')
			depth--;
		else if (end[-1] != '/')
			depth++;
		at = (size_t)(end - text) + 1;
		if (depth == 0)
			return at;
	}
	return 0;
}

char *stream_next(struct stream *s)
{
	const char *text = buf_str(&s->in), *first = strchr(text, '<');
	char *stanza;
	size_t n;

	if (!first)
		return NULL;
	if (!strncmp(first, "</stream:stream", strlen("</stream:stream"))) {
		s->over = true;
		return NULL;
	}
	buf_consume(&s->in, (size_t)(first - text));
	n = element_len(first, buf_len(&s->in));
	if (!n)
		return NULL;
	stanza = xstrndup(first, n);
	buf_consume(&s->in, n);
	return stanza;
}

bool stanza_attribute(const char *stanza, const char *name, char *value, size_t size)
{
	size_t len = strlen(name), n;

	for (const char *at = stanza; (at = strstr(at, name)); at++) {
		const char *quote = at + len + 1, *end;

		if (at == stanza || at[-1] != ' ' || at[len] != '=' ||
		    (*quote != '\'' && *quote != '"'))
			continue;
		end = strchr(quote + 1, *quote);
		n = end ? (size_t)(end - quote) - 1 : size;
		if (n >= size)
			return false;
		memcpy(value, quote + 1, n);
		value[n] = '\0';
		return true;
	}
	return false;
}
