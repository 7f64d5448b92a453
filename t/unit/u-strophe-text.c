/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libstrophe on a connection to ourselves, which nobody answers. */
#include "strophe-text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strophe.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static bool up;

static void on_event(xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
		     xmpp_stream_error_t *stream_error, void *arg)
{
	up = event == XMPP_CONN_RAW_CONNECT;
}

static int listen_here(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)at, &len))
		return -1;
	return fd;
}

static void test_text(xmpp_stanza_t *stanza)
{
	char *text = NULL;
	size_t n = 0;

	is_int(xmpp_stanza_to_text(stanza, &text, &n), XMPP_EOK, "a stanza has a text");
	is_str(text, "<r xmlns=\"x\"/>", "which is the library's");
	xmpp_free(xmpp_stanza_get_context(stanza), text);
	text = NULL;
	strophe_text_wanted(false);
	ok(xmpp_stanza_to_text(stanza, &text, &n) < 0 && !text, "and none if nobody wants it");
	strophe_text_wanted(true);
}

/* What the library calls, too, has the name that we stand before. */
static void test_library(xmpp_ctx_t *ctx, xmpp_stanza_t *stanza)
{
	xmpp_conn_t *conn = xmpp_conn_new(ctx);
	struct sockaddr_in at;
	int fd = listen_here(&at);

	xmpp_conn_set_flags(conn, XMPP_CONN_FLAG_DISABLE_SM);
	xmpp_conn_set_jid(conn, "localhost");
	is_int(xmpp_connect_raw(conn, "127.0.0.1", ntohs(at.sin_port), on_event, NULL), XMPP_EOK,
	       "there is a connection");
	while (!up)
		xmpp_run_once(ctx, 10);
	strophe_text_wanted(false);
	xmpp_send(conn, stanza);
	is_int(xmpp_conn_send_queue_len(conn), 0, "the library has no text to send");
	strophe_text_wanted(true);
	xmpp_send(conn, stanza);
	is_int(xmpp_conn_send_queue_len(conn), 1, "until it is wanted again");
	xmpp_conn_release(conn);
	close(fd);
}

int main(void)
{
	xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
	xmpp_stanza_t *stanza = xmpp_stanza_new(ctx);

	xmpp_stanza_set_name(stanza, "r");
	xmpp_stanza_set_ns(stanza, "x");
	test_text(stanza);
	test_library(ctx, stanza);
	xmpp_stanza_release(stanza);
	xmpp_ctx_free(ctx);
	return tap_done();
}
