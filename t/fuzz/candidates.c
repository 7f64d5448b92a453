/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "candidates.h"
#include "fuzz.h"

#define TOKEN "00112233445566778899aabbccddeeff"
#define SECRET TOKEN TOKEN

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("transport=auto\0token=" TOKEN "\0secret=" SECRET
		  "\0address=192.168.1.7:4711\0address=[2001:db8::7]:4711\0"),
	FUZZ_SEED("transport=direct\0token=" TOKEN "\0secret=" SECRET "\0"
		  "address=10.0.0.1:1\0address=10.0.0.2:1\0address=10.0.0.3:1\0"
		  "address=10.0.0.4:1\0address=10.0.0.5:1\0address=10.0.0.6:1\0address=10.0.0.7:1\0"
		  "address=10.0.0.8:1\0address=10.0.0.9:1\0"),
	FUZZ_SEED("transport=inband\0"),
	FUZZ_SEED("sid=" TOKEN "\0state=offer\0jid=proxy.example.org/7\0host=192.0.2.9\0port=7777\0"
		  "from=alice@example.org/git.k7\0to=bob@example.net/git.p4\0secret=" SECRET "\0"),
	FUZZ_SEED("sid=" TOKEN "\0state=joined\0"),
	FUZZ_SEED("sid=" TOKEN "\0state=failed\0reason=unreachable\0"),
	FUZZ_SEED("transport=auto\0punch=1\0seen=203.0.113.9:5000\0"),
	FUZZ_SEED("sid=" TOKEN "\0state=offer\0secret=" SECRET "\0address=8.8.8.8:4711\0"
		  "address=[2001:db8::7]:4711\0address=10.0.0.1:5000\0address=10.0.0.2:5000\0"
		  "address=10.0.0.3:5000\0"),
	FUZZ_SEED("sid=" TOKEN "\0state=ready\0address=8.8.8.8:4711\0"),
	{ NULL, 0 },
};

/* What parses is written in a way that parses to the same. */
static void as_candidates(struct record *record)
{
	struct buf fields = { 0 };
	struct candidates candidates, again;

	record->type = RECORD_CANDIDATES;
	if (candidates_parse(record, &candidates))
		return;
	must(candidates.n <= CANDIDATES_MAX && (candidates.n == 0 || *candidates.pass.token) &&
	     candidates.allowed);
	candidates_put(&candidates, &fields);
	record->payload = (const uint8_t *)buf_data(&fields);
	record->len = buf_len(&fields);
	must(!candidates_parse(record, &again) && !memcmp(&again, &candidates, sizeof(candidates)));
	buf_finish(&fields);
}

static void as_bytestream(struct record *record)
{
	struct s5b_record step, again;
	struct buf fields = { 0 };

	record->type = RECORD_BYTESTREAM;
	if (s5b_parse(record, &step) || step.step == S5B_OTHER)
		return;
	if (step.step == S5B_OFFER)
		must(step.offer.port && *step.offer.host && *step.offer.host != '-' &&
		     jid_resource(step.offer.from) && jid_resource(step.offer.to));
	s5b_put(&step, &fields);
	record->payload = (const uint8_t *)buf_data(&fields);
	record->len = buf_len(&fields);
	must(!s5b_parse(record, &again) && !memcmp(&again, &step, sizeof(step)));
	buf_finish(&fields);
}

static void as_punch(struct record *record)
{
	struct punch_record step, again;
	struct buf fields = { 0 };

	record->type = RECORD_PUNCH;
	if (punch_parse(record, &step) || step.step == PUNCH_OTHER)
		return;
	must(step.n <= PUNCH_ADDRESSES_MAX && (!step.n || step.step != PUNCH_FAILED));
	punch_put(&step, &fields);
	record->payload = (const uint8_t *)buf_data(&fields);
	record->len = buf_len(&fields);
	must(!punch_parse(record, &again) && !memcmp(&again, &step, sizeof(step)));
	buf_finish(&fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct record record = { .number = 1, .payload = data, .len = n }, other = record,
		      third = record;

	as_candidates(&record);
	as_bytestream(&other);
	as_punch(&third);
	return 0;
}
