/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An honest broker and a hostile device, whose key is trusted, in the simulator's world. The
 * input is a program of what the device says, on its link and on paths that it opens with a
 * HELLO of any kind, of what the network does, and of what the users do. All invariants of the
 * simulator are checked after each act, and after each event in between.
 *
 * In the end the device is gone, and nothing that was for it may be left. Some programs go on:
 * everything heals, and what anybody asks for must work at once.
 */
#include <stdarg.h>
#include <stdio.h>

#include "channel-internal.h"
#include "hello.h"
#include "hex.h"
#include "program.h"
#include "sim.h"

enum {
	ALICE,
	EVE,
	CONCLUDES = 1 << 0,   /* in the first byte */
	HAS_PATHS = 1 << 1,   /* there are better paths than in-band */
	IS_STRANGER = 1 << 2, /* Eve's key is not trusted at first */
	ACTS_MAX = 96,
	HELPERS_AT_ONCE = 12,
	PARTED = LINK_SUSPEND_MAX + 65 * 1000, /* ms after which nothing is left of a device
						  that is gone */
};

enum act {
	ACT_FIELDS,  /* a record with the fields of a negotiation */
	ACT_CHANNEL, /* a record of a channel */
	ACT_RECORD,  /* a numbered record of any type, with any bytes */
	ACT_GARBAGE, /* bytes between two records */
	ACT_WAYS,    /* CANDIDATES, BYTESTREAM or PUNCH */
	ACT_OPEN,    /* another path */
	ACT_HELLO,   /* a HELLO on such a path */
	ACT_ON_PATH, /* any record on such a path */
	ACT_CLOSE,   /* closes such a path */
	ACT_LOSE,    /* the path of the link dies */
	ACT_PASS,    /* time passes */
	ACT_USER,    /* Alice's user pushes or fetches */
	ACT_KILL,    /* Alice's user gives up */
	ACT_CONNECT, /* Eve wants a link */
	ACT_PROCESS, /* a git process of Alice's dies */
	ACT_RESTART, /* Eve restarts */
	ACT_SERVER,  /* the server says something of Eve, or loses Alice */
	ACT_MUTE,    /* Eve acknowledges nothing from now on, or all again */
	ACT_TRUST,   /* Alice's user decides about Eve */
	ACT_REFS,    /* Alice's refs move */
	ACT_END,     /* Eve ends the link */
	ACT_MANY,    /* one act, with as many ids */
	ACTS,
};

#define S(...)                                                                                     \
	{                                                                                          \
		(const char[]){ __VA_ARGS__ }, sizeof((const char[]){ __VA_ARGS__ })               \
	}

const struct fuzz_seed fuzz_seeds[] = {
	/* Alice fetches from Eve, who starts it, sends data, and ends. */
	S(CONCLUDES, ACT_USER, 1, ACT_PASS, 5, ACT_FIELDS, 3, (char)0x80, 0, 0, 0, 0, 0, ACT_PASS,
	  3, ACT_CHANNEL, 0, 0x40, 9, 200, ACT_CHANNEL, 2, 0x40, 3, 100, ACT_PASS, 5),
	/* Eve asks whether she may push, pushes, and is cut off. */
	S(0, ACT_CONNECT, ACT_PASS, 5, ACT_FIELDS, 0, 1, 0, 0, 0, 0, 0, ACT_PASS, 4, ACT_FIELDS, 1,
	  1, 0, 0, 0, 0, 0, ACT_PASS, 5, ACT_LOSE, 1, ACT_PASS, 8, ACT_PASS, 8),
	/* A second path takes the link over by its id. */
	S(0, ACT_CONNECT, ACT_PASS, 5, ACT_OPEN, ACT_PASS, 3, ACT_HELLO, 0, 1, 0, 0, 0, 1, 0,
	  ACT_ON_PATH, 0, 16, 1, 4, 'a', '=', 'b', 0, ACT_PASS, 6),
	/* Offers of ways, where there are some. */
	S(CONCLUDES | HAS_PATHS, ACT_CONNECT, ACT_PASS, 5, ACT_WAYS, 0, 0, 1, 1, 1, ACT_WAYS, 1, 0,
	  1, 1, 1, ACT_WAYS, 2, 0, 1, 1, 1, ACT_PASS, 6, ACT_SERVER, 0, ACT_TRUST, 0, ACT_PASS, 6),
	/* A key that becomes trusted, and a restart that nobody hears of. */
	S(IS_STRANGER, ACT_OPEN, ACT_PASS, 4, ACT_HELLO, 0, 0, 0, 0, 0, 0, 0, ACT_TRUST, 1,
	  ACT_CONNECT, ACT_PASS, 5, ACT_RESTART, 0, ACT_PASS, 6, ACT_MUTE, ACT_REFS, 0, ACT_END),
	/* More pushes are asked for than are kept, more channels are announced, and more paths
	   come. */
	S(0, ACT_CONNECT, ACT_PASS, 5, ACT_MANY, 100, ACT_FIELDS, 0, 1, 0, 0, 0, 0, ACT_PASS, 3,
	  ACT_MANY, 100, ACT_FIELDS, 1, 1, 0, 0, 0, 0, ACT_PASS, 5, ACT_MANY, 100, ACT_FIELDS, 3,
	  (char)0x80, 0, 0, 0, 0, 0, ACT_MUTE, ACT_MANY, (char)0xff, ACT_OPEN, ACT_PASS, 6),
	{ NULL, 0 },
};

static uint8_t pattern[PATTERN_ROOM];
static struct stats stats;
static struct world world;

void say(struct world *w, const char *fmt, ...)
{
}

void violation(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* Each side's peer of the other one; NULL if there is no link. */
static struct peer *alices(struct world *w)
{
	return peer_with(&w->brokers[ALICE], &w->brokers[EVE]);
}

static struct peer *eves(struct world *w)
{
	return peer_with(&w->brokers[EVE], &w->brokers[ALICE]);
}

/* An id of one of Alice's negotiations, a made up one, or none at all. */
static void choose_id(struct world *w, struct program *in, char id[NEG_ID_LEN + 1])
{
	uint8_t choice = program_byte(in), bytes[NEG_ID_BYTES];
	const struct peer *p = alices(w);

	memset(bytes, choice, sizeof(bytes));
	bytes[0] ^= (uint8_t)in->round;
	hex_encode(bytes, sizeof(bytes), id);
	if (choice == 0xff)
		id[0] = '\0';
	if (!(choice & 0x80) || !p)
		return;
	for (const struct negotiation *neg = p->negotiations.first; neg; neg = neg_next(neg))
		if (!(choice-- & 0x7f)) {
			strcpy(id, neg_id(neg));
			return;
		}
}

/* Eve's next number, that of one of Alice's channels, the last that was announced, or any. */
static uint32_t choose_channel(struct world *w, struct program *in)
{
	uint8_t choice = program_byte(in), n = choice & 0x3f;
	const struct peer *p = alices(w);
	struct peer *eve = eves(w);
	uint32_t number = n;

	switch (choice >> 6) {
	case 0:
		if (!eve)
			break;
		number = eve->channels.next;
		eve->channels.next += 2;
		break;
	case 1:
		for (const struct channel *c = p ? p->channels.first : NULL; c; c = c->next, n--) {
			number = c->number;
			if (!n)
				break;
		}
		break;
	case 2:
		number = p ? p->channels.announced + n : n;
		break;
	default:
		break;
	}
	return number;
}

static void tell(struct peer *p, enum record_type type, const void *payload, size_t n)
{
	if (!p || p->ended)
		return;
	link_send(&p->link, type, payload, n);
	if (!p->ended)
		peer_touch(p);
}

static void put_fields(struct world *w, struct program *in, struct buf *f)
{
	char id[NEG_ID_LEN + 1];
	uint8_t which;

	choose_id(w, in, id);
	fields_add(f, "id", id);
	fields_add(f, "share",
		   PROGRAM_WORD(in, share_name(0), share_name(1), NULL, "unknown", "../x", ""));
	fields_add(f, "service",
		   PROGRAM_WORD(in, "receive-pack", "upload-pack", "upload-archive", NULL, "sh"));
	fields_add(f, "kind", PROGRAM_WORD(in, NULL, "announcement", "x"));
	which = program_byte(in);
	if (which & 1)
		fields_add(f, "state",
			   PROGRAM_WORD(in, "deferred", "starting", "announcement", "open", "known",
					"unknown", "running"));
	if (which & 2)
		fields_add(f, "reason",
			   PROGRAM_WORD(in, "busy", "ended", "not-shared", "a\nb", ""));
	if (which & 4)
		fields_add_u64(f, "received", program_byte(in) * UINT64_C(0x01010101010101));
	if (which & 8)
		fields_add_u64(f, "status", program_byte(in));
}

static void act_fields(struct world *w, struct program *in)
{
	static const enum record_type types[] = {
		RECORD_CAN_PUSH, RECORD_PUSH_REQUEST, RECORD_REFUSE,	 RECORD_STARTING_PUSH,
		RECORD_SEEN,	 RECORD_WITHDRAW,     RECORD_OUTCOME_ASK, RECORD_OUTCOME,
		RECORD_DEVICE,	 RECORD_SHARES_ASK,   RECORD_SHARES,
	};
	enum record_type type = types[program_byte(in) % (sizeof(types) / sizeof(*types))];
	struct buf f = { 0 };

	put_fields(w, in, &f);
	if (type == RECORD_STARTING_PUSH)
		fields_add_u64(&f, "channel", choose_channel(w, in));
	tell(eves(w), type, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

static void act_channel(struct world *w, struct program *in)
{
	static const uint8_t values[] = { 0, 1, 16, 128, 255 };
	uint8_t payload[8 + 255 * 64] = { 0 }, choice;
	enum record_type type =
		RECORD_ACCEPT + program_byte(in) % (RECORD_CLOSE - RECORD_ACCEPT + 1);
	size_t more;

	put_be32(payload, choose_channel(w, in));
	choice = program_byte(in);
	put_be32(payload + 4, (uint32_t)values[choice % 5] << (choice / 5 % 25));
	more = program_byte(in);
	tell(eves(w), type, payload, 4 + (choice & 0x80 ? 0 : 4) + (more & 1 ? more : more * 64));
}

/* record_put() says no record that our own side never says. */
static void put_any(struct buf *out, uint8_t type, uint64_t number, const void *payload, size_t n)
{
	uint8_t header[RECORD_HEADER];

	put_be32(header, (uint32_t)type << 24 | (uint32_t)n);
	put_be64(header + 4, number);
	buf_append(out, header, sizeof(header));
	buf_append(out, payload, n);
}

static void act_record(struct world *w, struct program *in)
{
	uint8_t type = program_byte(in);
	bool numbered = record_type_numbered(type) &&
			(record_type_known(type) || record_type_skipped(type));
	struct peer *p = eves(w);
	struct buf out = { 0 };
	size_t n;
	const uint8_t *bytes = program_bytes(in, &n);

	put_any(&out, type, 0, bytes, n);
	if (numbered) {
		tell(p, type, bytes, n);
	} else if (p && p->path) {
		path_write(p->path, buf_data(&out), buf_len(&out));
		path_kick(p->path);
	}
	buf_finish(&out);
}

static void act_garbage(struct world *w, struct program *in)
{
	struct peer *p = eves(w);
	size_t n;
	const uint8_t *bytes = program_bytes(in, &n);

	if (p && p->path && n) {
		path_write(p->path, bytes, n);
		path_kick(p->path);
	}
}

static void add_token(struct buf *f, const char *name, uint8_t choice, unsigned times)
{
	uint8_t bytes[PASS_TOKEN_BYTES];
	char token[PASS_TOKEN_LEN + 1];
	struct buf text = { 0 };

	memset(bytes, choice, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), token);
	while (times--)
		buf_puts(&text, token);
	fields_add(f, name, buf_str(&text));
	buf_finish(&text);
}

static void act_ways(struct world *w, struct program *in)
{
	static const enum record_type types[] = { RECORD_CANDIDATES, RECORD_BYTESTREAM,
						  RECORD_PUNCH };
	struct broker *alice = &w->brokers[ALICE], *eve = &w->brokers[EVE];
	enum record_type type = types[program_byte(in) % 3];
	uint8_t choice = program_byte(in);
	char ours[64], theirs[64];
	struct buf f = { 0 };

	full_jid(eve, eve->resource, ours);
	full_jid(alice, alice->resource, theirs);
	if (type == RECORD_CANDIDATES) {
		fields_add(&f, "transport",
			   PROGRAM_WORD(in, "auto", "direct", "proxy", "inband", "x"));
		add_token(&f, "token", choice & 3, 1);
	} else {
		fields_add(&f, "state",
			   PROGRAM_WORD(in, "offer", "joined", "failed", "ready", "busy", "x"));
		add_token(&f, "sid", choice & 3, 1);
	}
	if (!(choice & 4))
		add_token(&f, "secret", choice & 3, 2);
	for (unsigned n = choice >> 3 & 3; n > 0; n--)
		fields_add(&f, "address",
			   PROGRAM_WORD(in, "8.8.8.1:10001", "8.8.8.2:10000", "127.0.0.1:1",
					"224.0.0.1:1", "[2001:db8::1]:5", "x"));
	if (choice & 32)
		fields_add(&f, "seen", PROGRAM_WORD(in, "8.8.8.3:10001", "127.0.0.1:1", ""));
	if (type == RECORD_BYTESTREAM) {
		fields_add(&f, "jid", PROGRAM_WORD(in, "proxy.1", "proxy.0", "x y"));
		fields_add(&f, "host", "192.0.2.1");
		fields_add(&f, "port", PROGRAM_WORD(in, "7777", "0", "65536"));
		fields_add(&f, "from", PROGRAM_WORD(in, ours, theirs, "u0@sim/x"));
		fields_add(&f, "to", PROGRAM_WORD(in, theirs, ours, "u1@sim/x"));
	}
	tell(eves(w), type, buf_data(&f), buf_len(&f));
	buf_finish(&f);
}

/* One of the paths that Eve has opened herself and that is up; or NULL. */
static struct path *raw_path(struct world *w, struct program *in)
{
	unsigned skip = program_byte(in);
	struct path *last = NULL;

	for (unsigned i = 0; i < w->wires_used; i++) {
		struct wire *wire = &w->wires[i];

		if (!wire->used || !wire->raw || !wire->up || !wire->end[0].used ||
		    wire->end[0].path.over || wire->end[0].broker != &w->brokers[EVE])
			continue;
		last = &wire->end[0].path;
		if (!skip--)
			break;
	}
	return last;
}

static void act_hello(struct world *w, struct program *in)
{
	struct path *path = raw_path(w, in);
	const struct broker *alice = &w->brokers[ALICE], *eve = &w->brokers[EVE];
	const struct peer *mine = eves(w), *hers = alices(w);
	const char *state =
		PROGRAM_WORD(in, "new", "resume", "resumed", "meet", "version", "not-you", "x");
	struct link_ends ends;
	uint8_t instance[INSTANCE_BYTES] = { 1 }, id[LINK_ID_BYTES] = { 1 }, choice;
	const uint64_t counts[] = { 0, 1, 7, UINT64_MAX - 1, hers ? link_queued(&hers->link) : 2 };
	struct buf out = { 0 };

	ends.us = PROGRAM_WORD(in, eve->jid, alice->jid, "u9@sim");
	ends.them = PROGRAM_WORD(in, alice->jid, eve->jid, "");
	choice = program_byte(in);
	if (!(choice & 1))
		memcpy(instance, eve->instance, sizeof(instance));
	if (choice & 2 && hers)
		memcpy(id, hers->link.id, sizeof(id));
	else if (choice & 4 && mine)
		memcpy(id, mine->link.id, sizeof(id));
	else
		id[0] = choice;
	hello_put(&out, state, &ends, instance, choice & 8 ? NULL : id,
		  counts[program_byte(in) % 5]);
	if (path)
		path_say(w, path, buf_data(&out), buf_len(&out));
	buf_finish(&out);
}

static void act_on_path(struct world *w, struct program *in)
{
	struct path *path = raw_path(w, in);
	uint8_t type = program_byte(in), number = program_byte(in);
	size_t n;
	const uint8_t *bytes = program_bytes(in, &n);
	struct buf out = { 0 };

	put_any(&out, type, number, bytes, n);
	if (path)
		path_say(w, path, buf_data(&out), buf_len(&out));
	buf_finish(&out);
}

static void act_lose(struct world *w, struct program *in)
{
	struct peer *p = alices(w);
	bool silently = program_byte(in) & 1;

	if (p && p->path && !wire_of(w, p->path)->dead) {
		harm(&w->brokers[ALICE], &w->brokers[EVE]);
		path_lose(w, wire_of(w, p->path), silently);
	}
}

static void pass(struct world *w, uint64_t ms)
{
	uint64_t until = w->now + ms;

	paths_flush(w);
	while (w->now < until)
		world_step(w, until);
}

static void act_pass(struct world *w, struct program *in)
{
	static const uint32_t times[] = { 0, 1, 5, 30, 200, 1500, 6000, 20000, 70000, 310000 };

	pass(w, times[program_byte(in) % 10]);
}

static void act_user(struct world *w, struct program *in)
{
	struct broker *alice = &w->brokers[ALICE];
	uint8_t choice = program_byte(in);
	unsigned count = 0;

	for (const struct helper *h = alice->helpers; h; h = h->next)
		count++;
	if (alice->running && count < HELPERS_AT_ONCE)
		helper_start(alice, choice & 1 ? SERVICE_UPLOAD_PACK : SERVICE_RECEIVE_PACK,
			     w->brokers[EVE].account, choice & 2 ? -1 : EVE, choice >> 2 & 1, NULL);
}

static void act_kill(struct world *w, struct program *in)
{
	struct helper *h = w->brokers[ALICE].helpers;

	for (unsigned n = program_byte(in); h && h->next && n; n--)
		h = h->next;
	if (h)
		helper_kill(h, "given up");
}

static void act_connect(struct world *w)
{
	struct broker *eve = &w->brokers[EVE];

	if (eve->running && eve->online)
		peer_wanted(eve, &w->brokers[ALICE]);
}

static void act_process(struct world *w, struct program *in)
{
	struct service_process *s = first_busy(&w->brokers[ALICE]);

	for (unsigned n = program_byte(in); s && n; n--)
		s = next_busy(s);
	if (s && s->used && !s->gone && !s->over)
		process_die(s);
}

static void eve_ends(struct world *w, bool noticed)
{
	struct broker *eve = &w->brokers[EVE];

	harm_all(eve);
	if (eve->running)
		broker_crash(eve);
	server_logout(eve, noticed);
}

static void act_restart(struct world *w, struct program *in)
{
	eve_ends(w, program_byte(in) & 1);
	event_add(w, 50, EVENT_LOGIN, EVE, w->brokers[EVE].life, 0);
}

static void act_server(struct world *w, struct program *in)
{
	struct broker *alice = &w->brokers[ALICE], *eve = &w->brokers[EVE];
	uint8_t choice = program_byte(in);

	if (!alice->online) {
		event_add(w, 0, EVENT_LOGIN, ALICE, alice->life, 0);
		return;
	}
	/* Of resources that are, were or will be there; server_tells_truth() knows no others. */
	switch (choice % 4) {
	case 0:
		broker_available(alice, eve, 1 + choice / 4 % (eve->resource + 1));
		break;
	case 1:
		broker_unavailable(alice, eve, 1 + choice / 4 % (eve->resource + 1));
		break;
	case 2:
		broker_doubts(alice, eve);
		break;
	default:
		harm_all(alice);
		broker_offline(alice);
		server_logout(alice, choice & 4);
		event_add(w, choice * 16, EVENT_LOGIN, ALICE, alice->life, 0);
		break;
	}
}

static void act_trust(struct world *w, struct program *in)
{
	struct broker *alice = &w->brokers[ALICE];
	uint8_t choice = program_byte(in);

	alice->trusts[EVE] = choice & 1;
	for (unsigned s = 0; s < SHARES; s++) {
		alice->may_push[s][EVE] = choice >> (1 + s) & 1;
		alice->may_fetch[s][EVE] = alice->may_push[s][EVE] || choice & 8;
	}
	if (alice->running)
		broker_configure(alice);
	if (!alice->trusts[EVE])
		revoke_device(alice, w->brokers[EVE].jid, w->brokers[EVE].fp);
}

static void perform(struct program *in)
{
	struct world *w = &world;
	struct path *path;

	switch (program_byte(in) % ACTS) {
	case ACT_MANY:
		program_many(in, perform);
		break;
	case ACT_FIELDS:
		act_fields(w, in);
		break;
	case ACT_CHANNEL:
		act_channel(w, in);
		break;
	case ACT_RECORD:
		act_record(w, in);
		break;
	case ACT_GARBAGE:
		act_garbage(w, in);
		break;
	case ACT_WAYS:
		act_ways(w, in);
		break;
	case ACT_OPEN:
		if (w->brokers[EVE].online && w->brokers[ALICE].shown)
			path_open_raw(&w->brokers[EVE], &w->brokers[ALICE], true);
		break;
	case ACT_HELLO:
		act_hello(w, in);
		break;
	case ACT_ON_PATH:
		act_on_path(w, in);
		break;
	case ACT_CLOSE:
		path = raw_path(w, in);
		if (path)
			path_close(path);
		break;
	case ACT_LOSE:
		act_lose(w, in);
		break;
	case ACT_PASS:
		act_pass(w, in);
		break;
	case ACT_USER:
		act_user(w, in);
		break;
	case ACT_KILL:
		act_kill(w, in);
		break;
	case ACT_CONNECT:
		act_connect(w);
		break;
	case ACT_PROCESS:
		act_process(w, in);
		break;
	case ACT_RESTART:
		act_restart(w, in);
		break;
	case ACT_SERVER:
		act_server(w, in);
		break;
	case ACT_MUTE:
		w->swarm.mute = !w->swarm.mute;
		break;
	case ACT_TRUST:
		act_trust(w, in);
		break;
	case ACT_REFS:
		announcer_moved(&w->brokers[ALICE], program_byte(in) % SHARES);
		break;
	default:
		if (eves(w))
			peer_end(eves(w), "protocol");
		break;
	}
}

/* Of one device alone, which is all that there is here, only so much. */
static void check_bounds(struct world *w)
{
	const struct broker *alice = &w->brokers[ALICE];
	const struct peer *p = alices(w);
	unsigned peers = 0;

	for (const struct peer *each = alice->peers.first; each; each = each->next)
		peers++;
	must(peers <= 1);
	if (!p)
		return;
	must(p->negotiations.count <= NEGOTIATIONS_PER_DEVICE);
	must(p->channels.count <= CHANNELS_PER_LINK);
	must(p->channels.extra <= CHANNELS_PER_LINK * (size_t)CHANNEL_WINDOW_MAX);
}

/* Eve is gone for good: nothing of hers is left. */
static void check_left(struct world *w)
{
	const struct broker *alice = &w->brokers[ALICE];

	eve_ends(w, true);
	for (unsigned i = 0; i < processes_used(w); i++)
		if (w->processes[i].used && !w->processes[i].gone)
			process_die(&w->processes[i]);
	if (!alice->online)
		server_login(&w->brokers[ALICE]);
	pass(w, PARTED);
	must(!alice->peers.first);
	must(!alice->ibb_paths.used);
	must(!alice->git_services.services.quota.used);
	for (unsigned i = 0; i < w->wires_used; i++)
		must(!w->wires[i].used);
	for (unsigned i = 0; i < w->streams_used; i++)
		must(!w->streams[i].used);
}

static void begin(struct world *w, uint8_t flags)
{
	w->pattern = pattern;
	w->stats = &stats;
	world_make_quiet(w, 1 + flags, 2);
	if (flags & HAS_PATHS) {
		w->swarm.paths = w->swarm.punches = true;
		w->brokers[ALICE].has_proxy = w->brokers[EVE].has_proxy = true;
		networks_draw(w);
	}
	w->brokers[ALICE].trusts[EVE] = !(flags & IS_STRANGER);
	/* It is known to be hostile from its first link on. */
	w->brokers[EVE].hostile = w->brokers[EVE].puppet = true;
	for (unsigned i = 0; i < w->count; i++)
		event_add(w, 0, EVENT_LOGIN, i, 0, 0);
	pass(w, 4000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct program in = { .at = data, .left = n };
	struct world *w = &world;
	uint8_t flags = program_byte(&in);

	if (!pattern[1])
		for (unsigned i = 0; i < PATTERN_ROOM; i++)
			pattern[i] = (i % PATTERN) * 2654435761u >> 24;
	world_silence();
	begin(w, flags);
	for (unsigned acts = 0; in.left && acts < ACTS_MAX; acts++) {
		perform(&in);
		paths_flush(w);
		processes_note(w);
		check_all(w);
		check_bounds(w);
	}
	w->swarm.mute = false;
	if (flags & CONCLUDES) {
		world_conclude(w);
		return 0;
	}
	check_left(w);
	world_end(w);
	return 0;
}
