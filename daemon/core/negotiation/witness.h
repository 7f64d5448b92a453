/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WITNESS_H
#define CORE_WITNESS_H

/*
 * Reads along while git talks to git (gitprotocol-pack(5), gitprotocol-v2(5)), to
 * know what was asked for and what was answered, however the stream then ends: the
 * refs of a push, and what receive-pack reports of each; whether who fetches had got what they
 * asked for. On either side it sees the same bytes. It changes nothing, and what it does not
 * understand it leaves to the exit status. Pure.
 *
 * Memory: WITNESS_REFS refs, two lines; what is beyond is counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fields.h"
#include "pkt-line.h"
#include "policy.h"

enum {
	WITNESS_REFS = 8,		/* that are named */
	WITNESS_OBJECT_MAX = 64,	/* digits of an object's name */
	WITNESS_LINE_MAX = 2048,	/* bytes of a line that are looked at */
	WITNESS_WHY_MAX = 200,		/* of what receive-pack says of a ref */
};

enum ref_fate {
	FATE_OPEN,
	FATE_MOVED,
	FATE_REFUSED,
	FATE_MISSED,		/* it is as it was before */
};

struct witness_ref {
	char *name;			/* owned */
	char old[WITNESS_OBJECT_MAX + 1], new[WITNESS_OBJECT_MAX + 1];
	enum ref_fate fate;
	char *why;			/* owned; of one that is refused */
};

struct witness {
	enum service service;
	struct pkt_line asks, answers, report;
	struct buf line, reported;	/* of asks and of answers; of report */
	bool asked;			/* for more than a look: commands are complete, a pack is
					   wanted */
	bool exited;
	uint32_t status;
	/* of a push */
	struct witness_ref refs[WITNESS_REFS];
	unsigned commands, moved, refused;
	bool began, sends_pack, half, reports, sidebands, report_over, by_refs;
	char band;
	char *unpack;			/* owned; why the pack could not be used */
	/* of a fetch, or an archive */
	bool v2, in_request, compares, pack, pack_over, goodbye, ended, gave_up;
};

void witness_init(struct witness *w, enum service service);
void witness_finish(struct witness *w);

/* What goes to the service, and what comes from it, in the order in which it passes. */
void witness_asks(struct witness *w, const void *data, size_t n);
void witness_answers(struct witness *w, const void *data, size_t n);
/* Who asks has ended their side of the stream. */
void witness_ends(struct witness *w);
/* Nothing comes any more of what was asked for, and nobody will see how the service ends. */
void witness_cut(struct witness *w);
/* The service has ended. */
void witness_exited(struct witness *w, uint32_t status);

/*
 * What became of a push without a report, by the refs that are there now, as "git ls-remote" prints
 * them. False if that does not tell: there are refs that are not named, or somebody has moved
 * one on; or, unless it is over for certain, not all have moved, for a hook may still run.
 */
bool witness_sees_refs(struct witness *w, const char *list, bool over);

/* A push has named its refs: from now on its outcome matters. */
bool witness_pushes(const struct witness *w);

/* Of such a push, whether no pack belongs to it. */
bool witness_only_deletes(const struct witness *w);

/*
 * Whoever asked has all they want, and has said so where the protocol has a
 * word for it; or the report is complete.
 */
bool witness_settled(const struct witness *w);

/*
 * A push that has named its refs and has no report yet, as fields: commands, bands, reports,
 * pack, and ref=<old> <new> <name> for each that is named. Read into a witness that was just
 * initialised; false if they are no such thing.
 */
void witness_write(const struct witness *w, struct buf *fields);
bool witness_read(struct witness *w, struct fields f);

enum witness_result {
	RESULT_NOTHING,		/* it was only looked at: nothing was fetched or pushed */
	RESULT_OK,		/* all that was asked for was done */
	RESULT_REFUSED,		/* of a push: receive-pack refused a ref, or more */
	RESULT_CANCELLED,	/* who asked went away before the end, and nothing moved */
	RESULT_FAILED,
	RESULT_UNKNOWN,		/* of a push: its report did not come */
};

/*
 * What became of it, as far as was seen. reason: why the stream ended early, "cancelled" if who
 * asked went away; NULL: it came to its end.
 */
enum witness_result witness_result(const struct witness *w, const char *reason);
const char *witness_result_name(enum witness_result result);

/*
 * "main 1a2b3c4..5d6e7f8, old deleted, topic made at 0123456 refused: hook declined"; nothing
 * of what is no push. What the report has not said is as it was asked for. Not escaped.
 */
void witness_describe(const struct witness *w, struct buf *out);

#endif
