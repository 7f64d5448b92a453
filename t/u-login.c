/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

#include "tap.h"

#include "alloc.h"

#define SASL "<failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">"

/* What libstrophe writes into its log, and what the user is told. */
static const struct {
	const char *what;
	const char *lines[4];
	const char *certificate;
	bool late, was_up, permanent;
	enum message_id id;
	const char *text;	/* a part of it */
} rows[] = {
	{ "a wrong password", { "RECV: " SASL "<not-authorized/></failure>", "SASL SCRAM-SHA-1 auth failed",
	  "Cannot authenticate with known methods" }, NULL, false, false, true, MSG_AUTH_FAILED, "not-authorized" },
	{ "the last of two refusals counts", { "RECV: " SASL "<not-authorized/></failure>",
	  "RECV: " SASL "<account-disabled/><text>no</text></failure>" }, NULL, false, false, true,
	  MSG_AUTH_FAILED, "account-disabled" },
	{ "a refusal without a reason", { "RECV: " SASL "</failure>" }, NULL, false, false, true,
	  MSG_AUTH_FAILED, "no reason given" },
	{ "a refusal with a reason that is none", { "RECV: " SASL "<\033[31m/></failure>" }, NULL, false, false,
	  true, MSG_AUTH_FAILED, "no reason given" },
	{ "a passing refusal", { "RECV: " SASL "<temporary-auth-failure/></failure>",
	  "Cannot authenticate with known methods" }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "10.0.0.1:5222: the login is refused for now: temporary-auth-failure" },
	{ "no common way to log in", { "Cannot authenticate with known methods" }, NULL, false, false, true,
	  MSG_AUTH_FAILED, "offers no login method" },
	{ "a refused port", { "connection failed, error 111", "Closing socket." }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "10.0.0.1:5222: Connection refused" },
	{ "a packet filter", { "Connection attempt timed out." }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "10.0.0.1:5222: Connection timed out" },
	{ "no TLS", { "TLS is not supported, but set as mandatory for this connection" }, NULL, false, false,
	  false, MSG_NO_TLS, "a.example" },
	{ "a bad certificate", { "error:0A000086:SSL routines::certificate verify failed",
	  "Couldn't start TLS! error -3 tls_error 1" }, "self-signed certificate", false, false, true,
	  MSG_CERT_INVALID, "self-signed certificate" },
	{ "a CA file that is none", { "SSL_CTX_load_verify_locations() failed",
	  "TLS is not supported, but set as mandatory for this connection" }, NULL, false, false, true,
	  MSG_CERT_INVALID, "cannot be read" },
	{ "not TLS", { "error:0A00010B:SSL routines::wrong version number",
	  "Couldn't start TLS! error -3 tls_error 1" }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "TLS handshake failed: wrong version number" },
	{ "no resource", { "Binding failed." }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "refused to bind" },
	{ "silence", { NULL }, NULL, true, false, false, MSG_SERVER_UNREACHABLE, "no answer in time" },
	{ "silence after the login", { NULL }, NULL, true, true, false,
	  MSG_SERVER_UNREACHABLE, "does not answer any more" },
	{ "a broken connection", { NULL }, NULL, false, true, false, MSG_SERVER_UNREACHABLE, "was lost" },
	{ "words not known here", { "RECV: <foo/>", "Something went wrong." }, NULL, false, false, false,
	  MSG_SERVER_UNREACHABLE, "closed the connection before the login" },
};

static void test_trouble(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message m = { 0 };
		struct login l;
		bool permanent;

		login_begin(&l);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].lines) && rows[i].lines[j]; j++)
			login_line(&l, rows[i].lines[j]);
		if (rows[i].certificate)
			login_certificate(&l, rows[i].certificate);
		l.late = rows[i].late;
		permanent = login_trouble(&l, "me@a.example", "a.example", "10.0.0.1:5222",
					  rows[i].was_up, &m);
		is_str(message_name(m.id), message_name(rows[i].id), rows[i].what);
		ok(permanent == rows[i].permanent, "... it is tried again or not");
		if (!ok(strstr(m.text, rows[i].text) != NULL, "... and the reason is told"))
			printf("# '%s'\n", m.text);
	}
}

/* The log has passwords in it, base64 or not: no line may be found again in what is kept. */
static void test_secrets(void)
{
	static const char *const lines[] = {
		"SENT: <auth mechanism=\"PLAIN\">AGFsaWNlAHNlY3JldA==</auth>",
		"SENT: <response xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">AGFsaWNlAHNlY3JldA==</response>",
		"RECV: <challenge>AGFsaWNlAHNlY3JldA==</challenge>",
		"RECV: " SASL "<AGFsaWNlAHNlY3JldA==/></failure>",
	};
	static const char secret[] = "AGFsaWNlAHNlY3JldA";
	struct login l;

	login_begin(&l);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		login_line(&l, lines[i]);
	ok(!memmem(&l, sizeof(l), secret, strlen(secret)), "no secret is kept");
}

static void test_acks(void)
{
	struct login l;

	login_begin(&l);
	login_line(&l, "RECV: <features><bind xmlns=\"b\"/><sm xmlns=\"urn:xmpp:sm:3\"/></features>");
	ok(l.offers_acks, "acknowledgements are offered");
	login_line(&l, "RECV: <features><bind xmlns=\"b\"/></features>");
	ok(!l.offers_acks, "the features after the login count");
	ok(!login_hopeless(&l), "a login under way is not hopeless");
}

int main(void)
{
	test_trouble();
	test_secrets();
	test_acks();
	return tap_done();
}
