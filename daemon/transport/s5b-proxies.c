/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "s5b-proxies.h"

/*
 * The search asks three questions: our server for its items, each item for its identity, and
 * each proxy among them for its addresses. A few items are asked at a time: a server with
 * many items and a limit of bytes must not delay everything else.
 *
 * An item that does not answer, or answers nonsense, is no proxy. It may answer later: if no
 * other proxy was found, everything is forgotten after a pause, and the next demand for a
 * proxy starts a new search. The end of a connection answers all open requests. Requests
 * without an answer are forgotten at s5b_proxies_online().
 */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff-timer.h"
#include "disco.h"
#include "inquiry.h"
#include "log.h"

enum { ASKED_AT_ONCE = 4 };

enum proxy_search {
	SEARCH_NOT_BEGUN,	/* nobody has wanted a proxy on this connection */
	SEARCH_LISTING,		/* waiting for the server's items */
	SEARCH_ASKING,		/* waiting for answers of the items */
	SEARCH_OVER,
};

struct proxy_item {
	struct s5b_proxies *proxies;
	char *jid;		/* owned */
	uint64_t request;	/* 0: none is open */
};

struct found {
	struct s5b_proxy proxy;
	char name[JID_MAX];
	unsigned failures;
};

struct s5b_proxies {
	void (*changed)(void *owner);
	void *owner;
	struct account *xmpp;	/* borrowed; NULL: offline */
	enum proxy_search search;
	uint64_t listing;	/* the request for the items; 0: none is open */
	struct proxy_item items[S5B_PROXY_ITEMS_MAX];
	size_t n_items, next, asking;
	struct found *found;	/* owned; S5B_PROXIES_MAX of them, or NULL */
	size_t n_found;
	bool unanswered;	/* a request of this search had no useful answer */
	struct backoff_timer again;	/* until the next search, if nothing was found */
};

static void on_again(void *owner);

struct s5b_proxies *s5b_proxies_create(uv_loop_t *loop, void (*changed)(void *owner), void *owner)
{
	struct s5b_proxies *p = xcalloc(1, sizeof(*p));

	p->changed = changed;
	p->owner = owner;
	backoff_timer_init(&p->again, loop, on_again, p);
	backoff_timer_slow(&p->again, S5B_PROXY_AGAIN_FIRST, S5B_PROXY_AGAIN_MAX);
	return p;
}

static void forget_items(struct s5b_proxies *p)
{
	for (size_t i = 0; i < p->n_items; i++) {
		if (p->items[i].request)
			account_forget(p->xmpp, p->items[i].request);
		free(p->items[i].jid);
	}
	p->n_items = p->next = p->asking = 0;
}

static void forget(struct s5b_proxies *p)
{
	if (p->listing)
		account_forget(p->xmpp, p->listing);
	p->listing = 0;
	forget_items(p);
	free(p->found);
	p->found = NULL;
	p->n_found = 0;
	p->unanswered = false;
	p->search = SEARCH_NOT_BEGUN;
}

static void on_again(void *owner)
{
	struct s5b_proxies *p = owner;

	/* A new search may have begun during the pause. */
	if (s5b_proxies_searching(p))
		return;
	forget(p);
	p->changed(p->owner);
}

static void on_closed(uv_handle_t *timer)
{
	free(timer->data);
}

void s5b_proxies_destroy(struct s5b_proxies *p)
{
	if (!p)
		return;
	forget(p);
	backoff_timer_close(&p->again, on_closed, p);
}

void s5b_proxies_online(struct s5b_proxies *p, struct account *xmpp)
{
	forget(p);
	backoff_timer_end(&p->again);
	p->xmpp = xmpp;
}

/* Notes an error that does not show that the item is no proxy. */
static void note_error(struct s5b_proxies *p, const char *error)
{
	p->unanswered |= inquiry_tells_outage(error) || !strcmp(error, "resource-constraint");
}

static void proceed(struct s5b_proxies *p, bool news);

static void add(struct s5b_proxies *p, const char *name, const struct iq_row *row)
{
	struct found *f;

	if (p->n_found == S5B_PROXIES_MAX)
		return;
	if (!p->found)
		p->found = xcalloc(S5B_PROXIES_MAX, sizeof(*p->found));
	f = &p->found[p->n_found++];
	strcpy(f->name, name);
	strcpy(f->proxy.jid, row->jid);
	strcpy(f->proxy.host, row->host);
	f->proxy.port = row->port;
	log_info("proxies: %s at %s port %u", f->proxy.jid, f->proxy.host, f->proxy.port);
}

static void on_address(void *arg, const char *error, struct iq_rows *rows)
{
	struct proxy_item *item = arg;
	struct s5b_proxies *p = item->proxies;
	size_t before = p->n_found;
	struct iq_row row;

	item->request = 0;
	p->asking--;
	if (error) {
		note_error(p, error);
		log_info("proxies: %s gives no address: %s", item->jid, error);
	}
	while (rows && p->n_found < S5B_PROXIES_MAX && iq_rows_next(rows, &row))
		if (row.kind == IQ_STREAMHOST)
			add(p, item->jid, &row);
	proceed(p, p->n_found > before);
}

static void ask(struct proxy_item *item, const char *payload, iq_rows_answer answer)
{
	struct s5b_proxies *p = item->proxies;

	item->request = account_query(p->xmpp, item->jid, payload, S5B_PROXY_TIMEOUT, answer, item);
	if (item->request)
		p->asking++;
	else
		p->unanswered = true;
}

static void on_info(void *arg, const char *error, struct iq_rows *rows)
{
	struct proxy_item *item = arg;
	struct s5b_proxies *p = item->proxies;
	bool proxy = false;
	struct iq_row row;

	item->request = 0;
	p->asking--;
	if (error)
		note_error(p, error);
	while (rows && !proxy && iq_rows_next(rows, &row))
		proxy = row.kind == IQ_IDENTITY && !strcmp(row.category, "proxy") &&
			!strcmp(row.type, "bytestreams");
	if (proxy)
		ask(item, "<query xmlns='" NS_BYTESTREAMS "'/>", on_address);
	proceed(p, false);
}

static void end_search(struct s5b_proxies *p)
{
	if (p->n_found == 0)
		log_info("proxies: our server has none%s",
			 p->unanswered ? ", as far as it answers" : "");
	if (p->n_found == 0 && p->unanswered)
		backoff_timer_begin(&p->again);
	else
		backoff_timer_end(&p->again);
}

/*
 * Asks the next items, or ends the search if none is left. news: the owner must be told in
 * any case.
 */
static void proceed(struct s5b_proxies *p, bool news)
{
	while (p->asking < ASKED_AT_ONCE && p->next < p->n_items)
		ask(&p->items[p->next++], "<query xmlns='" NS_DISCO_INFO "'/>", on_info);
	if (p->asking == 0) {
		p->search = SEARCH_OVER;
		forget_items(p);
		end_search(p);
		news = true;
	}
	/* Must come last: the owner may begin a new search. */
	if (news)
		p->changed(p->owner);
}

static void on_items(void *arg, const char *error, struct iq_rows *rows)
{
	struct s5b_proxies *p = arg;
	struct iq_row row;

	p->listing = 0;
	p->search = SEARCH_ASKING;
	if (error) {
		note_error(p, error);
		log_info("proxies: our server does not tell its items: %s", error);
	}
	while (rows && p->n_items < S5B_PROXY_ITEMS_MAX && iq_rows_next(rows, &row)) {
		/* Users and chat rooms are no proxies. */
		if (row.kind != IQ_ITEM || strchr(row.jid, '@'))
			continue;
		p->items[p->n_items++] =
			(struct proxy_item){ .proxies = p, .jid = xstrdup(row.jid) };
	}
	proceed(p, false);
}

static void begin(struct s5b_proxies *p)
{
	char bare[JID_MAX];
	const char *full = account_jid(p->xmpp);

	if (!full || !jid_bare_of(full, bare))
		return;
	p->listing = account_query(p->xmpp, jid_domain(bare), "<query xmlns='" NS_DISCO_ITEMS "'/>",
				   S5B_PROXY_TIMEOUT, on_items, p);
	if (p->listing)
		p->search = SEARCH_LISTING;
	else
		backoff_timer_begin(&p->again);
}

/* The first of those that failed least. */
static const struct found *best(const struct s5b_proxies *p)
{
	const struct found *found = NULL;

	for (size_t i = 0; i < p->n_found; i++)
		if (!found || p->found[i].failures < found->failures)
			found = &p->found[i];
	return found;
}

const struct s5b_proxy *s5b_proxies_best(struct s5b_proxies *p)
{
	const struct found *found;

	if (p->xmpp && p->search == SEARCH_NOT_BEGUN)
		begin(p);
	found = best(p);
	return found ? &found->proxy : NULL;
}

bool s5b_proxies_searching(const struct s5b_proxies *p)
{
	return p->search == SEARCH_LISTING || p->search == SEARCH_ASKING;
}

void s5b_proxies_failed(struct s5b_proxies *p, const char *jid)
{
	for (size_t i = 0; i < p->n_found; i++)
		if (jid_same(p->found[i].proxy.jid, jid))
			p->found[i].failures++;
}

bool s5b_proxies_know(const struct s5b_proxies *p, const char *jid, const char *host, uint16_t port)
{
	for (size_t i = 0; i < p->n_found; i++) {
		const struct s5b_proxy *proxy = &p->found[i].proxy;

		if (proxy->port == port && jid_same(proxy->jid, jid) && !strcmp(proxy->host, host))
			return true;
	}
	return false;
}

const char *s5b_proxies_name(const struct s5b_proxies *p)
{
	const struct found *found = best(p);

	return found ? found->name : NULL;
}
