/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hex.h"
#include "json.h"
#include "output.h"
#include "text.h"
#include "time-text.h"
#include "words.h"

bool device_has_trust(struct fields row, const char *trust)
{
	return !strcmp(row_get(row, "trust"), trust);
}

bool device_waits(struct fields row)
{
	return device_has_trust(row, "pending") || device_has_trust(row, "suspended");
}

const char *fingerprint_text(const char *hex, char out[FINGERPRINT_TEXT_MAX])
{
	unsigned char bytes[FINGERPRINT_BYTES];

	out[0] = '\0';
	if (fingerprint_parse(hex, bytes))
		fingerprint_format(bytes, out);
	return out;
}

/*
 * A quote in the name must not end it: what follows is for us to say. The words have no quotes,
 * so nobody can give their device the words of another one.
 */
void device_put_name(struct buf *out, struct fields row)
{
	char words[DEVICE_WORDS_MAX];

	if (!*row_get(row, "name")) {
		if (words_of_device(row_get(row, "device"), words))
			buf_printf(out, " %s", words);
		return;
	}
	buf_puts(out, " \"");
	for (const char *at = row_get(row, "name"); *at; at++) {
		if (*at == '"' || *at == '\\')
			buf_puts(out, "\\");
		buf_append(out, at, 1);
	}
	buf_puts(out, "\"");
}

void device_cells(struct table *t, struct fields row)
{
	bool online = fields_get_u64(row, "online", 0);
	struct buf name = { 0 };

	device_put_name(&name, row);
	table_row(t);
	table_cell(t, PAINT_NAME, "%s%s", row_get(row, "device"), buf_str(&name));
	table_cell(t, online ? PAINT_GOOD : PAINT_DIM, "%s", online ? "online" : "offline");
	buf_finish(&name);
}

enum paint device_paint(struct fields row)
{
	if (device_waits(row))
		return PAINT_WAITS;
	if (device_has_trust(row, "distrusted") || device_has_trust(row, "revoked"))
		return PAINT_FAILED;
	return device_has_trust(row, "verified") ? PAINT_GOOD : PAINT_PLAIN;
}

void device_show(struct fields row)
{
	char fingerprint[FINGERPRINT_TEXT_MAX], first[32];
	struct table t = { .indent = 4 };

	device_cells(&t, row);
	table_cell(&t, device_paint(row), "%s", row_get(row, "trust"));
	table_cell(&t, PAINT_PLAIN, "first seen %s",
		   date_text(fields_get_u64(row, "first-seen", 0), first));
	if (*row_get(row, "also"))
		table_cell(&t, PAINT_WAITS, "(the same key as one of %s)", row_get(row, "also"));
	if (*row_get(row, "protocol"))
		table_cell(&t, PAINT_WAITS, "speaks another protocol: %s",
			   row_get(row, "protocol"));
	if (device_waits(row))
		table_cell(&t, PAINT_WAITS, "! to be compared");
	table_print(&t);
	table_groups("      ", fingerprint_text(row_get(row, "fingerprint"), fingerprint),
		     FINGERPRINT_GROUPS);
}

const char *device_trust_text(struct fields row)
{
	static const struct {
		const char *trust, *text;
	} texts[] = {
		{ "verified", "verified" },
		{ "vouched", "trusted, because a verified device of theirs vouches for it" },
		{ "seen", "trusted as it came, not verified" },
		{ "pending", "new: it can do nothing until it is verified" },
		{ "suspended", "suspended: it can do nothing until it is verified again" },
		{ "revoked", "revoked by another device of theirs" },
		{ "distrusted", "shut out" },
		{ "own", "this device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (device_has_trust(row, texts[i].trust))
			return texts[i].text;
	return "not known";
}

void device_hint(struct fields row)
{
	unsigned char bytes[FINGERPRINT_BYTES];
	char hex[2 * FINGERPRINT_BYTES + 1];
	struct buf jid = { 0 };

	if (!fingerprint_parse(row_get(row, "fingerprint"), bytes))
		return;
	hex_encode(bytes, sizeof(bytes), hex);
	text_operand(&jid, row_get(row, "jid"));
	report("hint", "git xmpp verify --fingerprint=%s %s", hex, buf_str(&jid));
	buf_finish(&jid);
}

void device_json(struct buf *out, struct fields row)
{
	char words[DEVICE_WORDS_MAX];
	bool known = words_of_device(row_get(row, "device"), words);

	json_open(out, NULL, '{');
	json_string(out, "device", row_get(row, "device"));
	json_string(out, "fingerprint", row_get(row, "fingerprint"));
	json_string(out, "trust", row_get(row, "trust"));
	json_bool(out, "online", fields_get_u64(row, "online", 0) > 0);
	json_time(out, "first_seen", fields_get_u64(row, "first-seen", 0));
	json_string(out, "name", fields_get(row, "name"));
	json_string(out, "words", known ? words : NULL);
	json_time(out, "since", fields_get_u64(row, "since", 0));
	json_time(out, "last_seen", fields_get_u64(row, "last-seen", 0));
	json_string(out, "by", fields_get(row, "by"));
	json_bool(out, "compared", fields_get_u64(row, "compared", 0) > 0);
	json_string(out, "also", fields_get(row, "also"));
	json_number(out, "protocol", fields_get_u64(row, "protocol", 0));
	json_close(out, '}');
}

static int rank(struct fields row)
{
	int trust = device_waits(row) ? 0 : device_has_trust(row, "distrusted") ? 2 : 1;

	return fields_get_u64(row, "online", 0) ? trust : 3 + trust;
}

size_t *devices_sorted(const struct query *answer, size_t *count)
{
	size_t *found = xcalloc(answer->count ? answer->count : 1, sizeof(*found)), n = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct fields row = query_row(answer, i);
		size_t at = n;

		if (!row_is(row, "device"))
			continue;
		for (; at > 0 && rank(query_row(answer, found[at - 1])) > rank(row); at--)
			found[at] = found[at - 1];
		found[at] = i;
		n++;
	}
	*count = n;
	return found;
}
