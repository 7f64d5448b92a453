/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A push: receive-pack shows its refs. Then the commands come, "<old> <new> <ref>" each,
 * up to a flush; the first has capabilities behind a NUL. Then comes a pack, which is not
 * looked at. The answer is the report, in band 1 if side bands were agreed on.
 *
 * A fetch in version 2 is a series of requests, each ended by a flush. A flush that ends
 * no request, or the end of the stream, is git's goodbye. A git that is killed together
 * with its helper does not say it. The pack follows "packfile", up to a flush. In version
 * 0 and 1 the pack is in side band 1, up to a flush, after which upload-pack ends by
 * itself; without side bands only its status tells.
 *
 * An archive: arguments up to a flush. The answer is "ACK" and a flush, then side bands
 * up to a flush, which is missing if upload-archive failed. A client that has read that
 * closes the stream, and is gone before the status comes.
 *
 * A service that cannot go on says so in band 3, or with ERR (NACK, of an archive), and
 * git dies of that.
 */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void witness_init(struct witness *w, enum service service)
{
	*w = (struct witness){ .service = service };
}

void witness_finish(struct witness *w)
{
	for (size_t i = 0; i < WITNESS_REFS; i++) {
		free(w->refs[i].name);
		free(w->refs[i].why);
	}
	free(w->unpack);
	buf_finish(&w->line);
	buf_finish(&w->reported);
	*w = (struct witness){ .service = w->service };
}

/*
 * Collects the pieces of a line, max bytes at most; true when the line is whole, without
 * its newline.
 */
static bool collect(struct buf *line, const struct pkt_piece *piece, size_t max)
{
	size_t len = piece->len, room;

	if (piece->first)
		buf_reset(line);
	if (piece->last && len && piece->bytes[len - 1] == '\n')
		len--;
	room = max - buf_len(line);
	buf_append(line, piece->bytes, len < room ? len : room);
	return piece->last;
}

static const char *behind(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(line, prefix, n) ? line + n : NULL;
}

/* Whether the capabilities contain this word, with or without a value. */
static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && strchr(" =", at[n]))
			return true;
	return false;
}

/* The length in digits of the "<object> " that text begins with; 0 if there is none. */
static size_t object_len(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	return (n == 40 || n == WITNESS_OBJECT_MAX) && text[n] == ' ' ? n : 0;
}

static bool is_null(const char *object)
{
	return object[strspn(object, "0")] == '\0';
}

static char lower(char digit)
{
	return digit >= 'A' && digit <= 'F' ? (char)(digit - 'A' + 'a') : digit;
}

/* Takes "<old> <new> <ref>". In a signed push these lines stand between other lines. */
static void take_command(struct witness *w, const char *line)
{
	size_t n = object_len(line);
	struct witness_ref ref = { .fate = FATE_OPEN };

	if (!n || object_len(line + n + 1) != n || !line[2 * n + 2])
		return;
	/* Other readers of objects write no capitals. */
	for (size_t i = 0; i < n; i++) {
		ref.old[i] = lower(line[i]);
		ref.new[i] = lower(line[n + 1 + i]);
	}
	w->sends_pack |= !is_null(ref.new);
	if (w->commands < WITNESS_REFS) {
		ref.name = xstrdup(line + 2 * n + 2);
		w->refs[w->commands] = ref;
	}
	w->commands++;
}

static void take_push_line(struct witness *w)
{
	const char *line = buf_str(&w->line);
	size_t n = strlen(line);

	if (n < buf_len(&w->line)) {
		w->reports |= has_word(line + n + 1, "report-status") ||
			      has_word(line + n + 1, "report-status-v2");
		w->sidebands |= has_word(line + n + 1, "side-band-64k") ||
				has_word(line + n + 1, "side-band");
	}
	w->certified |= !strcmp(line, "push-cert");
	take_command(w, line);
}

/*
 * Of a certificate git takes the text of all packets together, each up to a NUL, and then its
 * lines; a packet need not be a line.
 */
static void take_certificate(struct witness *w, const struct pkt_piece *piece)
{
	w->skips &= !piece->first;
	for (size_t i = 0; i < piece->len && !w->skips; i++) {
		const char *at = piece->bytes + i;

		w->skips = !*at;
		if (*at == '\n') {
			take_command(w, buf_str(&w->line));
			buf_reset(&w->line);
		} else if (*at && buf_len(&w->line) < WITNESS_LINE_MAX) {
			buf_append(&w->line, at, 1);
		}
	}
}

static void take_asked(struct witness *w, const struct pkt_piece *piece)
{
	if (w->certified) {
		take_certificate(w, piece);
	} else if (collect(&w->line, piece, WITNESS_LINE_MAX)) {
		take_push_line(w);
		buf_reset(&w->line);
	}
}

static void ask_push(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (!w->began && pkt_line_next(&w->asks, &data, &n, &piece)) {
		if (piece.kind == PKT_DATA)
			take_asked(w, &piece);
		/* Whatever is no line ends the list, as git reads it. */
		w->began = piece.kind != PKT_DATA;
		if (w->began && w->certified)
			take_command(w, buf_str(&w->line));
		w->asked = w->began && w->commands > 0;
	}
}

static void ask_fetch(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (pkt_line_next(&w->asks, &data, &n, &piece)) {
		const char *line;

		w->goodbye = piece.kind == PKT_FLUSH && !w->in_request;
		if (piece.kind == PKT_FLUSH)
			w->in_request = false;
		if (piece.kind != PKT_DATA || !collect(&w->line, &piece, WITNESS_LINE_MAX))
			continue;
		line = buf_str(&w->line);
		if (behind(line, "command="))
			w->v2 = w->in_request = true;
		/* push.negotiate asks which commits both sides have, and wants no pack. */
		w->compares |= !strcmp(line, "wait-for-done");
		if (!strcmp(line, "command=fetch") || (!w->v2 && behind(line, "want "))) {
			w->asked = true;
			w->pack = w->pack_over = false;
		}
	}
}

void witness_asks(struct witness *w, const void *data, size_t n)
{
	switch (w->service) {
	case SERVICE_RECEIVE_PACK:
		ask_push(w, data, n);
		break;
	case SERVICE_UPLOAD_PACK:
		ask_fetch(w, data, n);
		break;
	default:
		w->asked |= n > 0;
		break;
	}
}

/* The named ref of which the report speaks, or NULL. */
static struct witness_ref *find_ref(struct witness *w, const char *name, size_t len)
{
	for (size_t i = 0; i < w->commands && i < WITNESS_REFS; i++)
		if (strlen(w->refs[i].name) == len && !memcmp(w->refs[i].name, name, len))
			return &w->refs[i];
	return NULL;
}

static void take_fate(struct witness *w, const char *name, bool moved)
{
	size_t len = moved ? strlen(name) : strcspn(name, " ");
	struct witness_ref *ref = find_ref(w, name, len);

	*(moved ? &w->moved : &w->refused) += 1;
	if (!ref || ref->fate != FATE_OPEN)
		return;
	ref->fate = moved ? FATE_MOVED : FATE_REFUSED;
	if (!moved && name[len])
		ref->why = xstrndup(name + len + 1, WITNESS_WHY_MAX);
}

static void take_report_line(struct witness *w, const char *line)
{
	const char *rest;

	if (!strcmp(line, "unpack ok"))
		return;
	if ((rest = behind(line, "unpack ")) && !w->unpack)
		w->unpack = xstrndup(rest, WITNESS_WHY_MAX);
	else if ((rest = behind(line, "ok ")))
		take_fate(w, rest, true);
	else if ((rest = behind(line, "ng ")))
		take_fate(w, rest, false);
}

static void take_report(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (!w->report_over && pkt_line_next(&w->report, &data, &n, &piece)) {
		if (piece.kind == PKT_DATA && collect(&w->reported, &piece, WITNESS_LINE_MAX))
			take_report_line(w, buf_str(&w->reported));
		w->report_over = piece.kind == PKT_FLUSH;
	}
}

/* The refs that receive-pack shows at first are read only to find where they end. */
static void answer_push(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	if (w->asked && !w->sidebands) {
		take_report(w, data, n);
		return;
	}
	while (pkt_line_next(&w->answers, &data, &n, &piece)) {
		w->closed |= w->report_over && piece.kind == PKT_FLUSH;
		if (!w->asked || piece.kind != PKT_DATA || !piece.len)
			continue;
		if (piece.first) {
			w->band = *piece.bytes++;
			piece.len--;
		}
		if (w->band == 1)
			take_report(w, piece.bytes, piece.len);
	}
}

enum { ENOUGH = 16 };	/* bytes of a line that tell what it is */

static bool is_error(const char *line)
{
	return *line == 3 || behind(line, "ERR ") || behind(line, "NACK");
}

static void answer_fetch(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (w->asked && pkt_line_next(&w->answers, &data, &n, &piece)) {
		const char *line;

		w->pack_over |= piece.kind == PKT_FLUSH && w->pack;
		if (piece.kind != PKT_DATA || !collect(&w->reported, &piece, ENOUGH))
			continue;
		line = buf_str(&w->reported);
		w->gave_up |= is_error(line);
		/* The line may be in side band 1. */
		line += *line == 1;
		w->pack |= !strcmp(line, "packfile") || (!w->v2 && line != buf_str(&w->reported));
	}
	while (!w->asked && pkt_line_next(&w->answers, &data, &n, &piece))
		continue;
}

static void answer_archive(struct witness *w, const char *data, size_t n)
{
	struct pkt_piece piece;

	while (pkt_line_next(&w->answers, &data, &n, &piece)) {
		if (piece.kind == PKT_DATA && collect(&w->reported, &piece, ENOUGH))
			w->gave_up |= is_error(buf_str(&w->reported));
		if (piece.kind != PKT_FLUSH)
			continue;
		w->pack_over = w->pack;
		w->pack = true;
	}
}

void witness_answers(struct witness *w, const void *data, size_t n)
{
	if (w->service == SERVICE_RECEIVE_PACK)
		answer_push(w, data, n);
	else if (w->service == SERVICE_UPLOAD_PACK)
		answer_fetch(w, data, n);
	else
		answer_archive(w, data, n);
}

void witness_ends(struct witness *w)
{
	w->ended = true;
}

void witness_cut(struct witness *w)
{
	w->half = w->sends_pack && !w->ended;
}

void witness_exited(struct witness *w, uint32_t status)
{
	w->exited = true;
	w->status = status;
}

/* The object that the list has for a ref, *n digits long; NULL if the ref is not there. */
static const char *object_in(const char *list, const char *name, size_t *n)
{
	while (*list) {
		size_t len = strcspn(list, "\n"), digits = strcspn(list, "\t\n");

		if (len > digits && strlen(name) == len - digits - 1 &&
		    !strncmp(list + digits + 1, name, strlen(name))) {
			*n = digits;
			return list;
		}
		list += len + (list[len] == '\n');
	}
	return NULL;
}

static bool is_at(const char *object, size_t n, const char *expected)
{
	return object ? strlen(expected) == n && !strncmp(object, expected, n) : is_null(expected);
}

bool witness_sees_refs(struct witness *w, const char *list, bool over)
{
	enum ref_fate fates[WITNESS_REFS];
	unsigned moved = 0;

	if (w->commands > WITNESS_REFS)
		return false;
	for (size_t i = 0; i < w->commands; i++) {
		size_t n = 0;
		const char *object = object_in(list, w->refs[i].name, &n);

		if (is_at(object, n, w->refs[i].new))
			fates[i] = FATE_MOVED;
		else if (is_at(object, n, w->refs[i].old))
			fates[i] = FATE_MISSED;
		else
			return false;
		moved += fates[i] == FATE_MOVED;
	}
	if (!over && moved < w->commands)
		return false;
	for (size_t i = 0; i < w->commands; i++)
		w->refs[i].fate = fates[i];
	w->by_refs = true;
	w->moved = moved;
	return true;
}

bool witness_pushes(const struct witness *w)
{
	return w->service == SERVICE_RECEIVE_PACK && w->asked;
}

bool witness_only_deletes(const struct witness *w)
{
	return !w->sends_pack;
}

/* If there is no report, only the exit status of receive-pack tells that a push is over. */
static bool push_is_over(const struct witness *w)
{
	return w->reports ? w->report_over : w->exited;
}

/* Before version 2, a flush may just end a list of wants. */
static bool says_goodbye(const struct witness *w)
{
	return w->ended || (w->goodbye && (w->v2 || !w->asked));
}

bool witness_settled(const struct witness *w)
{
	switch (w->service) {
	case SERVICE_RECEIVE_PACK:
		return w->asked ? push_is_over(w) : w->began || w->exited;
	case SERVICE_UPLOAD_PACK:
		return w->exited || w->gave_up ||
		       (says_goodbye(w) && w->pack == w->pack_over &&
			(w->pack || w->v2 || !w->asked));
	default:
		return w->exited || w->gave_up || (w->pack_over && w->ended);
	}
}

bool witness_answered(const struct witness *w)
{
	if (!pkt_line_at_border(&w->answers))
		return false;
	switch (w->service) {
	case SERVICE_RECEIVE_PACK:
		return w->asked && w->reports && w->report_over;
	case SERVICE_UPLOAD_PACK:
		return w->pack && w->pack_over;
	default:
		return false;
	}
}

const char *witness_missing(const struct witness *w)
{
	return witness_answered(w) && w->sidebands && !w->closed ? "0000" : "";
}

void witness_write(const struct witness *w, struct buf *fields)
{
	fields_add_u64(fields, "commands", w->commands);
	fields_add_u64(fields, "bands", w->sidebands);
	fields_add_u64(fields, "reports", w->reports);
	fields_add_u64(fields, "pack", w->sends_pack);
	for (size_t i = 0; i < w->commands && i < WITNESS_REFS; i++)
		fields_addf(fields, "ref", "%s %s %s", w->refs[i].old, w->refs[i].new,
			    w->refs[i].name);
}

bool witness_read(struct witness *w, struct fields f)
{
	const char *key, *value;
	size_t pos = 0, key_len;
	uint64_t commands = fields_get_u64(f, "commands", 0);

	while (w->commands < WITNESS_REFS && fields_next(f, &pos, &key, &key_len, &value))
		if (field_is(key, key_len, "ref"))
			take_command(w, value);
	if (!w->commands || commands < w->commands || commands > UINT32_MAX)
		return false;
	w->commands = commands;
	w->sidebands = fields_get_u64(f, "bands", 0);
	w->reports = fields_get_u64(f, "reports", 0);
	w->sends_pack = fields_get_u64(f, "pack", 0);
	w->asked = w->began = true;
	return commands <= WITNESS_REFS || w->refs[WITNESS_REFS - 1].name;
}

static bool is_cancelled(const char *reason)
{
	return !reason || !strcmp(reason, "cancelled");
}

static enum witness_result push_result(const struct witness *w, const char *reason)
{
	if (w->by_refs)
		return w->moved == w->commands ? RESULT_OK
		       : is_cancelled(reason)  ? RESULT_CANCELLED
					       : RESULT_FAILED;
	if (!push_is_over(w) && w->half)
		return is_cancelled(reason) ? RESULT_CANCELLED : RESULT_FAILED;
	if (!push_is_over(w))
		return w->exited ? RESULT_FAILED : RESULT_UNKNOWN;
	if (!w->reports)
		return w->status ? RESULT_FAILED : RESULT_OK;
	if (w->unpack)
		return reason && is_cancelled(reason) ? RESULT_CANCELLED : RESULT_FAILED;
	return w->moved == w->commands ? RESULT_OK : RESULT_REFUSED;
}

static enum witness_result archive_result(const struct witness *w, const char *reason)
{
	if (w->exited)
		return w->status ? RESULT_FAILED : RESULT_OK;
	if (w->pack_over && w->ended)
		return RESULT_OK;
	if (w->gave_up)
		return RESULT_FAILED;
	return is_cancelled(reason) ? RESULT_CANCELLED : RESULT_FAILED;
}

static enum witness_result fetch_result(const struct witness *w, const char *reason)
{
	if (w->pack_over && says_goodbye(w))
		return RESULT_OK;
	if (w->compares && !w->pack)
		return RESULT_NOTHING;
	if ((w->exited && w->status) || w->gave_up || !is_cancelled(reason))
		return RESULT_FAILED;
	return w->exited && !w->v2 && !reason ? RESULT_OK : RESULT_CANCELLED;
}

enum witness_result witness_result(const struct witness *w, const char *reason)
{
	if (!w->asked)
		return is_cancelled(reason) ? RESULT_NOTHING : RESULT_FAILED;
	switch (w->service) {
	case SERVICE_RECEIVE_PACK:
		return push_result(w, reason);
	case SERVICE_UPLOAD_PACK:
		return fetch_result(w, reason);
	default:
		return archive_result(w, reason);
	}
}

const char *witness_result_name(enum witness_result result)
{
	static const char *const names[] = { "nothing",	  "ok",	    "refused",
					     "cancelled", "failed", "unknown" };

	return names[result];
}

static void describe_ref(const struct witness_ref *ref, struct buf *out)
{
	static const char branch[] = "refs/heads/";
	const char *name = behind(ref->name, branch);

	buf_puts(out, name ? name : ref->name);
	if (is_null(ref->new))
		buf_puts(out, " deleted");
	else if (is_null(ref->old))
		buf_printf(out, " made at %.7s", ref->new);
	else
		buf_printf(out, " %.7s..%.7s", ref->old, ref->new);
	if (ref->fate == FATE_MISSED)
		buf_puts(out, " did not arrive");
	if (ref->fate == FATE_REFUSED)
		buf_printf(out, " refused%s%s", ref->why ? ": " : "", ref->why ? ref->why : "");
}

void witness_describe(const struct witness *w, struct buf *out)
{
	for (size_t i = 0; i < w->commands && i < WITNESS_REFS; i++) {
		buf_puts(out, i ? ", " : "");
		describe_ref(&w->refs[i], out);
	}
	if (w->commands > WITNESS_REFS)
		buf_printf(out, ", and %u more", w->commands - WITNESS_REFS);
	if (w->unpack)
		buf_printf(out, ", unpack: %s", w->unpack);
}
