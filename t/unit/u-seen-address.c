/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seen-address.h"

/* A server that says how it sees us what it is told to. */

#include <string.h>

#include "iq-answer.h"
#include "log.h"
#include "tap.h"

static struct account *const connection = (struct account *)&connection;
static unsigned asked, changes;

uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer call, void *arg)
{
	ok(x == connection && !to && !strcmp(payload, "<address xmlns='urn:xmpp:sic:1'/>"),
	   "the own account is asked");
	answer = call;
	asker = arg;
	asked++;
	return 1;
}

static void on_changed(void *owner)
{
	changes++;
}

static void says(const char *host)
{
	struct iq_row row = { .kind = IQ_SEEN, .host = host };
	struct iq_rows rows = { host ? &row : NULL };
	iq_rows_answer call = answer;

	answer = NULL;
	call(asker, NULL, &rows);
}

static void is_seen_as(const struct seen_address *s, const char *expected, const char *what)
{
	char text[NETADDR_TEXT_MAX] = "";

	if (seen_address(s))
		netaddr_format(seen_address(s), text);
	is_str(text, expected, what);
}

int main(void)
{
	struct seen_address *s = seen_address_create(on_changed, NULL);
	iq_rows_answer call;

	log_set_level(LOG_ERROR);
	seen_address_online(s, connection);
	is_int(asked, 0, "who does not want that asks nobody");
	seen_address_allow(s, true);
	is_int(asked, 1, "else at once");
	seen_address_allow(s, true);
	is_int(asked, 1, "and once");
	says("8.8.8.8");
	is_seen_as(s, "8.8.8.8:1", "an address of the world");
	is_int(changes, 1, "is news");
	seen_address_online(s, connection);
	says("8.8.8.8");
	is_int(changes, 1, "once");
	seen_address_online(s, NULL);
	is_seen_as(s, "8.8.8.8:1", "it is known while the server is away");
	seen_address_online(s, connection);
	says("192.168.1.7");
	is_seen_as(s, "", "a private one is of no use");
	is_int(changes, 2, "and that is news");
	seen_address_doubt(s);
	says("2a00::1");
	is_seen_as(s, "", "nor is one of IPv6");
	seen_address_doubt(s);
	says("example.org");
	is_seen_as(s, "", "nor a name");
	seen_address_doubt(s);
	says(NULL);
	is_seen_as(s, "", "nor nothing");
	seen_address_doubt(s);
	call = answer;
	call(asker, "service-unavailable", NULL);
	is_seen_as(s, "", "a server may not know the question");
	seen_address_doubt(s);
	says("9.9.9.9");
	seen_address_doubt(s);
	is_seen_as(s, "", "in another network it may be another one");
	seen_address_allow(s, false);
	ok(!answer, "the answer is not waited for when it is not wanted");
	seen_address_allow(s, true);
	seen_address_destroy(s);
	ok(!answer, "nor when all ends");
	return tap_done();
}
