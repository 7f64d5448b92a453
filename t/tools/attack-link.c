/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attack-link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "base64.h"
#include "candidates.h"
#include "fields.h"
#include "hello.h"
#include "jid.h"
#include "random.h"

#define NS_IBB "http://jabber.org/protocol/ibb"

enum { BLOCK = 4096, IN_FLIGHT_MAX = 32, BLOCK_TEXT_MAX = 131072 };

struct device_key *raw_key(const char *path)
{
	char pem[8192] = "";
	FILE *f = path ? fopen(path, "r") : NULL;
	struct device_key *key = NULL;

	if (f) {
		pem[fread(pem, 1, sizeof(pem) - 1, f)] = '\0';
		fclose(f);
		key = device_key_parse(pem);
	}
	if (!key) {
		fprintf(stderr, "attacker: no key in %s\n", path ? path : "--key");
		exit(2);
	}
	return key;
}

/* Ends the link. why is copied, because raw_drop() may free what it points into. */
static void over(struct raw_link *l, const char *why)
{
	char word[64];

	if (l->state == RAW_OVER)
		return;
	snprintf(word, sizeof(word), "%s", why);
	raw_drop(l);
	l->events->over(l, word);
}

void raw_drop(struct raw_link *l)
{
	l->state = RAW_OVER;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	tls_destroy(l->tls);
	l->tls = NULL;
	buf_finish(&l->cipher);
	buf_finish(&l->plain);
}

int attack_dial(unsigned port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("attacker: dial");
		exit(1);
	}
	return fd;
}

void raw_open(struct raw_link *l, struct who *who, const struct device_key *key, unsigned port,
	      const struct pass_use *use, const struct raw_events *events, void *owner)
{
	static unsigned number;

	*l = (struct raw_link){
		.events = events, .owner = owner, .who = who, .key = key, .fd = -1
	};
	l->tls = tls_create(key, true, use, &l->cipher);
	if (port) {
		l->fd = attack_dial(port);
		fcntl(l->fd, F_SETFL, fcntl(l->fd, F_GETFL) | O_NONBLOCK);
		l->state = RAW_GREETING;
		return;
	}
	snprintf(l->sid, sizeof(l->sid), "%08x", 0xa0000000u + ++number);
	buf_printf(&who->stream->out,
		   "<iq type='set' id='o%s' from='%s' to='%s'><open xmlns='" NS_IBB "' sid='%s' "
		   "block-size='5700' stanza='iq'/></iq>",
		   l->sid, who->full, who->attack->victim, l->sid);
}

size_t raw_unsent(const struct raw_link *l)
{
	return buf_len(&l->cipher) + buf_len(&l->who->stream->out);
}

/* Builds the record by hand, so that unknown types can be sent too. */
static void write_record(struct raw_link *l, enum record_type type, uint64_t number,
			 const void *payload, size_t n)
{
	uint8_t header[RECORD_HEADER];
	struct buf bytes = { 0 };

	put_be32(header, (uint32_t)type << 24 | (uint32_t)n);
	put_be64(header + 4, number);
	buf_append(&bytes, header, sizeof(header));
	buf_append(&bytes, payload, n);
	tls_write(l->tls, buf_data(&bytes), buf_len(&bytes));
	buf_finish(&bytes);
}

void raw_say(struct raw_link *l, enum record_type type, const void *payload, size_t n)
{
	if (l->state == RAW_UP)
		write_record(l, type, ++l->sent, payload, n);
}

/*
 * Says HELLO with the same instance every time, so that to the victim we are one process
 * that has lost its link, but not what ran on it.
 */
static void say_hello(struct raw_link *l)
{
	static const uint8_t instance[INSTANCE_BYTES] = { 1 };
	uint8_t id[LINK_ID_BYTES];
	char us[JID_MAX] = "", them[JID_MAX] = "";
	struct link_ends ends = { us, them };
	struct buf bytes = { 0 };

	jid_bare_of(l->who->full, us);
	jid_bare_of(l->who->attack->victim, them);
	random_bytes(id, sizeof(id));
	hello_put(&bytes, "new", &ends, instance, id, 0);
	tls_write(l->tls, buf_data(&bytes), buf_len(&bytes));
	buf_finish(&bytes);
}

/* Input. */

static void take_hello(struct raw_link *l, const struct record *record)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *state =
		record->type == RECORD_HELLO && fields_valid(f) ? fields_get(f, "state") : NULL;

	if (state && !strcmp(state, "new")) {
		l->state = RAW_UP;
		l->events->up(l);
	} else {
		over(l, state ? state : "no-hello");
	}
}

static void note_candidates(struct raw_link *l, const struct record *record)
{
	struct candidates candidates;
	char text[NETADDR_TEXT_MAX];

	if (candidates_parse(record, &candidates) || !candidates.n)
		return;
	netaddr_format(&candidates.addresses[0], text);
	l->port = (unsigned)atoi(strrchr(text, ':') + 1);
	l->pass = candidates.pass;
}

static void take_record(struct raw_link *l, const struct record *record)
{
	if (l->state == RAW_GREETING) {
		take_hello(l, record);
		return;
	}
	if (record->number)
		l->received = record->number;
	switch (record->type) {
	case RECORD_PING:
		write_record(l, RECORD_PONG, 0, record->payload, record->len);
		break;
	case RECORD_BYE:
		over(l, record_reason(record, "bye"));
		break;
	case RECORD_ACK:
		l->heard_of = record->len == 8 ? get_be64(record->payload) : 0;
		break;
	case RECORD_CANDIDATES:
		note_candidates(l, record);
		break;
	default:
		if (record->number)
			l->events->record(l, record);
	}
}

static void acknowledge(struct raw_link *l)
{
	uint8_t number[8];

	if (l->state != RAW_UP || l->received == l->acked || l->hold_acks)
		return;
	put_be64(number, l->received);
	write_record(l, RECORD_ACK, 0, number, sizeof(number));
	l->acked = l->received;
}

static void take_cipher(struct raw_link *l, const void *data, size_t n)
{
	bool was_there = tls_established(l->tls);
	struct record record;
	long size;

	if (tls_input(l->tls, data, n, &l->plain)) {
		over(l, "closed");
		return;
	}
	if (tls_established(l->tls) && !was_there)
		say_hello(l);
	while (l->state != RAW_OVER &&
	       (size = record_parse(buf_data(&l->plain), buf_len(&l->plain), &record)) > 0) {
		take_record(l, &record);
		if (l->state != RAW_OVER)
			buf_consume(&l->plain, (size_t)size);
	}
	acknowledge(l);
}

static void take_data(struct raw_link *l, const char *stanza)
{
	const char *text = strchr(strstr(stanza, "<data"), '>') + 1, *end = strchr(text, '<');
	char *bytes = xmalloc(BLOCK_TEXT_MAX);
	long n = end && end - text <= BLOCK_TEXT_MAX
			 ? base64_decode(text, (size_t)(end - text), bytes)
			 : -1;

	if (n > 0)
		take_cipher(l, bytes, (size_t)n);
	free(bytes);
}

static void answer(struct raw_link *l, const char *id)
{
	buf_printf(&l->who->stream->out, "<iq type='result' id='%s' from='%s' to='%s'/>", id,
		   l->who->full, l->who->attack->victim);
}

static void take_answer(struct raw_link *l, const char *id, bool error)
{
	if (l->in_flight && id[0] == 'd')
		l->in_flight--;
	if (error)
		over(l, id[0] == 'o' ? "not-served" : "block-refused");
	else if (id[0] == 'o' && l->state == RAW_OPENING)
		l->state = RAW_GREETING;
}

void raw_take(struct raw_link *l, const char *stanza)
{
	char id[80], type[16], sid[20];

	if (strncmp(stanza, "<iq", 3) || l->state == RAW_OVER || l->fd >= 0 ||
	    !stanza_attribute(stanza, "id", id, sizeof(id)) ||
	    !stanza_attribute(stanza, "type", type, sizeof(type)))
		return;
	if (!strcmp(type, "result") || !strcmp(type, "error")) {
		if (strlen(id) > 8 && !strncmp(id + 1, l->sid, strlen(l->sid)))
			take_answer(l, id, type[0] == 'e');
		return;
	}
	if (!stanza_attribute(stanza, "sid", sid, sizeof(sid)) || strcmp(sid, l->sid))
		return;
	answer(l, id);
	if (strstr(stanza, "<close"))
		over(l, "closed");
	else if (strstr(stanza, "<data"))
		take_data(l, stanza);
}

/* Output. */

static void write_blocks(struct raw_link *l)
{
	while (buf_len(&l->cipher) && l->in_flight < IN_FLIGHT_MAX) {
		size_t n = buf_len(&l->cipher) < BLOCK ? buf_len(&l->cipher) : BLOCK;
		char text[BASE64_SIZE(BLOCK)];

		base64_encode(buf_data(&l->cipher), n, text);
		buf_consume(&l->cipher, n);
		buf_printf(&l->who->stream->out,
			   "<iq type='set' id='d%s.%u' from='%s' to='%s'><data xmlns='" NS_IBB "' "
			   "sid='%s' seq='%u'>%s</data></iq>",
			   l->sid, l->seq, l->who->full, l->who->attack->victim, l->sid, l->seq,
			   text);
		l->seq = (l->seq + 1) & UINT16_MAX;
		l->in_flight++;
	}
}

static void move_tcp(struct raw_link *l)
{
	char bytes[16384];
	ssize_t n = 0;

	while (buf_len(&l->cipher) &&
	       (n = write(l->fd, buf_data(&l->cipher), buf_len(&l->cipher))) > 0)
		buf_consume(&l->cipher, (size_t)n);
	while (l->fd >= 0 && (n = read(l->fd, bytes, sizeof(bytes))) > 0)
		take_cipher(l, bytes, (size_t)n);
	/* take_cipher() may have ended the link. */
	if (l->fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN)))
		over(l, "closed");
}

void raw_step(struct raw_link *l)
{
	if (l->state == RAW_OVER || l->state == RAW_OPENING)
		return;
	if (l->fd >= 0)
		move_tcp(l);
	else
		write_blocks(l);
}
