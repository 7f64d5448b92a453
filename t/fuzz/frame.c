/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("H\0\0\x2e" "protocol=1\0program=git-remote-xmpp/0.1.0\0     "),
	FUZZ_SEED("D\0\0\x04PACKE\0\0\0"),
	FUZZ_SEED("C\0\0\x04\0\1\0\0"),
	FUZZ_SEED("D\1\0\0"),
	{ NULL, 0 },
};

/* All frames of the input. What parses is written as it was read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf in = { 0 }, again = { 0 };
	struct fields fields;
	struct frame frame;
	long size;

	buf_append(&in, data, n);
	while ((size = frame_parse(&in, &frame)) > 0) {
		must(frame.len <= FRAME_MAX && (size_t)size == FRAME_HEADER + frame.len);
		frame_fields(&frame, &fields);
		frame_put(&again, frame.type, frame.payload, frame.len);
		must(!memcmp(buf_data(&again), buf_data(&in), (size_t)size));
		buf_reset(&again);
		buf_consume(&in, (size_t)size);
	}
	buf_finish(&in);
	buf_finish(&again);
	return 0;
}
