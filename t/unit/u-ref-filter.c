/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists of commands and reports, written as texts: "%" ends a pkt-line, an empty one is a
 * flush, "^" is a NUL, and what stands behind the last "%" is raw. Each is given whole and
 * byte by byte.
 */
#include "ref-filter.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "pkt-line.h"
#include "tap.h"

#define A     "1111111111111111111111111111111111111111"
#define B     "2222222222222222222222222222222222222222"
#define NONE  "0000000000000000000000000000000000000000"
#define A2    A "111111111111111111111111"
#define B2    B "222222222222222222222222"
#define NONE2 NONE "000000000000000000000000"
#define PLAIN "^report-status agent=x"
#define BANDS "^report-status-v2 side-band-64k agent=x"
#define BOB   "refs/heads/bob/x"
#define MAIN  "refs/heads/main"
#define TAG   "refs/tags/v1"
#define KEEP  "refs/heads/keep"
#define ONLY  " only refs/heads/bob/*, refs/heads/keep may be pushed"

/* The bytes of a text. */
static void make(const char *text, struct buf *out)
{
	for (const char *end; (end = strchr(text, '%')); text = end + 1) {
		char *line = xstrndup(text, end - text);
		size_t n = strlen(line);

		for (size_t i = 0; i < n; i++)
			if (line[i] == '^')
				line[i] = '\0';
		if (n)
			buf_printf(out, "%04zx", n + 4);
		else
			buf_puts(out, "0000");
		buf_append(out, line, n);
		free(line);
	}
	buf_puts(out, text);
}

/* The text of bytes, as far as they are pkt-lines; side bands keep their number. */
static void show(struct buf *bytes, struct buf *out)
{
	const char *data = buf_data(bytes);
	size_t n = buf_len(bytes);
	struct pkt_line lines = { .left = 0 };
	struct pkt_piece piece;

	while (n && pkt_line_next(&lines, &data, &n, &piece)) {
		for (size_t i = 0; i < piece.len; i++)
			buf_printf(out, "%c",
				   !piece.bytes[i] ? '^'
				   : piece.bytes[i] < ' ' && piece.bytes[i] != '\n'
					   ? '0' + piece.bytes[i]
					   : piece.bytes[i]);
		buf_puts(out, "%");
	}
	if (lines.bad)
		buf_puts(out, "PACK");
}

static struct ref_filter *filter(void *owner,
				 bool (*declined)(void *owner, const char *ref, struct buf *why))
{
	struct ref_rules rules = { .everywhere = false };

	ref_patterns_add(&rules.push, "refs/heads/bob/*");
	ref_patterns_add(&rules.push, KEEP);
	ref_patterns_add(&rules.protect, KEEP);
	return ref_filter_create(&rules, declined, owner);
}

static void push(struct ref_filter *f, const char *text, bool slowly, struct buf *git)
{
	struct buf bytes = { 0 };

	make(text, &bytes);
	for (size_t at = 0, n = buf_len(&bytes); at < n; at += slowly ? 1 : n)
		ref_filter_push(f, buf_data(&bytes) + at, slowly ? 1 : n, git);
	buf_finish(&bytes);
}

static void answer(struct ref_filter *f, const char *text, bool slowly, struct buf *pusher)
{
	struct buf bytes = { 0 };

	make(text, &bytes);
	for (size_t at = 0, n = buf_len(&bytes); at < n; at += slowly ? 1 : n)
		ref_filter_answer(f, buf_data(&bytes) + at, slowly ? 1 : n, pusher);
	buf_finish(&bytes);
}

static void shown(struct buf *bytes, const char *expected, const char *what)
{
	struct buf text = { 0 };

	show(bytes, &text);
	is_str(buf_str(&text), expected, what);
	buf_finish(&text);
}

static const struct {
	const char *what, *list, *now, *later; /* what git gets at once, and after the end */
	const char *reports;		       /* what git then says behind its refs */
	const char *told;		       /* and what the pusher hears of it */
} lists[] = {
	{ "what is allowed is not changed",
	  A " " B " " BOB PLAIN "%" NONE " " B " refs/heads/bob/y%%PACK",
	  A " " B " " BOB PLAIN "%" NONE " " B " refs/heads/bob/y%%PACK", "",
	  "unpack ok\n%ok " BOB "\n%%", "unpack ok\n%ok " BOB "\n%%" },
	{ "one of two is taken out, with its report",
	  A " " B " " BOB BANDS "%" A " " B " " MAIN "%%PACK", A " " B " " BOB BANDS "%%PACK", "",
	  "\1"
	  "000eunpack ok\n0018ok " BOB "\n0000%%",
	  "1000eunpack ok\n0018ok " BOB "\n004cng " MAIN ONLY "\n0000%%" },
	{ "capabilities go with the next one", A " " B " " MAIN PLAIN "%" A " " B " " BOB "%%PACK",
	  A " " B " " BOB PLAIN "%%PACK", "", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%ng " MAIN ONLY "\n%%" },
	{ "all are refused: the pack is dropped, the report is ours",
	  A " " B " " MAIN BANDS "%%PACKxyz", "", "%", "",
	  "1000eunpack ok\n004cng " MAIN ONLY "\n0000%%" },
	{ "... without side bands", A " " B " " MAIN PLAIN "%%PACKxyz", "", "%", "",
	  "unpack ok\n%ng " MAIN ONLY "\n%%" },
	{ "... deletions, which have no pack, at once",
	  A " " NONE " " KEEP BANDS "%%", "%", "", "",
	  "1000eunpack ok\n0035ng " KEEP " protected: may not be deleted\n0000%%" },
	{ "... with options, which git then would not read",
	  A " " NONE " " KEEP BANDS " push-options%%a=b%%", "%", "", "",
	  "1000eunpack ok\n0035ng " KEEP " protected: may not be deleted\n0000%%" },
	{ "a deletion is left, and a pack: git gets it at the end",
	  A " " NONE " " BOB PLAIN "%" A " " B " " MAIN "%%PACKxyz", "",
	  A " " NONE " " BOB PLAIN "%%", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%ng " MAIN ONLY "\n%%" },
	{ "... with its options",
	  A " " NONE " " BOB PLAIN " push-options%" A " " B " " MAIN "%%a=b%%PACK", "",
	  A " " NONE " " BOB PLAIN " push-options%%a=b%%", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%ng " MAIN ONLY "\n%%" },
	{ "options are passed on", A " " B " " BOB PLAIN " push-options%%a=b%c%%PACK",
	  A " " B " " BOB PLAIN " push-options%%a=b%c%%PACK", "", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%%" },
	{ "shallow commits go first, without those that are refused",
	  "shallow " A "%" A " " B " " BOB PLAIN "%" A " " B " " MAIN "%%PACK",
	  "shallow " A "%" A " " B " " BOB PLAIN "%%PACK", "", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%ng " MAIN ONLY "\n%%" },
	{ "atomic: one refused, all refused",
	  A " " B " " BOB PLAIN " atomic%" A " " NONE " " KEEP "%%PACK", "", "%", "",
	  "unpack ok\n%ng " BOB " atomic push: " KEEP " is refused\n%ng " KEEP
	  " protected: may not be deleted\n%%" },
	{ "atomic and all allowed is not changed", A " " B " " BOB PLAIN " atomic%%PACK",
	  A " " B " " BOB PLAIN " atomic%%PACK", "", "unpack ok\n%ok " BOB "\n%%",
	  "unpack ok\n%ok " BOB "\n%%" },
	{ "a name that is none", A " " B " refs/heads/bob/../main" PLAIN "%%PACK", "", "%", "",
	  "unpack ok\n%ng refs/heads/bob/../main funny refname\n%%" },
	{ "HEAD is no name", A " " B " HEAD" PLAIN "%%PACK", "", "%", "",
	  "unpack ok\n%ng HEAD funny refname\n%%" },
	{ "nothing at all", "%", "%", "", "", "" },
	{ "sha256",
	  A2 " " B2 " " BOB BANDS " object-format=sha256%" A2 " " NONE2 " " KEEP "%%PACK",
	  A2 " " B2 " " BOB BANDS " object-format=sha256%%PACK", "",
	  "\1" "000eunpack ok\n0018ok " BOB "\n0000%%",
	  "1000eunpack ok\n0018ok " BOB
	  "\n0035ng " KEEP " protected: may not be deleted\n0000%%" },
	{ "the words of the hook become the rule", A " " B " " KEEP BANDS "%%PACK",
	  A " " B " " KEEP BANDS "%%PACK", "",
	  "\2" "remote: text%\1" "000eunpack ok\n0025ng " KEEP " hook declined\n%\1" "0000%%",
	  "2remote: text%1000eunpack ok\n0035ng " KEEP " protected: not a fast-forward\n0000%%" },
	{ "other words stay",
	  A " " B " " KEEP PLAIN "%%PACK", A " " B " " KEEP PLAIN "%%PACK", "",
	  "unpack ok\n%ng " BOB " pre-receive hook declined\n%ng " KEEP " failed to update ref\n%%",
	  "unpack ok\n%ng " BOB " pre-receive hook declined\n%ng " KEEP
	  " failed to update ref\n%%" },
	{ "nor does it matter which hook", A " " B " " KEEP PLAIN "%%PACK",
	  A " " B " " KEEP PLAIN "%%PACK", "",
	  "unpack ok\n%ng " KEEP " pre-receive hook declined\n%%",
	  "unpack ok\n%ng " KEEP " protected: not a fast-forward\n%%" },
	{ "a keepalive goes on at once", A " " B " " BOB BANDS "%" A " " B " " MAIN "%%PACK",
	  A " " B " " BOB BANDS "%%PACK", "", "\1%\2x%", "1%2x%" },
	{ "a report version 2", A " " B " " BOB BANDS "%" A " " B " " MAIN "%%PACK",
	  A " " B " " BOB BANDS "%%PACK", "",
	  "\1" "000eunpack ok\n0018ok " BOB "\n0019option forced-update\n0000%%",
	  "1000eunpack ok\n0018ok " BOB
	  "\n0019option forced-update\n004cng " MAIN ONLY "\n0000%%" },
	{ "git could not unpack", A " " B " " BOB PLAIN "%" A " " B " " MAIN "%%PACK",
	  A " " B " " BOB PLAIN "%%PACK", "",
	  "unpack index-pack abnormal exit\n%ng " BOB " unpacker error\n%%",
	  "unpack index-pack abnormal exit\n%ng " BOB " unpacker error\n%ng " MAIN ONLY "\n%%" },
};

/* Of bob's own ref a hook of the user's has said it. */
static bool declined(void *owner, const char *ref, struct buf *why)
{
	if (strcmp(ref, KEEP) != 0)
		return false;
	buf_puts(why, "protected: not a fast-forward");
	return true;
}

static void one_list(size_t i, bool slowly)
{
	static const char refs[] = A " refs/heads/main^report-status%%";
	struct buf git = { 0 }, pusher = { 0 };
	struct ref_filter *f = filter(NULL, declined);

	answer(f, refs, slowly, &pusher);
	shown(&pusher, refs, lists[i].what);
	buf_reset(&pusher);
	push(f, lists[i].list, slowly, &git);
	shown(&git, lists[i].now, "what git gets");
	ok(!ref_filter_fault(f), "no fault is found");
	buf_reset(&git);
	ref_filter_end(f, &git);
	shown(&git, lists[i].later, "and at the end");
	answer(f, lists[i].reports, slowly, &pusher);
	ref_filter_over(f, &pusher);
	shown(&pusher, lists[i].told, "what the pusher is told");
	ref_filter_destroy(f);
	buf_finish(&git);
	buf_finish(&pusher);
}

static void t_lists(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		one_list(i, false);
		one_list(i, true);
	}
}

#define CERT "push-cert" PLAIN "%certificate version 0.1\n%pusher bob\n%nonce 1-2\n%\n%"
#define SIGNATURE                                                                                  \
	"-----BEGIN PGP SIGNATURE-----\n%\n%abc\n%-----END PGP SIGNATURE-----\n%push-cert-end\n%"

static void t_certificates(void)
{
	static const char good[] = CERT A " " B " " BOB "\n%" SIGNATURE "%PACK";
	static const char bad[] =
		CERT A " " B " " BOB "\n%" A " " B " " MAIN "\n%" SIGNATURE "%PACK";
	static const char split[] = CERT A " " B " refs/he%ads/main\n%" SIGNATURE "%PACK";
	static const char hidden[] =
		CERT "-----BEGIN PGP SIGNATURE-----\n%" A " " B " " MAIN "\n%" SIGNATURE "%PACK";
	static const char *const refused[] = { bad, split, hidden };
	struct buf git = { 0 }, pusher = { 0 };
	struct ref_filter *f = filter(NULL, NULL);

	push(f, good, false, &git);
	shown(&git, good, "a certificate of what is allowed is not changed");
	ref_filter_destroy(f);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		buf_reset(&git);
		buf_reset(&pusher);
		f = filter(NULL, NULL);
		push(f, refused[i], false, &git);
		is_int(buf_len(&git), 0, "of another one git gets nothing");
		ref_filter_end(f, &git);
		shown(&git, "%", "but an empty list");
		ref_filter_over(f, &pusher);
		ok(strstr(buf_str(&pusher), "ng " MAIN ONLY), "and the ref is refused");
		if (!i)
			ok(strstr(buf_str(&pusher), "ng " BOB " signed push: " MAIN " is refused"),
			   "with the others");
		ref_filter_destroy(f);
	}
	buf_finish(&git);
	buf_finish(&pusher);
}

static void t_faults(void)
{
	static const struct {
		const char *list, *fault;
	} rows[] = {
		{ "hello%%", "a line of the list of refs is none" },
		{ A " " B "%%", "a line of the list of refs is none" },
		{ A " " B " %%", "a line of the list of refs is none" },
		{ A " " A2 " " BOB "%%", "a line of the list of refs is none" },
		{ A " " B " " BOB "%" A2 " " B2 " " BOB "%%",
		  "a line of the list of refs is none" },
		{ A " " B " refs/heads/bob/\1%%", "a line of the list of refs is none" },
		{ A " " B " " BOB "\n\n%%", "a line of the list of refs is none" },
		{ A " " B " " BOB "%" A " " B " " MAIN PLAIN "%%",
		  "the capabilities are not where they belong" },
		{ A " " B " " BOB PLAIN "%" A " " B " " MAIN PLAIN "%%",
		  "the capabilities are not where they belong" },
		{ A " " B " " BOB "^report-status\tatomic%%",
		  "the capabilities are not where they belong" },
		{ A " " B " " BOB "^report-status^atomic%%",
		  "the capabilities are not where they belong" },
		{ "shallow x%%", "a shallow commit is none" },
		{ "shallow " A "x%%", "a shallow commit is none" },
		{ "shallow " A "^atomic%%", "a shallow commit is none" },
		{ "0001", "the list of refs is none" },
		{ "0002", "the list of refs is none" },
		{ "0003", "the list of refs is none" },
		{ "fff1", "the list of refs is none" },
		{ "ghij", "the list of refs is none" },
		{ "0004", "a line of the list of refs is none" },
		{ CERT A " " B " " BOB "\n%%", "the certificate has no end" },
		{ CERT A " " B "^ " BOB "\n%", "the certificate is none" },
		{ CERT A " " B " " BOB "\n%" SIGNATURE A " " B " " BOB "%",
		  "there are commands beside a certificate" },
		{ CERT A " " B " " BOB "\n%" SIGNATURE "push-cert%",
		  "the certificate is not where it belongs" },
		{ A " " B " " BOB PLAIN "%push-cert%", "the certificate is not where it belongs" },
		{ A " " B " " BOB PLAIN " push-options%%0001", "the list of refs is none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ref_filter *f = filter(NULL, NULL);
		struct buf git = { 0 };

		push(f, rows[i].list, i % 2, &git);
		is_str(ref_filter_fault(f), rows[i].fault, "a list that is none");
		push(f, A " " B " " BOB PLAIN "%%PACK", false, &git);
		ref_filter_end(f, &git);
		is_int(buf_len(&git), 0, "gives git nothing");
		ok(!ref_filter_passes(f), "nor what follows");
		ref_filter_destroy(f);
		buf_finish(&git);
	}
}

static void t_bounds(void)
{
	struct ref_filter *f = filter(NULL, NULL);
	struct buf git = { 0 }, line = { 0 };
	size_t n = 0;

	buf_printf(&line,
		   "%04zx"
		   "shallow %s",
		   strlen(A) + 12, A);
	while (!ref_filter_fault(f) && n <= REF_LIST_MAX) {
		ref_filter_push(f, buf_data(&line), buf_len(&line), &git);
		n += buf_len(&line);
	}
	is_str(ref_filter_fault(f), "the list of refs is too long", "a list without end has one");
	ok(n > REF_LIST_MAX - buf_len(&line), "as far away as it is said");
	is_int(buf_len(&git), 0, "and git heard nothing of it");
	ref_filter_destroy(f);
	buf_finish(&git);
	buf_finish(&line);
}

/* Nobody would know: so nothing is done, and it is said in another way. */
static void t_unreported(void)
{
	struct ref_filter *f = filter(NULL, NULL);
	struct buf git = { 0 }, pusher = { 0 }, text = { 0 };

	push(f, A " " B " " BOB "%" A " " B " " MAIN "%%PACK", false, &git);
	ref_filter_end(f, &git);
	shown(&git, "%", "without a report all is refused");
	ref_filter_over(f, &pusher);
	is_int(buf_len(&pusher), 0, "and nothing is reported");
	ok(ref_filter_unreported(f, &text), "but told");
	is_str(buf_str(&text),
	       BOB ": push without a report: " MAIN " is refused\n" MAIN ":" ONLY "\n",
	       "with the rule");
	ref_filter_destroy(f);
	f = filter(NULL, NULL);
	push(f, A " " B " " BOB "%%PACK", false, &git);
	ok(!ref_filter_unreported(f, &text), "what is allowed needs none");
	ref_filter_destroy(f);
	buf_finish(&git);
	buf_finish(&pusher);
	buf_finish(&text);
}

/* The push was cut before it was whole: git has got no list, and nothing is said. */
static void t_cut(void)
{
	struct ref_filter *f = filter(NULL, NULL);
	struct buf git = { 0 }, pusher = { 0 };

	push(f, A " " NONE " " BOB PLAIN "%" A " " B " " MAIN "%%PA", false, &git);
	ref_filter_over(f, &pusher);
	is_int(buf_len(&git) + buf_len(&pusher), 0, "a push that was cut did nothing");
	ref_filter_destroy(f);
	buf_finish(&git);
	buf_finish(&pusher);
}

/* Reports of whatever form come through. */
static void t_odd_reports(void)
{
	/* The first byte is the band (side-band-64k). */
	static const char *const odd[] = { "\001zzzz%%", "\003fatal%%", "unpack%%", "zzzz" };

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct ref_filter *f = filter(NULL, NULL);
		struct buf git = { 0 }, pusher = { 0 };

		answer(f, "x%%", false, &pusher);
		buf_reset(&pusher);
		push(f, A " " B " " BOB BANDS "%" A " " B " " MAIN "%%PACK", false, &git);
		answer(f, odd[i], false, &pusher);
		ref_filter_over(f, &pusher);
		ok(buf_len(&pusher) >= (i == 3 ? 0 : 4), "odd report %zu", i);
		ref_filter_destroy(f);
		buf_finish(&git);
		buf_finish(&pusher);
	}
}

int main(void)
{
	t_lists();
	t_certificates();
	t_faults();
	t_bounds();
	t_unreported();
	t_cut();
	t_odd_reports();
	return tap_done();
}
