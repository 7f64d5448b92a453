/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hello.h"

#include <string.h>

#include "fields.h"
#include "text.h"

/*
 * HELLO is fields, so that a later version may add some: what is unknown is
 * passed over, what is missing or malformed makes it no HELLO at all.
 */

void hello_put(struct buf *out, const char *state, const uint8_t instance[INSTANCE_BYTES],
	       const uint8_t *id, uint64_t received)
{
	char hex[2 * LINK_ID_BYTES + 1];
	struct buf payload = { 0 };

	fields_add(&payload, "protocol", "1");
	hex_encode(instance, INSTANCE_BYTES, hex);
	fields_add(&payload, "instance", hex);
	fields_add_u64(&payload, "received", received);
	if (id) {
		hex_encode(id, LINK_ID_BYTES, hex);
		fields_add(&payload, "link", hex);
	}
	fields_add(&payload, "state", state);
	record_put(out, RECORD_HELLO, 0, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
}

void link_hello_refusal(const char *state, const uint8_t instance[INSTANCE_BYTES], struct buf *out)
{
	hello_put(out, state, instance, NULL, 0);
}

const char *hello_parse(const struct record *record, uint8_t instance[INSTANCE_BYTES],
			uint64_t *received)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *hex;

	if (record->type != RECORD_HELLO || !fields_valid(f) ||
	    fields_get_u64(f, "protocol", 0) != 1)
		return NULL;
	hex = fields_get(f, "instance");
	*received = fields_get_u64(f, "received", UINT64_MAX);
	if (!hex || !hex_decode(hex, instance, INSTANCE_BYTES) || *received == UINT64_MAX)
		return NULL;
	return fields_get(f, "state");
}

int link_hello_parse(const struct record *record, struct link_hello *hello)
{
	struct fields f = { (const char *)record->payload, record->len };
	const char *state = hello_parse(record, hello->instance, &hello->received);
	const char *hex;

	if (!state)
		return -1;
	hex = fields_get(f, "link");
	if (!hex || !hex_decode(hex, hello->link, LINK_ID_BYTES))
		return -1;
	hello->resume = !strcmp(state, "resume");
	if (!hello->resume && (strcmp(state, "new") || hello->received != 0))
		return -1;
	return 0;
}
