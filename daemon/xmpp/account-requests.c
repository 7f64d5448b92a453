/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account-internal.h"

/*
 * The requests of the owner while we are logged in. The stream sends them, but has no clock:
 * this file computes each deadline and sets the account's timer afterwards.
 */

#include "bounds.h"
#include "buf.h"
#include "stanza.h"
#include "text.h"

uint64_t account_request(struct account *x, const char *to, const char *type, const char *payload,
			 unsigned timeout_ms, iq_answer answer, void *arg)
{
	uint64_t handle = stream_request(&x->stanzas, to, type, payload,
					 uv_now(x->loop) + timeout_ms, answer, arg);

	xmpp_arm(x);
	return handle;
}

uint64_t account_query(struct account *x, const char *to, const char *payload, unsigned timeout_ms,
		       iq_rows_answer answer, void *arg)
{
	uint64_t handle =
		stream_query(&x->stanzas, to, payload, uv_now(x->loop) + timeout_ms, answer, arg);

	xmpp_arm(x);
	return handle;
}

bool iq_rows_next(struct iq_rows *rows, struct iq_row *row)
{
	return stanza_rows_next(rows, row);
}

void account_forget(struct account *x, uint64_t handle)
{
	iq_forget(x->stanzas.iq, handle);
}

bool account_reply_result(struct account *x, const char *to, const char *id)
{
	return stream_acknowledge(&x->stanzas, to, id);
}

void account_reply_error(struct account *x, const char *to, const char *id, const char *condition)
{
	stream_error(&x->stanzas, to, id, condition, uv_now(x->loop));
}

bool account_may_answer(struct account *x, const char *bare)
{
	return stream_may_answer(&x->stanzas, bare, uv_now(x->loop));
}

bool account_bulk_ready(struct account *x)
{
	if (bulk_ready(&x->bulk, uv_now(x->loop)))
		return true;
	xmpp_arm(x);
	return false;
}

uint64_t account_open_stream(struct account *x, const char *to, const char *sid, size_t block_size,
			     iq_answer answer, void *arg)
{
	uint64_t handle = stream_open(&x->stanzas, to, sid, block_size,
				      uv_now(x->loop) + IBB_OPEN_TIMEOUT, answer, arg);

	xmpp_arm(x);
	return handle;
}

void account_close_stream(struct account *x, const char *to, const char *sid)
{
	stream_close(&x->stanzas, to, sid);
}

uint64_t account_send_block(struct account *x, const char *to, const char *sid, uint16_t seq,
			    const void *data, size_t n, iq_answer answer, void *arg)
{
	uint64_t handle = stream_block(&x->stanzas, to, sid, seq, data, n,
				       uv_now(x->loop) + IBB_ACK_TIMEOUT, answer, arg);

	xmpp_arm(x);
	return handle;
}

void account_subscription(struct account *x, const char *bare, const char *type)
{
	stream_presence(&x->stanzas, bare, type);
}

bool account_keeps_approvals(const struct account *x)
{
	return x->keeps_approvals;
}

void account_available(struct account *x, const char *to, bool asks)
{
	stream_available(&x->stanzas, x->device, to, asks);
}

void account_unavailable(struct account *x, const char *bare)
{
	stream_presence(&x->stanzas, bare, "unavailable");
}

/*
 * Sends a request about one JID to our own account. The payload is before, the JID, and
 * after.
 */
static uint64_t request_about(struct account *x, const char *before, const char *bare,
			      const char *after, iq_answer answer, void *arg)
{
	struct buf payload = { 0 };
	uint64_t handle;

	buf_puts(&payload, before);
	text_xml(&payload, bare);
	buf_puts(&payload, after);
	handle = stream_request(&x->stanzas, NULL, "set", buf_str(&payload),
				uv_now(x->loop) + REQUEST_MAX, answer, arg);
	xmpp_arm(x);
	buf_finish(&payload);
	return handle;
}

uint64_t account_roster_remove(struct account *x, const char *bare, iq_answer answer, void *arg)
{
	return request_about(x, "<query xmlns='jabber:iq:roster'><item subscription='remove' jid='",
			     bare, "'/></query>", answer, arg);
}

uint64_t account_block(struct account *x, const char *bare, bool blocked, iq_answer answer,
		       void *arg)
{
	if (blocked)
		return request_about(x, "<block xmlns='" NS_BLOCKING "'><item jid='", bare,
				     "'/></block>", answer, arg);
	return request_about(x, "<unblock xmlns='" NS_BLOCKING "'><item jid='", bare,
			     "'/></unblock>", answer, arg);
}

uint64_t account_ping_device(struct account *x, const char *full, iq_answer answer, void *arg)
{
	uint64_t handle = stream_request(&x->stanzas, full, "get", "<ping xmlns='" NS_PING "'/>",
					 uv_now(x->loop) + INQUIRY_TIMEOUT, answer, arg);

	xmpp_arm(x);
	return handle;
}

uint64_t account_ping(struct account *x, iq_answer answer, void *arg)
{
	uint64_t handle = stream_ping(&x->stanzas, uv_now(x->loop) + REQUEST_MAX, answer, arg);

	xmpp_arm(x);
	return handle;
}
