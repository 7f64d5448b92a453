/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At the start and at each reload the brokers are made to match the list of configured
 * accounts: by address, so that a broker goes on whatever else has changed. A broker without
 * an account takes the first one that is configured.
 */
#include "accounts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "child.h"
#include "git-service.h"
#include "jid.h"
#include "push-hooks.h"
#include "service-manager.h"
#include "sink.h"

enum { LOGIN_EVERY = 200 };	/* ms; from one account to the next */

struct broker *accounts_broker(const struct accounts *a, size_t row)
{
	const char *jid = a->list.rows[row].jid;
	struct broker *b = jid ? a->first : NULL;

	while (b && strcmp(b->configured, jid))
		b = b->next;
	return b;
}

struct broker *accounts_preferred(const struct accounts *a)
{
	struct broker *b = NULL;

	if (a->list.preferred < a->list.count)
		b = accounts_broker(a, a->list.preferred);
	if (b && !b->context.stopping)
		return b;
	for (b = a->first; b->next && b->context.stopping;)
		b = b->next;
	return b;
}

static void on_worked(struct broker_shared *shared)
{
	struct accounts *a = (struct accounts *)shared;

	heap_trim_later(&a->heap_trim);
}

static void on_dismiss(struct broker_shared *shared, struct broker *b, const struct message *why)
{
	struct accounts *a = (struct accounts *)shared;

	control_dismiss(a->control, b, why);
}

/* Each buddy has a budget of their own; strangers share that of their domain. */
static bool admits(void *arg, enum log_book book, const char *party, unsigned *left_out)
{
	struct accounts *a = arg;
	char bare[JID_MAX];
	bool known = false;

	if (jid_bare_of(party, bare)) {
		party = bare;
		for (const struct broker *b = a->first; b && !known; b = b->next) {
			const struct buddy *buddy = presence_buddy(b->context.presence, bare);

			known = (buddy && buddy->in_roster) ||
				context_counts_as_trusted(&b->context, bare);
		}
	}
	return log_budget_admits(&a->budgets[book], party, known, uv_now(a->shared.loop), left_out);
}

/* Takes the broker of this address out of the list; NULL if there is none. */
static struct broker *take_out(struct broker **list, const char *jid)
{
	struct broker **at = list, *b;

	while (*at && strcmp((*at)->configured, jid))
		at = &(*at)->next;
	b = *at;
	if (b)
		*at = b->next;
	return b;
}

static void end_account(struct accounts *a, struct broker *b)
{
	struct message gone;

	log_info("account %s is configured no more", b->configured);
	message_set(&gone, MSG_ACCOUNT_GONE, "jid", b->configured, NULL);
	b->next = a->ended;
	a->ended = b;
	broker_stop(b, &gone);
	broker_forget(b);
}

/*
 * The default account first, the others one after the other: a login keeps the loop busy for a
 * moment, its password may have to be asked for, and servers count who comes from one address.
 */
static void log_in(const struct accounts *a, struct broker *const *begun, size_t n)
{
	const struct broker *first = accounts_preferred(a);
	uint64_t in = 0;

	for (size_t i = 0; i < n; i++)
		broker_log_in(begun[i], begun[i] == first ? 0 : (in += LOGIN_EVERY));
}

static void say_faults(const struct account_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!list->rows[i].jid)
			log_error("account '%s' cannot be used: %s", list->rows[i].name,
				  account_list_fault(list, i));
	if (list->left_out)
		log_error("more than %d accounts are configured; %zu of them are left out",
			  ACCOUNTS_MAX, list->left_out);
}

/*
 * A new account. It is in the list, with all others that were kept, before anything of it
 * runs. broker_log_in() follows when all are there.
 */
static struct broker *begin_account(struct accounts *a, struct config *config)
{
	struct broker *b = xcalloc(1, sizeof(*b));

	broker_start(b, &a->shared, config);
	return b;
}

/* Makes the brokers match a->configuration, and logs in those that are new. */
static void match(struct accounts *a, transfer_ended *ended, void *arg)
{
	struct broker *old = a->first, **tail = &a->first, *begun[ACCOUNTS_MAX + 1];
	size_t n = 0;

	a->first = NULL;
	say_faults(&a->list);
	/* First of all those go that are gone: another one may want what they hold. */
	for (struct broker **at = &old, *b; (b = *at);) {
		if (!*b->configured ||
		    account_list_find_jid(&a->list, b->configured) < a->list.count) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		end_account(a, b);
	}
	for (size_t i = 0; i < a->list.count; i++) {
		struct config *config;
		struct broker *b;

		if (!a->list.rows[i].jid)
			continue;
		config = config_make(&a->configuration, &a->list, i);
		b = take_out(&old, config->jid);
		if (!b)
			b = take_out(&old, "");
		if (b)
			broker_configure(b, config, ended, arg);
		else
			begun[n++] = b = begin_account(a, config);
		*tail = b;
		tail = &b->next;
		*tail = NULL;
	}
	if (!a->first) {
		struct config *none = config_make(&a->configuration, &a->list, a->list.count);

		a->first = take_out(&old, "");
		if (a->first)
			broker_configure(a->first, none, ended, arg);
		else
			begun[n++] = a->first = begin_account(a, none);
		a->first->next = NULL;
	}
	if (a->control)
		log_in(a, begun, n);
}

/*
 * While transfers end before the stop, what is configured for them counts all the same. No
 * account begins or ends.
 */
static void match_draining(struct accounts *a, transfer_ended *ended, void *arg)
{
	for (struct broker *b = a->first; b; b = b->next) {
		size_t row = account_list_find_jid(&a->list, b->configured);

		if (!b->context.stopping && row < a->list.count)
			broker_configure(b, config_make(&a->configuration, &a->list, row), ended,
					 arg);
	}
}

/* Takes over what was read; fresh is empty then. */
static void take_configuration(struct accounts *a, struct gitconfig *fresh)
{
	account_list_finish(&a->list);
	gitconfig_finish(&a->configuration);
	a->configuration = *fresh;
	*fresh = (struct gitconfig){ .count = 0 };
	account_list_take(&a->list, &a->configuration);
	a->shared.several = a->list.count > 1;
}

/*
 * Why not even one account can be used; NULL if one can. One whose key was exported or moved
 * counts: the broker that imports it, or takes it back, has to run.
 */
static const struct message *find_obstacle(const struct accounts *a)
{
	const struct message *obstacle = NULL;

	for (const struct broker *b = a->first; b; b = b->next) {
		if (b->trouble.id == MSG_NONE || b->trouble.id == MSG_DEVICE_EXPORTED ||
		    b->trouble.id == MSG_ACCOUNT_MOVED)
			return NULL;
		if (!obstacle)
			obstacle = &b->trouble;
	}
	return obstacle;
}

/* Whether what is configured for the account of b is something else now. */
static bool differs(const struct broker *b, const struct gitconfig *fresh)
{
	struct account_list list;
	struct config *config;
	size_t row;
	bool other;

	account_list_take(&list, fresh);
	row = *b->configured ? account_list_find_jid(&list, b->configured) : 0;
	config = config_make(fresh, &list, row);
	other = !config_same_account(b->config, config);
	config_free(config);
	account_list_finish(&list);
	return other;
}

static bool on_mend(struct broker_shared *shared, struct broker *b)
{
	struct accounts *a = (struct accounts *)shared;
	struct gitconfig fresh;
	struct message trouble;
	bool mended = gitconfig_read(&fresh, &trouble) == 0 && !a->draining && differs(b, &fresh);

	if (mended) {
		take_configuration(a, &fresh);
		match(a, NULL, NULL);
	}
	gitconfig_finish(&fresh);
	return mended;
}

static bool has_stopped(const struct accounts *a)
{
	for (const struct broker *b = a->first; b; b = b->next)
		if (!b->context.stopping)
			return false;
	return true;
}

static unsigned on_reading(const struct broker_shared *shared)
{
	return control_reading(((const struct accounts *)shared)->control);
}

static void on_drained(struct broker_shared *shared, struct broker *b)
{
	struct accounts *a = (struct accounts *)shared;

	broker_stop(b, NULL);
	if (a->draining && has_stopped(a))
		accounts_stop(a);
}

int accounts_start(struct accounts *a, uv_loop_t *loop, const char *socket_path,
		   const struct control_events *events, struct message *trouble)
{
	const struct message *obstacle;
	struct gitconfig configuration;
	struct broker *all[ACCOUNTS_MAX];
	size_t n = 0;

	a->shared = (struct broker_shared){
		.loop = loop,
		.socket_path = socket_path,
		.sink = sink_create(),
		.hooks = push_hooks_begin(),
		.manager = a->shared.manager,
		.worked = on_worked,
		.mend = on_mend,
		.reading = on_reading,
		.drained = on_drained,
		.dismiss = on_dismiss,
	};
	a->started = time(NULL);
	for (unsigned i = 0; i < LOG_BOOKS; i++)
		log_budget_init(&a->budgets[i], i == LOG_LINES ? LOG_BURST : EVENTS_BURST,
				i == LOG_LINES ? LOG_EVERY : EVENTS_EVERY);
	heap_trim_init(&a->heap_trim, loop);
	if (gitconfig_read(&configuration, trouble) < 0) {
		gitconfig_finish(&configuration);
		return -1;
	}
	take_configuration(a, &configuration);
	match(a, NULL, NULL);
	log_set_gate(admits, a);
	obstacle = find_obstacle(a);
	if (obstacle) {
		*trouble = *obstacle;
		return -1;
	}
	a->control =
		control_create(loop, socket_path, a->shared.manager->listener, events, a, trouble);
	if (!a->control)
		return -1;
	service_manager_notify(a->shared.manager, "READY=1");
	for (struct broker *b = a->first; b; b = b->next)
		all[n++] = b;
	log_in(a, all, n);
	return 0;
}

void accounts_stop(struct accounts *a)
{
	if (a->stopping)
		return;
	a->stopping = true;
	service_manager_notify(a->shared.manager, "STOPPING=1\nSTATUS=stopping");
	for (struct broker *b = a->first; b; b = b->next)
		broker_stop(b, NULL);
	control_destroy(a->control);
	a->control = NULL;
	heap_trim_finish(&a->heap_trim);
	children_leave(a->shared.loop, STOP_PATIENCE);
}

void accounts_drain(struct accounts *a)
{
	if (a->draining || a->stopping)
		return;
	for (struct broker *b = a->first; b; b = b->next)
		draining_begin(&b->draining);
	a->draining = true;
	if (has_stopped(a))
		accounts_stop(a);
}

static void finish_all(struct broker *b)
{
	while (b) {
		struct broker *next = b->next;

		broker_finish(b);
		free(b);
		b = next;
	}
}

void accounts_finish(struct accounts *a)
{
	log_set_gate(NULL, NULL);
	finish_all(a->first);
	finish_all(a->ended);
	for (unsigned i = 0; i < LOG_BOOKS; i++)
		log_budget_finish(&a->budgets[i]);
	account_list_finish(&a->list);
	gitconfig_finish(&a->configuration);
	sink_destroy(a->shared.sink);
	free(a->shared.hooks);
}

int accounts_reload(struct accounts *a, transfer_ended *ended, void *arg, struct message *trouble)
{
	struct gitconfig fresh;

	/* What has stopped obeys nothing any more. */
	if (a->stopping)
		return 0;
	if (gitconfig_read(&fresh, trouble) < 0) {
		gitconfig_finish(&fresh);
		log_error("%s; what was read before holds", trouble->text);
		return -1;
	}
	take_configuration(a, &fresh);
	if (a->draining)
		match_draining(a, ended, arg);
	else
		match(a, ended, arg);
	return 0;
}
