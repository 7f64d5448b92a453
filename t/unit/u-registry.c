/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of protocol.md that say what may stand in a record, and how much of it: sections
 * "Limits", "Records", "Fields", "Words" and "Reasons". Each row is asked of what ships. A record
 * is made of the fields that its rows call needed, and is understood; then it is said without one
 * of them, and with one that is malformed, and what becomes of it is what the row says.
 *
 *   u-registry Documentation/protocol.md
 */
#include <stdlib.h>

#include "address.h"
#include "candidates.h"
#include "channel.h"
#include "device-name.h"
#include "fields.h"
#include "hello.h"
#include "keepalive.h"
#include "negotiation.h"
#include "page-table.h"
#include "pass.h"
#include "share-rows.h"
#include "tap.h"
#include "vouching.h"

enum { FIELD_ROWS_MAX = 128 };

/* A row of the table of fields. */
enum { RECORD, FIELD, FORM, NEEDED, MALFORMED };

static char *document;
static struct page_row field_rows[FIELD_ROWS_MAX];
static size_t field_count;

/* What a negotiation has answered with REFUSE. */
static bool refused;

/* The next row of the table below a heading, without its head. */
static bool next_row(const char *heading, const char **at, struct page_row *row)
{
	return page_next_row(document, heading, at, row) &&
	       (!page_is_head(*at) || page_next_row(document, heading, at, row));
}

/* Records */

/* "9 to 15 and 68 to 127": the types that are as asked. */
static void put_ranges(struct buf *out, bool skipped)
{
	char ranges[16][16];
	int n = 0;

	for (unsigned type = 1, first; type < 256; type++) {
		first = type;
		while (type < 256 && !record_type_known(type) &&
		       record_type_skipped(type) == skipped)
			type++;
		if (type - first == 1)
			snprintf(ranges[n++], sizeof(ranges[0]), "%u", first);
		else if (type - first == 2)
			snprintf(ranges[n++], sizeof(ranges[0]), "%u, %u", first, type - 1);
		else if (type > first)
			snprintf(ranges[n++], sizeof(ranges[0]), "%u to %u", first, type - 1);
	}
	for (int i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", ranges[i]);
}

static int type_of(const char *name)
{
	for (unsigned type = 0; type < 256; type++)
		if (record_type_known(type) && !strcmp(record_type_name(type), name))
			return (int)type;
	return -1;
}

static void test_records(void)
{
	struct buf skipped = { 0 }, refused_types = { 0 };
	const char *at = NULL;
	unsigned known = 0, rows = 0;
	struct page_row row;

	for (unsigned type = 0; type < 256; type++)
		known += record_type_known(type);
	while (next_row("\n### Records\n", &at, &row)) {
		unsigned type = (unsigned)strtoul(row.cell[0], NULL, 10);

		ok(record_type_known(type) && !strcmp(record_type_name(type), row.cell[2]) &&
			   !strcmp(record_type_numbered(type) ? "n" : "0", row.cell[1]),
		   "record %s %s %s", row.cell[0], row.cell[1], row.cell[2]);
		rows++;
	}
	is_int(rows, known, "there is a row for each record");
	put_ranges(&skipped, true);
	put_ranges(&refused_types, false);
	buf_puts(&skipped, " are skipped");
	buf_puts(&refused_types, " are for a version");
	ok(strstr(document, buf_str(&skipped)), "%s", buf_str(&skipped));
	ok(strstr(document, buf_str(&refused_types)), "%s", buf_str(&refused_types));
	buf_finish(&skipped);
	buf_finish(&refused_types);
}

/* Fields */

static const struct {
	const char *field, *value;
} good_values[] = {
	{ "protocol", "2" },
	{ "from", "bob@example.net" },
	{ "to", "alice@example.org" },
	{ "instance", "0001020304050607" },
	{ "received", "0" },
	{ "link", "000102030405060708090a0b0c0d0e0f" },
	{ "reason", "idle" },
	{ "id", "000102030405060708090a0b" },
	{ "share", "project" },
	{ "git-protocol", "1" },
	{ "kind", "announcement" },
	{ "version", "1" },
	{ "tip", "95d09f2b10159347eece71399a7e2e907ea3df4f HEAD" },
	{ "service", "upload-pack" },
	{ "window", "524288" },
	{ "channel", "2" },
	{ "data", "30" },
	{ "transport", "auto" },
	{ "token", "000102030405060708090a0b0c0d0e0f" },
	{ "sid", "000102030405060708090a0b0c0d0e0f" },
	{ "secret", "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f" },
	{ "vouches", "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f" },
	{ "revokes", "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f" },
	{ "address", "192.0.2.7:4711" },
	{ "seen", "203.0.113.9:51000" },
	{ "jid", "proxy.example.org" },
	{ "host", "proxy.example.org" },
	{ "port", "7777" },
	{ "name", "desk" },
	{ "right", "push" },
	{ "head", "refs/heads/main" },
	{ "object", "95d09f2b10159347eece71399a7e2e907ea3df4f" },
	{ "changed", "1700000000" },
};

static const struct {
	const char *form, *value;
} bad_values[] = {
	{ "number", "x" },	{ "word", "A B" },   { "reason", "A B" },
	{ "text", "?" },	{ "id", "zz" },	     { "token", "zz" },
	{ "sid", "zz" },	{ "instance", "zz" }, { "link", "zz" },
	{ "secret", "zz" },	{ "fp", "zz" },	     { "data", "zz" },
	{ "address", "nowhere" }, { "jid", "a b" },  { "full", "bob@example.net" },
	{ "host", "-" },	{ "share", "-" },    { "tip", "?" },
	{ "right", "?" },	{ "head", "?" },     { "object", "?" },
	{ "name", " x" },
};

static const char *good_value(const struct page_row *row)
{
	if (!strcmp(row->cell[FORM], "full"))
		return "bob@example.net/git";
	if (!strcmp(row->cell[FIELD], "state"))
		return !strcmp(row->cell[RECORD], "HELLO") ? "new" : "offer";
	for (size_t i = 0; i < sizeof(good_values) / sizeof(good_values[0]); i++)
		if (!strcmp(good_values[i].field, row->cell[FIELD]))
			return good_values[i].value;
	return "1";
}

static const char *bad_value(const struct page_row *row)
{
	for (size_t i = 0; i < sizeof(bad_values) / sizeof(bad_values[0]); i++)
		if (!strcmp(bad_values[i].form, row->cell[FORM]))
			return bad_values[i].value;
	return NULL;
}

static void on_send(void *owner, enum record_type type, struct buf *fields)
{
	refused = refused || type == RECORD_REFUSE;
}

static const char *on_authorize(void *owner, enum service service, const char *share)
{
	return NULL;
}

static void *on_start(void *owner, struct negotiation *neg)
{
	return owner;
}

static void on_stop(void *owner, void *serving)
{
}

static void on_outcome(void *owner, const char *id, uint64_t received, struct buf *fields)
{
}

static void on_announced(void *owner, const char *share, struct fields f)
{
}

static const struct negotiation_events negotiation_events = {
	on_send, on_authorize, on_start, on_stop, on_outcome, on_announced, NULL,
};

static void on_wanted(void *owner, struct negotiation *neg)
{
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
}

static void on_answer(void *owner, struct fields f)
{
}

static void on_seen(void *owner)
{
}

static const struct initiator_events initiator_events = {
	on_wanted, on_waiting, on_open, on_answer, on_seen, on_waiting,
};

static void on_closed(void *owner, const char *reason)
{
}

static const struct channel_events channel_events = { .closed = on_closed };
static const struct link_ends ends = { "alice@example.org", "bob@example.net" };

/* A negotiation of a link, in which a fetch with the id of good_values[] was asked for. */
static const char *negotiate(const struct record *record)
{
	static const struct link_events link_events = { .ended = NULL };
	static const uint8_t zero[LINK_ID_BYTES] = { 0 },
			     id[NEG_ID_BYTES] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
	struct negotiations negotiations;
	struct channels channels;
	struct link link;
	const char *rule;

	link_init(&link, &link_events, NULL, zero, zero, &ends, "bob");
	channels_init(&channels, &link, true);
	negotiations_init(&negotiations, &negotiation_events, NULL, &channels);
	if (record->type == RECORD_STARTING_PUSH)
		neg_begin(&negotiations, id, SERVICE_UPLOAD_PACK, "project", "2", &initiator_events,
			  &channel_events, NULL, 0);
	refused = false;
	rule = negotiations_record(&negotiations, record, 0);
	channels_finish(&channels, "the end");
	for (struct negotiation *neg = negotiations.first, *next; neg; neg = next) {
		next = neg_next(neg);
		if (neg_state(neg) == NEG_OPEN)
			neg_done(neg, 0);
	}
	negotiations_finish(&negotiations, "the end", 0);
	link_finish(&link);
	return rule ? "protocol" : refused ? "REFUSE" : "understood";
}

static const char *greet(const struct record *record)
{
	struct link_hello hello;

	switch (link_hello_parse(record, &ends, &hello)) {
	case HELLO_GOOD:
		return "understood";
	case HELLO_OTHER_NAMES:
		return "not-you";
	case HELLO_OTHER_PROTOCOL:
		return "version";
	default:
		return "closed";
	}
}

static const char *read_shares(struct fields f)
{
	struct share_row row;
	const char *fault;
	size_t pos = 0;
	int got;

	if (!shares_id(f))
		return "protocol";
	while ((got = share_rows_next(f, &pos, &row, &fault)) > 0)
		;
	return got < 0 ? "protocol" : "understood";
}

/* What becomes of a record. */
static const char *fate(int type, const struct buf *payload)
{
	struct record record = { .type = (enum record_type)type,
				 .number = 1,
				 .payload = (const uint8_t *)buf_data(payload),
				 .len = buf_len(payload) };
	struct fields f = { buf_data(payload), buf_len(payload) };
	struct device_word word;
	struct candidates candidates;
	struct s5b_record stream;
	struct punch_record punch;
	const char *rule = NULL;

	switch (type) {
	case RECORD_HELLO:
		return greet(&record);
	case RECORD_BYE:
	case RECORD_CLOSE:
		record_reason(&record, "none");
		break;
	case RECORD_CANDIDATES:
		rule = candidates_parse(&record, &candidates);
		break;
	case RECORD_BYTESTREAM:
		rule = s5b_parse(&record, &stream);
		break;
	case RECORD_PUNCH:
		rule = punch_parse(&record, &punch);
		break;
	case RECORD_DEVICE:
		if (!device_word_parse(f, &word, &rule))
			return "protocol";
		break;
	case RECORD_SHARES_ASK:
		return shares_id(f) ? "understood" : "protocol";
	case RECORD_SHARES:
		return read_shares(f);
	default:
		return negotiate(&record);
	}
	return rule ? "protocol" : "understood";
}

static bool is_needed(const struct page_row *row)
{
	const char *needed = row->cell[NEEDED];

	return !strcmp(needed, "yes") || !strcmp(needed, "opener") || !strcmp(needed, "offer");
}

static bool is_of_row(const struct page_row *row)
{
	return !strcmp(row->cell[FIELD], "right") || !strcmp(row->cell[FIELD], "head") ||
	       !strcmp(row->cell[FIELD], "object") || !strcmp(row->cell[FIELD], "changed");
}

/* Whether the field `other` has to go along with the one that is tried, for that to make sense. */
static bool goes_along(const struct page_row *other, const struct page_row *tried)
{
	const char *record = tried->cell[RECORD], *field = other->cell[FIELD];

	if (!strcmp(record, "CANDIDATES") && strcmp(tried->cell[NEEDED], "yes") != 0)
		return !strcmp(field, "token") || !strcmp(field, "secret");
	return !strcmp(record, "SHARES") && is_of_row(tried) && !strcmp(field, "share");
}

/*
 * What becomes of a record of the kind of `tried` with all that it needs, and `tried` itself with
 * this value; NULL: without `tried`.
 */
static const char *try_with(const struct page_row *tried, const char *value)
{
	struct buf payload = { 0 };
	const char *result;

	for (size_t i = 0; i < field_count; i++) {
		const struct page_row *row = &field_rows[i];

		if (row == tried && value)
			fields_add(&payload, row->cell[FIELD], value);
		else if (row != tried && !strcmp(row->cell[RECORD], tried->cell[RECORD]) &&
			 (is_needed(row) || goes_along(row, tried)))
			fields_add(&payload, row->cell[FIELD], good_value(row));
	}
	result = fate(type_of(tried->cell[RECORD]), &payload);
	buf_finish(&payload);
	return result;
}

static void test_field(const struct page_row *row)
{
	const char *record = row->cell[RECORD], *field = row->cell[FIELD],
		   *needed = row->cell[NEEDED], *malformed = row->cell[MALFORMED],
		   *bad = bad_value(row), *missing, *result;

	ok(bad, "%s has a form that section 7 or this test knows, '%s'", field, row->cell[FORM]);
	result = try_with(row, good_value(row));
	ok(!strcmp(result, "understood"), "%s %s=%s: %s", record, field, good_value(row), result);
	missing = !strcmp(record, "HELLO") ? malformed : "protocol";
	if (!strcmp(needed, "no"))
		missing = "understood";
	/* What comes with the token is needed with it only. */
	if (strcmp(field, "token") != 0) {
		result = try_with(row, NULL);
		ok(!strcmp(result, missing), "%s without %s, needed: %s: %s", record, field, needed,
		   result);
	}
	result = try_with(row, bad);
	ok(!strcmp(result, strcmp(malformed, "passed over") ? malformed : "understood"),
	   "%s %s=%s, if malformed %s: %s", record, field, bad, malformed, result);
}

static bool is_in_fields(int type)
{
	return type == RECORD_ACK || type == RECORD_PING || type == RECORD_PONG ||
	       (type >= RECORD_ACCEPT && type <= RECORD_EXIT);
}

static void test_fields(void)
{
	bool met[256] = { false };
	const char *at = NULL;

	while (field_count < FIELD_ROWS_MAX &&
	       next_row("\n### Fields\n", &at, &field_rows[field_count]))
		field_count++;
	for (size_t i = 0; i < field_count; i++) {
		int type = type_of(field_rows[i].cell[RECORD]);

		if (!ok(type > 0, "there is a record %s", field_rows[i].cell[RECORD]))
			continue;
		met[type] = true;
		/* MEET is taken by a meeting only: u-meeting. */
		if (type != RECORD_MEET)
			test_field(&field_rows[i]);
	}
	for (int type = 0; type < 256; type++)
		if (record_type_known((unsigned)type))
			ok(met[type] != is_in_fields(type), "%s is in the table if it has fields",
			   record_type_name((enum record_type)type));
}

/* Words */

/* A record of an attempt to make a path, with this state, and with what an offer needs. */
static const char *fate_of_step(const struct page_row *word)
{
	int type = type_of(word->cell[0]);
	struct s5b_record stream = { .step = S5B_OTHER };
	struct punch_record punch = { .step = PUNCH_OTHER };
	struct buf payload = { 0 };
	struct record record = { .type = (enum record_type)type };
	const char *rule;

	fields_add(&payload, "sid", "000102030405060708090a0b0c0d0e0f");
	fields_add(&payload, "state", word->cell[2]);
	for (size_t i = 0; i < field_count && !strcmp(word->cell[2], "offer"); i++) {
		const struct page_row *row = &field_rows[i];

		if (!strcmp(row->cell[RECORD], word->cell[0]) &&
		    !strcmp(row->cell[NEEDED], "offer"))
			fields_add(&payload, row->cell[FIELD], good_value(row));
	}
	record.payload = (const uint8_t *)buf_data(&payload);
	record.len = buf_len(&payload);
	rule = type == RECORD_PUNCH ? punch_parse(&record, &punch) : s5b_parse(&record, &stream);
	buf_finish(&payload);
	if (rule)
		return "protocol";
	return stream.step == S5B_OTHER && punch.step == PUNCH_OTHER ? "unknown" : "understood";
}

/* What becomes of a record with this word; NULL if that is not asked here. */
static const char *fate_of_word(const struct page_row *word)
{
	const char *record = word->cell[0], *text = word->cell[2];
	const struct page_row *row = field_rows;

	if (!strcmp(record, "CANDIDATES"))
		return transport_kinds(text) ? "understood" : "unknown";
	if (!strcmp(record, "PUSH-REQUEST"))
		return service_by_name(text) >= 0 ? "understood" : "unknown";
	if (!strcmp(record, "BYTESTREAM") || !strcmp(record, "PUNCH"))
		return fate_of_step(word);
	for (; row < field_rows + field_count && strcmp(record, "MEET") != 0; row++)
		if (!strcmp(row->cell[RECORD], record) && !strcmp(row->cell[FIELD], word->cell[1]))
			return try_with(row, text);
	return NULL;
}

static void test_words(void)
{
	static const struct {
		const char *record, *field;
		int count;
	} all[] = {
		{ "HELLO", "state", 9 },
		{ "PUSH-REQUEST", "service", 3 },
		{ "CANDIDATES", "transport", 4 },
		{ "BYTESTREAM", "state", S5B_OTHER },
		{ "PUNCH", "state", PUNCH_OTHER },
	};
	int counts[sizeof(all) / sizeof(all[0])] = { 0 };
	const char *at = NULL;
	struct page_row row;

	while (next_row("\n### Words\n", &at, &row)) {
		const char *result = fate_of_word(&row);
		bool by_opener = !strcmp(row.cell[3], "both") || !strcmp(row.cell[3], "opener");
		bool answer = !strcmp(row.cell[0], "HELLO") && !by_opener;

		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			counts[i] += !strcmp(row.cell[0], all[i].record) &&
				     !strcmp(row.cell[1], all[i].field);
		ok(type_of(row.cell[0]) > 0 && record_is_word(row.cell[2]), "%s %s=%s is a word",
		   row.cell[0], row.cell[1], row.cell[2]);
		/* An opener's HELLO does not have what an answer has. */
		if (result)
			ok(!strcmp(result, answer ? "closed" : "understood"), "%s %s=%s: %s",
			   row.cell[0], row.cell[1], row.cell[2], result);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		is_int(counts[i], all[i].count, all[i].record);
}

static void test_reasons(void)
{
	const char *at = NULL;
	struct page_row row;
	int n = 0;

	for (; next_row("\n### Reasons\n", &at, &row); n++)
		ok(type_of(row.cell[0]) > 0 && record_is_word(row.cell[1]), "%s %s is a word",
		   row.cell[0], row.cell[1]);
	ok(n > 0, "there are reasons");
}

/* Limits */

static const struct {
	const char *what;
	uint64_t number;	/* 0: another test has it */
} limits[] = {
	{ "bytes of a record, with its header", RECORD_HEADER + RECORD_PAYLOAD_MAX },
	{ "fields of a record", FIELDS_MAX },
	{ "bytes of a key", FIELD_KEY_MAX },
	{ "bytes of a value", FIELD_VALUE_MAX },
	{ "characters of a word", REASON_MAX },
	{ "bytes of PING", PING_PAYLOAD_MAX },
	{ "bytes of a share's name", SHARE_NAME_MAX - 1 },
	{ "bytes of one segment of it", 0 },				/* u-address */
	{ "bytes of a JID's part", 0 },					/* u-jid */
	{ "negotiations on a link, of both sides together", NEGOTIATIONS_PER_DEVICE },
	{ "channels on a link, of both sides together", CHANNELS_PER_LINK },
	{ "bytes of credit at the beginning, each way", CHANNEL_WINDOW },
	{ "bytes of credit at any time", CREDIT_MAX },
	{ "bytes of STDERR on a channel", CHANNEL_STDERR_MAX },
	{ "addresses of CANDIDATES", CANDIDATES_MAX },
	{ "addresses of PUNCH", PUNCH_ADDRESSES_MAX },
	{ "bytes of the host of a proxy", S5B_HOST_MAX },
	{ "hellos below the highest whose number still counts", PASS_WINDOW - 1 },
	{ "tips of an announcement", ANNOUNCE_TIPS_MAX },
	{ "rows of a SHARES record", SHARE_ROWS_MAX },
	{ "rows of an answer to SHARES-ASK", SHARES_MAX },
	{ "bytes of `head` in a row", SHARE_HEAD_MAX - 1 },
	{ "devices that DEVICE vouches for", DEVICE_VOUCHES_MAX },
	{ "devices that DEVICE revokes", DEVICE_REVOKES_MAX },
	{ "bytes of a device's name", DEVICE_NAME_MAX - 1 },
	{ "records MEET in a meeting", MEETING_RECORDS_MAX },
	{ "seconds of a meeting", MEETING_TIME / 1000 },
	{ "comparisons with a JID at once", COMPARISONS_AT_ONCE },
	{ "bytes of a block, offered at most", IBB_BLOCK },
	{ "bytes of a block, offered at least", IBB_BLOCK_MIN },
	{ "blocks on a path without a link", IBB_TAKEN_UNFINISHED },
	{ "blocks on the way on a path without a link", IBB_STANZAS_UNFINISHED },
	{ "digits of the sid of a bytestream", 0 },			/* u-ibb-path */
	{ "bytes of an iq's id", ANSWERED_ID_MAX },
	{ "bytes of a handshake, each way", 0 },			/* t0004-documentation */
	{ "bytes of a hello that has to prove a pass", 0 },		/* t0004-documentation */
	{ "seconds until HELLO", LINK_HELLO_TIMEOUT / 1000 },
	{ "seconds without a path, unless a user says otherwise", LINK_SUSPEND_MAX / 1000 },
	{ "seconds of silence after PING, at least", LINK_PING_TIMEOUT / 1000 },
	{ "milliseconds until ACK", LINK_ACK_DELAY },
	{ "bytes until ACK", LINK_ACK_BYTES },
};

/* 16,384 */
static uint64_t grouped(const char *text)
{
	uint64_t number = 0;

	for (; *text; text++)
		if (*text != ',')
			number = 10 * number + (uint64_t)(*text - '0');
	return number;
}

static void test_limits(void)
{
	const size_t n = sizeof(limits) / sizeof(limits[0]);
	const char *at = NULL;
	struct page_row row;
	size_t rows = 0;

	for (; next_row("\n### Limits\n", &at, &row); rows++) {
		size_t i = 0;

		while (i < n && strcmp(limits[i].what, row.cell[0]) != 0)
			i++;
		ok(i < n && (!limits[i].number || limits[i].number == grouped(row.cell[1])),
		   "%s: %s", row.cell[0], row.cell[1]);
	}
	is_int((int64_t)rows, (int64_t)n, "each limit has a row");
}

int main(int argc, char **argv)
{
	document = page_read(argc > 1 ? argv[1] : "Documentation/protocol.md");
	test_records();
	test_fields();
	test_words();
	test_reasons();
	test_limits();
	free(document);
	return tap_done();
}
