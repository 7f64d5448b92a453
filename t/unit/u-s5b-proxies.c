/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "s5b-proxies.h"

/*
 * A server that answers as it is told to, and a link that wants a proxy
 * whenever it hears of a change.
 */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "iq-answer.h"
#include "log.h"
#include "tap.h"
#include "until.h"

enum { PATIENCE = 60 * 1000 };	/* ms */

static uv_loop_t loop;
static struct account *const connection = (struct account *)&loop;
static struct s5b_proxies *proxies;
static bool wanted, full_table;
static uint64_t asked_pause;	/* ms, of the last one that is long */
static unsigned listings;	/* how often the server was asked for its items */

/* meson.build has this called instead: what is long is written down, and comes soon. */
int __real_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat);

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	if (timeout < S5B_PROXY_AGAIN_FIRST)
		return __real_uv_timer_start(timer, cb, timeout, repeat);
	asked_pause = timeout;
	return __real_uv_timer_start(timer, cb, 1, repeat);
}

const char *account_jid(const struct account *x)
{
	return "alice@example.org/git.x";
}

uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer call, void *arg)
{
	if (full_table)
		return 0;
	listings += strstr(payload, "disco#items") != NULL;
	answer = call;
	asker = arg;
	return 1;
}

static void on_changed(void *owner)
{
	if (wanted)
		s5b_proxies_best(proxies);
}

static void fail(const char *error)
{
	iq_rows_answer call = answer;

	answer = NULL;
	call(asker, error, NULL);
}

static void tell(const struct iq_row *row)
{
	struct iq_rows rows = { row };
	iq_rows_answer call = answer;

	answer = NULL;
	call(asker, NULL, &rows);
}

/* Until the server is asked once more. */
static bool asks_again(void)
{
	return run_until_more(&loop, &listings, PATIENCE);
}

/* What would come soon has come. */
static void settle(void)
{
	run_until_more(&loop, &listings, 50);
}

int main(void)
{
	static const struct iq_row item = { .kind = IQ_ITEM, .jid = "proxy.example.org" };
	static const struct iq_row identity = { .kind = IQ_IDENTITY,
						.category = "proxy",
						.type = "bytestreams" };
	static const struct iq_row host = {
		.kind = IQ_STREAMHOST,
		.jid = "proxy.example.org",
		.host = "192.0.2.1",
		.port = 7777,
	};

	log_init();
	log_set_level(LOG_ERROR);
	uv_loop_init(&loop);
	proxies = s5b_proxies_create(&loop, on_changed, NULL);
	s5b_proxies_online(proxies, connection);
	ok(!s5b_proxies_best(proxies) && listings == 1,
	   "whoever wants a proxy has the server asked");
	wanted = true;
	fail("timeout");
	ok(!s5b_proxies_searching(proxies), "it does not answer");
	ok(asked_pause >= S5B_PROXY_AGAIN_FIRST && asked_pause <= S5B_PROXY_AGAIN_FIRST * 3 / 2,
	   "the next question has time");
	ok(asks_again(), "... and comes");
	tell(&item);
	fail("remote-server-timeout");
	ok(asks_again(), "it has one that does not answer: the same");
	tell(&item);
	tell(&identity);
	fail("timeout");
	ok(asked_pause > S5B_PROXY_AGAIN_FIRST * 3 / 2, "pauses grow");
	wanted = false;
	settle();
	ok(!answer, "nobody wants one any more: nobody is asked");
	full_table = true;
	s5b_proxies_best(proxies);
	full_table = false;
	wanted = true;
	ok(asks_again(), "there was no place for the question: it is asked later");
	tell(&item);
	tell(&identity);
	tell(&host);
	is_str(s5b_proxies_best(proxies)->host, "192.0.2.1", "it tells where its proxy is");
	asked_pause = 0;
	s5b_proxies_online(proxies, NULL);
	s5b_proxies_online(proxies, connection);
	s5b_proxies_best(proxies);
	fail("item-not-found");
	is_int(asked_pause, 0, "a server that has none is not asked again");
	s5b_proxies_online(proxies, NULL);
	s5b_proxies_online(proxies, connection);
	s5b_proxies_best(proxies);
	fail("timeout");
	s5b_proxies_destroy(proxies);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "it ends in the midst of a pause, and leaves no handle");
	return tap_done();
}
