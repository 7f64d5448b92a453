/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records: sends the arguments, each "<type> <field>...", over and over, whatever the
 * victim answers. In a value %n is a number that rises and %i a new id; hex:... stands for
 * bytes instead of a field.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "attack-device.h"
#include "fields.h"
#include "hex.h"

enum { UNSENT_MAX = 128 * 1024, AT_ONCE = 200 };

static bool put_bytes(struct buf *payload, const char *word)
{
	size_t n = strlen(word) / 2;

	return hex_decode(word, (uint8_t *)buf_reserve(payload, n), n) &&
	       (buf_added(payload, n), true);
}

static void put_field(struct buf *payload, const char *word, unsigned number)
{
	const char *value = strchr(word, '=');
	char key[FIELD_KEY_MAX + 1], id[NEG_ID_LEN + 1];
	struct buf text = { 0 };

	if (!value)
		return;
	snprintf(key, sizeof(key), "%.*s", (int)(value - word), word);
	for (value++; *value; value++) {
		if (value[0] == '%' && value[1] == 'n') {
			buf_printf(&text, "%u", number);
			value++;
		} else if (value[0] == '%' && value[1] == 'i') {
			device_new_id(id);
			buf_puts(&text, id);
			value++;
		} else {
			buf_append(&text, value, 1);
		}
	}
	fields_add(payload, key, buf_str(&text));
	buf_finish(&text);
}

static void say_record(struct raw_link *l, const char *text, unsigned number)
{
	struct buf payload = { 0 };
	char *copy = xstrdup(text), *save = NULL, *word = strtok_r(copy, " ", &save);
	unsigned type = word ? (unsigned)atoi(word) : 0;

	while ((word = strtok_r(NULL, " ", &save))) {
		if (strncmp(word, "hex:", 4) || !put_bytes(&payload, word + 4))
			put_field(&payload, word, number);
	}
	raw_say(l, type, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
	free(copy);
}

static void records_step(struct attack *a, uint64_t now)
{
	static unsigned number;

	for (size_t i = 0; i < a->n; i++) {
		struct who *who = &a->who[i];
		struct raw_link *l = device_link(a, who, now);

		for (unsigned n = 0; l && a->n_args && n < AT_ONCE && raw_unsent(l) < UNSENT_MAX &&
				     attack_may(a, who, now);
		     n++) {
			say_record(l, a->args[number % (unsigned)a->n_args], number);
			number++;
		}
	}
	attack_ready_if(a, number >= a->count, now);
}

const struct attack_kind attack_records = {
	.name = "records",
	.usage = "records [--rate N] [--count N] [--tcp] --key FILE <record>...    ready after "
		 "so many",
	.step = records_step,
	.take = device_take,
	.end = device_end,
};

