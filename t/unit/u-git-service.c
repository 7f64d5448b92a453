/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices ask for git processes that are none. The devices are links of their own, joined
 * in memory to real peers; what a process is told and what the journal gets is written to a
 * trace in words, and the trace is compared.
 */
#include "git-service.h"

#include <stdlib.h>

#include "acceptor.h"
#include "alloc.h"
#include "nothing.h"
#include "outcome.h"
#include "path.h"
#include "tap.h"

#define ZERO "0000000000000000000000000000000000000000"
#define ONE "1111111111111111111111111111111111111111"
#define TWO  "2222222222222222222222222222222222222222"

#define WE "me@example.org"
#define BOB "bob@example.org"
#define EVE "eve@example.org"

struct service_process {
	const struct service_events *events;
	void *owner;
	const char *name;
	size_t held;			/* bytes that it has not taken */
	void (*gone)(void *arg);
	void *gone_arg;
};

struct service_host {
	bool no_directory, fails;
	struct service_process *last;	/* owned, until it has ended or is gone */
};

/* A device, and the one path that it has to us. */
struct far {
	struct path path;		/* our end; first: a cast leads back */
	const char *jid, *name;
	unsigned char fp[FINGERPRINT_BYTES];
	struct link link;
	struct channels channels;
	struct negotiations negotiations;
	struct negotiation *neg;	/* the last one */
	struct channel *channel;	/* NULL: none is open */
	bool throttled;			/* by a server on the way */
	bool holds;			/* what it gets is not passed on */
	char id[NEG_ID_LEN + 1];	/* of neg */
};

static struct buf trace, written;	/* written: what the last process was given */
static uint64_t now;
static uint8_t ids;

static struct service_host host;
static struct context context;
static struct peers peers;
static struct git_services git_services;
static struct far bob, eve;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&trace, fmt, ap);
	va_end(ap);
	buf_puts(&trace, "\n");
}

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

/* Time and chance */

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return 1000000 + now / 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, ++ids, n);
}

static const struct context_ops context_ops = { on_now, on_time, on_random };

/* Processes */

static bool is_directory(struct service_host *h, const char *path)
{
	return !h->no_directory;
}

static struct service_process *on_start(struct service_host *h, const struct service_start *start,
					const struct service_events *events, void *owner,
					const char **why)
{
	if (h->fails) {
		*why = "out of memory";
		return NULL;
	}
	buf_reset(&written);
	h->last = xcalloc(1, sizeof(*h->last));
	h->last->events = events;
	h->last->owner = owner;
	h->last->name = start->service == SERVICE_RECEIVE_PACK ? "receive" : "upload";
	say("%s starts: %s %s for %s, %s, version %s", h->last->name, start->share, start->path,
	    start->jid, start->verified ? "verified" : "seen", start->git_protocol);
	if (start->rules)
		say("by the rules %s", start->rules);
	if (start->max_pack)
		say("of %u bytes", (unsigned)start->max_pack);
	return h->last;
}

static void on_write(struct service_process *p, const void *data, size_t n)
{
	p->held += n;
	buf_append(&written, data, n);
}

static void on_end_input(struct service_process *p)
{
	say("%s has its whole input", p->name);
}

static void on_cut_input(struct service_process *p)
{
	say("%s has its input cut", p->name);
}

static void on_pause(struct service_process *p, bool pause)
{
	say("%s is %s", p->name, pause ? "paused" : "read again");
}

static void on_limit(struct service_process *p, uint64_t ms)
{
	say("%s has %u s", p->name, (unsigned)(ms / 1000));
}

static void on_leave(struct service_process *p, void (*gone)(void *arg), void *arg)
{
	say("%s is left", p->name);
	p->gone = gone;
	p->gone_arg = arg;
}

static void on_atomic(struct service_process *p)
{
	say("%s is atomic", p->name);
}

static bool on_declined(struct service_process *p, const char *ref, struct buf *why)
{
	buf_printf(why, "%s: not a fast-forward", p->name);
	return true;
}

static const struct service_ops service_ops = {
	.is_directory = is_directory,
	.start = on_start,
	.write = on_write,
	.end_input = on_end_input,
	.cut_input = on_cut_input,
	.pause = on_pause,
	.limit = on_limit,
	.leave = on_leave,
	.atomic = on_atomic,
	.declined = on_declined,
};

static void output(struct service_process *p, const char *text)
{
	p->events->output(p->owner, text, strlen(text));
}

static void drop(struct service_process *p)
{
	if (host.last == p)
		host.last = NULL;
	free(p);
}

static void exits(struct service_process *p, int status, int term_signal)
{
	void (*exited)(void *owner, int status, int term_signal) = p->events->exited;
	void *owner = p->owner;

	drop(p);
	exited(owner, status, term_signal);
}

/* One that was left has ended. */
static void goes(struct service_process *p)
{
	p->gone(p->gone_arg);
	drop(p);
}

/* The journal */

static void on_over(void *owner, const struct transfer *t)
{
	say("journal: %s, %s of %s, %u and %u bytes, by %s%s%s%s%s",
	    witness_result_name(witness_result(t->witness, t->reason)), service_name(t->service),
	    t->jid, (unsigned)t->sent, (unsigned)t->received, t->path, t->reason ? ": " : "",
	    t->reason ? t->reason : "", t->note ? "; " : "", t->note ? t->note : "");
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	say("journal: %s of '%s' refused to %s: %s", service_name(service), share, jid, reason);
}

static const struct git_services_events git_services_events = { on_over, on_refused };

/* Peers: of what happens to them, that which concerns what is served */

static void on_made(void *owner, struct peer *p)
{
}

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
}

static void on_up(void *owner, struct peer *p, bool resumed)
{
	git_services_cut_off(&git_services, p, false);
}

static void on_down(void *owner, struct peer *p)
{
	git_services_cut_off(&git_services, p, true);
}

static void on_ended(void *owner, struct peer *p, const char *reason)
{
}

static const char *on_authorize(void *owner, struct peer *p, enum service service,
				const char *share)
{
	return git_service_authorize(&git_services, p, service, share);
}

static void *on_serve(void *owner, struct peer *p, struct negotiation *neg)
{
	return git_service_start(&git_services, p, neg);
}

static void on_stop(void *owner, void *serving)
{
	git_service_stop(serving);
}

static bool on_turn_held(void *owner, const struct peer *p, const char *share)
{
	return git_services_hold_turn(&git_services, p, share);
}

static void on_outcome(void *owner, const struct peer *p, const char *id, uint64_t received,
		       struct buf *fields)
{
	git_services_answer_outcome(&git_services, p, id, received, fields);
}

static const struct peers_events peers_events = {
	.made = on_made,
	.met_key = on_met_key,
	.up = on_up,
	.down = on_down,
	.ended = on_ended,
	.rested = nothing,
	.authorize = on_authorize,
	.start = on_serve,
	.stop = on_stop,
	.turn_held = on_turn_held,
	.outcome = on_outcome,
};

static void on_facts(void *arg, struct connector_facts *out)
{
	*out = (struct connector_facts){ 0 };
}

static void on_candidates(void *arg, const struct pass *pass, struct candidates *out)
{
	*out = (struct candidates){ .allowed = PATH_MASK_ALL };
}

static bool has_proxy(void *arg, bool wanted)
{
	return false;
}

static const struct connector_ops connector_ops = { .facts = on_facts,
						    .candidates = on_candidates,
						    .has_proxy = has_proxy };

/* The device: its channel, its requests, its link */

static void on_data(void *owner, const void *data, size_t n)
{
	struct far *f = owner;

	if (f->holds)
		return;
	say("%s gets '%.*s'", f->name, n > 40 ? 40 : (int)n, (const char *)data);
	channel_consumed(f->channel, n);
}

static void on_stderr_data(void *owner, const void *data, size_t n)
{
	struct far *f = owner;

	say("%s is told '%.*s'", f->name, (int)n, (const char *)data);
}

static void on_channel_exited(void *owner, uint32_t status)
{
	struct far *f = owner;

	say("%s hears status %u", f->name, status);
	channel_end(f->channel);
}

static void on_closed(void *owner, const char *reason)
{
	struct far *f = owner;

	if (reason)
		say("%s: channel closed: %s", f->name, reason);
	f->channel = NULL;
	/* Of several the last one counts. */
	if (f->neg)
		neg_done(f->neg, now);
	f->neg = NULL;
}

static const struct channel_events channel_events = {
	nothing, on_data, on_stderr_data, nothing, on_channel_exited, nothing, on_closed,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
	neg_start_push(neg, now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
	struct far *f = owner;

	if (!strcmp(state, "deferred"))
		say("%s is deferred", f->name);
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	struct far *f = owner;

	say("%s is served", f->name);
	f->channel = channel;
}

static void on_request_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct far *f = owner;

	say("%s is refused: %s", f->name, reason);
	f->neg = NULL;
}

static void on_outcome_told(void *owner, struct fields fields)
{
	struct far *f = owner;
	bool done = !strcmp(fields_get(fields, "state"), "done");
	const char *data = fields_get(fields, "data");

	say("%s learns: %s%s%s%s%s", f->name, fields_get(fields, "state"), done ? ", status " : "",
	    done ? fields_get(fields, "status") : "", data ? ", " : "", data ? data : "");
}

static const struct initiator_events initiator_events = {
	on_wanted, on_waiting, on_open, on_outcome_told, nothing, on_request_refused,
};

static const struct negotiation_events far_events;

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	link_send(&((struct far *)owner)->link, type, buf_data(fields), buf_len(fields));
}

static const struct negotiation_events far_events = { .send = on_send };

static void on_link_deliver(void *owner, const struct record *record)
{
	struct far *f = owner;

	if (record->type >= RECORD_ACCEPT)
		channels_record(&f->channels, record);
	else if (record->type != RECORD_CANDIDATES)
		negotiations_record(&f->negotiations, record, now);
}

static bool on_link_fill(void *owner)
{
	return channels_fill(&((struct far *)owner)->channels);
}

static const struct link_events far_link_events = {
	.up = nothing_up, .down = nothing, .deliver = on_link_deliver, .fill = on_link_fill,
	.ended = nothing_ended, .kick = nothing,
};

static void path_nothing(struct path *path)
{
}

static void path_last_word(struct path *path, const void *data, size_t n)
{
}

static bool nothing_unsent(const struct path *path)
{
	return false;
}

static uint64_t path_2k(const struct path *path)
{
	return 2048;
}

static bool is_throttled(const struct path *path)
{
	return ((const struct far *)path)->throttled;
}

static const struct path_ops path_ops = {
	.rate = path_2k,
	.throttled = is_throttled,
	.kick = path_nothing,
	.write = path_last_word,
	.close = path_nothing,
	.cut = path_nothing,
	.unsent = nothing_unsent,
};

/* All that is said arrives, and what is due is done. */
static void pump(struct far *f)
{
	struct buf there = { 0 }, here = { 0 };
	bool moved = true;

	while (moved) {
		moved = link_output(&f->link, &here, 16384, now) > 0;
		if (!f->path.over && buf_len(&here))
			path_plain(&f->path, &here);
		if (!f->path.over && path_fill(&f->path, &there, 16384)) {
			moved = true;
			link_input(&f->link, &there, now);
		}
		timers_run(&context.timers, now);
	}
	buf_finish(&here);
	buf_finish(&there);
}

static void connect_far(struct far *f, const char *jid, const char *name, unsigned char key)
{
	const struct link_ends ends = { jid, WE };
	uint8_t instance[INSTANCE_BYTES] = { key }, id[LINK_ID_BYTES] = { key };

	*f = (struct far){ .jid = jid, .name = name };
	memset(f->fp, key, sizeof(f->fp));
	link_init(&f->link, &far_link_events, f, id, instance, &ends, "us");
	channels_init(&f->channels, &f->link, memcmp(f->fp, context.fp, sizeof(f->fp)) < 0);
	negotiations_init(&f->negotiations, &far_events, f, &f->channels);
	path_init(&f->path, &path_ops, PATH_DIRECT, "direct", NULL, NULL);
	f->path.up = true;
	acceptor_take(&peers, &f->path, jid, f->fp);
	link_attach(&f->link, true, now);
	pump(f);
}

static struct peer *peer_of(const struct far *f)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(f->fp, device);
	return peer_find(&peers, f->jid, device);
}

/* The device's side of a link that has ended. */
static void finish_far(struct far *f)
{
	channels_finish(&f->channels, "gone");
	negotiations_finish(&f->negotiations, "gone", now);
	link_finish(&f->link);
}

static void asks(struct far *f, enum service service, const char *share)
{
	uint8_t id[NEG_ID_BYTES];

	memset(id, ++ids, sizeof(id));
	f->neg = neg_begin(&f->negotiations, id, service, share, "2", &initiator_events,
			   &channel_events, f, now);
	strcpy(f->id, neg_id(f->neg));
	pump(f);
}

static void asks_outcome(struct far *f, uint64_t received)
{
	neg_ask_outcome(&f->negotiations, f->id, received, &initiator_events, f, now);
	pump(f);
}

static void sends(struct far *f, const char *text)
{
	channel_write(f->channel, text, strlen(text));
	pump(f);
}

/* The commands of a push: one ref, and its pack if there is one. */
static void names_refs(struct far *f)
{
	struct buf asked = { 0 };
	const char *command = ZERO " " ONE " refs/heads/main";

	buf_printf(&asked, "%04zx%s0000PACK", strlen(command) + 4, command);
	channel_write(f->channel, buf_data(&asked), buf_len(&asked));
	buf_finish(&asked);
	pump(f);
}

/* A push is served, and its device has sent all of it. */
static struct service_process *push_whole(struct far *f)
{
	struct service_process *p;

	asks(f, SERVICE_RECEIVE_PACK, "project");
	p = host.last;
	output(p, "refs");
	pump(f);
	names_refs(f);
	channel_end(f->channel);
	pump(f);
	buf_reset(&trace);
	return p;
}

static void share(const char *who, bool push)
{
	struct share *s;

	policy_destroy(context.policy);
	context.policy = policy_create(WE);
	s = policy_share(context.policy, "project");
	share_set_path(s, "/srv/project.git");
	share_allow(s, who, push);
}

static void trust(const char *jid, unsigned char key)
{
	unsigned char fp[FINGERPRINT_BYTES];
	bool changed;

	memset(fp, key, sizeof(fp));
	presence_roster_item(context.presence, jid, SUBSCRIPTION_BOTH, false, false);
	trust_invite(context.trust, jid, on_time(NULL));
	trust_observe(context.trust, jid, fp, on_time(NULL), &changed);
}

static void begin(void)
{
	static unsigned char fp[FINGERPRINT_BYTES] = { 0x80 };

	host = (struct service_host){ 0 };
	context = (struct context){
		.ops = &context_ops, .jid = WE, .self = WE, .fp = fp, .path_timeout = 120000,
		.transport = PATH_MASK_ALL, .online_at = 1, .trust = trust_create(),
		.presence = presence_create(), .blocked = blocklist_create(),
	};
	timers_init(&context.timers);
	peers_init(&peers, &context);
	peers.events = &peers_events;
	peers.connectors.ops = &connector_ops;
	git_services_init(&git_services, &context, &peers, &service_ops, &host,
			  &git_services_events, NULL);
	trust(BOB, 1);
	trust(EVE, 2);
	share("buddies", true);
	connect_far(&bob, BOB, "bob", 1);
	connect_far(&eve, EVE, "eve", 2);
	ok(peer_of(&bob) && peer_of(&bob)->link.state == LINK_UP && peer_of(&eve),
	   "devices have links");
}

static void end(void)
{
	context.stopping = true;
	peers_end(&peers, "stopped");
	git_service_end_orphans(&git_services);
	if (host.last)
		goes(host.last);
	finish_far(&bob);
	finish_far(&eve);
	timers_run(&context.timers, now);
	peers_finish(&peers);
	git_services_finish(&git_services);
	timers_finish(&context.timers);
	policy_destroy(context.policy);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	trust_destroy(context.trust);
	context.policy = NULL;
	buf_reset(&trace);
}

static void test_fetch(void)
{
	struct service_process *p;

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("upload starts: project /srv/project.git for " BOB ", seen, version 2\n",
	       "a fetch starts a process, of which the device does not hear yet");
	p = host.last;
	p->events->error_output(p->owner, "warning", 7);
	output(p, "refs");
	pump(&bob);
	expect("bob is served\nbob is told 'warning'\nbob gets 'refs'\n",
	       "when it talks the device is told, and has all of it");
	sends(&bob, "want");
	is_int(p->held, 4, "the process gets what the device sends");
	p->events->wrote(p->owner, 4);
	channel_end(bob.channel);
	pump(&bob);
	exits(p, 0, 0);
	pump(&bob);
	expect("upload has its whole input\n"
	       "journal: nothing, upload-pack of " BOB
	       ", 4 and 4 bytes, by direct\nbob hears status 0\n",
	       "its end is the device's");
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	buf_reset(&trace);
	output(host.last, "refs");
	pump(&bob);
	exits(host.last, 0, 9);
	pump(&bob);
	expect("bob is served\nbob gets 'refs'\n"
	       "bob hears status 137\njournal: nothing, upload-pack of " BOB
	       ", 4 and 0 bytes, by direct\n",
	       "a death by signal is told as a shell does");
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	buf_reset(&trace);
	exits(host.last, 0, 0);
	pump(&bob);
	expect("bob is served\nbob hears status 0\njournal: nothing, upload-pack of " BOB
	       ", 0 and 0 bytes, by direct\n",
	       "one that says nothing and is content is served so");
	end();
}

/* Whether one service is as the row says, of those whose process has ended. */
static bool leaves(const char *share)
{
	struct buf row = { 0 };
	bool good = !list_alone(&git_services.leaving) &&
		    git_service_describe_leaving(git_services.leaving.next, &row) &&
		    !strcmp(fields_get((struct fields){ buf_data(&row), buf_len(&row) }, "share"),
			    share);

	buf_finish(&row);
	return good;
}

static void test_leaving(void)
{
	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	output(host.last, "refs");
	pump(&bob);
	channel_end(bob.channel);
	pump(&bob);
	output(host.last, "pack");
	ok(list_alone(&git_services.leaving), "a service whose process runs is no leaving one");
	exits(host.last, 0, 0);
	ok(list_alone(&git_services.services.runs), "git has written all, and its place is free");
	ok(leaves("project"), "what it wrote is on its way, and is shown");
	buf_reset(&trace);
	pump(&bob);
	ok(list_alone(&git_services.leaving), "until it has arrived");
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	output(host.last, "refs");
	exits(host.last, 0, 0);
	ok(leaves("project"), "so is what another fetch wrote");
	git_services_review(&git_services, NULL, NULL);
	ok(leaves("project"), "which goes on while it is allowed");
	share_set_path(policy_share(context.policy, "project"), "/srv/other.git");
	git_services_review(&git_services, NULL, NULL);
	ok(list_alone(&git_services.leaving), "and ends when it is not");
	end();
}

static void test_broken(void)
{
	struct service_process *p;

	begin();
	host.no_directory = true;
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("journal: upload-pack of 'project' refused to " BOB
	       ": broken\nbob is refused: broken\n",
	       "without its directory a share is broken");
	host = (struct service_host){ .fails = true };
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("journal: upload-pack of 'project' refused to " BOB
	       ": broken\nbob is refused: broken\n",
	       "and without a process");
	host.fails = false;
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	buf_reset(&trace);
	p = host.last;
	p->events->error_output(p->owner, "fatal", 5);
	exits(p, 128, 0);
	pump(&bob);
	expect("journal: upload-pack of 'project' refused to " BOB
	       ": broken\nbob is refused: broken\n",
	       "and with one that ends before it talks");
	end();
}

static void test_rights(void)
{
	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "other");
	expect("journal: upload-pack of 'other' refused to " BOB
	       ": not-shared\nbob is refused: not-shared\n",
	       "what is not shared is not served");
	share("buddies", false);
	asks(&bob, SERVICE_RECEIVE_PACK, "project");
	expect("journal: receive-pack of 'project' refused to " BOB
	       ": push-denied\nbob is refused: push-denied\n",
	       "nor is a push where only fetching is allowed");
	context.stopping = true;
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("journal: upload-pack of 'project' refused to " BOB ": busy\nbob is refused: busy\n",
	       "nor anything while we stop");
	context.stopping = false;
	trust_distrust(context.trust, BOB, bob.fp, 100);
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("journal: upload-pack of 'project' refused to " BOB
	       ": untrusted\nbob is refused: untrusted\n",
	       "nor a device that is not trusted any more");
	end();
}

static void test_room(void)
{
	static char block[64 * 1024];
	struct service_process *p;
	unsigned n = 0;

	begin();
	memset(block, 'x', sizeof(block));
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	p = host.last;
	bob.holds = bob.throttled = true;
	output(p, "refs");
	pump(&bob);
	buf_reset(&trace);
	for (; !buf_len(&trace) && n < 100; n++)
		p->events->output(p->owner, block, sizeof(block));
	expect("upload is paused\n",
	       "a process is paused when the channel has no room for a read of it");
	ok(n >= 7, "and not before");
	pump(&bob);
	expect("bob is told 'no direct path; through the server it goes at 2.0 KiB a second\n'\n"
	       "upload is read again\n",
	       "it goes on when there is room; that a server holds the data back is said once");
	end();
}

/* What status tells of the run's rate. */
static uint64_t rate_of(const struct list *run)
{
	struct buf row = { 0 };
	uint64_t rate = 0;

	if (git_service_describe(run, &row))
		rate = fields_get_u64((struct fields){ buf_data(&row), buf_len(&row) }, "rate", 0);
	buf_finish(&row);
	return rate;
}

static void test_rates(void)
{
	static char block[32 * 1024];
	const struct list *runs = &git_services.services.runs;
	struct service_process *many, *few, *none;
	struct negotiation *older[2];
	uint64_t first, second;

	begin();
	bob.holds = true;
	now += 1000;
	memset(block, 'x', sizeof(block));
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	many = host.last;
	output(many, "refs");
	pump(&bob);
	many->events->output(many->owner, block, sizeof(block));
	pump(&bob);
	first = rate_of(runs->next);
	ok(first > 2000 && first <= 2048, "the only transfer has all of the path's rate: %d",
	   (int)first);
	older[0] = bob.neg;
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	few = host.last;
	output(few, "refs");
	pump(&bob);
	few->events->output(few->owner, block, sizeof(block) / 3);
	pump(&bob);
	first = rate_of(runs->next);
	second = rate_of(runs->next->next);
	ok(first + second <= 2048 && (first > 1450 || second > 1450) &&
		   (first < 520 || second < 520),
	   "of two each has its part: %d and %d", (int)first, (int)second);
	now += 60 * 1000;
	older[1] = bob.neg;
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	none = host.last;
	output(none, "refs");
	pump(&bob);
	now += 10 * 1000;
	many->events->output(many->owner, block, sizeof(block));
	pump(&bob);
	first = rate_of(runs->next);
	second = rate_of(runs->prev);
	ok((first > 2000) != (second > 2000) && first + second <= 2048,
	   "one that stands still has none of the others': %d and %d", (int)first, (int)second);
	peer_end(peer_of(&bob), "no-path");
	goes(many);
	goes(few);
	goes(none);
	channels_finish(&bob.channels, "gone");
	neg_done(older[0], now);
	neg_done(older[1], now);
	end();
}

static void test_cut(void)
{
	struct service_process *p;

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	p = host.last;
	output(p, "refs");
	pump(&bob);
	sends(&bob, "0014command=ls-refs\n0000");
	buf_reset(&trace);
	peer_end(peer_of(&bob), "no-path");
	expect("journal: failed, upload-pack of " BOB
	       ", 4 and 24 bytes, by direct: no-path\nupload is left\n",
	       "a fetch that lost its link is told to end");
	goes(p);
	ok(list_alone(&git_services.services.runs), "and its place is free");
	end();
}

/* What waits for the rest of a pack while its link has no path may have to make room. */
static void test_path_lost(void)
{
	const struct service_run *run;

	begin();
	asks(&bob, SERVICE_RECEIVE_PACK, "project");
	output(host.last, "refs");
	pump(&bob);
	run = (const struct service_run *)git_services.services.runs.next;
	path_over(&bob.path, "it is gone");
	ok(run->cut_off, "a push whose link lost its path is cut off");
	end();
	begin();
	push_whole(&bob);
	run = (const struct service_run *)git_services.services.runs.next;
	path_over(&bob.path, "it is gone");
	ok(!run->cut_off, "not one that is whole");
	end();
}

/* The name stands for another repository now. */
static void test_moved(void)
{
	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	share_set_path(policy_share(context.policy, "project"), "/srv/other.git");
	buf_reset(&trace);
	git_services_review(&git_services, NULL, NULL);
	pump(&bob);
	expect("upload is left\nbob is refused: not-shared\n",
	       "what serves another directory ends");
	end();
}

static void test_push_cut(void)
{
	struct service_process *p;
	char id[NEG_ID_LEN + 1];

	begin();
	p = push_whole(&bob);
	strcpy(id, bob.id);
	output(p, "re");
	peer_end(peer_of(&bob), "no-path");
	expect("receive has its input cut\nreceive is read again\nreceive has 3600 s\n",
	       "a push that lost its link goes on, for an hour");
	finish_far(&bob);
	buf_reset(&trace);
	connect_far(&bob, BOB, "bob", 1);
	strcpy(bob.id, id);
	asks_outcome(&bob, 4);
	expect("bob learns: running, 7265\n", "which its device can ask about");
	asks(&bob, SERVICE_RECEIVE_PACK, "project");
	expect("bob is deferred\n", "another push waits for it");
	output(p, "port");
	exits(p, 1, 0);
	expect("journal: failed, receive-pack of " BOB ", 10 and 109 bytes, by direct: no-path; "
	       "finished after its link had ended (no-path)\n",
	       "the journal says that it was late");
	pump(&bob);
	expect("receive starts: project /srv/project.git for " BOB ", seen, version 2\n",
	       "then it is the other one's turn");
	strcpy(bob.id, id);
	asks_outcome(&bob, 4);
	expect("bob learns: done, status 1, 7265706f7274\n",
	       "its device is told what it has not heard");
	end();
}

static void on_review(void *arg, const struct transfer_ended *e)
{
	say("%s's %s of %s ends%s", e->jid, service_name(e->service), e->share,
	    e->whole ? ", and finishes" : "");
}

/* The user ends one of two, and one that cannot be ended. */
static void test_end(void)
{
	struct service_process *other, *fetch, *push;
	char id[NEG_ID_LEN + 1];

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	other = host.last;
	output(other, "refs");
	asks(&eve, SERVICE_UPLOAD_PACK, "project");
	strcpy(id, eve.id);
	fetch = host.last;
	git_services_end(&git_services, id, on_review, NULL);
	output(fetch, "refs");
	pump(&bob);
	pump(&eve);
	buf_reset(&trace);
	git_services_end(&git_services, "ffffffffffffffffffffffff", on_review, NULL);
	expect("", "nothing has this id");
	git_services_end(&git_services, id, on_review, NULL);
	pump(&eve);
	expect(EVE "'s upload-pack of project ends\n"
		   "journal: failed, upload-pack of " EVE
		   ", 4 and 0 bytes, by direct: ended-by-user\nupload is left\n"
		   "eve: channel closed: ended-by-user\n",
	       "one ends, and its device is told who did it");
	goes(fetch);
	exits(other, 0, 0);
	pump(&bob);
	end();

	begin();
	push = push_whole(&bob);
	buf_reset(&trace);
	git_services_end(&git_services, bob.id, on_review, NULL);
	pump(&bob);
	expect(BOB "'s receive-pack of project ends, and finishes\n",
	       "a push that is whole goes on, and its device hears of it");
	exits(push, 0, 0);
	pump(&bob);
	buf_reset(&trace);
	end();

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	output(host.last, "refs");
	exits(host.last, 0, 0);
	buf_reset(&trace);
	git_services_end(&git_services, bob.id, on_review, NULL);
	expect(BOB "'s upload-pack of project ends\n"
		   "journal: failed, upload-pack of " BOB
		   ", 4 and 0 bytes, by direct: ended-by-user\n",
	       "so does one whose git has ended, while bytes of it still leave");
	pump(&bob);
	end();

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	output(host.last, "refs");
	pump(&bob);
	fetch = host.last;
	buf_reset(&trace);
	channel_close(bob.channel, "ended-by-user");
	pump(&bob);
	expect("bob: channel closed: ended-by-user\n"
	       "journal: failed, upload-pack of " BOB
	       ", 4 and 0 bytes, by direct: ended-there\nupload is left\n",
	       "the user of the device may end it, too");
	goes(fetch);
	end();
}

static void test_review(void)
{
	struct service_process *push, *fetch;

	begin();
	push = push_whole(&bob);
	asks(&eve, SERVICE_UPLOAD_PACK, "project");
	fetch = host.last;
	output(fetch, "refs");
	pump(&eve);
	buf_reset(&trace);
	git_services_review(&git_services, on_review, NULL);
	expect("", "what is allowed goes on");
	share(BOB, false);
	git_services_review(&git_services, on_review, NULL);
	pump(&bob);
	pump(&eve);
	expect(BOB "'s receive-pack of project ends, and finishes\n"
		   "receive has its input cut\nreceive is read again\nreceive has 3600 s\n" EVE
		   "'s upload-pack of project ends\n"
		   "journal: failed, upload-pack of " EVE
		   ", 4 and 0 bytes, by direct: not-shared\nupload is left\n"
		   "bob: channel closed: push-denied\neve: channel closed: not-shared\n",
	       "what is not allowed any more ends, and a push that is whole finishes");
	goes(fetch);
	git_service_orphans_revoke(&git_services, BOB, NULL, "removed");
	exits(push, 0, 0);
	expect("journal: ok, receive-pack of " BOB ", 4 and 109 bytes, by direct: removed; "
	       "finished after its link had ended (removed)\n",
	       "the journal says that its device has no right any more");
	end();
}

/* Sends refs as a list that agrees on a report; each is "<new> <name>". */
static void names(struct far *f, const char *const *refs, const char *rest)
{
	struct buf list = { 0 };

	for (size_t i = 0; refs[i]; i++) {
		struct buf line = { 0 };

		buf_printf(&line, ONE " %s", refs[i]);
		buf_append(&line, "\0report-status", i ? 0 : 14);
		buf_printf(&list, "%04zx", buf_len(&line) + 4);
		buf_append(&list, buf_data(&line), buf_len(&line));
		buf_finish(&line);
	}
	buf_printf(&list, "0000%s", rest);
	channel_write(f->channel, buf_data(&list), buf_len(&list));
	buf_finish(&list);
	pump(f);
}

/* bob may push to one place only, and has begun a push. */
static struct service_process *push_by_rules(void)
{
	struct service_process *p;

	begin();
	share(BOB ":refs/heads/bob/*", true);
	ref_patterns_add(&policy_share(context.policy, "project")->protect, "refs/heads/bob/keep");
	policy_share(context.policy, "project")->max_pack = 1000;
	asks(&bob, SERVICE_RECEIVE_PACK, "project");
	p = host.last;
	output(p, "0000");
	pump(&bob);
	return p;
}

static void test_rules(void)
{
	static const char *const two[] = { TWO " refs/heads/bob/x", TWO " refs/heads/main", NULL };
	static const char left[] = "0074" ONE " " TWO " refs/heads/bob/x\0report-status0000PACK";
	struct service_process *p = push_by_rules();

	expect("receive starts: project /srv/project.git for " BOB ", seen, version 2\n"
	       "by the rules push refs/heads/bob/*\nprotect refs/heads/bob/keep\n\n"
	       "of 1000 bytes\nbob is served\nbob gets '0000'\n",
	       "a push has the rules of its device");
	names(&bob, two, "PACK");
	ok(buf_len(&written) == sizeof(left) - 1 &&
		   !memcmp(buf_data(&written), left, sizeof(left) - 1),
	   "the process hears of what is allowed alone");
	output(p, "000eunpack ok\n");
	output(p, "0018ok refs/heads/bob/x\n0000");
	pump(&bob);
	p->events->wrote(p->owner, buf_len(&written));
	channel_end(bob.channel);
	pump(&bob);
	exits(p, 0, 0);
	pump(&bob);
	expect("bob gets '000eunpack ok\n0018ok refs/heads/bob/x\n00'\n"
	       "receive has its whole input\n"
	       "journal: refused, receive-pack of " BOB ", 105 and 225 bytes, by direct\n"
	       "bob hears status 0\n",
	       "its device is told what became of the other one, and the journal is");
	end();
}

static void test_rules_refuse_all(void)
{
	static const char *const main_only[] = { TWO " refs/heads/main", NULL };
	static const char *const gone[] = { ZERO " refs/heads/bob/keep", NULL };
	struct service_process *p = push_by_rules();

	buf_reset(&trace);
	names(&bob, main_only, "PACK");
	is_int(buf_len(&written), 0, "of a push that is refused the process hears nothing");
	channel_end(bob.channel);
	pump(&bob);
	is_str(buf_str(&written), "0000", "until it is over, and then that it is empty");
	exits(p, 0, 0);
	pump(&bob);
	expect("receive has its whole input\n"
	       "journal: refused, receive-pack of " BOB ", 81 and 123 bytes, by direct\n"
	       "bob gets '000eunpack ok\n003bng refs/heads/main onl'\n"
	       "bob hears status 0\n",
	       "its device has a report all the same");
	end();
	p = push_by_rules();
	buf_reset(&trace);
	names(&bob, gone, "");
	is_str(buf_str(&written), "0000", "where there is no pack, at once");
	exits(p, 0, 0);
	pump(&bob);
	expect("journal: refused, receive-pack of " BOB ", 79 and 123 bytes, by direct\n"
	       "bob gets '000eunpack ok\n0039ng refs/heads/bob/keep'\n"
	       "bob hears status 0\n",
	       "and is told by which rule");
	end();
}

static void test_rules_hook(void)
{
	static const char *const keep[] = { TWO " refs/heads/bob/keep", NULL };
	struct service_process *p = push_by_rules();

	names(&bob, keep, "PACK");
	buf_reset(&trace);
	output(p, "0029ng refs/heads/bob/keep hook declined\n0000");
	pump(&bob);
	expect("bob gets '0037ng refs/heads/bob/keep receive: not '\n",
	       "what the hook has declined is told by its rule");
	exits(p, 0, 0);
	end();
}

/* What a device asks for later is the report that it would have had. */
static void test_rules_outcome(void)
{
	static const char *const two[] = { TWO " refs/heads/bob/x", TWO " refs/heads/main", NULL };
	struct service_process *p = push_by_rules();
	char id[NEG_ID_LEN + 1];

	names(&bob, two, "PACK");
	channel_end(bob.channel);
	pump(&bob);
	strcpy(id, bob.id);
	peer_end(peer_of(&bob), "no-path");
	output(p, "000eunpack ok\n0018ok refs/heads/bob/x\n0000");
	buf_reset(&trace);
	exits(p, 0, 0);
	expect("journal: refused, receive-pack of " BOB ", 105 and 225 bytes, by direct: no-path; "
	       "finished after its link had ended (no-path)\n",
	       "a push that lost its link has its report");
	finish_far(&bob);
	connect_far(&bob, BOB, "bob", 1);
	strcpy(bob.id, id);
	buf_reset(&trace);
	asks_outcome(&bob, 4);
	ok(strstr(buf_str(&trace), "6e6720726566732f68656164732f6d61696e"),
	   "and the ref that was refused is in what its device learns");
	end();
}

static void test_rules_broken(void)
{
	struct service_process *p = push_by_rules();

	buf_reset(&trace);
	sends(&bob, "0005xyz");
	expect("receive has its input cut\n"
	       "bob is told 'fatal: a line of the list of refs is none\n'\n",
	       "a list that is none ends the push");
	sends(&bob, "more");
	is_int(buf_len(&written), 0, "and the process gets nothing of it");
	exits(p, 128, 0);
	pump(&bob);
	end();
}

static void test_rules_narrower(void)
{
	struct share *s;

	push_by_rules();
	buf_reset(&trace);
	git_services_review(&git_services, on_review, NULL);
	expect("", "a push whose rules are the same goes on");
	s = policy_share(context.policy, "project");
	s->max_pack = 2000;
	share_allow(s, BOB ":refs/heads/more", true);
	git_services_review(&git_services, on_review, NULL);
	expect("", "one that may do more goes on");
	s->max_pack = 999;
	git_services_review(&git_services, on_review, NULL);
	pump(&bob);
	expect(BOB "'s receive-pack of project ends\n"
		   "receive has its input cut\nreceive is read again\nreceive has 30 s\n"
		   "bob: channel closed: rules-changed\n",
	       "one that may send less ends");
	exits(host.last, 0, 0);
	end();
	push_by_rules();
	buf_reset(&trace);
	ref_patterns_add(&policy_share(context.policy, "project")->protect, "refs/heads/*");
	git_services_review(&git_services, on_review, NULL);
	pump(&bob);
	ok(strstr(buf_str(&trace), "rules-changed"), "so does one to what is protected now");
	exits(host.last, 0, 0);
	end();
}

static void test_withdrawn(void)
{
	struct service_process *p;

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	p = host.last;
	neg_withdraw(bob.neg, "cancelled");
	buf_reset(&trace);
	pump(&bob);
	expect("upload is left\n", "what is not wanted any more before it was open ends");
	goes(p);
	asks(&bob, SERVICE_RECEIVE_PACK, "project");
	p = host.last;
	neg_withdraw(bob.neg, "cancelled");
	buf_reset(&trace);
	pump(&bob);
	expect("receive has its input cut\nreceive is read again\nreceive has 30 s\n",
	       "a receive-pack by itself, and soon, for it was asked for nothing");
	exits(p, 0, 0);
	expect("journal: failed, receive-pack of " BOB ", 0 and 0 bytes, by direct: withdrawn\n",
	       "as the journal has it");
	for (int sent = 0; sent < 2; sent++) {
		asks(&bob, SERVICE_RECEIVE_PACK, "project");
		p = host.last;
		output(p, "refs");
		pump(&bob);
		if (sent)
			channel_write(bob.channel, "0", 1);
		pump(&bob);
		channel_close(bob.channel, "cancelled");
		buf_reset(&trace);
		pump(&bob);
		expect(sent ? "receive has its input cut\nreceive is read again\n"
			      "receive has 3600 s\n"
			    : "receive has its input cut\nreceive is read again\n"
			      "receive has 30 s\n",
		       sent ? "one that was sent a byte has its time"
			    : "so has one that has shown its refs");
		exits(p, 128, 0);
	}
	end();
}

static void test_places(void)
{
	static struct quota_place others[SERVICES_MAX];
	struct service_process *p;
	char jid[32];

	begin();
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	p = host.last;
	output(p, "refs");
	pump(&bob);
	for (uint64_t until = now + SERVICE_SILENT; now < until; now += 1000) {
		pump(&bob);
		pump(&eve);
	}
	for (unsigned i = 0; i < SERVICES_MAX - 1; i++) {
		snprintf(jid, sizeof(jid), i ? "other%u@example.org" : BOB, i);
		quota_take(&git_services.services.quota, &others[i], jid, true);
		others[i].unfinished = false;
	}
	buf_reset(&trace);
	asks(&eve, SERVICE_UPLOAD_PACK, "project");
	pump(&bob);
	expect("journal: failed, upload-pack of " BOB
	       ", 4 and 0 bytes, by direct: silent\nupload is left\n"
	       "upload starts: project /srv/project.git for " EVE ", seen, version 2\n"
	       "bob: channel closed: silent\n", "one that is silent makes room for who has none");
	goes(p);
	asks(&bob, SERVICE_UPLOAD_PACK, "project");
	expect("journal: upload-pack of 'project' refused to " BOB ": busy\nbob is refused: busy\n",
	       "and where nobody is, who asks is refused");
	for (unsigned i = 0; i < SERVICES_MAX; i++)
		quota_leave(&others[i]);
	end();
}

int main(void)
{
	test_fetch();
	test_leaving();
	test_broken();
	test_rights();
	test_room();
	test_rates();
	test_cut();
	test_path_lost();
	test_moved();
	test_push_cut();
	test_end();
	test_review();
	test_rules();
	test_rules_refuse_all();
	test_rules_hook();
	test_rules_outcome();
	test_rules_broken();
	test_rules_narrower();
	test_withdrawn();
	test_places();
	buf_finish(&trace);
	return tap_done();
}
