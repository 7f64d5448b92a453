/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a broker reports of its links and of the transfers over them, in the simulator's
 * world (stage.h): which rows git xmpp status has, and what is in them.
 */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "tap.h"

enum { ALICE, BOB };

static bool has(const struct buf *row, const char *key, const char *value)
{
	const char *there = fields_get((struct fields){ buf_data(row), buf_len(row) }, key);

	return value ? there && !strcmp(there, value) : !there;
}

static bool describes_path(struct world *w, unsigned of, unsigned to, bool up)
{
	const struct peer *p = peer_with(&w->brokers[of], &w->brokers[to]);
	struct buf row = { 0 };
	bool good;

	need(p);
	peer_describe_path(p, &row);
	good = up ? !has(&row, "path", "") && has(&row, "waits", NULL) && !peer_patience(p) :
		    has(&row, "path", "") && !has(&row, "waits", NULL) && has(&row, "rate", NULL);
	good = good && *peer_path_name(p) == (up ? *path_name(p->path) : '\0');
	buf_finish(&row);
	return good;
}

/* A world in the middle of a push from Alice to Bob. */
static struct world *open_push(void)
{
	struct world *w = stage_open(2, 1);

	push_stuck(w, ALICE, BOB, NULL);
	return w;
}

static void a_link(void)
{
	struct world *w = open_push();

	need(describes_path(w, ALICE, BOB, true) && describes_path(w, BOB, ALICE, true));
	stage_close(w);
}

static void a_link_without_a_path(void)
{
	struct world *w = open_push();

	depart(w, ALICE);
	play(w, 100);
	need(describes_path(w, ALICE, BOB, false) && describes_path(w, BOB, ALICE, false));
	stage_close(w);
}

static void what_is_served(void)
{
	struct world *w = open_push();
	struct list *runs = &w->brokers[BOB].git_services.services.runs;
	struct buf row = { 0 };

	need(!list_alone(runs) && git_service_describe(runs->next, &row));
	need(has(&row, "jid", w->brokers[ALICE].jid) &&
	     has(&row, "device", w->brokers[ALICE].device));
	need(has(&row, "service", "receive-pack") && has(&row, "direction", "in"));
	need(!has(&row, "share", NULL) && !has(&row, "received", "0") && !has(&row, "path", ""));
	buf_finish(&row);
	stage_close(w);
}

/* git has written all of the push, so its size is known; what comes back has none. */
static void what_is_pushed(void)
{
	struct world *w = open_push();
	const struct session *s = w->brokers[ALICE].sessions.first;
	struct list *runs = &w->brokers[BOB].git_services.services.runs;
	struct buf row = { 0 };
	char *id;

	need(s && session_describe(s, &row));
	id = xstrdup(fields_get((struct fields){ buf_data(&row), buf_len(&row) }, "id"));
	need(has(&row, "service", "receive-pack") && has(&row, "direction", "out"));
	need(!has(&row, "total", NULL) && !has(&row, "total", "0") && !has(&row, "done", NULL));
	buf_reset(&row);
	need(git_service_describe(runs->next, &row) && has(&row, "total", NULL));
	/* Both users may name the transfer to each other. */
	need(strlen(id) == NEG_ID_LEN && has(&row, "id", id));
	buf_finish(&row);
	free(id);
	stage_close(w);
}

/* The push runs on for a while without its link, and has no row. */
static void what_lost_its_link(void)
{
	struct world *w = open_push();
	struct list *runs = &w->brokers[BOB].git_services.services.runs;
	struct buf row = { 0 };

	kill_process(w, ALICE, true);
	play(w, LINK_SUSPEND_MAX + 1000);
	need(!list_alone(runs) && !git_service_describe(runs->next, &row));
	need(!buf_len(&row));
	stage_close(w);
}

static void which_devices_are_there(void)
{
	struct world *w = open_push();
	struct broker *alice = &w->brokers[ALICE], *bob = &w->brokers[BOB];
	const struct peer *p = peer_with(alice, bob);

	need(p && peer_is_there(&alice->peers, bob->jid, bob->device));
	need(!peer_is_there(&alice->peers, bob->jid, "elsewhere"));
	need(peer_is_on(p, PATH_MASK(path_kind(p->path))));
	need(!peer_is_on(p, 0));
	stage_close(w);
}

int main(void)
{
	static const struct {
		void (*scenario)(void);
		const char *what;
	} rows[] = {
		{ a_link, "a link that is up has the name of its path" },
		{ a_link_without_a_path, "one that lost it has none, and says how long it waits" },
		{ what_is_served, "a push that is served has a row" },
		{ what_is_pushed, "a push of ours has its size, once git has written it" },
		{ what_lost_its_link, "one that lost its link has none" },
		{ which_devices_are_there, "who is there, and over which kind of path" },
	};

	world_silence();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *wrong = perform(rows[i].scenario);

		if (!ok(!wrong, "%s", rows[i].what))
			printf("# %s\n", wrong);
	}
	return tap_done();
}
