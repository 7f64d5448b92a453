/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session between a client, an account and devices that are none: what is said
 * to each of them is written to a trace in words, and the trace is compared.
 */
#include "session.h"

#include <stdlib.h>

#include "alloc.h"
#include "context.h"
#include "frame.h"
#include "inquirer.h"
#include "log.h"
#include "outcome-query.h"
#include "peer.h"
#include "said.h"
#include "tap.h"
#include "target-set.h"

#define ID "0123456789abcdef01234567"
#define OLD "1111111111111111111111111111111111111111"
#define NEW "2222222222222222222222222222222222222222"
#define JID "bob@example.org"
#define DEVICE "tj5aapswkpah22kj"

/* Of the session that was made last. */
struct session_client {
	struct session *session;	/* NULL: it has ended */
};

static struct buf trace;
static uint64_t now, wall;
static struct context context;
static struct peers peers;
static char jid[] = JID;
static struct peer peer = { .jid = jid, .device = DEVICE, .path_name = "direct" };
static struct sessions all;
static struct session_client client;
/* what the session finds */
static struct target_set found;
static bool pending, unreachable;
static enum message_id none;
static struct message trouble, awaited;
static size_t room;
static uint64_t patience, limit, left, queued;
/* what it has begun */
static const struct service_request_events *request;
static const struct channel_events *channel;
static const struct outcome_query_events *lost;
static const char *refused_at_once;
static bool open_channel;
static void *owner;
static char over_path[96];	/* of the last line of the journal */
static enum message_id failed;	/* what the client was told last */

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

/*
 * In the place of service-request.c, channel.c, target-set.c, outcome-query.c and what there is
 * below.
 */

struct service_request *service_request_create(enum service service, const char *share,
					       const char *git_protocol,
					       const struct service_request_events *events,
					       const struct channel_events *channel_events,
					       void *session)
{
	request = events;
	channel = channel_events;
	owner = session;
	return NULL;
}

void service_request_start(struct service_request *e, bool more, uint64_t at)
{
	const char *reason = refused_at_once;

	say(more ? "asks, and more may come" : "asks");
	refused_at_once = NULL;
	if (reason)
		request->failed(owner, reason);
}

void service_request_destroy(struct service_request *e)
{
}

struct target_set target_set_add(struct context *c, struct peers *p,
				 const struct target_set_wanted *wanted, struct service_request *e)
{
	return found;
}

enum message_id target_set_none(const struct context *c, const struct address *to)
{
	return none;
}

uint64_t target_set_protocol(const struct context *c, const struct address *to)
{
	return 7;
}

struct outcome_query *outcome_query_create(const struct outcome_query_host *host,
					   const struct outcome_query_question *question,
					   const struct outcome_query_events *events, void *session)
{
	say("asks what became of %s, after %d bytes", question->id, (int)question->received);
	lost = events;
	return NULL;
}

void outcome_query_destroy(struct outcome_query *l)
{
}

bool inquiry_pending(const struct inquiry *q, const char *who, uint64_t at)
{
	return pending;
}

bool inquirer_pending(const struct inquirer *i, const char *who)
{
	return pending;
}

bool inquirer_unreachable(const struct inquirer *i, const char *who)
{
	return unreachable;
}

void inquirer_want(struct inquirer *i, const char *who)
{
	say("is %s there?", who);
}

size_t channel_room(const struct channel *ch)
{
	return room;
}

void channel_write(struct channel *ch, const void *data, size_t n)
{
	say("sends %zu", n);
}

void channel_end(struct channel *ch)
{
	say("sends the end");
}

void channel_consumed(struct channel *ch, size_t n)
{
	say("consumed %zu", n);
}

uint64_t channel_sent(const struct channel *ch)
{
	return left;
}

bool channel_rest(const struct channel *ch, uint64_t *rest)
{
	*rest = queued;
	return true;
}

void channel_close(struct channel *ch, const char *reason)
{
	say("closes the channel: %s", reason);
	open_channel = false;
	channel->closed(owner, reason);
}

const char *neg_id(const struct negotiation *neg)
{
	return ID;
}

void neg_done(struct negotiation *neg, uint64_t at)
{
}

struct peer *peer_find(const struct peers *p, const char *whom, const char *device)
{
	return NULL;
}

bool peer_is_there(const struct peers *p, const char *whom, const char *device)
{
	return presence_device(context.presence, whom, device);
}

void peer_touch(struct peer *p)
{
}

void peer_release(struct peer *p, const void *by)
{
}

const char *peer_path_name(const struct peer *p)
{
	return "direct";
}

uint64_t peer_patience(const struct peer *p)
{
	return patience;
}

uint64_t peer_limit(const struct peer *p)
{
	return limit;
}

void peer_describe_transfer(const struct peer *p, const struct peer_transfer *t, struct buf *row)
{
}

/* The client, and the broker */

static void on_note(struct session_client *c, const char *kind, const char *text)
{
	say("%s: %s", kind, text);
}

static void on_moving(struct session_client *c, uint64_t sent, uint64_t total, uint64_t rate)
{
	say("moving: %d of %d, %d a second", (int)sent, (int)total, (int)rate);
}

static void on_ready(struct session_client *c, const struct session_ready *ready)
{
	say("ready: %s %s %s %s", ready->jid, ready->device, ready->path, ready->trust);
}

static void on_data(struct session_client *c, const void *data, size_t n)
{
	say("data %zu", n);
}

static void on_stderr_data(struct session_client *c, const void *data, size_t n)
{
	say("stderr %zu", n);
}

static void on_data_end(struct session_client *c)
{
	say("end of data");
}

static void on_exited(struct session_client *c, uint32_t status)
{
	say("exit %u", status);
}

static void on_failed(struct session_client *c, const struct message *m)
{
	failed = m->id;
	say("error: %s", message_name(m->id));
}

static void on_credit(struct session_client *c, size_t n)
{
	say("credit %zu", n);
}

static void on_close(struct session_client *c)
{
	say("closed");
	c->session = NULL;
}

static const struct session_client_ops client_ops = {
	.note = on_note,
	.moving = on_moving,
	.ready = on_ready,
	.data = on_data,
	.stderr_data = on_stderr_data,
	.data_end = on_data_end,
	.exited = on_exited,
	.failed = on_failed,
	.credit = on_credit,
	.close = on_close,
};

static const struct message *on_trouble(void *arg)
{
	return trouble.id == MSG_NONE ? NULL : &trouble;
}

static void on_awaited(void *arg, struct message *out)
{
	*out = awaited;
}

static const struct session_ops ops = {
	.trouble = on_trouble,
	.awaited = on_awaited,
};

static void on_over(void *arg, const struct transfer *t)
{
	snprintf(over_path, sizeof(over_path), "%s", t->path ? t->path : "");
	say("journal: %s %s %d/%d%s%s", service_name(t->service),
	    witness_result_name(witness_result(t->witness, t->reason)), (int)t->sent,
	    (int)t->received, t->reason ? " " : "", t->reason ? t->reason : "");
}

static void on_refused(void *arg, const char *who, const char *share, enum service service,
		       const char *reason)
{
	say("journal: refused %s", reason);
}

static void on_unanswered(void *arg, const char *who, const char *share, enum service service,
			  const char *reason)
{
	say("journal: no %s of %s, %s", service_name(service), share, reason);
}

static void on_push_noted(void *arg, const struct unsettled_push *push)
{
	say("push %s is noted: %s, %s", push->id, push->path, push->reason);
}

static void on_push_cut(void *arg, const struct unsettled_push *push)
{
	say("push %s is cut: %s%s", push->id, push->reason, push->asked ? ", asked" : "");
	witness_finish(push->witness);
	witness_init(push->witness, SERVICE_RECEIVE_PACK);
}

static void on_push_settled(void *arg, const char *id)
{
	say("push %s is settled", id);
}

static void on_troubled(void *arg, const char *task, const char *who, enum message_id id)
{
	say("task %s: %s", task, message_name(id));
}

static const struct session_events events = {
	.over = on_over,
	.refused = on_refused,
	.unanswered = on_unanswered,
	.push_noted = on_push_noted,
	.push_cut = on_push_cut,
	.push_settled = on_push_settled,
	.troubled = on_troubled,
};

static uint64_t on_now(void *arg)
{
	return now;
}

static uint64_t on_time(void *arg)
{
	return wall;
}

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static void wait(uint64_t ms)
{
	now += ms;
	timers_run(&context.timers, now);
}

/*
 * What the session of before has left on the stack is gone; nothing is found, and we are online
 * for long.
 */
static void begin(void)
{
	if (client.session)
		session_abandoned(client.session);
	wait(60 * 1000);
	buf_reset(&trace);
	found = (struct target_set){ 0 };
	pending = unreachable = false;
	none = MSG_BUDDY_OFFLINE;
	trouble.id = awaited.id = failed = MSG_NONE;
	room = 1000 * 1000;
	patience = limit = left = 0;
	open_channel = false;
	wall = all.started + 1000;
	context.online_at = 1;
}

static void open_with(enum service service, const char *key, const char *value)
{
	struct buf fields = { 0 };

	fields_add(&fields, "service", service_name(service));
	fields_add(&fields, "jid", JID);
	fields_add(&fields, "share", "project");
	if (key)
		fields_add(&fields, key, value);
	client.session = session_create(&all, &client);
	session_open(client.session, (struct fields){ buf_data(&fields), buf_len(&fields) });
	buf_finish(&fields);
}

/* A channel is open, and nothing was said on it. */
static void open_channel_with(enum service service, const char *key, const char *value)
{
	begin();
	found.asked = 1;
	open_with(service, key, value);
	request->open(owner, NULL, (struct channel *)&open_channel, &peer);
	open_channel = true;
	buf_reset(&trace);
}

static void open_channel_for(enum service service)
{
	open_channel_with(service, NULL, NULL);
}

/* It goes to nobody any more. */
static void close_channel(const char *reason)
{
	open_channel = false;
	channel->closed(owner, reason);
}

static void name_refs(void)
{
	static const char command[] =
		"0083" OLD " " NEW " refs/heads/main\0 report-status side-band-64k "
		"0000";

	channel->data(owner, "0000", 4);
	session_data(client.session, command, sizeof(command) - 1);
}

static void waits_for_the_account(void)
{
	begin();
	context.online_at = 0;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	wait(4499);
	expect("", "where we are not online, that is waited for");
	awaited.id = MSG_NOT_ONLINE;
	wait(1);
	expect("error: not-online\nclosed\n", "... not for long");

	begin();
	context.online_at = 0;
	wall = all.started + 9;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	wait(19999);
	expect("", "a broker that was just started has time to log in");
	found.asked = 1;
	context.online_at = now;
	sessions_wake(&all);
	expect("asks\n", "... and then a device is asked");

	begin();
	trouble.id = MSG_AUTH_FAILED;
	open_with(SERVICE_UPLOAD_PACK, "task", "q7");
	expect("task q7: auth-failed\nerror: auth-failed\nclosed\n",
	       "a login that fails is told at once");

	begin();
	open_with(SERVICE_UPLOAD_PACK, "transport", "pigeon");
	expect("error: bad-transport\nclosed\n", "what is not understood is said at once");
}

static void waits_for_presence(void)
{
	begin();
	pending = true;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	expect("is " JID " there?\n", "who is not seen is asked");
	sessions_wake(&all);
	wait(2 * INQUIRY_PATIENCE);
	expect("", "... once, and has their time");
	wait(INQUIRY_PATIENCE);
	expect("error: buddy-offline\nclosed\n", "... which ends");

	begin();
	unreachable = true;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	expect("is " JID " there?\nerror: buddy-unseen\nclosed\n",
	       "a server that is not reached says nothing of them");

	begin();
	pending = true;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	pending = false;
	none = MSG_NOT_BUDDY;
	sessions_wake(&all);
	expect("is " JID " there?\nerror: not-buddy\nclosed\n",
	       "when nothing is pending any more it is known why");
}

/* A device has been asked in vain, and it may be that another one is not seen yet. */
static void first_fails(const char *reason)
{
	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	pending = true;
	request->failed(owner, reason);
}

static void asks_again(void)
{
	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	for (int i = 0; i < 3; i++)
		request->failed(owner, "restarted");
	expect("asks\nasks\nasks\nasks\n", "a device that restarts is asked again");
	request->failed(owner, "restarted");
	expect("journal: no upload-pack of project, cannot-reach\nerror: cannot-reach\nclosed\n",
	       "... three times");

	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	found.asked = 0;
	request->failed(owner, "gone");
	expect("asks\nis " JID " there?\njournal: no upload-pack of project, buddy-offline\n"
	       "error: buddy-offline\nclosed\n",
	       "... or its owner, where it does not come back");

	first_fails("not-shared");
	sessions_wake(&all);
	expect("asks\nis " JID " there?\n",
	       "another device may have what one has not, and may only be not seen");
	presence_available(context.presence, JID "/other", "aaaaaaaaaaaaaaaa", wall,
			   &(struct resource *){ NULL });
	sessions_wake(&all);
	expect("asks\n", "... and is asked when it is");
	request->failed(owner, "not-shared");
	expect("journal: refused not-shared\nerror: not-shared\nclosed\n", "... once");

	first_fails("not-shared");
	pending = false;
	sessions_wake(&all);
	expect("asks\nis " JID " there?\njournal: refused not-shared\nerror: not-shared\nclosed\n",
	       "where none is, what the first one said counts");

	first_fails("unreachable");
	pending = false;
	sessions_wake(&all);
	expect("asks\nis " JID " there?\njournal: no upload-pack of project, buddy-offline\n"
	       "error: buddy-offline\nclosed\n",
	       "that nobody was reached is in the journal, whoever was waited for then");

	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	presence_available(context.presence, JID "/third", "bbbbbbbbbbbbbbbb", wall,
			   &(struct resource *){ NULL });
	buf_reset(&trace);
	request->failed(owner, "unreachable");
	request->failed(owner, "unreachable");
	expect("is " JID " there?\nasks\njournal: no upload-pack of project, cannot-reach\n"
	       "error: cannot-reach\nclosed\n",
	       "who came while another one was asked is asked, once");

	begin();
	found.asked = 1;
	refused_at_once = "busy";
	open_with(SERVICE_RECEIVE_PACK, NULL, NULL);
	expect("asks\njournal: refused busy\nerror: busy\nclosed\n",
	       "a refusal ends it, and is in the journal");
	begin();
	found.asked = 1;
	refused_at_once = "timeout";
	open_with(SERVICE_RECEIVE_PACK, NULL, NULL);
	expect("asks\njournal: no receive-pack of project, timeout\nerror: timeout\nclosed\n",
	       "silence is no refusal");
}

static void wants_a_path(void)
{
	begin();
	found.path_wanted = true;
	open_with(SERVICE_UPLOAD_PACK, "transport", "direct");
	sessions_wake(&all);
	wait(14999);
	expect("progress: looking for a path of the kind 'direct' to " JID "\n",
	       "a path of the kind wanted is waited for");
	wait(1);
	expect("error: no-path\nclosed\n", "... not for ever");

	begin();
	found = (struct target_set){ .asked = 1, .path_wanted = true };
	open_with(SERVICE_UPLOAD_PACK, "transport", "direct");
	expect("asks, and more may come\n", "the first device that is on one is asked");
	found = (struct target_set){ .path_wanted = true };
	request->waiting(owner, "more");
	request->waiting(owner, "more");
	sessions_wake(&all);
	expect("progress: looking for a path of the kind 'direct' to " JID
	       "\nasks, and more may come\n",
	       "where it refuses, a path of another one is still waited for");
	wait(14999);
	found = (struct target_set){ .asked = 1 };
	sessions_wake(&all);
	expect("asks\n", "one whose path has come is asked, and no more will come");
	request->failed(owner, "not-shared");
	expect("is " JID " there?\njournal: refused not-shared\nerror: not-shared\nclosed\n",
	       "... and when it refuses too, that is the end");

	begin();
	found = (struct target_set){ .asked = 1, .path_wanted = true };
	open_with(SERVICE_UPLOAD_PACK, "transport", "direct");
	found.asked = 0;
	wait(14999);
	expect("asks, and more may come\n", "a path is waited for while the first is asked");
	refused_at_once = "not-shared";
	wait(1);
	expect("asks\nis " JID " there?\njournal: refused not-shared\nerror: not-shared\n"
	       "closed\n",
	       "... and no longer than where none is asked");

	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	sessions_wake(&all);
	wait(60 * 1000);
	expect("asks\n", "where every kind is allowed, there is nothing to wait for");
}

/* The user has said for how long. */
static void a_buddy_is_waited_for(void)
{
	begin();
	open_with(SERVICE_UPLOAD_PACK, "wait", "40");
	expect("is bob@example.org there?\nprogress: 'bob@example.org' is offline; waiting\n",
	       "a buddy who is away is waited for, if the user wants that");
	sessions_wake(&all);
	wait(14999);
	buf_reset(&trace);
	wait(1);
	expect("is bob@example.org there?\nprogress: 'bob@example.org' is offline; waiting\n",
	       "... and is looked for again");
	found.asked = 1;
	sessions_wake(&all);
	expect("asks\n", "who comes is asked");
	request->failed(owner, "timeout");
	expect("progress: 'bob@example.org' did not answer within 15 seconds; waiting\n",
	       "one that does not answer is waited for as well");
	wait(15000);
	expect("asks\n", "... and asked again");
	request->failed(owner, "not-shared");
	expect("is bob@example.org there?\njournal: refused not-shared\nerror: "
	       "not-shared\nclosed\n",
	       "a refusal ends it");

	begin();
	open_with(SERVICE_UPLOAD_PACK, "wait", "40");
	wait(39999);
	buf_reset(&trace);
	wait(1);
	expect("is bob@example.org there?\nerror: buddy-offline\nclosed\n",
	       "it ends when the time is over");

	begin();
	context.online_at = 0;
	trouble.id = MSG_SERVER_UNREACHABLE;
	open_with(SERVICE_UPLOAD_PACK, "wait", "40");
	expect("progress: ; waiting\n", "our own server is waited for");
	context.online_at = now;
	trouble.id = MSG_NONE;
	found.asked = 1;
	sessions_wake(&all);
	expect("asks\n", "... and then a device is asked");

	begin();
	trouble.id = MSG_AUTH_FAILED;
	open_with(SERVICE_UPLOAD_PACK, "wait", "40");
	expect("error: auth-failed\nclosed\n", "what does not pass is told at once");
}

static void says_what_moves(void)
{
	open_channel_with(SERVICE_RECEIVE_PACK, "progress", "1");
	session_data(client.session, "0123456789", 10);
	session_data(client.session, "0123456789", 10);
	left = 2;
	channel->writable(owner);
	wait(METER_PERIOD);
	buf_reset(&trace);
	left = 4;
	channel->writable(owner);
	expect("moving: 4 of 20, 2 a second\n", "what takes more than a moment is counted");
	left = 5;
	channel->writable(owner);
	expect("", "... not for each byte");
	wait(1000);
	left = 20;
	channel->writable(owner);
	expect("moving: 20 of 20, 6 a second\n", "... to its end");
	wait(1000);
	channel->writable(owner);
	expect("", "... and no further");
	close_channel("idle");
}

static void bytes_pass(void)
{
	static char bytes[FRAME_WINDOW];

	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	request->waiting(owner, "deferred");
	session_data(client.session, bytes, 10);
	expect("asks\nprogress: " JID " is busy with another push to 'project'; waiting\n",
	       "what is said early is kept");
	request->open(owner, NULL, (struct channel *)&open_channel, &peer);
	expect("ready: " JID " " DEVICE " direct unknown\nsends 10\n", "... until a device serves");
	channel->data(owner, bytes, 300);
	channel->stderr_data(owner, bytes, 5);
	session_drained(client.session);
	session_drained(client.session);
	expect("data 300\nstderr 5\nconsumed 300\n", "credit to the peer is for what has left");
	room = 100;
	session_data(client.session, bytes, FRAME_WINDOW / 4);
	expect("sends 100\n", "what the channel does not take is held");
	room = FRAME_WINDOW;
	channel->writable(owner);
	expect("sends 65436\ncredit 65546\n", "... and credit to the client is for what was taken");
	room = 0;
	session_data(client.session, bytes, FRAME_WINDOW);
	session_data(client.session, "x", 1);
	expect("closes the channel: protocol\njournal: upload-pack failed 65546/300 "
	       "protocol\nclosed\n",
	       "a client that sends more than it may is no client");

	open_channel_for(SERVICE_UPLOAD_PACK);
	limit = 2048;
	left = 0;
	room = 40 * 1024;
	session_data(client.session, bytes, 40 * 1024);
	channel->writable(owner);
	channel->writable(owner);
	expect("sends 40960\nwarning: no direct path to " JID
	       "; through the server it goes at 2.0 KiB a second\n",
	       "a limit that is felt is told, once");
	room = 0;
	session_data(client.session, bytes, 10);
	session_data_end(client.session);
	expect("", "the end waits for what is held");
	channel->end(owner);
	channel->exited(owner, 300);
	expect("end of data\njournal: upload-pack nothing 40960/0\nexit 255\nsends the end\n",
	       "the status is a byte");
	close_channel(NULL);
	expect("closed\n", "and that was it");
}

/* A fetch has its answer, but for the last bytes. */
static void answer_fetch(size_t less)
{
	static const char wants[] = "0011command=fetch0001"
				    "0009done\n0000",
			  pack[] = "000dpackfile\n0009\1PACK0000";

	open_channel_for(SERVICE_UPLOAD_PACK);
	channel->data(owner, "000eversion 2\n0000", 18);
	session_data(client.session, wants, sizeof(wants) - 1);
	channel->data(owner, pack, sizeof(pack) - 1 - less);
	buf_reset(&trace);
}

/* A push has its report and the end of the side bands, but for the last bytes. */
static void answer_push(size_t less)
{
	static const char report[] = "002e\1"
				     "000eunpack ok\n0017ok refs/heads/main\n00000000";

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	channel->data(owner, report, sizeof(report) - 1 - less);
	buf_reset(&trace);
}

/* They were killed when all was said: our git has what it asked for. */
static void their_git_ends(void)
{
	answer_fetch(0);
	channel->exited(owner, 137);
	expect("journal: upload-pack ok 34/44\nexit 0\nsends the end\n",
	       "a whole pack is one, however they end");
	close_channel(NULL);

	answer_fetch(4);
	channel->exited(owner, 137);
	expect("journal: upload-pack failed 34/40\nexit 137\nsends the end\n",
	       "half of one is none");
	close_channel(NULL);

	answer_push(0);
	channel->exited(owner, 137);
	expect("journal: receive-pack ok 135/54\npush " ID " is settled\nexit 0\n",
	       "a whole report is one");
	close_channel(NULL);
	buf_reset(&trace);
}

/* Only the status, or the end of the side bands, was missing when the link was lost. */
static void the_end_is_lost(void)
{
	answer_push(4);
	close_channel("no-path");
	expect("warning: the connection was lost when everything was sent; asking " JID
	       " what became of it\nasks what became of " ID ", after 50 bytes\n",
	       "of a push that was reported its hooks may still speak");
	lost->unknown(owner, false);
	expect("data 4\nend of data\njournal: receive-pack ok 135/50\npush " ID
	       " is settled\nexit 0\nclosed\n",
	       "if nobody knows, it is what was reported");

	answer_push(8);
	close_channel("no-path");
	expect("warning: the connection was lost when everything was sent; asking " JID
	       " what became of it\nasks what became of " ID ", after 46 bytes\n",
	       "half a report is none");
	lost->rest(owner, "0000", 4);
	lost->exited(owner, 137);
	expect("data 4\ndata 4\nend of data\njournal: receive-pack ok 135/50\npush " ID
	       " is settled\nexit 0\nclosed\n",
	       "the rest of it is, though their git was killed behind it");

	answer_push(0);
	channel->end(owner);
	close_channel("no-path");
	buf_reset(&trace);
	lost->rest(owner, "0000", 4);
	lost->exited(owner, 0);
	expect("journal: receive-pack ok 135/54\npush " ID " is settled\nexit 0\nclosed\n",
	       "behind the end there is no rest, and no other end");

	answer_fetch(0);
	close_channel("no-path");
	expect("end of data\njournal: upload-pack ok 34/44\nexit 0\nclosed\n",
	       "a fetch that has its pack needs no link");
}

static void a_link_pauses(void)
{
	open_channel_for(SERVICE_UPLOAD_PACK);
	patience = 90 * 1000;
	sessions_cut_off(&all, &peer);
	wait(4999);
	sessions_moved(&all, &peer);
	wait(10 * 1000);
	expect("", "a path that is back soon is nothing to speak of");
	sessions_cut_off(&all, &peer);
	wait(5000);
	expect("warning: the connection with " JID
	       " is lost; waiting up to 90 s for it to come back\n",
	       "one that is not is");
	sessions_moved(&all, &(struct peer){ 0 });
	expect("", "another peer's is of no interest");
	sessions_moved(&all, &peer);
	expect("warning: the connection with " JID " is back\n", "... and then its return too");
	strcpy(peer.path_name, "proxy");
	sessions_moved(&all, &peer);
	close_channel("gone");
	is_str(over_path, "proxy", "the journal has the path on which it ended");
	strcpy(peer.path_name, "direct");
	buf_reset(&trace);
}

static void pushes_are_lost(void)
{
	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	expect("data 4\npush " ID " is noted: direct, stopped\nsends 135\n",
	       "refs that are named are written down first");
	session_data_end(client.session);
	close_channel("no-path");
	expect("sends the end\nwarning: the connection was lost when everything was sent; "
	       "asking " JID " what became of it\nasks what became of " ID ", after 4 bytes\n",
	       "when everything was sent, what became of it is asked for");
	lost->rest(owner, "0000", 4);
	lost->exited(owner, 1);
	expect("data 4\nend of data\njournal: receive-pack failed 135/8\npush " ID
	       " is settled\nexit 1\nclosed\n",
	       "our git learns it");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	close_channel("no-path");
	buf_reset(&trace);
	lost->unknown(owner, true);
	expect("push " ID " is cut: no-path, asked\nerror: push-unknown\nclosed\n",
	       "... or that it is not known");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	close_channel("no-path");
	buf_reset(&trace);
	session_abandoned(client.session);
	client.session = NULL;
	expect("push " ID " is cut: no-path\n",
	       "where nobody waits any more, it is asked for later");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	buf_reset(&trace);
	close_channel("no-path");
	expect("push " ID " is cut: no-path\nerror: stream-lost\nclosed\n",
	       "before that it is lost, and may have begun");

	open_channel_for(SERVICE_RECEIVE_PACK);
	close_channel("push-denied");
	expect("journal: receive-pack failed 0/0 push-denied\nerror: push-denied\nclosed\n",
	       "a device that takes the right away is quoted");

	open_channel_for(SERVICE_RECEIVE_PACK);
	close_channel("rules-changed");
	expect("journal: receive-pack failed 0/0 rules-changed\nerror: rules-changed\nclosed\n",
	       "and one that makes it narrower");
}

static void clients_leave(void)
{
	open_channel_with(SERVICE_RECEIVE_PACK, "task", "q7");
	name_refs();
	buf_reset(&trace);
	session_abandoned(client.session);
	client.session = NULL;
	expect("task q7: stream-lost\ncloses the channel: cancelled\npush " ID
	       " is cut: cancelled\n",
	       "one of the queue that was killed has been refused by nobody");

	open_channel_with(SERVICE_RECEIVE_PACK, "task", "q7");
	session_data_end(client.session);
	buf_reset(&trace);
	session_abandoned(client.session);
	client.session = NULL;
	expect("closes the channel: cancelled\njournal: receive-pack nothing 0/0 cancelled\n",
	       "one whose git gave up before it named a ref has failed");

	open_channel_for(SERVICE_UPLOAD_PACK);
	session_abandoned(client.session);
	client.session = NULL;
	expect("closes the channel: cancelled\njournal: upload-pack nothing 0/0 cancelled\n",
	       "one that has gone has cancelled");

	open_channel_for(SERVICE_UPLOAD_PACK);
	context.stopping = true;
	session_abandoned(client.session);
	context.stopping = false;
	client.session = NULL;
	expect("closes the channel: stopped\njournal: upload-pack failed 0/0 stopped\n",
	       "... unless it is us who stop");

	open_channel_for(SERVICE_UPLOAD_PACK);
	room = 0;
	session_data(client.session, "0000", 4);
	session_data_end(client.session);
	channel->data(owner, "x", 1);
	room = 100;
	session_abandoned(client.session);
	client.session = NULL;
	expect("data 1\njournal: upload-pack nothing 0/1\nconsumed 1\nsends 4\nsends the end\n",
	       "one that has all it wants is still heard");
	channel->data(owner, "xx", 2);
	expect("consumed 2\n", "... and what comes is let go");
	channel->exited(owner, 0);
	close_channel(NULL);
	expect("", "... until the far service ends");

	open_channel_for(SERVICE_UPLOAD_PACK);
	session_data(client.session, "0000", 4);
	session_data_end(client.session);
	session_abandoned(client.session);
	client.session = NULL;
	buf_reset(&trace);
	wait(9999);
	expect("", "which may take");
	wait(1);
	expect("closes the channel: cancelled\n", "... ten seconds");
}

static void revoke_rights(void)
{
	open_channel_for(SERVICE_UPLOAD_PACK);
	sessions_revoke(&all, "carol@example.org", NULL, MSG_BLOCKED, "blocked");
	sessions_revoke(&all, JID, "aaaaaaaaaaaaaaaa", MSG_BLOCKED, "blocked");
	expect("", "others do not concern it");
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("error: blocked\ncloses the channel: blocked\njournal: upload-pack failed 0/0 "
	       "blocked\nclosed\n",
	       "the device that serves does");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	buf_reset(&trace);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("error: blocked\ncloses the channel: blocked\npush " ID " is cut: blocked\nclosed\n",
	       "a push of which a part was sent has failed");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	buf_reset(&trace);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("push " ID " is cut: blocked\nerror: push-unknown\n"
	       "closes the channel: push-unknown\nclosed\n",
	       "of one that was sent nobody knows whether its refs moved");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	close_channel("no-path");
	buf_reset(&trace);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("push " ID " is cut: blocked\nerror: push-unknown\nclosed\n",
	       "... nor of one that was being asked for");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	channel->exited(owner, 0);
	buf_reset(&trace);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("closes the channel: blocked\nclosed\n",
	       "whoever was told that it is done is not told that it failed");

	answer_push(4);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("data 4\nend of data\njournal: receive-pack ok 135/50\npush " ID
	       " is settled\nexit 0\ncloses the channel: blocked\nclosed\n",
	       "nor is whoever has the report, and waits for a hook");
	answer_fetch(0);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("end of data\njournal: upload-pack ok 34/44\nexit 0\n"
	       "closes the channel: blocked\nclosed\n",
	       "... or the whole pack");

	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	sessions_revoke(&all, JID, DEVICE, MSG_BLOCKED, "blocked");
	expect("asks\n", "whoever still asks may ask another device");
	sessions_revoke(&all, JID, NULL, MSG_BLOCKED, "blocked");
	expect("journal: no upload-pack of project, blocked\nerror: blocked\nclosed\n",
	       "... of whom there is one");
}

static void on_user_ended(void *arg, const struct transfer_ended *e)
{
	say("ended: %s of %s%s%s%s", service_name(e->service), e->share, e->whole ? ", whole" : "",
	    e->task ? ", of entry " : "", e->task ? e->task : "");
}

static void user_ends(void)
{
	sessions_end(&all, ID, on_user_ended, NULL);
}

static void users_end_transfers(void)
{
	open_channel_for(SERVICE_UPLOAD_PACK);
	sessions_end(&all, "ffffffffffffffffffffffff", on_user_ended, NULL);
	expect("", "what is not there is not ended");
	user_ends();
	expect("ended: upload-pack of project\nerror: ended-by-user\n"
	       "closes the channel: ended-by-user\n"
	       "journal: upload-pack failed 0/0 ended-by-user\nclosed\n",
	       "git and the journal are told who ended it");
	user_ends();
	expect("", "... once");

	answer_push(4);
	user_ends();
	expect("ended: receive-pack of project, whole\ndata 4\nend of data\n"
	       "journal: receive-pack ok 135/50\npush " ID " is settled\nexit 0\n"
	       "closes the channel: ended-by-user\nclosed\n",
	       "a push that was reported has come about");

	open_channel_for(SERVICE_UPLOAD_PACK);
	close_channel("ended-by-user");
	expect("journal: upload-pack failed 0/0 ended-there\nerror: ended-there\nclosed\n",
	       "the other user may end it, too");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	buf_reset(&trace);
	queued = 1;
	user_ends();
	queued = 0;
	expect("ended: receive-pack of project\nerror: ended-by-user\n"
	       "closes the channel: ended-by-user\npush " ID " is cut: ended-by-user\nclosed\n",
	       "a push whose last bytes have not left cannot have arrived");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	buf_reset(&trace);
	user_ends();
	expect("ended: receive-pack of project, whole\npush " ID " is cut: ended-by-user\n"
	       "error: push-unknown\ncloses the channel: push-unknown\nclosed\n",
	       "of one that was sent whole nobody knows");

	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	buf_reset(&trace);
	close_channel("ended-by-user");
	expect("warning: the transfer was ended there when everything was sent; asking " JID
	       " what became of it\nasks what became of " ID ", after 4 bytes\n",
	       "... and if the other side ended it, that one is asked");
	session_abandoned(client.session);

	open_channel_for(SERVICE_UPLOAD_PACK);
	channel->exited(owner, 0);
	buf_reset(&trace);
	user_ends();
	expect("", "what git was told the end of is over");
	close_channel("idle");
}

/* The one device that there is answers, or does not. */
static void is_refused_for(const char *reason)
{
	begin();
	found.asked = 1;
	open_with(SERVICE_RECEIVE_PACK, NULL, NULL);
	found.asked = 0;
	request->failed(owner, reason);
	for (int i = 0; i < 10 && client.session; i++)
		wait(INQUIRY_PATIENCE);
}

/* Which message a reason becomes. */
static void tells_why(void)
{
	static const struct {
		const char *reason;
		enum message_id id;
	} rows[] = {
		{ "not-shared", MSG_NOT_SHARED },
		{ "push-denied", MSG_PUSH_DENIED },
		{ "unverified", MSG_UNVERIFIED },
		{ "rules-changed", MSG_RULES_CHANGED },
		{ "busy", MSG_BUSY },
		{ "broken", MSG_SHARE_BROKEN },
		{ "untrusted", MSG_NOT_TRUSTED_THERE },
		{ "unknown-key", MSG_DEVICE_UNTRUSTED },
		{ "removed", MSG_REMOVED },
		{ "version", MSG_PEER_VERSION },
		{ "unsupported", MSG_UNSUPPORTED },
		{ "not-you", MSG_RELAYED },
		{ "timeout", MSG_TIMEOUT },
		{ "unheard-of", MSG_CANNOT_REACH },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		is_refused_for(rows[i].reason);
		says(failed, rows[i].id, rows[i].reason);
	}
}

/* What is wrong with the request, or with the world around it. */
static void tells_what(void)
{
	unsigned char first[FINGERPRINT_BYTES] = { 1 }, second[FINGERPRINT_BYTES] = { 2 };
	char device[DEVICE_ID_LEN + 1], gone[DEVICE_ID_LEN + 1];
	struct buf fields = { 0 };
	bool met;

	begin();
	fields_add(&fields, "service", "shell");
	client.session = session_create(&all, &client);
	session_open(client.session, (struct fields){ buf_data(&fields), buf_len(&fields) });
	buf_finish(&fields);
	says(failed, MSG_BAD_SERVICE, "a service that is none of git's");

	begin();
	open_with(SERVICE_UPLOAD_PACK, "transport", "pigeon");
	says(failed, MSG_BAD_TRANSPORT, "a path that is none");
	begin();
	found.path_wanted = true;
	open_with(SERVICE_UPLOAD_PACK, "transport", "direct");
	wait(15000);
	says(failed, MSG_NO_PATH, "a path that there is not");
	begin();
	unreachable = true;
	open_with(SERVICE_UPLOAD_PACK, NULL, NULL);
	says(failed, MSG_BUDDY_UNSEEN, "a server that is not reached");

	open_channel_for(SERVICE_UPLOAD_PACK);
	close_channel("no-path");
	says(failed, MSG_STREAM_LOST, "a connection that is lost");
	open_channel_for(SERVICE_RECEIVE_PACK);
	name_refs();
	session_data_end(client.session);
	close_channel("no-path");
	lost->unknown(owner, true);
	says(failed, MSG_PUSH_UNKNOWN, "... behind the last byte of a push");

	device_id_of(second, device);
	trust_observe(context.trust, JID, first, wall, &met);
	trust_observe(context.trust, JID, second, wall, &met);
	presence_available(context.presence, JID "/new", device, wall,
			   &(struct resource *){ NULL });
	is_refused_for("not-shared");
	says(failed, MSG_DEVICE_WAITS, "the device that may have it waits to be compared");

	presence_unavailable(context.presence, JID "/new", wall, gone);
	trust_verify(context.trust, JID, second, wall);
	is_refused_for("not-shared");
	says(failed, MSG_SHARE_AWAY, "the device that may have it is trusted, and away");
	begin();
	found.asked = 1;
	open_with(SERVICE_UPLOAD_PACK, "wait", "40");
	request->failed(owner, "not-shared");
	expect("asks\nis bob@example.org there?\nprogress: no device of 'bob@example.org' that "
	       "is online shares a repository 'project' with you; their device "
	       "'aiaaaaaaaaaaaaaa' is not online; waiting\n",
	       "... and is waited for, if the user wants that");
	presence_available(context.presence, JID "/new", device, wall,
			   &(struct resource *){ NULL });
	is_refused_for("not-shared");
	says(failed, MSG_NOT_SHARED, "a device that is there was asked");
}

int main(void)
{
	log_init();
	log_set_level(LOG_ERROR);
	timers_init(&context.timers);
	context.ops = &context_ops;
	context.jid = "alice@example.org";
	context.transport = PATH_MASK_ALL;
	context.presence = presence_create();
	context.trust = trust_create();
	presence_roster_item(context.presence, JID, SUBSCRIPTION_BOTH, false, false);
	now = 1000 * 1000;
	wall = 1700 * 1000 * 1000;
	sessions_init(&all, &context, &peers, NULL, &client_ops, &ops, &events, NULL);
	waits_for_the_account();
	waits_for_presence();
	asks_again();
	wants_a_path();
	a_buddy_is_waited_for();
	says_what_moves();
	bytes_pass();
	their_git_ends();
	the_end_is_lost();
	a_link_pauses();
	pushes_are_lost();
	clients_leave();
	revoke_rights();
	users_end_transfers();
	tells_why();
	tells_what();
	begin();
	ok(!all.first, "no session is left");
	timers_finish(&context.timers);
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	buf_finish(&trace);
	return tap_done();
}
