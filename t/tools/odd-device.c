/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A contact that shows a device which is not what it claims to be.
 *
 * usage: odd-device relay <port> <ca file> <jid> <password> <jid> <device> <jid> <device>
 *        odd-device newer <port> <ca file> <jid> <password> <key file>
 *        odd-device takes <port> <ca file> <jid> <password> <key file> <jid>
 *
 * relay: shows to each of the two people the device that is named after their JID, which is
 * the other person's device, and passes on the stanzas of bytestreams from the one to the
 * other.
 * newer: shows the device of the key, takes each bytestream, and answers HELLO in a
 * protocol of the future.
 * takes: as newer, but has a link with that person, on which it sends nothing by itself. It
 * prints the pass that it is given, and the fingerprint of the giver: "pass <token>
 * <secret> <fingerprint>".
 *
 * All of them accept every request to see their presence, ask back, and print what they do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <time.h>

#include "base64.h"
#include "candidates.h"
#include "fields.h"
#include "fingerprint.h"
#include "hex.h"
#include "jid.h"
#include "link.h"
#include "nothing.h"
#include "random.h"
#include "record.h"
#include "tls.h"

#define NS_IBB "http://jabber.org/protocol/ibb"
#define NS_GIT "urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb"

struct person {
	const char *jid, *device;	/* a person, and the device that they are shown */
	char full[256];			/* JID of their broker; empty: not seen yet */
};

struct odd {
	xmpp_ctx_t *ctx;
	xmpp_conn_t *conn;
	const char *jid, *password;
	struct person people[2];	/* used by relay */
	struct device_key *key;		/* used by newer and takes, as are device, tls ... seq */
	char device[DEVICE_ID_LEN + 1];
	struct tls *tls;
	struct buf out, plain;
	char sid[64];
	unsigned seq, ids;
	const char *with;		/* used by takes: the bare JID of the other end of the
					   link */
	struct link link;
};

static void die(const char *what)
{
	fprintf(stderr, "odd-device: %s\n", what);
	exit(1);
}

static void send_raw(struct odd *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void send_raw(struct odd *o, const char *fmt, ...)
{
	struct buf xml = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&xml, fmt, ap);
	va_end(ap);
	xmpp_send_raw_string(o->conn, "%s", buf_str(&xml));
	buf_finish(&xml);
}

static void show(struct odd *o, const char *to, const char *device)
{
	send_raw(o,
		 "<presence to='%s'><priority>-1</priority><git xmlns='" NS_GIT
		 "' dev='%s'/></presence>",
		 to, device);
}

static void answer(struct odd *o, xmpp_stanza_t *iq)
{
	send_raw(o, "<iq type='result' id='%s' to='%s'/>", xmpp_stanza_get_id(iq),
		 xmpp_stanza_get_from(iq));
}

/* relay: passes stanzas on. */

static struct person *person_of(struct odd *o, const char *from)
{
	for (int i = 0; i < 2; i++) {
		size_t n = o->people[i].jid ? strlen(o->people[i].jid) : 0;

		if (n && !strncmp(from, o->people[i].jid, n) && from[n] == '/')
			return &o->people[i];
	}
	return NULL;
}

/* Passes a stanza from one person on to the other, as if it were ours. */
static void pass_on(struct odd *o, xmpp_stanza_t *iq, const struct person *from)
{
	const struct person *to = &o->people[from == &o->people[0]];
	xmpp_stanza_t *copy = xmpp_stanza_copy(iq);

	xmpp_stanza_del_attribute(copy, "from");
	xmpp_stanza_set_to(copy, to->full);
	xmpp_send(o->conn, copy);
	xmpp_stanza_release(copy);
	if (xmpp_stanza_get_child_by_name(iq, "open")) {
		printf("passed on a stream from %s to %s\n", from->jid, to->jid);
		fflush(stdout);
	}
}

/* takes: has a link. */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void on_deliver(void *owner, const struct record *record)
{
	struct odd *o = owner;
	char secret[2 * PASS_SECRET_BYTES + 1], fp[2 * FINGERPRINT_BYTES + 1];
	struct candidates candidates;

	if (record->type != RECORD_CANDIDATES || candidates_parse(record, &candidates) ||
	    !*candidates.pass.token)
		return;
	hex_encode(candidates.pass.secret, PASS_SECRET_BYTES, secret);
	hex_encode(tls_peer_fingerprint(o->tls), FINGERPRINT_BYTES, fp);
	printf("pass %s %s %s\n", candidates.pass.token, secret, fp);
	fflush(stdout);
}

static bool on_fill(void *owner)
{
	return false;
}

static void on_ended(void *owner, const char *reason)
{
	printf("ended: %s\n", reason);
	fflush(stdout);
}

static const struct link_events link_events = {
	.up = nothing_up,
	.down = nothing,
	.deliver = on_deliver,
	.fill = on_fill,
	.ended = on_ended,
	.kick = nothing,
};

static void begin_link(struct odd *o)
{
	static char us[JID_MAX];
	const struct link_ends ends = { us, o->with };
	uint8_t id[LINK_ID_BYTES], instance[INSTANCE_BYTES];

	if (!jid_bare_of(o->jid, us))
		die("it is no address");
	random_bytes(id, sizeof(id));
	random_bytes(instance, sizeof(instance));
	link_init(&o->link, &link_events, o, id, instance, &ends, o->with);
}

/* Gives the link what has come, and sends what the link has to say. */
static void talk(struct odd *o)
{
	struct buf plain = { 0 };

	link_input(&o->link, &o->plain, now());
	while (link_output(&o->link, &plain, 4096, now()))
		;
	if (buf_len(&plain))
		tls_write(o->tls, buf_data(&plain), buf_len(&plain));
	buf_finish(&plain);
}

/* newer and takes: a bytestream. */

static void say(struct odd *o, const char *to)
{
	size_t n = buf_len(&o->out);
	char *text = malloc(n * 2 + 8);

	if (!n || !text)
		return;
	text[base64_encode(buf_data(&o->out), n, text)] = '\0';
	send_raw(o,
		 "<iq type='set' id='odd%u' to='%s'><data xmlns='" NS_IBB
		 "' seq='%u' sid='%s'>%s</data></iq>",
		 o->ids++, to, o->seq++, o->sid, text);
	buf_reset(&o->out);
	free(text);
}

static void begin(struct odd *o, xmpp_stanza_t *open)
{
	snprintf(o->sid, sizeof(o->sid), "%s", xmpp_stanza_get_attribute(open, "sid"));
	tls_destroy(o->tls);
	buf_reset(&o->out);
	buf_reset(&o->plain);
	o->seq = 0;
	o->tls = tls_create(o->key, false, NULL, &o->out);
	if (o->with) {
		link_detach(&o->link, "another stream", now());
		/* A link that has ended is not resumed: a new one begins. */
		if (o->link.state == LINK_ENDED) {
			link_finish(&o->link);
			begin_link(o);
		}
		link_attach(&o->link, false, now());
	}
}

static void answer_in_protocol_3(struct odd *o)
{
	static const char hello[] = "protocol=3\0state=version\0";
	struct buf bytes = { 0 };
	struct record record;

	if (record_parse(buf_data(&o->plain), buf_len(&o->plain), &record) <= 0)
		return;
	record_put(&bytes, RECORD_HELLO, 0, hello, sizeof(hello) - 1);
	tls_write(o->tls, buf_data(&bytes), buf_len(&bytes));
	buf_reset(&o->plain);
	buf_finish(&bytes);
	puts("answered in protocol 3");
	fflush(stdout);
}

static void hear(struct odd *o, const char *from, xmpp_stanza_t *data)
{
	char *text = xmpp_stanza_get_text(data), *bytes = malloc(text ? strlen(text) + 1 : 1);
	long n = text && bytes ? base64_decode(text, strlen(text), bytes) : -1;

	if (n < 0 || !o->tls || tls_input(o->tls, bytes, (size_t)n, &o->plain))
		die("what came is no TLS");
	if (o->with)
		talk(o);
	else
		answer_in_protocol_3(o);
	say(o, from);
	xmpp_free(o->ctx, text);
	free(bytes);
}

/* All of them. */

static void take_request(struct odd *o, xmpp_stanza_t *iq, const char *from)
{
	xmpp_stanza_t *open = xmpp_stanza_get_child_by_name(iq, "open");
	xmpp_stanza_t *data = xmpp_stanza_get_child_by_name(iq, "data");

	answer(o, iq);
	if (open)
		begin(o, open);
	else if (data)
		hear(o, from, data);
}

static int on_iq(xmpp_conn_t *conn, xmpp_stanza_t *iq, void *arg)
{
	struct odd *o = arg;
	const char *from = xmpp_stanza_get_from(iq), *type = xmpp_stanza_get_type(iq);
	struct person *p = from ? person_of(o, from) : NULL;
	bool ibb = xmpp_stanza_get_child_by_ns(iq, NS_IBB) != NULL;

	if (p && (ibb || !strcmp(type, "result") || !strcmp(type, "error")))
		pass_on(o, iq, p);
	else if (o->key && ibb)
		take_request(o, iq, from);
	return 1;
}

static int on_presence(xmpp_conn_t *conn, xmpp_stanza_t *presence, void *arg)
{
	struct odd *o = arg;
	const char *from = xmpp_stanza_get_from(presence), *type = xmpp_stanza_get_type(presence);
	struct person *p = from ? person_of(o, from) : NULL;

	if (type && !strcmp(type, "subscribe")) {
		send_raw(o, "<presence type='subscribed' to='%s'/>", from);
		send_raw(o, "<presence type='subscribe' to='%s'/>", from);
	}
	if (type || !from || !xmpp_stanza_get_child_by_ns(presence, NS_GIT))
		return 1;
	if (o->key)
		show(o, from, o->device);
	if (!p || *p->full)
		return 1;
	snprintf(p->full, sizeof(p->full), "%s", from);
	for (int i = 0; i < 2 && *o->people[0].full && *o->people[1].full; i++)
		show(o, o->people[i].full, o->people[i].device);
	return 1;
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
			  xmpp_stream_error_t *stream_error, void *arg)
{
	struct odd *o = arg;

	if (event != XMPP_CONN_CONNECT)
		die("cannot log in, or the connection was lost");
	xmpp_handler_add(conn, on_iq, NULL, "iq", NULL, o);
	xmpp_handler_add(conn, on_presence, NULL, "presence", NULL, o);
	send_raw(o, "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
	send_raw(o, "<presence><priority>-1</priority></presence>");
	puts("online");
	fflush(stdout);
}

static void read_key(struct odd *o, const char *path)
{
	char pem[8192] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		die("no key file");
	pem[fread(pem, 1, sizeof(pem) - 1, f)] = '\0';
	fclose(f);
	o->key = device_key_parse(pem);
	if (!o->key)
		die("it is no key");
	device_id_of(device_key_fingerprint(o->key), o->device);
}

int main(int argc, char **argv)
{
	struct odd o = { 0 };

	if (argc == 10 && !strcmp(argv[1], "relay")) {
		o.people[0] = (struct person){ .jid = argv[6], .device = argv[7] };
		o.people[1] = (struct person){ .jid = argv[8], .device = argv[9] };
	} else if (argc == 7 && !strcmp(argv[1], "newer")) {
		read_key(&o, argv[6]);
	} else if (argc == 8 && !strcmp(argv[1], "takes")) {
		read_key(&o, argv[6]);
		o.jid = argv[4];
		o.with = argv[7];
		begin_link(&o);
	} else {
		die("usage: odd-device relay|newer|takes <port> <ca file> <jid> <password> ...");
	}
	xmpp_initialize();
	o.ctx = xmpp_ctx_new(NULL, NULL);
	o.conn = xmpp_conn_new(o.ctx);
	xmpp_conn_set_flags(o.conn, XMPP_CONN_FLAG_MANDATORY_TLS | XMPP_CONN_FLAG_DISABLE_SM);
	xmpp_conn_set_jid(o.conn, argv[4]);
	xmpp_conn_set_pass(o.conn, argv[5]);
	xmpp_conn_set_cafile(o.conn, argv[3]);
	if (xmpp_connect_client(o.conn, "127.0.0.1", (unsigned short)atoi(argv[2]), on_connection,
				&o) != XMPP_EOK)
		die("cannot connect");
	xmpp_run(o.ctx);
	return 1;
}
