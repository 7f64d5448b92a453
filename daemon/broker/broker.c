/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts with the configuration, the device key and trust table of its account; then logs in
 * (login.c). What the server says after that is dispatched in server-events.c.
 */
#include "broker.h"

#include <stdlib.h>
#include <string.h>

#include "login.h"
#include "announcer-port.h"
#include "comparing.h"
#include "contacts.h"
#include "device-news-events.h"
#include "digest.h"
#include "follower-port.h"
#include "granting.h"
#include "acceptor.h"
#include "identity.h"
#include "join-attempt.h"
#include "join-command.h"
#include "join-waiting.h"
#include "joining-events.h"
#include "log.h"
#include "peer.h"
#include "peer-events.h"
#include "push-queue.h"
#include "questions.h"
#include "random.h"
#include "list-command.h"
#include "local-candidates.h"
#include "manager-status.h"
#include "roster.h"
#include "server-events.h"
#include "service-manager.h"
#include "git-service-events.h"
#include "held-command.h"
#include "session-client.h"
#include "session-events.h"
#include "share-look.h"
#include "unsettled.h"

static uint64_t on_now(void *owner)
{
	const struct broker *b = owner;

	return uv_now(b->loop);
}

static uint64_t on_time(void *owner)
{
	return time(NULL);
}

static void on_random(void *owner, void *out, size_t n)
{
	random_bytes(out, n);
}

static const struct context_ops context_ops = {
	.now = on_now,
	.time = on_time,
	.random = on_random,
};

void broker_wake(struct broker *b)
{
	unsettled_wake(b->unsettled);
	sessions_wake(&b->sessions);
	join_command_wake(b);
	join_waiting_wake(b->join_waiting);
	held_commands_wake(b);
}

void broker_tell_manager(struct broker *b)
{
	const struct message *trouble = b->xmpp ? account_trouble(b->xmpp) : &b->trouble;
	struct manager_status status = {
		.jid = b->config->account ? b->config->jid : NULL,
		.online = b->context.online_at,
		.trouble = trouble->id != MSG_NONE ? trouble->text : "",
	};

	for (const struct share *s = policy_first(b->context.policy); s; s = s->next)
		status.shares++;
	/* There is one line, so it is about the default account. */
	if (!b->context.draining && !b->context.stopping && b->config->preferred)
		manager_status_tell(b->shared->manager, &status);
}

/* Copies settings from the configuration to the parts that use them. */
static void read_settings(struct broker *b)
{
	snprintf(b->configured, sizeof(b->configured), "%s", b->config->jid ? b->config->jid : "");
	b->context.jid = b->config->jid;
	b->context.path_timeout = b->config->path_timeout * 1000;
	b->context.transport = b->config->transport;
	b->context.local = b->config->direct_local;
	b->service_host.receive_memory = b->config->receive_memory;
	b->service_host.upload_memory = b->config->upload_memory;
	policy_destroy(b->context.policy);
	b->context.policy = policy_create(b->config->jid);
	config_read_shares(b->config, b->context.policy);
	if (b->config->bandwidth != b->context.bandwidth.rate)
		token_bucket_init(&b->context.bandwidth, b->config->bandwidth,
				  context_now(&b->context));
}

/* The configured account's bare JID, or NULL. */
static const char *configured(const struct broker *b)
{
	return b->config->account ? b->config->jid : NULL;
}

static int assume(struct broker *b, struct message *trouble)
{
	int result = identity_assume(&b->identity, &b->context, configured(b), trouble);

	b->ibb_paths.key = b->identity.key;
	return result;
}

/* Drops everything that the last identity had, or had announced. */
static void identify(struct broker *b)
{
	struct message before = b->trouble;

	keyring_settle(&b->keyring);
	join_waiting_pause(b->join_waiting);
	join_attempts_fail(&b->join_attempts);
	comparing_forget(b);
	local_candidates_close(b->local_candidates);
	announcer_destroy(b->announcer);
	b->announcer = NULL;
	/* This may be repeated for hours; each trouble is logged once. */
	if (assume(b, &b->trouble) &&
	    (before.id != b->trouble.id || strcmp(before.text, b->trouble.text) != 0))
		log_error("%s", b->trouble.text);
	b->announcer = announcer_create(&b->context, &b->peers, &announcer_ops, b->loop);
	local_candidates_reload(b->local_candidates, b->config, b->identity.key);
	notice_board_identify(b);
	join_waiting_identify(b->join_waiting);
}

void broker_identify(struct broker *b)
{
	if (!identity_fits(&b->identity, configured(b)))
		identify(b);
}

void broker_log_out(struct broker *b)
{
	broker_forget_presences(b);
	presence_destroy(b->context.presence);
	b->context.presence = presence_create();
	inquirer_renew(b->inquirer);
	requester_online(b->requester, false);
	blocklist_clear(b->context.blocked);
	b->context.roster_known = b->server_blocks = false;
	login_drop(b);
}

void broker_log_in_anew(struct broker *b)
{
	identify(b);
	login_begin(b);
}

void broker_configure(struct broker *b, struct config *fresh, transfer_ended *ended, void *arg)
{
	bool failed =
		b->trouble.id != MSG_NONE || (b->xmpp && account_state(b->xmpp) == ACCOUNT_FAILED);
	bool same = config_same_account(b->config, fresh);

	config_free(b->config);
	b->config = fresh;
	b->follower_port.config = fresh;
	read_settings(b);
	grantings_read(b);
	local_candidates_reload(b->local_candidates, b->config, b->identity.key);
	announcer_reload(b->announcer);
	follower_reload(b->follower);
	git_services_review(&b->git_services, ended, arg);
	broker_tell_manager(b);
	notifier_wake(&b->notice_board.notifier);
	if (same && !failed) {
		/*
		 * The user who asks for a reload should not have to wait for the next
		 * attempt.
		 */
		if (b->xmpp && account_state(b->xmpp) == ACCOUNT_OFFLINE)
			account_connect(b->xmpp);
		return;
	}
	broker_log_out(b);
	broker_identify(b);
	login_begin(b);
}

enum account_knowledge broker_knows(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (context_is_buddy(&b->context, jid) || context_counts_as_trusted(&b->context, jid))
		return ACCOUNT_KNOWS;
	return (buddy && buddy->pending_in) || trust_devices(b->context.trust, jid)
		       ? ACCOUNT_HEARD
		       : ACCOUNT_KNOWS_NOT;
}

void broker_open(struct broker *b, struct conn *conn, struct fields open)
{
	struct message trouble;

	if (b->context.draining) {
		message_set(&trouble, MSG_BROKER_STOPPING, NULL);
		conn_send_error(conn, &trouble);
		conn_close(conn);
		return;
	}
	/* First: sessions that wait already check again then. */
	login_wanted(b);
	/* The configuration may have been read for that, and have no such account any more. */
	if (b->context.stopping)
		return;
	if (fields_get(open, "notices"))
		notice_board_say(b, conn, NULL);
	session_client_create(conn, &b->sessions, open);
}

/* Seeds the jitter of background work. */
static uint32_t seed(const struct broker *b)
{
	uint32_t value;

	memcpy(&value, b->context.instance, sizeof(value));
	return value;
}

static void on_network_changed(void *owner)
{
	struct broker *b = owner;

	if (b->xmpp)
		account_check(b->xmpp);
	login_network_changed(b);
}

static const struct local_candidates_events local_candidates_events = {
	.network_changed = on_network_changed
};

static void begin_peers(struct broker *b)
{
	peers_init(&b->peers, &b->context);
	b->admission = (struct admission){ &b->context, &broker_admission_ops, b };
	join_attempts_init(&b->join_attempts, &b->context, &b->peers, &b->admission);
	b->peers.ops = &peers_ops;
	b->peers.events = &peer_events;
	b->peers.owner = b;
	b->connections = (struct connections){ .loop = b->loop,
					       .context = &b->context,
					       .ibb_paths = &b->ibb_paths };
	b->peers.arg = b->peers.connectors.arg = &b->connections;
	b->peers.connectors.ops = &connection_ops;
	b->peers.may_answer = connection_may_answer;
	b->peers.accept_inband = connection_accept;
	comparing_begin(b);
}

static void on_met(void *owner, const char *jid)
{
	contacts_note(owner, jid);
	notice_board_look(owner);
}

static void on_granted(void *owner, const char *jid)
{
	broker_trust_granted(owner, jid);
}

static const struct keyring_events keyring_events = { .met = on_met, .granted = on_granted };

static void begin_keyring(struct broker *b)
{
	b->keyring.context = &b->context;
	b->keyring.identity = &b->identity;
	b->keyring.trouble = &b->trouble;
	b->keyring.events = &keyring_events;
	b->keyring.owner = b;
	keyring_begin(&b->keyring, b->loop);
}

static unsigned on_reading(void *owner)
{
	const struct broker *b = owner;

	return b->shared->reading(b->shared);
}

static void on_draining(void *owner)
{
	struct broker *b = owner;

	service_manager_notify(b->shared->manager,
			       "STOPPING=1\nSTATUS=stopping when no transfer runs");
}

static void on_drained(void *owner)
{
	struct broker *b = owner;

	b->shared->drained(b->shared, b);
}

static void on_queue_failed(void *owner)
{
	notice_board_look(owner);
}

/*
 * Whether what is kept for all accounts, a queued push or one whose outcome is unknown, is
 * this account's. Without a word about that it is the default account's.
 */
static bool is_ours(void *owner, const char *account)
{
	const struct broker *b = owner;

	return account ? !strcmp(account, b->configured) : b->config->preferred;
}

static bool on_reachable(void *owner, const char *jid)
{
	return broker_reaches(owner, jid);
}

static const struct push_queue_events push_queue_events = {
	.online = on_reachable,
	.ours = is_ours,
	.failed = on_queue_failed,
};

void broker_start(struct broker *b, struct broker_shared *shared, struct config *config)
{
	struct outcome_query_host pushes;

	b->shared = shared;
	b->loop = shared->loop;
	b->draining = (struct draining){ .loop = b->loop,
					 .context = &b->context,
					 .sessions = &b->sessions,
					 .services = &b->git_services,
					 .reading = on_reading,
					 .begun = on_draining,
					 .over = on_drained,
					 .owner = b };
	b->context.ops = &context_ops;
	b->context.digests = &openssl_digests;
	b->context.owner = b;
	timers_init(&b->context.timers);
	clock_start(&b->clock, b->loop, &b->context.timers);
	begin_peers(b);
	git_services_init(&b->git_services, &b->context, &b->peers, &service_process_ops,
			  &b->service_host, &git_service_events, b->configured);
	ibb_paths_init(&b->ibb_paths, b->loop);
	b->config = config;
	if (assume(b, &b->trouble))
		log_error("%s", b->trouble.text);
	b->context.blocked = blocklist_create();
	b->context.presence = presence_create();
	read_settings(b);
	uv_timer_init(b->loop, &b->grace);
	b->grace.data = b;
	begin_keyring(b);
	notice_board_begin(b);
	share_answers_init(&b->share_answers, &b->context, &share_look_ops, b->loop);
	share_lists_init(&b->share_lists, &b->context, &b->peers, &list_command_events);
	b->inquirer = inquirer_create(&b->context, &b->peers, &inquirer_ops, &inquirer_events, b,
				      seed(b));
	b->requester = requester_create(&b->context, &requester_ops, b, seed(b));
	b->device_news = device_news_create(&b->context, &b->peers, &broker_device_news_ops, b);
	b->join_waiting = join_waiting_create(&b->join_attempts, &broker_join_waiting_ops, b);
	login_init(b, &broker_account_events);
	b->local_candidates = b->connections.local_candidates =
		local_candidates_create(b->loop, &b->peers, &local_candidates_events, b);
	local_candidates_reload(b->local_candidates, b->config, b->identity.key);
	b->announcer = announcer_create(&b->context, &b->peers, &announcer_ops, b->loop);
	b->service_host.loop = b->loop;
	b->service_host.sink = shared->sink;
	b->service_host.hooks = shared->hooks;
	b->host = (struct git_run_host){
		.loop = b->loop,
		.sink = shared->sink,
		.socket_path = shared->socket_path,
		.account = b->configured,
	};
	b->follower_port = (struct follower_port){ .host = &b->host, .config = b->config };
	b->follower = follower_create(&b->context, &follower_ops, &b->follower_port, seed(b));
	b->push_queue = push_queue_create(&b->host, seed(b), &push_queue_events, b);
	pushes = (struct outcome_query_host){ &b->context, &b->peers, b->inquirer };
	b->unsettled = unsettled_create(&pushes, &b->host, is_ours, b);
	sessions_init(&b->sessions, &b->context, &b->peers, b->inquirer, &session_client_ops,
		      &broker_session_ops, &broker_session_events, b);
}

void broker_log_in(struct broker *b, uint64_t in)
{
	broker_tell_manager(b);
	login_begin_in(b, in);
}

void broker_stop(struct broker *b, const struct message *why)
{
	if (b->context.stopping)
		return;
	grantings_end(b);
	notice_board_stop(b);
	draining_end(&b->draining);
	b->context.stopping = true;
	b->shared->dismiss(b->shared, b, why);
	announcer_destroy(b->announcer);
	follower_destroy(b->follower);
	push_queue_destroy(b->push_queue);
	b->announcer = NULL;
	b->follower = NULL;
	b->push_queue = NULL;
	while (b->peers.first)
		peer_end(b->peers.first, "stopped");
	unsettled_destroy(b->unsettled);
	b->unsettled = NULL;
	join_waiting_destroy(b->join_waiting);
	b->join_waiting = NULL;
	acceptors_end(&b->peers);
	meetings_end(&b->peers.meetings);
	comparing_end(b);
	git_service_end_orphans(&b->git_services);
	local_candidates_destroy(b->local_candidates);
	b->local_candidates = NULL;
	login_stop(b);
	inquirer_destroy(b->inquirer);
	requester_destroy(b->requester);
	device_news_destroy(b->device_news);
	b->inquirer = NULL;
	b->requester = NULL;
	b->device_news = NULL;
	uv_close((uv_handle_t *)&b->grace, NULL);
	keyring_end(&b->keyring);
	clock_stop(&b->clock);
}

void broker_forget(struct broker *b)
{
	struct message trouble;

	identity_assume(&b->identity, &b->context, NULL, &trouble);
	b->ibb_paths.key = NULL;
}

void broker_finish(struct broker *b)
{
	git_services_finish(&b->git_services);
	share_answers_finish(&b->share_answers);
	notice_board_finish(b);
	peers_finish(&b->peers);
	policy_destroy(b->context.policy);
	roster_destroy(b->roster);
	blocklist_destroy(b->context.blocked);
	ibb_paths_finish(&b->ibb_paths);
	presence_destroy(b->context.presence);
	config_free(b->config);
	identity_finish(&b->identity, &b->context);
	buf_finish(&b->remembered);
	buf_finish(&b->remembered_invitations);
	timers_finish(&b->context.timers);
}
