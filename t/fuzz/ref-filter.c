/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a pusher says, and what git answers. The first byte chooses whose bytes follow, how
 * they are cut, and whether they are pkt-lines or texts of which pkt-lines are made: "%" ends
 * a text, and an empty one is a flush.
 *
 * What comes out for git is read as receive-pack of git 2.39 reads it (read_head_info() and
 * queue_commands_from_cert() in builtin/receive-pack.c): no command may be among what it
 * finds that the rules refuse.
 */
#include "ref-filter.h"

#include "buf.h"
#include "fuzz.h"
#include "pkt-line.h"

#define A    "1111111111111111111111111111111111111111"
#define B    "2222222222222222222222222222222222222222"
#define NONE "0000000000000000000000000000000000000000"
#define CAPS "\0report-status side-band-64k agent=git/2.39.5"

const struct fuzz_seed fuzz_seeds[] = {
	FUZZ_SEED("\x01" A " " B " refs/heads/bob/x" CAPS "%%PACK1234"),
	FUZZ_SEED("\x01" A " " B " refs/heads/main" CAPS "%" NONE " " B " refs/heads/bob/y%%PACK"),
	FUZZ_SEED("\x05" A " " NONE " refs/heads/main" CAPS " atomic%" A " " B
		  " refs/heads/bob/y%%"),
	FUZZ_SEED("\x03shallow " A "%" A " " B " refs/heads/bob/x" CAPS
		  " push-options%%one%two=2%%PACK"),
	FUZZ_SEED("\x01push-cert" CAPS "%certificate version 0.1\n%pusher bob\n%\n%" A " " B
		  " refs/heads/bob/x\n%" A " " B " refs/heads/main\n%"
		  "-----BEGIN PGP SIGNATURE-----\n%\n%abc\n%-----END PGP SIGNATURE-----\n%"
		  "push-cert-end\n%%PACK"),
	FUZZ_SEED("\x01push-cert" CAPS "%certificate version 0.1\n%pusher bob\n%\n%" A " " B
		  " refs/heads/bob/x\n%-----BEGIN PGP SIGNATURE-----\n%push-cert-end\n%" A " " B
		  " refs/heads/main%%PACK"),
	FUZZ_SEED("\x00"
		  "0094" A " " B " refs/heads/bob/x" CAPS "0000PACK"),
	FUZZ_SEED("\x11"
		  "x refs/heads/main%%\1"
		  "0009ok x\n%\2hello%\1"
		  "0000%%"),
	FUZZ_SEED("\x19"
		  "x%%ng refs/heads/main hook declined\n%unpack ok\n%%"),
	{ NULL, 0 },
};

enum { MAKES_LINES = 1, SLOWLY = 2, LATE_END = 4, NO_BANDS = 8, ANSWERS = 16 };

static void rules_of(struct ref_rules *rules)
{
	*rules = (struct ref_rules){ .everywhere = false };
	ref_patterns_add(&rules->push, "refs/heads/bob/*");
	ref_patterns_add(&rules->push, "refs/heads/keep");
	ref_patterns_add(&rules->protect, "refs/heads/keep");
}

static size_t object_len(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF");
}

/* queue_command(): a line of another form ends git. */
static bool queue_command(const char *line, size_t len)
{
	size_t n = len >= 129 && object_len(line) == 64 ? 64 : 40;
	struct ref_rules rules;
	struct buf why = { 0 };
	char *name;

	if (len < 2 * n + 2 || object_len(line) < n || line[n] != ' ' ||
	    object_len(line + n + 1) < n || line[2 * n + 1] != ' ')
		return false;
	name = fuzz_text((const uint8_t *)line + 2 * n + 2, len - 2 * n - 2);
	rules_of(&rules);
	must(!ref_rules_refuse(&rules, name,
			       strspn(line + n + 1, "0") >= n ? REF_DELETED : REF_CHANGED, &why));
	ref_rules_finish(&rules);
	buf_finish(&why);
	free(name);
	return true;
}

static void queue_certificate(struct buf *certificate)
{
	const char *text = buf_str(certificate), *at = strstr(text, "\n\n"), *end = text;

	/* The signature begins at the last of its first lines. */
	for (const char *s = text; (s = strstr(s, "-----BEGIN ")); s++)
		if (s == text || s[-1] == '\n')
			end = s;
	if (end == text)
		end = text + strlen(text);
	for (at = at ? at + 2 : end; at < end;) {
		const char *eol = memchr(at, '\n', end - at);

		if (!queue_command(at, (eol ? eol : end) - at))
			return;
		at = eol ? eol + 1 : end;
	}
}

/* read_head_info(). */
static void read_as_git(const char *data, size_t n)
{
	struct buf packet = { 0 }, certificate = { 0 };
	struct pkt_line lines = { .left = 0 };
	struct pkt_piece piece;
	bool in_certificate = false;

	while (pkt_line_next(&lines, &data, &n, &piece)) {
		const char *line;
		size_t len;

		if (piece.kind != PKT_DATA)
			break;
		buf_append(&packet, piece.bytes, piece.len);
		if (!piece.last)
			continue;
		len = buf_len(&packet);
		line = buf_str(&packet);
		if (len && line[len - 1] == '\n' && !in_certificate)
			((char *)line)[--len] = '\0';
		if (in_certificate && !strcmp(line, "push-cert-end\n"))
			in_certificate = false;
		else if (in_certificate)
			buf_puts(&certificate, line);
		else if (!strcmp(line, "push-cert"))
			in_certificate = true;
		else if (!(len > 8 && !strncmp(line, "shallow ", 8)) &&
			 !queue_command(line, strlen(line)))
			break;
		buf_reset(&packet);
	}
	queue_certificate(&certificate);
	buf_finish(&packet);
	buf_finish(&certificate);
}

static void make_lines(const char *text, size_t n, struct buf *out)
{
	while (n) {
		const char *end = memchr(text, '%', n);
		size_t len = end ? (size_t)(end - text) : n;

		if (!end) {
			buf_append(out, text, len);
			return;
		}
		if (len && len < 60000) {
			buf_printf(out, "%04zx", len + 4);
			buf_append(out, text, len);
		} else {
			buf_puts(out, "0000");
		}
		text += len + 1;
		n -= len + 1;
	}
}

static bool declined(void *owner, const char *ref, struct buf *why)
{
	buf_puts(why, "protected: not a fast-forward");
	return true;
}

/* A list that agrees on a report, of which one ref is refused. */
static void ask(struct ref_filter *f, bool bands)
{
	struct buf text = { 0 }, list = { 0 }, git = { 0 };

	buf_puts(&text, A " " B " refs/heads/main");
	buf_append(&text, "", 1);
	buf_printf(&text, "report-status%s%%" A " " B " refs/heads/keep%%%%",
		   bands ? " side-band-64k" : "");
	make_lines(buf_data(&text), buf_len(&text), &list);
	ref_filter_push(f, buf_data(&list), buf_len(&list), &git);
	must(ref_filter_passes(f));
	buf_finish(&text);
	buf_finish(&list);
	buf_finish(&git);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf in = { 0 }, git = { 0 }, pusher = { 0 };
	struct ref_filter *f;
	struct ref_rules rules;
	unsigned how = n ? *data : 0;
	size_t step = how & SLOWLY ? 1 : 1 << 17;

	if (!n)
		return 0;
	if (how & MAKES_LINES)
		make_lines((const char *)data + 1, n - 1, &in);
	else
		buf_append(&in, data + 1, n - 1);
	rules_of(&rules);
	f = ref_filter_create(&rules, declined, NULL);
	if (how & ANSWERS) {
		ask(f, !(how & NO_BANDS));
		for (size_t at = 0; at < buf_len(&in); at += step) {
			size_t left = buf_len(&in) - at;

			ref_filter_answer(f, buf_data(&in) + at, left < step ? left : step,
					  &pusher);
		}
	} else {
		for (size_t at = 0; at < buf_len(&in); at += step) {
			size_t left = buf_len(&in) - at;

			ref_filter_push(f, buf_data(&in) + at, left < step ? left : step, &git);
		}
		if (how & LATE_END)
			ref_filter_end(f, &git);
		read_as_git(buf_data(&git), buf_len(&git));
		must(!ref_filter_fault(f) || !buf_len(&git));
	}
	ref_filter_over(f, &pusher);
	ref_filter_unreported(f, &pusher);
	ref_filter_destroy(f);
	buf_finish(&in);
	buf_finish(&git);
	buf_finish(&pusher);
	return 0;
}
