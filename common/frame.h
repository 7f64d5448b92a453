/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

/*
 * Frames on the Unix socket between the broker and its clients (the helper git-remote-xmpp,
 * the command git-xmpp): a type byte, the length of the payload in three bytes, big endian,
 * the payload.
 *
 * The broker sends HELLO to each client that connects. A client sends HELLO and, without
 * waiting, one OPEN (helper) or one COMMAND (git-xmpp). Then the broker answers
 *   an OPEN with any number of NOTE, then READY or ERROR; after READY both sides send
 *     DATA and one END each; the broker also sends STDERR, and EXIT or ERROR as its last;
 *   a COMMAND with any number of NOTE and ROW, then DONE or ERROR.
 * ERROR, EXIT and DONE end the conversation; the broker closes after them.
 *
 * A helper may have at most FRAME_WINDOW bytes of DATA on the way; each CREDIT from the
 * broker gives bytes back. So the broker never has to stop reading, and notices when a
 * helper goes away. Towards the helper the socket's own buffer limits what is on the way.
 */

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fields.h"

enum {
	FRAME_PROTOCOL = 1,
	FRAME_HEADER = 4,
	FRAME_MAX = 65536,		/* payload bytes */
	FRAME_WINDOW = 256 * 1024,
};

enum frame_type {
	FRAME_HELLO = 'H',	/* both. fields: protocol, program (e.g. git-remote-xmpp/0.1.0),
				   [task] (as of OPEN: read by a broker of another protocol,
				   which reads no OPEN) */
	FRAME_OPEN = 'O',	/* fields: service (upload-pack|receive-pack|upload-archive),
				   jid, share, [device], [git-protocol] (0|1|2), verbosity,
				   progress (0|1), [transport] (auto|direct|proxy|inband),
				   [wait] (seconds; how long a buddy who is away is waited for),
				   [prefer] (a device, to be asked first), [task] (the task of
				   the broker for which it runs this git), [notices] (the user
				   reads what the helper prints) */
	FRAME_NOTE = 'N',	/* to the helper. fields: text; kind=warning (always shown), or
				   verbose (with -v); without text, kind=moving, sent, total (of
				   the bytes that git has written), rate (a second).
				   To both: kind=progress (a waiting line, empty text clears it),
				   and, if they asked for it, kind=notice (a line of what the user
				   has to be told) */
	FRAME_READY = 'R',	/* to the helper: the far service runs. fields: jid, device, path,
				   trust */
	FRAME_DATA = 'D',	/* both: raw bytes of git's protocol */
	FRAME_STDERR = 'S',	/* to the helper: raw bytes of the far service's standard error */
	FRAME_END = 'E',	/* both: end of data of this direction; no payload */
	FRAME_CREDIT = 'C',	/* to the helper: how many bytes it may send again; four bytes,
				   big endian */
	FRAME_EXIT = 'X',	/* to the helper. fields: status (0-255) */
	FRAME_ERROR = '!',	/* to the client. fields: id, message, [hint]* */
	FRAME_COMMAND = 'Q',	/* to the broker. fields: verb, the verb's arguments, [notices] */
	FRAME_ROW = 'L',	/* to git-xmpp. fields: kind, and the fields of that kind */
	FRAME_DONE = 'Z',	/* to git-xmpp. fields: [message], [status] (exit code, 0 if
				   absent) */
};

struct frame {
	enum frame_type type;
	const char *payload;	/* points into the buffer that was parsed */
	size_t len;
};

/* Writes the header of a frame whose payload the caller sends itself. */
void frame_header(unsigned char header[FRAME_HEADER], enum frame_type type, size_t len);

/* Appends a frame; len is at most FRAME_MAX. */
void frame_put(struct buf *out, enum frame_type type, const void *payload, size_t len);

/* Appends a frame with these fields as its payload, and empties the fields. */
void frame_put_fields(struct buf *out, enum frame_type type, struct buf *fields);

/*
 * Looks for a whole frame at the front of in. Returns the size of the frame, which the
 * caller consumes when it is done with the frame; 0 when more bytes are needed; -1 when the
 * bytes are no frame (unknown type, or too long).
 */
long frame_parse(const struct buf *in, struct frame *frame);

/* The payload as fields; false if it is not well-formed. */
bool frame_fields(const struct frame *frame, struct fields *fields);

#endif
