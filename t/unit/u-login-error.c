/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login-error.h"

#include <stdlib.h>

#include "said.h"
#include "tap.h"

#include "alloc.h"

#define SASL "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">"

/* What libstrophe writes into its log, and what the user is told. */
static const struct {
	const char *what;
	const char *lines[4];
	const char *certificate;
	bool late, was_up;
	enum retry_cause cause;
	enum message_id id;
	const char *text;	/* a part of it */
} rows[] = {
	{ "a wrong password", { "RECV: " SASL "<not-authorized/></failure>",
				"SASL SCRAM-SHA-1 auth failed",
	  "Cannot authenticate with known methods" }, NULL, false, false, RETRY_ACCOUNT,
	  MSG_AUTH_FAILED, "not-authorized" },
	{ "the first of two refusals counts", { "RECV: " SASL
						"<account-disabled/><text>no</text></failure>",
	  "RECV: " SASL "<not-authorized/></failure>" }, NULL, false, false, RETRY_ACCOUNT,
	  MSG_AUTH_FAILED, "account-disabled" },
	{ "the one that came furthest", { "RECV: <challenge xmlns=\"s\">a</challenge>",
	  "RECV: " SASL "<not-authorized/></failure>",
	  "RECV: " SASL "<malformed-request/></failure>",
	  "Cannot authenticate with known methods" }, NULL, false, false, RETRY_ACCOUNT,
	  MSG_AUTH_FAILED, "not-authorized" },
	{ "... in whatever order", { "RECV: " SASL "<malformed-request/></failure>",
	  "RECV: <challenge xmlns=\"s\">a</challenge>",
	  "RECV: " SASL "<not-authorized/></failure>" },
	  NULL, false, false, RETRY_ACCOUNT, MSG_AUTH_FAILED, "not-authorized" },
	{ "a passing refusal that is not hidden by the next mechanism",
	  { "RECV: " SASL "<temporary-auth-failure/></failure>",
	    "RECV: " SASL "<malformed-request/></failure>",
	  "Cannot authenticate with known methods" }, NULL, false, false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "refused for now: temporary-auth-failure" },
	{ "a refusal without a reason", { "RECV: " SASL "</failure>" }, NULL, false, false,
	  RETRY_ACCOUNT,
	  MSG_AUTH_FAILED, "no reason given" },
	{ "a refusal with a reason that is none", { "RECV: " SASL "<\033[31m/></failure>" }, NULL,
	  false, false,
	  RETRY_ACCOUNT, MSG_AUTH_FAILED, "no reason given" },
	{ "a passing refusal", { "RECV: " SASL "<temporary-auth-failure/></failure>",
	  "Cannot authenticate with known methods" }, NULL, false, false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE,
	  "10.0.0.1:5222: the login is refused for now: temporary-auth-failure" },
	{ "no common way to log in", { "Cannot authenticate with known methods" }, NULL, false,
	  false, RETRY_ACCOUNT,
	  MSG_AUTH_FAILED, "offers no login method" },
	{ "a refused port", { "connection failed, error 111", "Closing socket." }, NULL, false,
	  false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "10.0.0.1:5222: Connection refused" },
	{ "a packet filter", { "Connection attempt timed out." }, NULL, false, false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "10.0.0.1:5222: Connection timed out" },
	{ "no TLS", { "TLS is not supported, but set as mandatory for this connection" }, NULL,
	  false, false,
	  RETRY_SERVER, MSG_NO_TLS, "a.example" },
	{ "a bad certificate", { "error:0A000086:SSL routines::certificate verify failed",
	  "Couldn't start TLS! error -3 tls_error 1" }, "self-signed certificate", false, false,
	  RETRY_CERTIFICATE,
	  MSG_CERT_UNCHECKED, "self-signed certificate" },
	{ "a CA file that is none", { "SSL_CTX_load_verify_locations() failed",
	  "TLS is not supported, but set as mandatory for this connection" }, NULL, false, false,
	  RETRY_CERTIFICATE,
	  MSG_CERT_UNCHECKED, "cannot be read" },
	{ "not TLS", { "error:0A00010B:SSL routines::wrong version number",
	  "Couldn't start TLS! error -3 tls_error 1" }, NULL, false, false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "TLS handshake failed: wrong version number" },
	{ "no resource", { "Binding failed." }, NULL, false, false, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "refused to bind" },
	{ "silence", { NULL }, NULL, true, false, RETRY_SERVER, MSG_SERVER_UNREACHABLE,
	  "no answer in time" },
	{ "silence after the login", { NULL }, NULL, true, true, RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "does not answer any more" },
	{ "a broken connection", { NULL }, NULL, false, true, RETRY_SERVER, MSG_SERVER_UNREACHABLE,
	  "was lost" },
	{ "words not known here", { "RECV: <foo/>", "Something went wrong." }, NULL, false, false,
	  RETRY_SERVER,
	  MSG_SERVER_UNREACHABLE, "closed the connection before the login" },
};

static void test_trouble(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message m = { 0 };
		enum retry_cause cause;
		struct login_error l;

		login_error_begin(&l);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].lines) && rows[i].lines[j]; j++)
			login_error_line(&l, rows[i].lines[j]);
		if (rows[i].certificate)
			login_error_certificate(&l, rows[i].certificate);
		l.late = rows[i].late;
		cause = login_error_trouble(&l, "me@a.example", "a.example", "10.0.0.1:5222",
					    rows[i].was_up, &m);
		says(m.id, rows[i].id, rows[i].what);
		is_int(cause, rows[i].cause, "... what kind of failure it is");
		if (!ok(strstr(m.text, rows[i].text) != NULL, "... and the reason is told"))
			printf("# '%s'\n", m.text);
	}
}

/* The log has passwords in it, base64 or not: no line may be found again in what is kept. */
static void test_secrets(void)
{
	static const char *const lines[] = {
		"SENT: <auth mechanism=\"PLAIN\">AGFsaWNlAHNlY3JldA==</auth>",
		"SENT: <response xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">"
		"AGFsaWNlAHNlY3JldA==</response>",
		"RECV: <challenge>AGFsaWNlAHNlY3JldA==</challenge>",
		"RECV: " SASL "<AGFsaWNlAHNlY3JldA==/></failure>",
	};
	static const char secret[] = "AGFsaWNlAHNlY3JldA";
	struct login_error l;

	login_error_begin(&l);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		login_error_line(&l, lines[i]);
	ok(!memmem(&l, sizeof(l), secret, strlen(secret)), "no secret is kept");
}

/* At which stage it fails, by what the server has told before. */
static void test_stages(void)
{
	static const char features[] = "RECV: <stream:features>";
	struct server_key key = { .key = "sha256//x", .pins = "sha256//y", .refused = true };
	struct message m;
	struct login_error l;
	char reason[64];

	login_error_begin(&l);
	l.late = true;
	is_int(login_error_stage(&l), LOGIN_STAGE_TCP, "a server that says nothing");
	login_error_line(&l, features);
	is_int(login_error_stage(&l), LOGIN_STAGE_TLS, "... that stops at STARTTLS");
	login_error_line(&l, features);
	is_int(login_error_stage(&l), LOGIN_STAGE_SASL, "... at the login");
	login_error_line(&l, features);
	is_int(login_error_stage(&l), LOGIN_STAGE_BIND, "... at the resource");
	login_error_begin(&l);
	l.direct_tls = true;
	is_int(login_error_stage(&l), LOGIN_STAGE_TLS,
	       "a silent server, with TLS from the first byte");
	login_error_key(&l, &key);
	is_int(login_error_trouble(&l, "me@a.example", "a.example", "x", false, &m),
	       RETRY_CERTIFICATE, "another key than the pinned one");
	says(m.id, MSG_KEY_CHANGED, "... has its message");
	login_error_reason(&l, reason, sizeof(reason));
	is_str(reason, "the key is not the pinned one", "... and its reason");
}

/* What is no line of the log, but was seen on the connection. */
static void test_seen(void)
{
	struct server_key key = { .key = "sha256//x" };
	struct message m;
	struct login_error l;

	login_error_begin(&l);
	l.replaced = true;
	login_error_trouble(&l, "me@a.example", "a.example", "x", true, &m);
	says(m.id, MSG_REPLACED, "another client has our resource");
	l.copied = true;
	login_error_trouble(&l, "me@a.example", "a.example", "x", true, &m);
	says(m.id, MSG_COPIED, "... which has our key");

	login_error_begin(&l);
	login_error_key(&l, &key);
	login_error_certificate(&l, "self-signed certificate");
	login_error_trouble(&l, "me@a.example", "a.example", "x", false, &m);
	says(m.id, MSG_CERT_INVALID, "a certificate whose key can be pinned");
	ok(strstr(m.hint, "--pin=sha256//x"), "... as the hint does");

	login_error_begin(&l);
	snprintf(l.unregistered, sizeof(l.unregistered), "conflict");
	login_error_trouble(&l, "me@a.example", "a.example", "x", false, &m);
	says(m.id, MSG_REGISTER_REFUSED, "a name that is taken");
	snprintf(l.elsewhere, sizeof(l.elsewhere), "https://a.example/new");
	login_error_trouble(&l, "me@a.example", "a.example", "x", false, &m);
	says(m.id, MSG_REGISTER_ELSEWHERE, "a server that makes accounts on a page");
}

static void test_acks(void)
{
	struct login_error l;

	login_error_begin(&l);
	login_error_line(
		&l, "RECV: <features><bind xmlns=\"b\"/><sm xmlns=\"urn:xmpp:sm:3\"/></features>");
	ok(l.offers_acks, "acknowledgements are offered");
	ok(!l.keeps_approvals, "approvals ahead of a request are not");
	login_error_line(&l, "RECV: <features><bind xmlns=\"b\"/></features>");
	ok(!l.offers_acks, "the features after the login count");
	ok(!login_error_hopeless(&l), "a login under way is not hopeless");
}

/* Whether the next server of the domain is asked. */
static void test_final(void)
{
	static const struct {
		const char *condition;
		bool final;
	} conditions[] = {
		{ "not-authorized", true },
		{ "account-disabled", true },
		{ "credentials-expired", true },
		{ "temporary-auth-failure", false },
		{ "mechanism-too-weak", false },
		{ "encryption-required", false },
	};
	struct login_error l;
	char line[160];

	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		login_error_begin(&l);
		snprintf(line, sizeof(line), "RECV: " SASL "<%s/></failure>",
			 conditions[i].condition);
		login_error_line(&l, line);
		ok(login_error_is_final(&l) == conditions[i].final, "after %s %s server is asked",
		   conditions[i].condition, conditions[i].final ? "no other" : "the next");
	}
	login_error_begin(&l);
	login_error_certificate(&l, "expired");
	ok(!login_error_is_final(&l), "a bad certificate is one server's");
	l.replaced = true;
	ok(login_error_is_final(&l), "our place is taken at all of them");
}

/* RFC 5802 5.1. */
static void test_saslname(void)
{
	static const struct { const char *local, *name; } names[] = {
		{ "user", "user" },
		{ "a=b", "a=3Db" },
		{ "a,b", "a=2Cb" },
		{ ",=2C", "=2C=3D2C" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *name = login_error_saslname(names[i].local);

		is_str(name, names[i].name, names[i].local);
		free(name);
	}
}

int main(void)
{
	test_trouble();
	test_final();
	test_secrets();
	test_stages();
	test_seen();
	test_acks();
	test_saslname();
	return tap_done();
}
