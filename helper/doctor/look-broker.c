/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket, the broker behind it, its login, and the paths that it may use. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account-status.h"
#include "alloc.h"
#include "look.h"
#include "process.h"
#include "sockpath.h"

/* Seconds. Those who renew by themselves do it a month before. */
enum { EXPIRES_SOON = 14 * 24 * 3600 };

static void look_at_runtime_directory(struct look *look)
{
	const char *path = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (path && *path && !getenv("GIT_XMPP_SOCKET") &&
	    (*path != '/' || stat(path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid()))
		findings_add(look->found, FOUND_RUNTIME_DIRECTORY, "path", path, NULL);
}

/* The directory of the socket, malloc'd. */
static char *directory_of(const char *socket)
{
	const char *slash = strrchr(socket, '/');

	return xstrndup(socket, slash ? (size_t)(slash - socket) : 0);
}

static void find_socket_trouble(struct look *look, const char *path, const struct message *trouble)
{
	char *directory = directory_of(path);

	if (trouble->id == MSG_SOCKET_PERMISSIONS)
		findings_add(look->found, FOUND_SOCKET_MODE, "path", directory, NULL);
	else if (getenv("GIT_XMPP_SOCKET"))
		findings_add(look->found, FOUND_SOCKET_VARIABLE, "reason", trouble->text,
			     "variable", "GIT_XMPP_SOCKET", NULL);
	else
		findings_add(look->found, FOUND_SOCKET_DIRECTORY, "reason", trouble->text, NULL);
	free(directory);
}

void look_at_socket(struct look *look)
{
	const char *variable = getenv("GIT_XMPP_SOCKET");
	char path[SOCKPATH_MAX];
	struct message trouble;

	look_at_runtime_directory(look);
	if (sockpath_find(path, &trouble) < 0) {
		findings_add(look->found, FOUND_SOCKET_VARIABLE, "reason", trouble.text, "variable",
			     variable && *variable ? "GIT_XMPP_SOCKET" : "XDG_RUNTIME_DIR", NULL);
		return;
	}
	findings_fact(look->found, AREA_SOCKET, "%s", path);
	if (sockpath_check_dir(path, false, &trouble) < 0 && trouble.id != MSG_NONE)
		find_socket_trouble(look, path, &trouble);
}

/* The lock of the broker lies beside its socket. */
static bool find_foreign_lock(struct look *look, const char *socket)
{
	char *directory = directory_of(socket), *path = xasprintf("%s/lock", directory);
	pid_t pid = process_locks(path);
	bool foreign = pid > 0 && !process_runs(pid, "git-xmpp-daemon");
	char text[24];

	snprintf(text, sizeof(text), "%ld", (long)pid);
	if (foreign)
		findings_add(look->found, FOUND_LOCK_FOREIGN, "path", path, "pid", text, NULL);
	free(directory);
	free(path);
	return foreign;
}

static void find_no_broker(struct look *look)
{
	char path[SOCKPATH_MAX];
	struct message trouble;

	if (sockpath_find(path, &trouble) < 0)
		return;
	if (find_foreign_lock(look, path))
		return;
	if (access(path, F_OK) == 0)
		findings_add(look->found, FOUND_SOCKET_STALE, "path", path, NULL);
	else
		findings_add(look->found, FOUND_BROKER_STOPPED, NULL);
}

static void find_broker_trouble(struct look *look, const struct message *trouble)
{
	char path[SOCKPATH_MAX];
	struct message none;

	switch (trouble->id) {
	case MSG_BROKER_UNREACHABLE:
		find_no_broker(look);
		break;
	case MSG_BROKER_HUNG:
		if (sockpath_find(path, &none) == 0)
			findings_add(look->found, FOUND_BROKER_HUNG, "path", path, NULL);
		break;
	case MSG_BROKER_VERSION:
		findings_add(look->found, FOUND_BROKER_PROTOCOL, "reason", trouble->text, NULL);
		break;
	case MSG_SOCKET_PERMISSIONS:
	case MSG_SOCKET_OWNER:
	case MSG_SOCKET_PATH:
		break;
	default:
		findings_add(look->found, FOUND_BROKER_TROUBLE, "reason", trouble->text, NULL);
	}
}

/*
 * The roster is known only when the account is online, and its row says so. With several accounts
 * the roster of one does not say who is nobody.
 */
static void ask_for_buddies(struct look *look)
{
	struct message trouble;
	struct fields row;
	size_t accounts = 0;

	for (size_t i = 0; i < look->status.count; i++)
		accounts += row_is(query_row(&look->status, i), "account");
	if (accounts != 1 || account_status(&look->status, NULL, &row) != ACCOUNT_STATUS_ONLINE)
		return;
	if (query_to(&look->buddies, "buddies", NULL, NULL, false, &trouble) == 0 &&
	    query_find(&look->buddies, "account", &row))
		look->roster = !strcmp(row_get(row, "roster"), "1");
}

void look_at_broker(struct look *look)
{
	struct message trouble;
	const char *version;
	struct fields row;

	if (query_to(&look->status, "status", NULL, NULL, false, &trouble) < 0) {
		find_broker_trouble(look, &trouble);
		query_finish(&look->status);
		return;
	}
	if (query_find(&look->status, "broker", &row)) {
		version = row_get(row, "version");
		findings_fact(look->found, AREA_BROKER, "%s runs", version);
		if (strcmp(version, PROGRAM_VERSION) != 0)
			findings_add(look->found, FOUND_BROKER_OTHER, "theirs", version, "ours",
				     PROGRAM_VERSION, NULL);
	}
	ask_for_buddies(look);
}

/* What each error of a login is, if nothing more is to be looked at. */
static const struct {
	enum message_id error;
	enum finding_id found;
} errors[] = {
	{ MSG_PASSWORD_NEEDED, FOUND_PASSWORD_NEEDED },
	{ MSG_PASSWORD_COMMAND, FOUND_PASSWORD_COMMAND },
	{ MSG_PASSWORD_AWAITED, FOUND_PASSWORD_COMMAND },
	{ MSG_AUTH_FAILED, FOUND_AUTH_FAILED },
	{ MSG_REPLACED, FOUND_LOGIN_ELSEWHERE },
	{ MSG_COPIED, FOUND_LOGIN_ELSEWHERE },
	{ MSG_KEY_IN_USE, FOUND_LOGIN_ELSEWHERE },
};

static bool has_any(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* The command in quotes that a hint begins or ends with, malloc'd; one that is whole. */
static char *command_of(const char *hint)
{
	static const char before[] = "\"git xmpp ";
	const char *start = strstr(hint, before);
	size_t n = start ? strcspn(start + 1, "\"<") : 0;

	return start && start[n + 1] == '"' ? xstrndup(start + 1, n) : xstrdup("git xmpp status");
}

static void find_certificate(struct look *look, const struct message *trouble)
{
	static const char *const early[] = { "not yet valid" }, *const late[] = { "expired" };

	char *command = command_of(trouble->hint);

	if (has_any(trouble->text, early, ARRAY_SIZE(early)))
		findings_add(look->found, FOUND_CLOCK, "reason", trouble->text, NULL);
	else if (has_any(trouble->text, late, ARRAY_SIZE(late)))
		findings_add(look->found, FOUND_CERTIFICATE_EXPIRED, "reason", trouble->text,
			     "hint", command, NULL);
	else
		findings_add(look->found, FOUND_CERTIFICATE, "reason", trouble->text, "hint",
			     command, NULL);
	free(command);
}

/* The row of the last try to log in, if that was good, and if it is the certificate that counts. */
static bool find_certificate_seen(const struct query *login, struct fields *row)
{
	bool found = false;

	for (size_t i = 0; i < login->count; i++)
		if (row_is(query_row(login, i), "try")) {
			*row = query_row(login, i);
			found = true;
		}
	return found && !strcmp(row_get(*row, "stage"), "done") && !*row_get(*row, "pinned");
}

/* The broker tells what it saw when it logged in. One of an older version does not. */
static void look_at_certificate(struct look *look, struct fields account, const char *domain)
{
	struct message trouble;
	struct query login;
	struct fields row;
	time_t until, now = time(NULL);
	char date[32];
	struct tm tm;

	if (query_to(&login, "login", "account", row_get(account, "name"), false, &trouble) == 0 &&
	    find_certificate_seen(&login, &row)) {
		until = (time_t)fields_get_u64(row, "until", 0);
		if (until && until < now + EXPIRES_SOON && gmtime_r(&until, &tm) &&
		    strftime(date, sizeof(date), "%Y-%m-%d", &tm))
			findings_add(look->found, FOUND_CERTIFICATE_ENDS, "domain", domain, "date",
				     date, NULL);
	}
	query_finish(&login);
}

/* A server that the user has named is the first to be doubted. */
static void find_unreachable(struct look *look, const char *account, const char *reason,
			     const char *domain)
{
	static const char *const unresolved[] = { "resolve", "unknown", "no such", "not known",
						  "name" };
	char *key = xasprintf("xmpp.%s.server", account);
	const struct gitconfig_entry *e = gitconfig_find(&look->config, key);

	if (e && e->value && *e->value)
		findings_add(look->found, FOUND_SERVER_SETTING, "reason", reason, "key", e->key,
			     "value", e->value, "file", e->file, NULL);
	else if (has_any(reason, unresolved, ARRAY_SIZE(unresolved)))
		findings_add(look->found, FOUND_SERVER_NAME, "reason", reason, "domain", domain,
			     NULL);
	else
		findings_add(look->found, FOUND_SERVER_UNREACHABLE, "reason", reason, NULL);
	free(key);
}

static void look_at_account(struct look *look, struct fields row)
{
	const char *at = strchr(row_get(row, "jid"), '@'), *state = row_get(row, "state");
	struct message trouble;
	enum finding_id id = FOUND_LOGIN;
	char *domain, *command;

	if (!strcmp(state, "none"))
		return;
	account_status_trouble(row, &trouble);
	domain = at ? xstrndup(at + 1, strcspn(at + 1, "/")) : xstrdup("");
	if (!strcmp(state, "online")) {
		look_at_certificate(look, row, domain);
	} else if (trouble.id == MSG_NONE) {
		findings_add(look->found, FOUND_CONNECTING, NULL);
	} else if (trouble.id == MSG_CERT_INVALID) {
		find_certificate(look, &trouble);
	} else if (trouble.id == MSG_SERVER_UNREACHABLE) {
		find_unreachable(look, row_get(row, "name"), trouble.text, domain);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
			if (errors[i].error == trouble.id)
				id = errors[i].found;
		command = command_of(trouble.hint);
		findings_add(look->found, id, "reason", trouble.text, "hint", command, NULL);
		free(command);
	}
	free(domain);
}

void look_at_login(struct look *look)
{
	size_t online = 0;

	for (size_t i = 0; i < look->status.count; i++) {
		struct fields row = query_row(&look->status, i);

		if (!row_is(row, "account"))
			continue;
		online += !strcmp(row_get(row, "state"), "online");
		look_at_account(look, row);
	}
	if (online)
		findings_fact(look->found, AREA_LOGIN, "online");
}

void look_at_paths(struct look *look)
{
	bool direct, proxy;
	struct fields row;

	if (!query_find(&look->status, "paths", &row) || !look->roster)
		return;
	direct = fields_get(row, "port");
	proxy = *row_get(row, "proxy");
	if (direct)
		findings_fact(look->found, AREA_PATHS, "port %s", row_get(row, "port"));
	if (*row_get(row, "mapping-address"))
		findings_fact(look->found, AREA_PATHS, "mapped by %s",
			      row_get(row, "mapping-protocol"));
	else if (*row_get(row, "mapping-error"))
		findings_fact(look->found, AREA_PATHS, "not mapped (%s)",
			      row_get(row, "mapping-error"));
	findings_fact(look->found, AREA_PATHS, proxy ? "proxy" : "no proxy");
	if (*row_get(row, "error"))
		findings_add(look->found, FOUND_PORT, "reason", row_get(row, "error"), NULL);
	else if (!direct && !proxy)
		findings_add(look->found, FOUND_IN_BAND, NULL);
}
