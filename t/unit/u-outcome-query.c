/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a push is asked of a device that is none: it is there or is not, and
 * answers what the test says.
 */
#include "outcome-query.h"

#include "bounds.h"
#include "buf.h"
#include "context.h"
#include "inquirer.h"
#include "peer.h"
#include "tap.h"

#define ID "0123456789abcdef01234567"
#define JID "bob@example.org"
#define DEVICE "tj5aapswkpah22kj"

static struct buf trace;
static uint64_t now = 1000;
static struct context context;
static struct peer peer;
static struct outcome_query *push;
static const struct initiator_events *question;	/* while the device is asked */
static void *asker;
static char neg;				/* its negotiation */
static bool there, pending, unreachable, full;

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

/* In the place of peers.c, negotiation.c and inquirer.c. */

bool peer_is_there(const struct peers *all, const char *jid, const char *device)
{
	return there;
}

struct peer *peer_want(struct peers *all, const char *jid, const char *device)
{
	return &peer;
}

void peer_touch(struct peer *p)
{
}

struct negotiation *neg_ask_outcome(struct negotiations *n, const char *id, uint64_t received,
				    const struct initiator_events *events, void *owner, uint64_t at)
{
	if (full)
		return NULL;
	say("asks, has %d", (int)received);
	question = events;
	asker = owner;
	return (struct negotiation *)&neg;
}

void neg_withdraw(struct negotiation *n, const char *reason)
{
	say("withdraws: %s", reason);
}

bool inquirer_pending(const struct inquirer *i, const char *jid)
{
	return pending;
}

bool inquirer_unreachable(const struct inquirer *i, const char *jid)
{
	return unreachable;
}

void inquirer_want(struct inquirer *i, const char *jid)
{
	say("is %s there?", jid);
}

static void on_rest(void *owner, const void *data, size_t n)
{
	say("rest '%.*s'", (int)n, (const char *)data);
}

static void end(void)
{
	outcome_query_destroy(push);
	push = NULL;
}

static void on_exited(void *owner, uint32_t status)
{
	say("exit %u", status);
	end();
}

static void on_unknown(void *owner, bool answered)
{
	say("unknown, %s", answered ? "for ever" : "now");
	end();
}

static const struct outcome_query_events events = {
	.rest = on_rest,
	.exited = on_exited,
	.unknown = on_unknown,
};

static uint64_t on_now(void *owner)
{
	return now;
}

static const struct context_ops ops = { .now = on_now };

static void wait(uint64_t ms)
{
	for (uint64_t until = now + ms; now < until; timers_run(&context.timers, now))
		now = timers_next(&context.timers) < until ? timers_next(&context.timers) : until;
}

static void begin(bool is_there)
{
	struct outcome_query_host host = { .context = &context };

	end();
	wait(1);
	buf_reset(&trace);
	there = is_there;
	pending = unreachable = full = false;
	context.online_at = 1;
	push = outcome_query_create(&host, &(struct outcome_query_question){
		.jid = JID, .device = DEVICE, .id = ID, .received = 7,
	}, &events, NULL);
}

static void answer(const char *state, const char *data, const char *more)
{
	struct buf fields = { 0 };

	fields_add(&fields, "state", state);
	fields_add(&fields, "status", "3");
	if (data)
		fields_add(&fields, "data", data);
	if (more)
		fields_add(&fields, "more", more);
	question->outcome(asker, (struct fields){ buf_data(&fields), buf_len(&fields) });
	buf_finish(&fields);
}

static void a_device_that_knows(void)
{
	begin(true);
	wait(OUTCOME_AGAIN);
	expect("asks, has 7\n", "a device that is there is asked");
	answer("running", "6f6b", NULL);
	expect("rest 'ok'\n", "while the push runs, it tells what there is");
	wait(OUTCOME_AGAIN);
	expect("asks, has 9\n", "... and is asked again, for what is not here yet");
	answer("done", "21", "1");
	wait(OUTCOME_AGAIN);
	expect("rest '!'\nasks, has 10\n",
	       "... and again, while there is more than an answer holds");
	answer("done", NULL, NULL);
	expect("exit 3\n", "then its status is known");

	begin(true);
	wait(OUTCOME_AGAIN);
	answer("unknown", NULL, NULL);
	expect("asks, has 7\nunknown, for ever\n", "one that does not know will not");
	begin(true);
	wait(OUTCOME_AGAIN);
	answer("done", "6f6", NULL);
	expect("asks, has 7\nunknown, for ever\n", "nor one that speaks nonsense");
}

static void a_device_that_refuses(void)
{
	begin(true);
	wait(OUTCOME_AGAIN);
	question->refused(asker, NULL, "timeout");
	wait(OUTCOME_AGAIN);
	expect("asks, has 7\nasks, has 7\n", "one that did not answer is asked again");
	question->refused(asker, NULL, "untrusted");
	expect("unknown, now\n", "not so one that speaks with us no more");

	begin(true);
	full = true;
	wait(OUTCOME_PATIENCE - 1);
	expect("", "one that is asked too much has time");
	wait(1);
	expect("unknown, now\n", "... which ends");
}

static void a_device_that_is_gone(void)
{
	begin(false);
	wait(OUTCOME_ABSENT - 1);
	expect("is " JID " there?\n", "one that is not there is asked whether it is");
	wait(1);
	expect("unknown, now\n", "... and not waited for");

	begin(false);
	pending = true;
	wait(OUTCOME_ABSENT + OUTCOME_AGAIN);
	expect("is " JID " there?\n", "... unless it may still answer that");
	pending = false;
	wait(OUTCOME_AGAIN);
	expect("unknown, now\n", "... which it does not");

	begin(false);
	unreachable = true;
	wait(OUTCOME_PATIENCE - 1);
	expect("is " JID " there?\n",
	       "where a server is not reached, nobody knows that it is gone");
	context.online_at = 0;
	unreachable = false;
	wait(1);
	expect("unknown, now\n", "... for as long as for one that is there");

	begin(false);
	context.online_at = 0;
	wait(OUTCOME_ABSENT + OUTCOME_AGAIN);
	there = true;
	wait(OUTCOME_AGAIN);
	expect("is " JID " there?\nasks, has 7\n", "nor where we are offline ourselves");
	end();
	expect("withdraws: cancelled\n", "a question that nobody wants answered is withdrawn");
}

int main(void)
{
	timers_init(&context.timers);
	context.ops = &ops;
	a_device_that_knows();
	a_device_that_refuses();
	a_device_that_is_gone();
	wait(1);
	timers_finish(&context.timers);
	buf_finish(&trace);
	return tap_done();
}
