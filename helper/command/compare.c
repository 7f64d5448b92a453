/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker makes the string, which takes a few round trips through the servers. So this asks
 * for it again until it is there. What comes from the broker is eight hex digits; the words are
 * made here.
 */
#include "compare.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"
#include "device-text.h"
#include "hex.h"
#include "query.h"
#include "screen.h"
#include "table.h"

enum {
	WORDS_MS = 20 * 1000,		/* ms; how long the other device may take */
	AGAIN_MS = 250,
	WORDS_A_LINE = 7,
	DIGITS_A_LINE = 8,		/* groups */
};

/* One question to the broker. False if it has no answer that is to be waited for. */
static bool look(const char *jid, const char *fingerprint, bool begin, struct shown_words *out)
{
	struct message trouble = { .id = MSG_NONE };
	unsigned char bits[SHORT_BYTES];
	struct buf command = { 0 };
	struct query answer;
	struct fields row;
	bool waits = false;

	fields_add(&command, "verb", "compare");
	fields_add(&command, "jid", jid);
	fields_add(&command, "fingerprint", fingerprint);
	fields_add(&command, "begin", begin ? "1" : NULL);
	if (query_get(&answer, &command, autostart_allowed(), &trouble) < 0) {
		snprintf(out->why, sizeof(out->why), "%.32s", message_name(trouble.id));
	} else if (query_find(&answer, "comparison", &row)) {
		const char *state = row_get(row, "state"), *words = row_get(row, "words");

		waits = strcmp(state, "done") && strcmp(state, "failed") && strcmp(state, "none");
		snprintf(out->why, sizeof(out->why), "%.32s", row_get(row, "reason"));
		out->different = !strcmp(row_get(row, "theirs"), "different");
		if (!strcmp(state, "done") && hex_decode(words, bits, sizeof(bits))) {
			hex_encode(bits, sizeof(bits), out->hex);
			words_write(bits, SHORT_WORDS, out->words);
			words_short_digits(bits, out->digits);
		}
	}
	buf_finish(&command);
	query_finish(&answer);
	return waits;
}

bool compare_words(const char *jid, const char *fingerprint, struct shown_words *out)
{
	*out = (struct shown_words){ .different = false };
	for (int waited = 0; look(jid, fingerprint, waited == 0, out); waited += AGAIN_MS) {
		if (waited >= WORDS_MS) {
			snprintf(out->why, sizeof(out->why), "time-out");
			break;
		}
		poll(NULL, 0, AGAIN_MS);
	}
	return *out->hex;
}

void compare_print(const struct shown_words *shown)
{
	struct buf words = { 0 };

	screen_paint(&words, PAINT_NAME, shown->words, strlen(shown->words));
	printf("\n      %s\n      %s\n\n", buf_str(&words), shown->digits);
	buf_finish(&words);
}

void compare_print_fingerprint(const char *hex, const char *indent)
{
	char words[FINGERPRINT_WORDS_MAX], digits[FINGERPRINT_DIGITS_MAX],
		text[FINGERPRINT_TEXT_MAX];
	unsigned char fp[FINGERPRINT_BYTES];

	if (!fingerprint_parse(hex, fp))
		return;
	words_write(fp, FINGERPRINT_WORDS, words);
	words_fingerprint_digits(fp, digits);
	table_groups(indent, words, WORDS_A_LINE);
	table_groups(indent, digits, DIGITS_A_LINE);
	table_groups(indent, fingerprint_text(hex, text), FINGERPRINT_GROUPS);
}

/* The answer is typed behind the question, in the same line. */
static void print_question(const char *question)
{
	struct table t = { .count = 0 };
	struct buf out = { 0 };

	table_row(&t);
	table_cell(&t, PAINT_PLAIN, "%s", question);
	table_put(&t, screen_width(), &out);
	printf("%.*s ", (int)buf_len(&out) - 1, buf_str(&out));
	fflush(stdout);
	buf_finish(&out);
}

enum reply compare_ask(const char *question)
{
	static const struct {
		const char *text;
		enum reply reply;
	} replies[] = {
		{ "y", REPLY_YES }, { "yes", REPLY_YES },
		{ "n", REPLY_NO }, { "no", REPLY_NO },
		{ "", REPLY_ENTER },
	};
	enum reply reply = REPLY_NONE;
	char *line = NULL;
	size_t room = 0;

	print_question(question);
	/* A whole line is read, so that its rest does not answer the next question. */
	if (getline(&line, &room, stdin) < 0) {
		putchar('\n');
	} else {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
			if (!strcasecmp(line, replies[i].text))
				reply = replies[i].reply;
	}
	free(line);
	return reply;
}
