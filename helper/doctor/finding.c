/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A text is one line without a full stop. A command is typed as it stands. One that takes a
 * variable out of the configuration names the file in which the variable stands, and the value,
 * so that it takes out this one and no other.
 */
#include "finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "text.h"

enum { ARGS_MAX = 8 };

static const char take_out[] = "git config --file={file} --fixed-value --unset-all {key} {value}";

static const struct row {
	const char *id;
	enum area area;
	enum severity severity;
	const char *text;
	const char *command; /* NULL: none */
} rows[FOUND_COUNT] = {
	[FOUND_HELPER_MISSING] = { "helper-missing", AREA_PROGRAMS, SEVERITY_FAULT,
				   "git does not find git-remote-xmpp; the line below belongs into "
				   "~/.profile",
				   "export PATH={directory}:\"$PATH\"" },
	[FOUND_HELPER_OTHER] = { "helper-other", AREA_PROGRAMS, SEVERITY_FAULT,
				 "git runs '{path}', which is '{theirs}', and this program is "
				 "{ours}",
				 "export PATH={directory}:\"$PATH\"" },
	[FOUND_PROGRAM_MISSING] = { "program-missing", AREA_PROGRAMS, SEVERITY_FAULT,
				    "'{program}' is not in '{directory}' where it was installed: "
				    "install all of "
				    "git-remote-xmpp again",
				    NULL },
	[FOUND_DESCRIPTORS] = { "descriptors", AREA_PROGRAMS, SEVERITY_FAULT,
				"a program that is started here may open {limit} files, which is "
				"not enough for "
				"a broker",
				"ulimit -n {more}" },
	[FOUND_GIT_OLD] = { "git-old", AREA_GIT, SEVERITY_FAULT,
			    "git {version} is too old; {needed} or newer is needed", NULL },
	[FOUND_GIT_DIR] = { "git-dir", AREA_GIT, SEVERITY_FAULT,
			    "{variable} is set: git takes the same repository wherever it is run",
			    "unset {variable}" },
	[FOUND_PROTOCOL_LIMITED] = { "protocol-limited", AREA_GIT, SEVERITY_FAULT,
				     "GIT_ALLOW_PROTOCOL is '{value}', so git uses no xmpp address",
				     "unset GIT_ALLOW_PROTOCOL" },
	[FOUND_PROTOCOL_FORBIDDEN] = { "protocol-forbidden", AREA_GIT, SEVERITY_FAULT,
				       "'{key}' is 'never', so git uses no xmpp address",
				       "git config --file={file} --unset-all {key}" },
	[FOUND_CONFIGURATION] = { "configuration", AREA_CONFIGURATION, SEVERITY_FAULT,
				  "git cannot read its configuration: {reason}", NULL },
	[FOUND_CONFIGURATION_FILE] = { "configuration-file", AREA_CONFIGURATION, SEVERITY_FAULT,
				       "git cannot read its configuration: {reason}",
				       "${VISUAL:-${EDITOR:-vi}} {file}" },
	[FOUND_NO_ACCOUNT] = { "no-account", AREA_CONFIGURATION, SEVERITY_FAULT,
			       "no XMPP account is configured",
			       "printf \"Your address: \"; read -r address && git xmpp setup "
			       "\"$address\"" },
	[FOUND_ACCOUNT_UNDECIDED] = { "account-undecided", AREA_CONFIGURATION, SEVERITY_FAULT,
				      "there are several accounts, and xmpp.account names none of "
				      "them",
				      "git config --global xmpp.account {account}" },
	[FOUND_ACCOUNT_UNKNOWN] = { "account-unknown", AREA_CONFIGURATION, SEVERITY_FAULT,
				    "xmpp.account is '{account}', and no such account has a jid",
				    "git config --file={file} --unset-all xmpp.account" },
	[FOUND_JID_MALFORMED] = { "jid-malformed", AREA_CONFIGURATION, SEVERITY_FAULT,
				  "the jid of account '{account}' is '{jid}', which is no address "
				  "like alice@example.org; "
				  "\"git xmpp setup\" makes the account anew",
				  "git config --file={file} --remove-section xmpp.{account}" },
	[FOUND_JID_MISSPELT] = { "jid-malformed", AREA_CONFIGURATION, SEVERITY_FAULT,
				 "the jid of account '{account}' is '{jid}', which is no address "
				 "like alice@example.org",
				 "git config --file={file} xmpp.{account}.jid {better}" },
	[FOUND_VALUE] = { "value", AREA_CONFIGURATION, SEVERITY_FAULT,
			  "'{key}' is '{value}', and must be {expected}", take_out },
	[FOUND_FILE_MISSING] = { "file-missing", AREA_CONFIGURATION, SEVERITY_FAULT,
				 "'{key}' is '{value}', and there is no such file", take_out },
	[FOUND_COMMAND_MISSING] = { "command-missing", AREA_CONFIGURATION, SEVERITY_FAULT,
				    "'{key}' runs '{program}', and there is no such program",
				    take_out },
	[FOUND_ELSEWHERE] = { "elsewhere", AREA_CONFIGURATION, SEVERITY_FAULT,
			      "'{key}' is set in this repository, where the broker does not read "
			      "it",
			      "git config --global --add {key} {value} && git config --file={file} "
			      "--fixed-value --unset-all {key} {value}" },
	[FOUND_HELPER_UNKNOWN] = { "helper-unknown", AREA_PASSWORD, SEVERITY_FAULT,
				   "'{key}' is '{value}', and there is no program "
				   "'git-credential-{value}'",
				   take_out },
	[FOUND_PASSWORD_NOT_KEPT] = { "password-not-kept", AREA_PASSWORD, SEVERITY_NOTE,
				      "nothing keeps the password: it is lost when the broker ends",
				      "git xmpp setup" },
	[FOUND_RUNTIME_DIRECTORY] = { "runtime-directory", AREA_SOCKET, SEVERITY_FAULT,
				      "XDG_RUNTIME_DIR is '{path}', which is no directory of "
				      "yours: a broker that was "
				      "started elsewhere is not found",
				      "unset XDG_RUNTIME_DIR" },
	[FOUND_SOCKET_VARIABLE] = { "socket-path", AREA_SOCKET, SEVERITY_FAULT, "{reason}",
				    "unset {variable}" },
	[FOUND_SOCKET_DIRECTORY] = { "socket-directory", AREA_SOCKET, SEVERITY_FAULT, "{reason}",
				     "export GIT_XMPP_SOCKET=\"$(mktemp -d)/socket\"" },
	[FOUND_SOCKET_MODE] = { "socket-mode", AREA_SOCKET, SEVERITY_FAULT,
				"others may enter '{path}', where the socket of the broker lies",
				"chmod 0700 {path}" },
	[FOUND_SOCKET_STALE] = { "socket-stale", AREA_SOCKET, SEVERITY_FAULT,
				 "'{path}' is left of a broker that did not end by itself",
				 "git xmpp daemon start" },
	[FOUND_LOCK_FOREIGN] = { "lock-foreign", AREA_SOCKET, SEVERITY_FAULT,
				 "'{path}' is held by process {pid}, which is no broker; no broker "
				 "starts before "
				 "it ends",
				 "kill {pid}" },
	[FOUND_BROKER_STOPPED] = { "broker-stopped", AREA_BROKER, SEVERITY_FAULT,
				   "no broker runs: nobody can reach you",
				   "git xmpp daemon start" },
	[FOUND_BROKER_HUNG] = { "broker-hung", AREA_BROKER, SEVERITY_FAULT,
				"the broker at '{path}' does not answer",
				"git xmpp daemon restart" },
	[FOUND_BROKER_PROTOCOL] = { "broker-version", AREA_BROKER, SEVERITY_FAULT, "{reason}",
				    "git xmpp daemon restart" },
	[FOUND_BROKER_OTHER] = { "broker-version", AREA_BROKER, SEVERITY_FAULT,
				 "the broker that runs is {theirs}, and {ours} is installed",
				 "git xmpp daemon restart" },
	[FOUND_BROKER_TROUBLE] = { "broker", AREA_BROKER, SEVERITY_FAULT, "{reason}",
				   "git xmpp daemon restart" },
	[FOUND_ON_DEMAND] = { "on-demand", AREA_BROKER, SEVERITY_NOTE,
			      "nothing starts the broker but your git commands: after a reboot "
			      "nobody reaches "
			      "what you share before the first one",
			      "git xmpp daemon enable" },
	[FOUND_NO_LINGER] = { "no-linger", AREA_BROKER, SEVERITY_NOTE,
			      "systemd ends the broker when you log out, and this is no session of "
			      "a desktop: nobody reaches what you share then",
			      "git xmpp daemon enable --linger" },
	[FOUND_PASSWORD_NEEDED] = { "password-needed", AREA_LOGIN, SEVERITY_FAULT, "{reason}",
				    "git xmpp setup" },
	[FOUND_PASSWORD_COMMAND] = { "password-command", AREA_LOGIN, SEVERITY_FAULT, "{reason}",
				     "git xmpp setup --ask" },
	[FOUND_AUTH_FAILED] = { "auth-failed", AREA_LOGIN, SEVERITY_FAULT, "{reason}",
				"git xmpp setup --ask" },
	[FOUND_CLOCK] = { "clock", AREA_LOGIN, SEVERITY_FAULT,
			  "{reason}: the clock of this machine may be wrong",
			  "timedatectl set-ntp true" },
	[FOUND_CERTIFICATE] = { "cert-invalid", AREA_LOGIN, SEVERITY_FAULT,
				"{reason}; if the owner of the server has told you the key below "
				"by another way, pin it",
				NULL },
	[FOUND_CERTIFICATE_EXPIRED] = { "cert-expired", AREA_LOGIN, SEVERITY_FAULT,
					"{reason}: the owner of the server has to renew it; until "
					"then the key below can be pinned, if they have told you "
					"that by another way",
					NULL },
	[FOUND_CERTIFICATE_ENDS] = { "cert-expires", AREA_LOGIN, SEVERITY_NOTE,
				     "the certificate of {domain} ends on {date}, and was not "
				     "renewed when you logged in; the command below looks again",
				     "git xmpp daemon restart" },
	[FOUND_SERVER_SETTING] = { "server-setting", AREA_LOGIN, SEVERITY_FAULT,
				   "{reason}; '{key}' says where it is looked for", take_out },
	[FOUND_SERVER_NAME] = { "server-name", AREA_LOGIN, SEVERITY_FAULT, "{reason}",
				"getent hosts {domain}" },
	[FOUND_SERVER_UNREACHABLE] = { "server-unreachable", AREA_LOGIN, SEVERITY_FAULT,
				       "{reason}; the broker keeps trying",
				       "git xmpp status --wait=60" },
	[FOUND_LOGIN_ELSEWHERE] = { "login-elsewhere", AREA_LOGIN, SEVERITY_FAULT,
				    "{reason}; end the other broker, where it runs",
				    "git xmpp daemon restart" },
	[FOUND_LOGIN] = { "login", AREA_LOGIN, SEVERITY_FAULT, "{reason}", NULL },
	[FOUND_CONNECTING] = { "connecting", AREA_LOGIN, SEVERITY_FAULT,
			       "the broker is not online yet", "git xmpp status --wait=60" },
	[FOUND_PORT] = { "port", AREA_PATHS, SEVERITY_FAULT,
			 "no direct connections can come in: {reason}",
			 "git config --global --unset-all xmpp.directPort && git xmpp daemon "
			 "restart" },
	[FOUND_IN_BAND] = { "in-band", AREA_PATHS, SEVERITY_NOTE,
			    "this device tells no address, and the server has no proxy: everything "
			    "goes "
			    "through the servers, at the rate that they let through",
			    "git config --global xmpp.directAddresses true && git xmpp daemon "
			    "reload" },
	[FOUND_KEY_MODE] = { "key-mode", AREA_FILES, SEVERITY_FAULT,
			     "others may read '{path}', the key of this device",
			     "chmod 600 {path}" },
	[FOUND_FILE_MODE] = { "file-mode", AREA_FILES, SEVERITY_FAULT,
			      "'{path}' cannot be read and written, for its mode is {mode}",
			      "chmod 600 {path}" },
	[FOUND_DIRECTORY_MODE] = { "directory-mode", AREA_FILES, SEVERITY_FAULT,
				   "nothing can be written in '{path}'", "chmod 700 {path}" },
	[FOUND_DISK_FULL] = { "disk-full", AREA_FILES, SEVERITY_FAULT,
			      "the file system of '{path}' has {free} kB left", "df {path}" },
	[FOUND_STATE_FORMAT] = { "state-newer", AREA_FILES, SEVERITY_FAULT, "{reason}",
				 "cat {path}" },
	[FOUND_SHARE_FAULT] = { "share-gone", AREA_SHARES, SEVERITY_FAULT,
				"share '{share}' at '{path}': {fault}",
				"git xmpp unshare {share}" },
	[FOUND_SHARE_OWNER] = { "share-owner", AREA_SHARES, SEVERITY_FAULT,
				"share '{share}': '{path}' belongs to another user, so git does "
				"not serve it",
				"git config --global --add safe.directory {path}" },
	[FOUND_SHARE_NO_REPOSITORY] = { "share-broken", AREA_SHARES, SEVERITY_FAULT,
					"share '{share}': git cannot serve '{path}': {reason}",
					"git xmpp unshare {share}" },
	[FOUND_SHARE_CHECKED_OUT] = { "share-checked-out", AREA_SHARES, SEVERITY_FAULT,
				      "share '{share}': a push into the branch that is checked out "
				      "in '{path}' is "
				      "refused",
				      "git -C {path} config receive.denyCurrentBranch "
				      "updateInstead" },
	[FOUND_HOOK_MODE] = { "hook-mode", AREA_SHARES, SEVERITY_FAULT,
			      "share '{share}': git passes over the hook '{path}', which is not "
			      "executable",
			      "chmod +x {path}" },
	[FOUND_RIGHT_MALFORMED] = { "right-malformed", AREA_SHARES, SEVERITY_FAULT,
				    "share '{share}': '{value}' is nobody, and gets no right",
				    take_out },
	[FOUND_RIGHT_NOBODY] = { "right-nobody", AREA_SHARES, SEVERITY_FAULT,
				 "share '{share}': '{jid}' has a right, and is not your buddy",
				 "git xmpp add {jid}" },
	[FOUND_RULE] = { "rule", AREA_SHARES, SEVERITY_FAULT,
			 "share '{share}': the rule '{key}' '{value}' is not understood, so the "
			 "strict one "
			 "holds",
			 take_out },
	[FOUND_FOLLOW_MALFORMED] = { "follow-malformed", AREA_FOLLOWS, SEVERITY_FAULT,
				     "'{key}' '{value}' is not understood", take_out },
	[FOUND_FOLLOW_GONE] = { "follow-gone", AREA_FOLLOWS, SEVERITY_FAULT,
				"'{name}' is followed as remote '{remote}' in '{path}', which is "
				"gone",
				take_out },
	[FOUND_ENTRY_DAMAGED] = { "entry-damaged", AREA_QUEUE, SEVERITY_FAULT,
				  "queue entry {id} is damaged", "rm {path}" },
	[FOUND_ENTRY_MOVED] = { "entry-moved", AREA_QUEUE, SEVERITY_FAULT,
				"queue entry {id}: '{share}' of '{jid}' has moved since this was "
				"queued; pull, and "
				"queue the push again",
				"git xmpp queue drop {id}" },
	[FOUND_ENTRY_FAILED] = { "entry-failed", AREA_QUEUE, SEVERITY_FAULT,
				 "queue entry {id}: the push to '{share}' of '{jid}' has failed: "
				 "{reason}",
				 "git xmpp queue retry {id}" },
	[FOUND_WAITS] = { "waits", AREA_PEOPLE, SEVERITY_FAULT, "{text}", NULL },
	[FOUND_REMOTE_ONE_COLON] = { "remote-one-colon", AREA_REPOSITORY, SEVERITY_FAULT,
				     "remote '{remote}' is '{url}': with one colon git takes it "
				     "for a host of ssh",
				     "git remote set-url {remote} {better}" },
	[FOUND_REMOTE_MALFORMED] = { "remote-malformed", AREA_REPOSITORY, SEVERITY_FAULT,
				     "remote '{remote}' is '{url}': {reason}",
				     "git remote remove {remote}" },
	[FOUND_REMOTE_NOBODY] = { "remote-nobody", AREA_REPOSITORY, SEVERITY_FAULT,
				  "remote '{remote}' leads to '{jid}', who is not your buddy",
				  "git xmpp add {jid}" },
	[FOUND_SUBMODULES] = { "submodules", AREA_REPOSITORY, SEVERITY_FAULT,
			       "a submodule has an xmpp address, and git fetches none unless it is "
			       "told to",
			       "git config --global protocol.xmpp.allow always" },
	[FOUND_SLOW] = { "slow", AREA_PROGRAMS, SEVERITY_FAULT,
			 "not all was looked at: {seconds} seconds are over", "git xmpp doctor" },
};

static const char *const areas[AREA_COUNT] = {
	[AREA_PROGRAMS] = "programs",
	[AREA_GIT] = "git",
	[AREA_CONFIGURATION] = "configuration",
	[AREA_PASSWORD] = "password",
	[AREA_SOCKET] = "socket",
	[AREA_BROKER] = "broker",
	[AREA_LOGIN] = "login",
	[AREA_PATHS] = "paths",
	[AREA_FILES] = "files",
	[AREA_SHARES] = "shares",
	[AREA_FOLLOWS] = "follows",
	[AREA_QUEUE] = "queue",
	[AREA_PEOPLE] = "people",
	[AREA_REPOSITORY] = "repository",
};

struct arg {
	const char *name, *value;
};

static const char *value_of(const struct arg *args, size_t count, const char *name, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(args[i].name) == n && !memcmp(args[i].name, name, n))
			return args[i].value ? args[i].value : "";
	return NULL;
}

/*
 * A verb of ours takes what begins with '-' for an option. git config does not, behind the key;
 * other commands get paths.
 */
static void put_word(struct buf *out, const char *value)
{
	static const char ours[] = "git xmpp ";

	if (*value == '-' && buf_len(out) >= strlen(ours) &&
	    !memcmp(buf_data(out), ours, strlen(ours)))
		buf_puts(out, "-- ");
	text_shell(out, value);
}

/* Braces that name no argument are a shell's own. */
static char *fill(const char *pattern, const struct arg *args, size_t count, bool command)
{
	struct buf out = { 0 };

	while (*pattern) {
		size_t n = *pattern == '{' ? strcspn(pattern + 1, "{}") : 0;
		const char *value = n ? value_of(args, count, pattern + 1, n) : NULL;

		if (!value) {
			buf_append(&out, pattern++, 1);
			continue;
		}
		if (command)
			put_word(&out, value);
		else
			buf_puts(&out, value);
		pattern += n + 2;
	}
	buf_append(&out, "", 1);
	return buf_detach(&out);
}

void findings_add(struct findings *f, enum finding_id id, ...)
{
	struct arg args[ARGS_MAX];
	struct finding *row;
	const char *name, *hint;
	size_t count = 0;
	va_list ap;

	va_start(ap, id);
	while ((name = va_arg(ap, const char *))) {
		assert(count < ARGS_MAX);
		args[count++] = (struct arg){ name, va_arg(ap, const char *) };
	}
	va_end(ap);
	f->rows = xrealloc(f->rows, (f->count + 1) * sizeof(*f->rows));
	row = &f->rows[f->count++];
	*row = (struct finding){ .id = id, .text = fill(rows[id].text, args, count, false) };
	hint = value_of(args, count, "hint", 4);
	if (rows[id].command)
		row->command = fill(rows[id].command, args, count, true);
	else if (hint && *hint)
		row->command = xstrdup(hint);
}

void findings_fact(struct findings *f, enum area area, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	if (f->facts[area])
		buf_printf(&text, "%s, ", f->facts[area]);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	free(f->facts[area]);
	f->facts[area] = xstrdup(buf_str(&text));
	buf_finish(&text);
}

void findings_finish(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->rows[i].text);
		free(f->rows[i].command);
	}
	for (size_t i = 0; i < AREA_COUNT; i++)
		free(f->facts[i]);
	free(f->rows);
	*f = (struct findings){ .count = 0 };
}

const char *finding_name(enum finding_id id)
{
	return rows[id].id;
}

enum area finding_area(enum finding_id id)
{
	return rows[id].area;
}

enum severity finding_severity(enum finding_id id)
{
	return rows[id].severity;
}

const char *area_name(enum area area)
{
	return areas[area];
}

int findings_worst(const struct findings *f, enum area area)
{
	int worst = -1;

	for (size_t i = 0; i < f->count; i++)
		if (rows[f->rows[i].id].area == area && (int)rows[f->rows[i].id].severity > worst)
			worst = (int)rows[f->rows[i].id].severity;
	return worst;
}

size_t findings_faults(const struct findings *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += rows[f->rows[i].id].severity == SEVERITY_FAULT;
	return n;
}
