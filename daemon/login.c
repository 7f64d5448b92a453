/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

/*
 * The phrases are those of libstrophe 0.12 and 0.13. A version that words them
 * otherwise costs precision, not function: what is not recognised becomes "the
 * server closed the connection before the login".
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void login_begin(struct login *l)
{
	*l = (struct login){ 0 };
}

static bool starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* <failure xmlns="..."><not-authorized/>...: the name of the first child. */
static void note_sasl_failure(struct login *l, const char *line)
{
	const char *child = strchr(line, '>');
	size_t n;

	snprintf(l->sasl, sizeof(l->sasl), "%s", "no reason given");
	if (!child || child[1] != '<' || child[2] == '/')
		return;
	n = strspn(child + 2, "abcdefghijklmnopqrstuvwxyz-");
	if (n > 0 && n < sizeof(l->sasl))
		snprintf(l->sasl, sizeof(l->sasl), "%.*s", (int)n, child + 2);
}

/* error:0A000086:SSL routines:function:reason */
static void note_tls_error(struct login *l, const char *line)
{
	const char *reason = strrchr(line, ':');

	if (!l->tls_reason[0])
		snprintf(l->tls_reason, sizeof(l->tls_reason), "%s", reason + 1);
}

static void note_stanza(struct login *l, const char *stanza)
{
	if (starts(stanza, "<failure") && strstr(stanza, "xmpp-sasl"))
		note_sasl_failure(l, stanza);
	else if (starts(stanza, "<features") || starts(stanza, "<stream:features"))
		l->offers_acks = strstr(stanza, "urn:xmpp:sm:3") != NULL;
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

void login_line(struct login *l, const char *line)
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
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (starts(line, refusals[i].line))
			snprintf(l->refusal, sizeof(l->refusal), "%s", refusals[i].refusal);
}

void login_certificate(struct login *l, const char *why)
{
	if (!l->certificate[0])
		snprintf(l->certificate, sizeof(l->certificate), "%s", why ? why : "it does not verify");
}

bool login_hopeless(const struct login *l)
{
	return l->no_ca || l->no_tls || l->tls_failed || l->certificate[0] || l->no_mechanism ||
	       l->refusal[0];
}

/* Why there is no session; never for a reason that has a message of its own. */
static void reason_text(const struct login *l, bool was_up, char *out, size_t size)
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
	else if (l->late)
		snprintf(out, size, "%s", was_up ? "it does not answer any more" : "no answer in time");
	else
		snprintf(out, size, "%s", was_up ? "the connection was lost" :
			 "the server closed the connection before the login");
}

bool login_trouble(const struct login *l, const char *jid, const char *domain, const char *where,
		   bool was_up, struct message *out)
{
	char reason[256], text[512];
	/* A server that has a passing problem says so; all else is about the account. */
	bool refused = l->sasl[0] && strcmp(l->sasl, "temporary-auth-failure") != 0;
	bool no_mechanism = l->no_mechanism && !l->sasl[0];

	if (l->replaced) {
		message_set(out, MSG_REPLACED, "jid", jid, NULL);
		return true;
	}
	if (l->certificate[0] || l->no_ca) {
		message_set(out, MSG_CERT_INVALID, "domain", domain, "reason",
			    l->certificate[0] ? l->certificate :
			    "the file of trusted certificates cannot be read", NULL);
		return true;
	}
	if (refused || no_mechanism) {
		message_set(out, MSG_AUTH_FAILED, "jid", jid, "reason",
			    refused ? l->sasl : "the server offers no login method known here", NULL);
		return true;
	}
	if (l->no_tls) {
		message_set(out, MSG_NO_TLS, "domain", domain, NULL);
		return false;
	}
	reason_text(l, was_up, reason, sizeof(reason));
	snprintf(text, sizeof(text), "%s: %s", where, reason);
	message_set(out, MSG_SERVER_UNREACHABLE, "domain", domain, "reason", text, NULL);
	return false;
}
