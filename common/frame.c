/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <assert.h>

/*
 * Both ends check a frame as early as they can: an unknown type is refused at its first
 * byte, a wrong length at the end of the header. So nobody waits for bytes, or allocates
 * memory for bytes, that will never be accepted.
 */

static bool type_known(unsigned char type)
{
	switch ((enum frame_type)type) {
	case FRAME_HELLO:
	case FRAME_OPEN:
	case FRAME_NOTE:
	case FRAME_READY:
	case FRAME_DATA:
	case FRAME_STDERR:
	case FRAME_END:
	case FRAME_CREDIT:
	case FRAME_EXIT:
	case FRAME_ERROR:
	case FRAME_COMMAND:
	case FRAME_ROW:
	case FRAME_DONE:
		return true;
	}
	return false;
}

void frame_header(unsigned char header[FRAME_HEADER], enum frame_type type, size_t len)
{
	assert(type_known(type) && len <= FRAME_MAX);
	header[0] = (unsigned char)type;
	header[1] = (unsigned char)(len >> 16);
	header[2] = (unsigned char)(len >> 8);
	header[3] = (unsigned char)len;
}

void frame_put(struct buf *out, enum frame_type type, const void *payload, size_t len)
{
	unsigned char header[FRAME_HEADER];

	frame_header(header, type, len);
	buf_append(out, header, sizeof(header));
	buf_append(out, payload, len);
}

void frame_put_fields(struct buf *out, enum frame_type type, struct buf *fields)
{
	frame_put(out, type, buf_data(fields), buf_len(fields));
	buf_reset(fields);
}

long frame_parse(const struct buf *in, struct frame *frame)
{
	const unsigned char *p = (const unsigned char *)buf_data(in);
	size_t have = buf_len(in), len;

	if (have < 1)
		return 0;
	if (!type_known(p[0]))
		return -1;
	if (have < FRAME_HEADER)
		return 0;
	len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > FRAME_MAX)
		return -1;
	if (have - FRAME_HEADER < len)
		return 0;
	*frame = (struct frame){
		.type = (enum frame_type)p[0],
		.payload = (const char *)p + FRAME_HEADER,
		.len = len,
	};
	return (long)(FRAME_HEADER + len);
}

bool frame_fields(const struct frame *frame, struct fields *fields)
{
	*fields = (struct fields){ .data = frame->payload, .len = frame->len };
	return fields_valid(*fields);
}
