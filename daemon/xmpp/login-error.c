/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login-error.h"

/*
 * The phrases are those of libstrophe 0.12 to 0.14. If a version words one differently, only
 * precision is lost: the failure becomes "the server closed the connection before the login".
 *
 * libstrophe tries one SASL mechanism after the other, and the server refuses each. The
 * refusal after the most steps tells the reason. After a wrong password for SCRAM-SHA-1-PLUS,
 * SCRAM-SHA-1 only gets "malformed-request", because a client that can bind the channel must
 * do so.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void login_error_begin(struct login_error *l)
{
	*l = (struct login_error){ 0 };
}

static bool starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* <failure xmlns="..."><not-authorized/>...: the name of the first child. */
static void note_sasl_failure(struct login_error *l, const char *line)
{
	const char *child = strchr(line, '>');
	unsigned steps = l->steps;
	size_t n;

	l->steps = 0;
	if (l->sasl[0] && steps <= l->sasl_steps)
		return;
	l->sasl_steps = steps;
	snprintf(l->sasl, sizeof(l->sasl), "%s", "no reason given");
	if (!child || child[1] != '<' || child[2] == '/')
		return;
	n = strspn(child + 2, "abcdefghijklmnopqrstuvwxyz-");
	if (n > 0 && n < sizeof(l->sasl))
		snprintf(l->sasl, sizeof(l->sasl), "%.*s", (int)n, child + 2);
}

/* OpenSSL's form: error:0A000086:SSL routines:function:reason */
static void note_tls_error(struct login_error *l, const char *line)
{
	const char *reason = strrchr(line, ':');

	if (!l->tls_reason[0])
		snprintf(l->tls_reason, sizeof(l->tls_reason), "%s", reason + 1);
}

static void note_features(struct login_error *l, const char *stanza)
{
	l->features++;
	l->offers_acks = strstr(stanza, "urn:xmpp:sm:3") != NULL;
	l->keeps_approvals = strstr(stanza, "urn:xmpp:features:pre-approval") != NULL;
}

static void note_stanza(struct login_error *l, const char *stanza)
{
	if (starts(stanza, "<failure") && strstr(stanza, "xmpp-sasl"))
		note_sasl_failure(l, stanza);
	else if (starts(stanza, "<challenge"))
		l->steps++;
	else if (starts(stanza, "<features") || starts(stanza, "<stream:features"))
		note_features(l, stanza);
}

static const struct {
	const char *line, *refusal;
} refusals[] = {
	{ "Stream features does not allow resource bind", "the server offers no resource binding" },
	{ "Binding failed", "the server refused to bind the resource" },
	{ "Server did not reply to bind request", "the server does not answer the bind request" },
	{ "Did not receive stream features", "the server sent no stream features" },
	{ "Memory allocation error", "the server's answer could not be used" },
};

void login_error_line(struct login_error *l, const char *line)
{
	if (starts(line, "RECV: "))
		note_stanza(l, line + 6);
	else if (starts(line, "connection failed, error "))
		l->tcp_error = atoi(line + 25);
	else if (starts(line, "Connection attempt timed out"))
		l->tcp_error = ETIMEDOUT;
	else if (starts(line, "TLS is not supported, but set as mandatory"))
		l->no_tls = true;
	else if (starts(line, "SSL_CTX_load_verify_locations() failed"))
		l->no_ca = true;
	else if (starts(line, "Couldn't start TLS"))
		l->tls_failed = true;
	else if (starts(line, "error:"))
		note_tls_error(l, line);
	else if (starts(line, "Cannot authenticate with known methods"))
		l->no_mechanism = true;
	else if (starts(line, "Binding failed"))
		l->bind_refused = true;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (starts(line, refusals[i].line))
			snprintf(l->refusal, sizeof(l->refusal), "%s", refusals[i].refusal);
}

void login_error_certificate(struct login_error *l, const char *why)
{
	if (!l->certificate[0])
		snprintf(l->certificate, sizeof(l->certificate), "%s",
			 why ? why : "it does not verify");
}

void login_error_key(struct login_error *l, const struct server_key *key)
{
	memcpy(l->key, key->key, sizeof(l->key));
	l->key_refused = key->refused;
	l->pins = key->pins;
}

bool login_error_hopeless(const struct login_error *l)
{
	return l->unregistered[0] || l->no_ca || l->no_tls || l->tls_failed || l->certificate[0] ||
	       l->no_mechanism || l->refusal[0];
}

char *login_error_saslname(const char *local)
{
	char *name = xmalloc(3 * strlen(local) + 1), *p = name;

	for (; *local; local++) {
		if (*local == ',')
			p = stpcpy(p, "=2C");
		else if (*local == '=')
			p = stpcpy(p, "=3D");
		else
			*p++ = *local;
	}
	*p = '\0';
	return name;
}

/* Why there is no session. Failures with a message of their own do not come here. */
static void reason_text(const struct login_error *l, bool was_up, char *out, size_t size)
{
	if (l->excess)
		snprintf(out, size, "%s", l->excess);
	else if (l->stream_error[0])
		snprintf(out, size, "the server ended the stream: %s", l->stream_error);
	else if (l->tcp_error)
		snprintf(out, size, "%s", strerror(l->tcp_error));
	else if (l->tls_failed)
		snprintf(out, size, "TLS handshake failed: %s",
			 l->late || !l->tls_reason[0] ? "no answer or not TLS" : l->tls_reason);
	else if (l->sasl[0])
		snprintf(out, size, "the login is refused for now: %s", l->sasl);
	else if (l->refusal[0])
		snprintf(out, size, "%s", l->refusal);
	else if (l->unheard)
		snprintf(out, size, "it does not hear us any more");
	else if (l->late)
		snprintf(out, size, "%s",
			 was_up ? "it does not answer any more" : "no answer in time");
	else
		snprintf(out, size, "%s", was_up ? "the connection was lost" :
			 "the server closed the connection before the login");
}

/* A server with a passing problem says so; any other refusal concerns the account. */
static bool is_refused(const struct login_error *l)
{
	return l->sasl[0] && strcmp(l->sasl, "temporary-auth-failure") != 0;
}

bool login_error_is_final(const struct login_error *l)
{
	static const char *const of_account[] = {
		"not-authorized", "account-disabled", "credentials-expired",
	};

	for (size_t i = 0; i < ARRAY_SIZE(of_account); i++)
		if (!strcmp(l->sasl, of_account[i]))
			return true;
	return l->replaced || l->copied || l->unregistered[0];
}

enum login_stage login_error_stage(const struct login_error *l)
{
	unsigned told = l->features + l->direct_tls;

	if (l->tcp_error)
		return LOGIN_STAGE_TCP;
	if (l->certificate[0] || l->key_refused || l->no_ca || l->no_tls || l->tls_failed)
		return LOGIN_STAGE_TLS;
	if (l->sasl[0] || l->no_mechanism || l->unregistered[0])
		return LOGIN_STAGE_SASL;
	if (l->bind_refused || told > 2)
		return LOGIN_STAGE_BIND;
	return told == 2 ? LOGIN_STAGE_SASL : told == 1 ? LOGIN_STAGE_TLS : LOGIN_STAGE_TCP;
}

void login_error_reason(const struct login_error *l, char *out, size_t size)
{
	if (l->unregistered[0])
		snprintf(out, size, "%s", l->unregistered);
	else if (l->key_refused)
		snprintf(out, size, "the key is not the pinned one");
	else if (l->certificate[0])
		snprintf(out, size, "%s", l->certificate);
	else if (l->no_ca)
		snprintf(out, size, "the file of trusted certificates cannot be read");
	else if (l->no_tls)
		snprintf(out, size, "it offers no encryption");
	else if (l->no_mechanism && !l->sasl[0])
		snprintf(out, size, "the server offers no login method known here");
	else if (l->sasl[0] && is_refused(l))
		snprintf(out, size, "%s", l->sasl);
	else
		reason_text(l, false, out, size);
}

enum retry_cause login_error_trouble(const struct login_error *l, const char *jid,
				     const char *domain, const char *where, bool was_up,
				     struct message *out)
{
	char reason[256], text[512];
	bool no_mechanism = l->no_mechanism && !l->sasl[0];

	if (l->copied || l->replaced) {
		message_set(out, l->copied ? MSG_COPIED : MSG_REPLACED, "jid", jid, NULL);
		return RETRY_PLACE;
	}
	if (l->key_refused) {
		message_set(out, MSG_KEY_CHANGED, "domain", domain, "key", l->key, "pinned",
			    l->pins, NULL);
		return RETRY_CERTIFICATE;
	}
	if (l->certificate[0] && l->key[0]) {
		message_set(out, MSG_CERT_INVALID, "domain", domain, "reason", l->certificate,
			    "key", l->key, NULL);
		return RETRY_CERTIFICATE;
	}
	if (l->certificate[0] || l->no_ca) {
		message_set(out, MSG_CERT_UNCHECKED, "domain", domain, "reason",
			    l->certificate[0] ? l->certificate
					      : "the file of trusted certificates cannot be read",
			    NULL);
		return RETRY_CERTIFICATE;
	}
	if (l->unregistered[0]) {
		message_set(out, l->elsewhere[0] ? MSG_REGISTER_ELSEWHERE : MSG_REGISTER_REFUSED,
			    "domain", domain, "jid", jid, "reason", l->unregistered, "url",
			    l->elsewhere, NULL);
		return RETRY_ACCOUNT;
	}
	if (is_refused(l) || no_mechanism) {
		message_set(out, MSG_AUTH_FAILED, "jid", jid, "reason",
			    no_mechanism ? "the server offers no login method known here" : l->sasl,
			    NULL);
		return RETRY_ACCOUNT;
	}
	if (l->no_tls) {
		message_set(out, MSG_NO_TLS, "domain", domain, NULL);
		return RETRY_SERVER;
	}
	reason_text(l, was_up, reason, sizeof(reason));
	snprintf(text, sizeof(text), "%s: %s", where, reason);
	message_set(out, MSG_SERVER_UNREACHABLE, "domain", domain, "reason", text, NULL);
	return RETRY_SERVER;
}
