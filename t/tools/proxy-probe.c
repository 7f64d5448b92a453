/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Two accounts on one real server, in one program: finds the server's proxy,
 * settles a bytestream through it as two devices would, with the records handed from
 * hand to hand instead of over a link, and sends bursts there and back. Prints what
 * happens, one line each; the status is 0 if all of it did.
 *
 *   proxy-probe [options] SERVER CA-FILE PASSWORD FROM TO
 *     --strict WHO      from or to: that side may not dial loopback addresses
 *     --refuse          the other side does not want it
 *     --port N          the offer names this port
 *     --impostor JID    the offer names this JID as ours
 *     --leave           the offering side gives up at once, without a word
 */

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "s5b-proxies.h"
#include "s5b.h"

enum { LIMIT = 40 * 1000, NUDGE = 150 };

/* bytes; one proxy keeps the tail of some of these lengths until more comes */
static const size_t bursts[] = { 1, 1000, 4096, 4097, 5000, 8192, 65536, 1 << 20, 3 };

struct side {
	struct probe *probe;
	const char *name;
	struct account *xmpp;		/* owned; NULL once it is being destroyed */
	struct device_key *key;		/* owned */
	struct s5b *stream;		/* owned */
	struct path *path;		/* owned */
	size_t to_send, received;	/* bytes of the current burst */
	unsigned nudges;		/* nudges that are to be sent */
};

struct probe {
	uv_loop_t *loop;
	uv_timer_t limit, nudge;
	struct side from, to;
	struct s5b_proxies *proxies;
	const char *strict, *impostor;
	bool refuse, leave, searched, over;
	unsigned port;
	struct s5b_record offered;
	size_t burst;			/* index of the current one */
	bool back;			/* the burst is on its way back */
	uint64_t began;
	unsigned nudged;
	int status;
};

static void close_side(struct side *side)
{
	s5b_destroy(side->stream);
	side->stream = NULL;
	if (side->path)
		path_close(side->path);
	side->path = NULL;
	if (side->xmpp)
		account_destroy(side->xmpp, NULL, NULL);
	side->xmpp = NULL;
}

static void end(struct probe *p, int status)
{
	if (p->over)
		return;
	p->over = true;
	p->status = status;
	s5b_proxies_destroy(p->proxies);
	p->proxies = NULL;
	close_side(&p->from);
	close_side(&p->to);
	uv_close((uv_handle_t *)&p->limit, NULL);
	uv_close((uv_handle_t *)&p->nudge, NULL);
}

/* Bursts: 'd' is a byte of data, 'n' a nudge. */

static struct side *sender(struct probe *p)
{
	return p->back ? &p->to : &p->from;
}

static void on_nudge(uv_timer_t *timer)
{
	struct probe *p = timer->data;

	p->nudged++;
	sender(p)->nudges++;
	path_kick(sender(p)->path);
}

static void send_burst(struct probe *p)
{
	struct side *side = sender(p);

	side->to_send = bursts[p->burst];
	uv_timer_start(&p->nudge, on_nudge, NUDGE, NUDGE);
	path_kick(side->path);
}

static void begin_burst(struct probe *p)
{
	p->began = uv_now(p->loop);
	p->nudged = 0;
	p->back = false;
	send_burst(p);
}

static void on_arrived(struct probe *p)
{
	uv_timer_stop(&p->nudge);
	if (!p->back) {
		p->back = true;
		send_burst(p);
		return;
	}
	printf("burst %zu there and back, %u nudges, %" PRIu64 " ms\n", bursts[p->burst], p->nudged,
	       uv_now(p->loop) - p->began);
	if (++p->burst < ARRAY_SIZE(bursts)) {
		begin_burst(p);
		return;
	}
	path_close(p->from.path);
	p->from.path = NULL;
}

static void on_plain(void *owner, struct buf *plain)
{
	struct side *side = owner;

	for (size_t i = 0; i < buf_len(plain); i++)
		side->received += buf_data(plain)[i] == 'd';
	buf_consume(plain, buf_len(plain));
	if (side->received < bursts[side->probe->burst])
		return;
	side->received = 0;
	on_arrived(side->probe);
}

static size_t on_fill(void *owner, struct buf *out, size_t max)
{
	struct side *side = owner;
	size_t n = side->to_send < max ? side->to_send : max;

	memset(buf_reserve(out, n), 'd', n);
	buf_added(out, n);
	side->to_send -= n;
	if (n < max && side->nudges) {
		side->nudges--;
		buf_append(out, "n", 1);
		n++;
	}
	return n;
}

static void on_path_closed(void *owner, const char *why)
{
	struct side *side = owner;
	struct probe *p = side->probe;

	side->path = NULL;
	printf("%s: closed, %s\n", side->name, why);
	end(p, p->burst == ARRAY_SIZE(bursts) ? 0 : 1);
}

static const struct path_events path_events = {
	.plain = on_plain,
	.fill = on_fill,
	.closed = on_path_closed,
};

/* The bytestream. */

static void on_reached(void *owner, struct path *path, const unsigned char *fp, bool client)
{
	struct side *side = owner;
	struct probe *p = side->probe;
	struct side *other = side == &p->from ? &p->to : &p->from;

	side->stream = NULL;
	side->path = path;
	path_set_owner(path, &path_events, side);
	printf("%s: reached as %s, %s, key %s\n", side->name, client ? "client" : "server",
	       path_name(path),
	       memcmp(fp, device_key_fingerprint(other->key), FINGERPRINT_BYTES) ? "wrong"
										 : "right");
	if (other->path)
		begin_burst(p);
}

static void on_failed(void *owner, const char *why, bool ours)
{
	struct side *side = owner;
	struct probe *p = side->probe;

	side->stream = NULL;
	printf("%s: failed, %s%s\n", side->name, why, ours ? ", ours" : "");
	if (!p->from.stream && !p->to.stream)
		end(p, 1);
}

static void on_send(void *owner, const struct s5b_record *record);

static const struct s5b_events stream_events = {
	.send = on_send,
	.reached = on_reached,
	.failed = on_failed,
};

static bool may_dial_loopback(const struct side *side)
{
	return !side->probe->strict || strcmp(side->probe->strict, side->name) != 0;
}

/* Hands the record to the other side, as a link would do. */
static void on_send(void *owner, const struct s5b_record *record)
{
	struct side *side = owner;
	struct probe *p = side->probe;
	struct side *other = side == &p->from ? &p->to : &p->from;

	printf("%s: %s %s\n", side->name,
	       record->step == S5B_OFFER    ? "offers"
	       : record->step == S5B_JOINED ? "joined"
					    : "gives up",
	       record->step == S5B_OFFER ? record->offer.jid : record->reason);
	if (record->step == S5B_OFFER)
		p->offered = *record;
	else if (other->stream)
		s5b_record(other->stream, record);
}

static void offer(struct probe *p, const struct s5b_proxy *found)
{
	struct s5b_proxy proxy = *found;

	if (p->port)
		proxy.port = p->port;
	p->from.stream = s5b_offer(
		p->loop, p->from.key, device_key_fingerprint(p->to.key), p->from.xmpp, &proxy,
		p->impostor ? p->impostor : account_jid(p->from.xmpp), account_jid(p->to.xmpp),
		may_dial_loopback(&p->from), &stream_events, &p->from);
	if (p->refuse) {
		p->offered.step = S5B_FAILED;
		strcpy(p->offered.reason, "not-wanted");
		on_send(&p->to, &p->offered);
		return;
	}
	p->to.stream = s5b_answer(p->loop, p->to.key, device_key_fingerprint(p->from.key),
				  &p->offered, may_dial_loopback(&p->to), &stream_events, &p->to);
	if (p->leave) {
		s5b_destroy(p->from.stream);
		p->from.stream = NULL;
	}
}

/* The server. */

static void on_proxies(void *owner)
{
	struct probe *p = owner;
	const struct s5b_proxy *proxy = s5b_proxies_best(p->proxies);

	if (p->searched)
		return;
	if (proxy) {
		p->searched = true;
		printf("proxy %s is %s at %s port %u\n", s5b_proxies_name(p->proxies), proxy->jid,
		       proxy->host, proxy->port);
		offer(p, proxy);
	} else if (!s5b_proxies_searching(p->proxies)) {
		printf("no proxy\n");
		end(p, 1);
	}
}

static void on_state(void *owner, enum account_state state, const struct message *trouble)
{
	struct side *side = owner;
	struct probe *p = side->probe;

	if (trouble) {
		printf("%s: %s\n", side->name, trouble->text);
		end(p, 1);
		return;
	}
	if (account_state(p->from.xmpp) != ACCOUNT_ONLINE ||
	    account_state(p->to.xmpp) != ACCOUNT_ONLINE)
		return;
	s5b_proxies_online(p->proxies, p->from.xmpp);
	if (s5b_proxies_best(p->proxies) || !s5b_proxies_searching(p->proxies))
		printf("the search did not begin\n");
}

static void on_roster(void *owner, const char *bare, enum subscription subscription, bool asked,
		      bool removed)
{
}

static void on_available(void *owner, const char *full, const char *device, bool asks)
{
}

static void on_unavailable(void *owner, const char *full)
{
}

static void on_doubted(void *owner, const char *jid, const char *condition)
{
}

static void on_subscription(void *owner, const char *bare, const char *kind)
{
}

static void on_ibb(void *owner, const struct ibb_stanza *stanza)
{
}

static void on_bulk(void *owner)
{
}

static void on_groups(void *owner, const char *bare, const char *groups)
{
}

/* Begin and end of a whole roster: its items are reported like pushed ones, one by one. */
static void on_roster_whole(void *owner)
{
}

static void on_refused(void *owner, const char *bare, const char *condition)
{
}

static void on_blocklist(void *owner, struct iq_rows *rows)
{
}

static void on_blocking(void *owner, bool blocked, struct iq_rows *rows)
{
}

static enum asker on_asker(void *owner, const char *bare)
{
	return ASKER_TRUSTED;
}

static const struct account_events account_events = {
	.state = on_state,
	.roster_begin = on_roster_whole,
	.roster_end = on_roster_whole,
	.asker = on_asker,
	.roster = on_roster,
	.groups = on_groups,
	.refused = on_refused,
	.blocklist = on_blocklist,
	.blocking = on_blocking,
	.available = on_available,
	.unavailable = on_unavailable,
	.doubted = on_doubted,
	.subscription = on_subscription,
	.ibb = on_ibb,
	.bulk = on_bulk,
};

static void on_limit(uv_timer_t *timer)
{
	printf("timeout\n");
	end(timer->data, 1);
}

static void start_side(struct probe *p, struct side *side, const char *name,
		       struct account_config *config, const char *jid)
{
	side->probe = p;
	side->name = name;
	side->key = device_key_generate();
	config->jid = jid;
	side->xmpp = account_create(p->loop, config, &account_events, side);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "strict", required_argument, NULL, 's' },
		{ "refuse", no_argument, NULL, 'r' },
		{ "port", required_argument, NULL, 'p' },
		{ "impostor", required_argument, NULL, 'i' },
		{ "leave", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	struct account_config config = {
		.resource = "git.probe",
		.device = "probeprobeprobep",
	};
	struct probe p = { .loop = uv_default_loop() };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': p.strict = optarg; break;
		case 'r': p.refuse = true; break;
		case 'p': p.port = atoi(optarg); break;
		case 'i': p.impostor = optarg; break;
		case 'l': p.leave = true; break;
		default: return 2;
		}
	}
	if (argc - optind != 5) {
		fprintf(stderr, "usage: proxy-probe [options] SERVER CA-FILE PASSWORD FROM TO\n");
		return 2;
	}
	config.server = argv[optind];
	config.ca_file = argv[optind + 1];
	config.password = argv[optind + 2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	log_init();
	uv_timer_init(p.loop, &p.limit);
	uv_timer_init(p.loop, &p.nudge);
	p.limit.data = p.nudge.data = &p;
	uv_timer_start(&p.limit, on_limit, LIMIT, 0);
	p.proxies = s5b_proxies_create(p.loop, on_proxies, &p);
	start_side(&p, &p.from, "from", &config, argv[optind + 3]);
	start_side(&p, &p.to, "to", &config, argv[optind + 4]);
	account_connect(p.from.xmpp);
	account_connect(p.to.xmpp);
	uv_run(p.loop, UV_RUN_DEFAULT);
	if (uv_loop_close(p.loop))
		p.status = 3;
	device_key_destroy(p.from.key);
	device_key_destroy(p.to.key);
	return p.status;
}
