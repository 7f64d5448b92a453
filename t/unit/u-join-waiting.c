/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations that wait, on a disk that may be full; no path to their inviters comes about. */
#include "join-waiting.h"

#include "connector.h"
#include "peers.h"
#include "tap.h"

enum { UNIX = 1000000, PAUSE = 2 * 1000 };

static uint64_t now = 5000;
static struct context context;
static struct peers peers;
static struct admission admission;
static struct join_attempts attempts;
static struct join_waiting *waiting;
static bool full;
static unsigned saves, overs, opens;
static char file[2048];
static const char *failed;
static bool failed_away;

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return UNIX;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 5, n);
}

static const struct context_ops context_ops = {
	.now = on_now,
	.time = on_time,
	.random = on_random,
};

static void on_hash(const void *key, size_t key_len, const void *text, size_t len,
		    unsigned char out[DIGEST_BYTES])
{
	memset(out, (int)len, DIGEST_BYTES);
}

static const struct digest_ops digests = { .hmac = on_hash };

static struct path *on_open(void *arg, const char *to, const char *sid,
			    const struct path_events *events, void *owner)
{
	opens++;
	return NULL;
}

static const struct connector_ops connector_ops = { .open_invited = on_open };

static int on_save(void *arg, struct message *trouble)
{
	struct buf text = { 0 };

	saves++;
	if (full) {
		message_set(trouble, MSG_STATE_FILE, "path", "joinings", "reason", "full", NULL);
		return -1;
	}
	joinings_write(context.joinings, &text);
	snprintf(file, sizeof(file), "%s", buf_str(&text));
	buf_finish(&text);
	return 0;
}

static void on_over(void *arg, const struct invitation_link *link, const char *share,
		    const char *why)
{
	overs++;
}

static const struct join_waiting_ops ops = { .save = on_save, .over = on_over };

static void on_joined(void *owner, const struct join_attempt *a)
{
}

static void on_failed(void *owner, const struct join_attempt *a, const struct message *why,
		      bool away)
{
	failed = message_name(why->id);
	failed_away = away;
}

static const struct join_attempt_events events = { .joined = on_joined, .failed = on_failed };

static struct invitation_link link_of(const char *jid, unsigned char secret)
{
	struct invitation_link link = { .until = 0 };

	snprintf(link.jid, sizeof(link.jid), "%s", jid);
	memset(link.fp, 7, sizeof(link.fp));
	memset(link.secret, secret, sizeof(link.secret));
	return link;
}

static void begin(void)
{
	static unsigned char fp[FINGERPRINT_BYTES];

	context = (struct context){ .ops = &context_ops, .digests = &digests, .fp = fp };
	timers_init(&context.timers);
	strcpy(context.self, "bob@example.org");
	context.trust = trust_create();
	context.presence = presence_create();
	context.blocked = blocklist_create();
	context.joinings = joinings_create();
	peers_init(&peers, &context);
	peers.connectors.ops = &connector_ops;
	admission = (struct admission){ .context = &context };
	join_attempts_init(&attempts, &context, &peers, &admission);
	waiting = join_waiting_create(&attempts, &ops, NULL);
	full = false;
	saves = overs = opens = 0;
	failed = NULL;
}

static void end(void)
{
	join_waiting_destroy(waiting);
	peers_finish(&peers);
	joinings_destroy(context.joinings);
	blocklist_destroy(context.blocked);
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	timers_finish(&context.timers);
}

/* Time passes until the next timer. */
static void pass(void)
{
	uint64_t next = timers_next(&context.timers);

	now = next > now ? next : now;
	timers_run(&context.timers, now);
}

static void decides_against(void)
{
	struct invitation_link link = link_of("alice@example.org", 1),
			       other = link_of("carol@example.org", 2);
	struct message trouble;
	bool any;

	begin();
	join_waiting_add(waiting, &link, &trouble);
	join_waiting_add(waiting, &other, &trouble);
	full = true;
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), -1,
	       "a decision that cannot be kept fails");
	ok(joinings_find(context.joinings, &link) && joinings_find(context.joinings, &other),
	   "and all wait on");
	ok(strstr(file, "alice@"), "as the file says");
	full = false;
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), 0, "else it is kept");
	ok(any && !joinings_find(context.joinings, &link), "that one waits no more");
	ok(!strstr(file, "alice@") && strstr(file, "carol@"), "and not on the disk");
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), 0, "there is none left");
	ok(!any, "which is said");
	end();
}

/* The invitation has ended otherwise, and is in the file still: it must not come back. */
static void decides_later(void)
{
	struct invitation_link link = link_of("alice@example.org", 1);
	struct message trouble;
	bool any;

	begin();
	join_waiting_add(waiting, &link, &trouble);
	full = true;
	join_waiting_over(waiting, &link);
	ok(!joinings_first(context.joinings) && strstr(file, "alice@"),
	   "one that has ended may be in the file still");
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), -1,
	       "then a decision against the inviter needs the file");
	full = false;
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), 0, "and writes it");
	ok(!any && !strstr(file, "alice@"), "so nothing comes back after a restart");
	saves = 0;
	join_waiting_forget(waiting, link.jid, &any, &trouble);
	is_int(saves, 0, "once it is right it is not written again");
	end();
}

/* A command tries the link meanwhile, in another terminal. */
static void decides_during(void)
{
	struct invitation_link link = link_of("alice@example.org", 1),
			       other = link_of("carol@example.org", 2);
	struct message trouble;
	struct join_attempt *a;
	bool any;

	begin();
	join_attempt_start(&attempts, &link, 0, JOIN_ATTEMPTS, &events, NULL);
	a = join_attempt_start(&attempts, &other, 0, JOIN_ATTEMPTS, &events, NULL);
	is_int(join_waiting_forget(waiting, link.jid, &any, &trouble), 0, "the user decides");
	ok(any, "that there was an attempt is said");
	is_str(failed, "invitation-unanswered", "it has failed");
	ok(!failed_away, "and is not tried later");
	ok(attempts.first == a, "one with somebody else goes on");
	join_attempt_end(a);
	end();
}

/* Nobody is there: each attempt ends by itself. */
static void tries(void)
{
	struct invitation_link link = link_of("alice@example.org", 1);
	uint64_t began;

	begin();
	began = now;
	join_attempt_start(&attempts, &link, 0, JOIN_ATTEMPTS, &events, NULL);
	while (!failed)
		pass();
	ok(failed_away && !attempts.first, "an attempt ends when all is tried");
	is_int(opens, JOIN_ATTEMPTS, "as often as was asked for");
	is_int(now - began, (JOIN_ATTEMPTS - 1) * PAUSE, "with a pause between two");
	end();
}

int main(void)
{
	decides_against();
	decides_later();
	decides_during();
	tries();
	return tap_done();
}
