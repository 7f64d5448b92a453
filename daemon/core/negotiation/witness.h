/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WITNESS_H
#define CORE_WITNESS_H

/*
 * Reads along while git talks to git (gitprotocol-pack(5), gitprotocol-v2(5)). It knows
 * what was asked for and what was answered, however the stream then ends: the refs of a
 * push and what receive-pack reports of each, and whether a fetch got all that it asked
 * for. The client is the git that fetches or pushes. At either end of the link a witness
 * sees the same bytes. It changes nothing. What it does not understand is left to the
 * exit status. Pure.
 *
 * Memory: WITNESS_REFS refs and two lines; further refs are counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fields.h"
#include "pkt-line.h"
#include "policy.h"

enum {
	WITNESS_REFS = 8,		/* refs that are named */
	WITNESS_OBJECT_MAX = 64,	/* digits of an object's name */
	WITNESS_LINE_MAX = 2048,	/* bytes of a line that are looked at */
	WITNESS_WHY_MAX = 200,		/* bytes of what receive-pack says of a ref */
};

enum ref_fate {
	FATE_OPEN,
	FATE_MOVED,
	FATE_REFUSED,
	FATE_MISSED,		/* the ref is as it was before */
};

struct witness_ref {
	char *name;			/* owned */
	char old[WITNESS_OBJECT_MAX + 1], new[WITNESS_OBJECT_MAX + 1];
	enum ref_fate fate;
	char *why;			/* owned; why the ref is refused */
};

struct witness {
	enum service service;
	struct pkt_line asks, answers, report;
	struct buf line, reported;	/* the line being read: of asks; of report, or of
					   answers */
	bool asked;			/* more than a look was asked for: commands are
					   complete, or a pack is wanted */
	bool exited;
	uint32_t status;
	/* of a push */
	struct witness_ref refs[WITNESS_REFS];
	unsigned commands, moved, refused;
	bool began, sends_pack, half, reports, sidebands, report_over, closed, by_refs;
	bool certified, skips;		/* a certificate is being read; up to its next packet */
	char band;
	char *unpack;			/* owned; why the pack could not be used */
	/* of a fetch, or an archive */
	bool v2, in_request, compares, pack, pack_over, goodbye, ended, gave_up;
};

void witness_init(struct witness *w, enum service service);
void witness_finish(struct witness *w);

/* Bytes that go to the service, and that come from it, in the order in which they pass. */
void witness_asks(struct witness *w, const void *data, size_t n);
void witness_answers(struct witness *w, const void *data, size_t n);
/* The client has ended its side of the stream. */
void witness_ends(struct witness *w);
/*
 * The stream is cut: no more comes from the client, and the end of the service will not
 * be seen.
 */
void witness_cut(struct witness *w);
/* The service has ended. */
void witness_exited(struct witness *w, uint32_t status);

/*
 * Finds out what became of a push without a report from the refs that are there now
 * (list: as "git ls-remote" prints them). False if they do not tell: the push has refs
 * that are not named, a ref is neither as it was nor as it should be, or not all refs
 * have moved and a hook may still run. over: the push has ended for certain, so no hook
 * runs.
 */
bool witness_sees_refs(struct witness *w, const char *list, bool over);

/* Whether a push has named its refs: from now on its outcome matters. */
bool witness_pushes(const struct witness *w);

/* Whether no pack belongs to such a push. */
bool witness_only_deletes(const struct witness *w);

/*
 * Whether the client has all that it wants, and has said so if the protocol has a word
 * for it; or the report is complete.
 */
bool witness_settled(const struct witness *w);

/*
 * Whether the answer is whole, the pack of a fetch or the report of a push: how the far service,
 * or the link, ends changes nothing of it. Of an archive it does, for that has no other word for
 * a failure.
 */
bool witness_answered(const struct witness *w);

/* What git still waits for behind a whole answer: "0000" behind the report of a push; mostly "". */
const char *witness_missing(const struct witness *w);

/*
 * witness_write() writes a push that has named its refs and has no report yet, as fields:
 * commands, bands, reports, pack, and ref=<old> <new> <name> for each ref that is named.
 * witness_read() reads them into a witness that was just initialised; false if they are
 * malformed.
 */
void witness_write(const struct witness *w, struct buf *fields);
bool witness_read(struct witness *w, struct fields f);

enum witness_result {
	RESULT_NOTHING,		/* a look only: nothing was fetched or pushed */
	RESULT_OK,		/* all that was asked for was done */
	RESULT_REFUSED,		/* of a push: receive-pack refused at least one ref */
	RESULT_CANCELLED,	/* the client went away before the end, and nothing moved */
	RESULT_FAILED,
	RESULT_UNKNOWN,		/* of a push: its report did not come */
};

/*
 * What became of the transfer, as far as was seen. reason: why the stream ended early,
 * "cancelled" if the client went away; NULL: it came to its end.
 */
enum witness_result witness_result(const struct witness *w, const char *reason);
const char *witness_result_name(enum witness_result result);

/*
 * Appends "main 1a2b3c4..5d6e7f8, old deleted, topic made at 0123456 refused: hook
 * declined"; nothing unless it is a push. A ref of which the report says nothing is
 * described as it was asked for. Not escaped.
 */
void witness_describe(const struct witness *w, struct buf *out);

#endif
