/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "record.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("\x03\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	FUZZ_SEED("\x22\0\0\x08\0\0\0\0\0\0\0\1\0\0\0\1PACK"),
	FUZZ_SEED("\x05\0\0\x0c\0\0\0\0\0\0\0\0reason=idle\0"),
	FUZZ_SEED("\x08\0\0\1\0\0\0\0\0\0\0\0x"),
	FUZZ_SEED("\x40\0\0\1\0\0\0\0\0\0\0\1x"),
	FUZZ_SEED("\x10\0\x40\x01\0\0\0\0\0\0\0\1"),
	{ NULL, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct record record, part;
	struct buf again = { 0 };
	long size;

	while ((size = record_parse(data, n, &record)) > 0) {
		const char *reason = record_reason(&record, "none");

		must(record.len <= RECORD_PAYLOAD_MAX &&
		     (size_t)size == RECORD_HEADER + record.len);
		must(strlen(reason) <= REASON_MAX &&
		     !reason[strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789-")]);
		/* With a byte less there is no record, and never an error either. */
		must(record_parse(data, (size_t)size - 1, &part) == 0);
		record_put(&again, record.type, record.number, record.payload, record.len);
		must(!memcmp(buf_data(&again), data, (size_t)size));
		buf_reset(&again);
		data += size;
		n -= (size_t)size;
	}
	buf_finish(&again);
	return 0;
}
