/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list is read as strictly as any git that pushes writes it. Where receive-pack would
 * take more (capabilities behind any command, commands beside a certificate, a list that
 * ends in the middle of a certificate), the push is refused as a whole: two readers of one
 * text must not differ.
 *
 * A pusher sends a pack if any of the refs gets an object, and reads no report before it has
 * sent the pack. Where git would not read that pack, because nothing is left of the list
 * but deletions, git gets its list only after the pusher's end.
 *
 * The report is a series of pkt-lines in side band 1, if side bands were agreed on. It is
 * kept until its flush, and written anew.
 */
#include "ref-filter.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "pkt-line.h"

enum {
	CAPABILITIES_MAX = 4096,	/* bytes */
	PACKET_DATA_MAX = 65516,	/* bytes of payload of a pkt-line */
	BAND_REPORT = 1,
};

enum filter_state {
	FILTER_LIST,		/* commands are awaited, and a flush behind them */
	FILTER_CERTIFICATE,	/* the lines of a push certificate */
	FILTER_OPTIONS,		/* push options, and a flush behind them */
	FILTER_SWALLOW,		/* what comes is dropped: git would not read it */
	FILTER_PASS,		/* what comes goes to git */
	FILTER_BROKEN,		/* the list was none; what comes is dropped */
};

enum answer_state {
	ANSWER_REFS,		/* the refs that receive-pack shows, up to a flush */
	ANSWER_REPORT,		/* progress, and the report, which is kept */
	ANSWER_PASS,		/* what comes goes to the pusher */
};

struct command {
	char *line;		/* "<old> <new> <ref>"; owned */
	unsigned digits;	/* of an object's name */
	char *why;		/* the rule that refuses it; NULL: it goes to git; owned */
};

struct ref_filter {
	struct ref_rules rules;
	bool (*declined)(void *owner, const char *ref, struct buf *why);
	void *owner;
	/* what the pusher sends */
	enum filter_state state;
	const char *fault;
	struct pkt_line lines;
	struct buf packet;	  /* the one being read */
	size_t read;		  /* bytes of the list so far */
	char *capabilities;	  /* owned; NULL until the first command */
	struct buf shallow;	  /* pkt-lines */
	struct command *commands; /* owned */
	size_t count, refused, room;
	bool certified;			 /* there is a certificate */
	struct buf certificate;		 /* its text */
	struct buf certificate_lines;	 /* its pkt-lines, with the one that ends it */
	struct buf options;		 /* pkt-lines, with the flush */
	bool reports, sidebands, atomic; /* as the capabilities say */
	bool waits;			 /* git gets its list after the pusher's end */
	/* what git answers */
	enum answer_state answer;
	struct pkt_line outer, inner;
	struct buf band;   /* the packet of a side band that is being read */
	struct buf line;   /* the line of the report that is being read */
	struct buf report; /* the report so far, written anew: pkt-lines */
};

struct ref_filter *
ref_filter_create(struct ref_rules *rules,
		  bool (*declined)(void *owner, const char *ref, struct buf *why), void *owner)
{
	struct ref_filter *f = xcalloc(1, sizeof(*f));

	f->rules = *rules;
	*rules = (struct ref_rules){ .everywhere = false };
	f->declined = declined;
	f->owner = owner;
	return f;
}

void ref_filter_destroy(struct ref_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		free(f->commands[i].line);
		free(f->commands[i].why);
	}
	free(f->commands);
	free(f->capabilities);
	ref_rules_finish(&f->rules);
	buf_finish(&f->packet);
	buf_finish(&f->shallow);
	buf_finish(&f->certificate);
	buf_finish(&f->certificate_lines);
	buf_finish(&f->options);
	buf_finish(&f->band);
	buf_finish(&f->line);
	buf_finish(&f->report);
	free(f);
}

const struct ref_rules *ref_filter_rules(const struct ref_filter *f)
{
	return &f->rules;
}

bool ref_filter_passes(const struct ref_filter *f)
{
	return f->state == FILTER_PASS;
}

const char *ref_filter_fault(const struct ref_filter *f)
{
	return f->fault;
}

static void put_packet(struct buf *out, const void *data, size_t n)
{
	buf_printf(out, "%04zx", n + 4);
	buf_append(out, data, n);
}

static void put_flush(struct buf *out)
{
	buf_puts(out, "0000");
}

/* The list cannot be used. */
static void refuse_list(struct ref_filter *f, const char *fault)
{
	f->fault = fault;
	f->state = FILTER_BROKEN;
}

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Whether the capabilities have this word, with or without a value, as git reads them. */
static bool agreed(const struct ref_filter *f, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = f->capabilities; at && (at = strstr(at, word)); at += n)
		if ((at == f->capabilities || at[-1] == ' ') && strchr(" =", at[n]))
			return true;
	return false;
}

static size_t object_len(const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	return n == 40 || n == 64 ? n : 0;
}

static bool is_null(const char *object, unsigned digits)
{
	return strspn(object, "0") >= digits;
}

static const char *name_of(const struct command *c)
{
	return c->line + 2 * c->digits + 2;
}

static bool is_delete(const struct command *c)
{
	return is_null(c->line + c->digits + 1, c->digits);
}

/* The digits of an object in "<old> <new> <ref>"; 0 if the line is something else. */
static unsigned command_digits(const char *line)
{
	size_t n = object_len(line);

	return n && line[n] == ' ' && object_len(line + n + 1) == n && line[2 * n + 1] == ' ' &&
			       line[2 * n + 2]
		       ? n
		       : 0;
}

/* Whether a report can have the name in a line. */
static bool is_printable(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static void add_command(struct ref_filter *f, const char *line, size_t len)
{
	struct command c = { .line = xstrndup(line, len) };

	c.digits = command_digits(c.line);
	if (!c.digits || strlen(name_of(&c)) >= REF_NAME_MAX || !is_printable(name_of(&c)) ||
	    (f->count && f->commands[0].digits != c.digits)) {
		free(c.line);
		refuse_list(f, "a line of the list of refs is none");
		return;
	}
	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->commands = xrealloc(f->commands, f->room * sizeof(*f->commands));
	}
	f->commands[f->count++] = c;
}

/* Takes the capabilities behind the first line. False if they are not as git writes them. */
static bool take_capabilities(struct ref_filter *f, const char *text, size_t len)
{
	if (f->capabilities || f->count || len > CAPABILITIES_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
			return false;
	f->capabilities = xstrndup(text, len);
	f->reports = agreed(f, "report-status") || agreed(f, "report-status-v2");
	f->sidebands = agreed(f, "side-band-64k");
	f->atomic = agreed(f, "atomic");
	return true;
}

static void take_line(struct ref_filter *f)
{
	size_t n = buf_len(&f->packet), len;
	const char *line;

	line = buf_str(&f->packet);
	if (n && line[n - 1] == '\n')
		n--;
	len = strnlen(line, n);
	if (len < n && !take_capabilities(f, line + len + 1, n - len - 1)) {
		refuse_list(f, "the capabilities are not where they belong");
	} else if (begins(line, "shallow ")) {
		if (len < n || object_len(line + 8) != len - 8 || !object_len(line + 8))
			refuse_list(f, "a shallow commit is none");
		else
			put_packet(&f->shallow, line, n);
	} else if (len == strlen("push-cert") && begins(line, "push-cert")) {
		if (f->count || f->certified)
			refuse_list(f, "the certificate is not where it belongs");
		else
			f->state = FILTER_CERTIFICATE;
		f->certified = true;
	} else if (f->certified) {
		refuse_list(f, "there are commands beside a certificate");
	} else {
		add_command(f, line, len);
	}
}

/*
 * The commands of a certificate are between its header and its signature. Each line that is
 * like one is taken for one, so none is overlooked.
 */
static void read_certificate(struct ref_filter *f)
{
	const char *line = strstr(buf_str(&f->certificate), "\n\n");

	for (line = line ? line + 2 : ""; *line && f->state != FILTER_BROKEN;) {
		size_t n = strcspn(line, "\n");

		if (command_digits(line))
			add_command(f, line, n);
		line += n + (line[n] == '\n');
	}
}

static void take_certificate_line(struct ref_filter *f)
{
	static const char end[] = "push-cert-end\n";
	size_t n = buf_len(&f->packet);
	const char *line = buf_str(&f->packet);

	if (strlen(line) < n) {
		refuse_list(f, "the certificate is none");
		return;
	}
	put_packet(&f->certificate_lines, line, n);
	if (strcmp(line, end) != 0) {
		buf_append(&f->certificate, line, n);
		return;
	}
	f->state = FILTER_LIST;
	read_certificate(f);
}

static enum ref_change change_of(const struct command *c)
{
	if (is_delete(c))
		return REF_DELETED;
	return is_null(c->line, c->digits) ? REF_MADE : REF_CHANGED;
}

/* All of it or nothing: the refs that no rule refuses are refused because of another one. */
static void refuse_rest(struct ref_filter *f)
{
	const char *kind = f->certified ? "signed push"
			   : f->atomic	? "atomic push"
					: "push without a report";
	size_t first = 0;

	while (!f->commands[first].why)
		first++;
	for (size_t i = 0; i < f->count; i++)
		if (!f->commands[i].why)
			f->commands[i].why = xasprintf("%s: %.200s is refused", kind,
						       name_of(&f->commands[first]));
	f->refused = f->count;
}

static void judge(struct ref_filter *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct command *c = &f->commands[i];
		struct buf why = { 0 };

		if (ref_rules_refuse(&f->rules, name_of(c), change_of(c), &why)) {
			c->why = buf_detach(&why);
			f->refused++;
		}
		buf_finish(&why);
	}
	if (f->refused && (f->atomic || f->certified || !f->reports))
		refuse_rest(f);
}

/* Whether a pack belongs to the list; of what is left of it, if left is true. */
static bool has_pack(const struct ref_filter *f, bool left)
{
	for (size_t i = 0; i < f->count; i++)
		if (!is_delete(&f->commands[i]) && !(left && f->commands[i].why))
			return true;
	return false;
}

static void put_first_line(const struct ref_filter *f, const char *line, struct buf *git)
{
	struct buf first = { 0 };

	buf_puts(&first, line);
	if (f->capabilities) {
		buf_append(&first, "", 1);
		buf_puts(&first, f->capabilities);
	}
	put_packet(git, buf_data(&first), buf_len(&first));
	buf_finish(&first);
}

/* Writes what is left of the list. */
static void write_list(struct ref_filter *f, struct buf *git)
{
	bool first = true;

	if (f->refused == f->count && f->count) {
		put_flush(git);
		return;
	}
	buf_append(git, buf_data(&f->shallow), buf_len(&f->shallow));
	if (f->certified) {
		put_first_line(f, "push-cert", git);
		buf_append(git, buf_data(&f->certificate_lines), buf_len(&f->certificate_lines));
	}
	for (size_t i = 0; i < f->count && !f->certified; i++) {
		const struct command *c = &f->commands[i];

		if (c->why)
			continue;
		if (first)
			put_first_line(f, c->line, git);
		else
			put_packet(git, c->line, strlen(c->line));
		first = false;
	}
	put_flush(git);
	buf_append(git, buf_data(&f->options), buf_len(&f->options));
}

/* The list is whole, and the push options are. */
static void decide(struct ref_filter *f, struct buf *git)
{
	judge(f);
	f->waits = f->refused && has_pack(f, false) && !has_pack(f, true);
	f->state =
		f->waits || (f->refused && f->refused == f->count) ? FILTER_SWALLOW : FILTER_PASS;
	if (!f->waits)
		write_list(f, git);
}

static void take_flush(struct ref_filter *f, struct buf *git)
{
	if (f->state == FILTER_OPTIONS)
		put_flush(&f->options);
	if (f->state == FILTER_CERTIFICATE)
		refuse_list(f, "the certificate has no end");
	else if (f->state == FILTER_LIST && f->count && agreed(f, "push-options"))
		f->state = FILTER_OPTIONS;
	else
		decide(f, git);
}

static void take_packet(struct ref_filter *f)
{
	if (f->state == FILTER_LIST)
		take_line(f);
	else if (f->state == FILTER_CERTIFICATE)
		take_certificate_line(f);
	else
		put_packet(&f->options, buf_data(&f->packet), buf_len(&f->packet));
	buf_reset(&f->packet);
}

static bool reads_list(const struct ref_filter *f)
{
	return f->state == FILTER_LIST || f->state == FILTER_CERTIFICATE ||
	       f->state == FILTER_OPTIONS;
}

void ref_filter_push(struct ref_filter *f, const void *data, size_t n, struct buf *git)
{
	const char *at = data;
	struct pkt_piece piece;

	while (reads_list(f) && n) {
		size_t before = n;
		bool any = pkt_line_next(&f->lines, &at, &n, &piece);

		f->read += before - n;
		if (f->read > REF_LIST_MAX) {
			refuse_list(f, "the list of refs is too long");
		} else if (f->lines.bad ||
			   (any && piece.kind != PKT_DATA && piece.kind != PKT_FLUSH)) {
			refuse_list(f, "the list of refs is none");
		} else if (any && piece.kind == PKT_FLUSH) {
			take_flush(f, git);
		} else if (any) {
			buf_append(&f->packet, piece.bytes, piece.len);
			if (piece.last)
				take_packet(f);
		}
	}
	if (f->state == FILTER_PASS)
		buf_append(git, at, n);
}

void ref_filter_end(struct ref_filter *f, struct buf *git)
{
	if (f->waits)
		write_list(f, git);
	f->waits = false;
}

bool ref_filter_is_atomic(const struct ref_filter *f)
{
	return f->atomic;
}

/* Whether there is anything to change in a report. */
static bool changes_report(const struct ref_filter *f)
{
	return f->reports && (f->refused || f->rules.protect.count);
}

/* Adds a line of git's own report, with the rule where our hook has declined the ref. */
static void add_line(struct ref_filter *f)
{
	size_t n = buf_len(&f->line), end = 3;
	const char *line = buf_str(&f->line);
	struct buf why = { 0 }, better = { 0 };
	char *ref = NULL;

	if (begins(line, "ng ") && strlen(line) == n) {
		end += strcspn(line + end, " ");
		if (!strcmp(line + end, " hook declined\n") ||
		    !strcmp(line + end, " pre-receive hook declined\n"))
			ref = xstrndup(line + 3, end - 3);
	}
	if (ref && f->declined && f->declined(f->owner, ref, &why)) {
		buf_printf(&better, "ng %s %s\n", ref, buf_str(&why));
		put_packet(&f->report, buf_data(&better), buf_len(&better));
	} else {
		put_packet(&f->report, line, n);
	}
	buf_finish(&better);
	buf_finish(&why);
	free(ref);
}

static void add_refused(struct ref_filter *f)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		const struct command *c = &f->commands[i];

		if (!c->why)
			continue;
		buf_reset(&line);
		buf_printf(&line, "ng %s %s\n", name_of(c), c->why);
		put_packet(&f->report, buf_data(&line), buf_len(&line));
	}
	buf_finish(&line);
}

/* Gives the bytes of a report away, in side band 1 if there are side bands. */
static void put_report(struct ref_filter *f, const char *data, size_t n, struct buf *pusher)
{
	if (!f->sidebands) {
		buf_append(pusher, data, n);
		return;
	}
	while (n) {
		size_t part = n < PACKET_DATA_MAX - 1 ? n : PACKET_DATA_MAX - 1;

		buf_printf(pusher, "%04zx%c", part + 5, BAND_REPORT);
		buf_append(pusher, data, part);
		data += part;
		n -= part;
	}
}

static void give_report(struct ref_filter *f, struct buf *pusher)
{
	put_report(f, buf_data(&f->report), buf_len(&f->report), pusher);
	buf_reset(&f->report);
}

/* What comes is not understood, or is too long: it is for the pusher to understand. */
static void give_up(struct ref_filter *f, struct buf *pusher)
{
	give_report(f, pusher);
	f->answer = ANSWER_PASS;
}

/* Takes bytes of the report. What comes behind it is passed on. */
static void take_report(struct ref_filter *f, const char *data, size_t n, struct buf *pusher)
{
	struct pkt_piece piece;

	while (f->answer == ANSWER_REPORT && pkt_line_next(&f->inner, &data, &n, &piece)) {
		if (piece.kind == PKT_DATA) {
			buf_append(&f->line, piece.bytes, piece.len);
			if (!piece.last)
				continue;
			add_line(f);
			buf_reset(&f->line);
			if (buf_len(&f->report) > REF_REPORT_MAX)
				give_up(f, pusher);
		} else if (piece.kind == PKT_FLUSH) {
			add_refused(f);
			put_flush(&f->report);
			give_up(f, pusher);
		}
	}
	if (f->inner.bad)
		give_up(f, pusher);
	if (f->answer == ANSWER_PASS && n)
		put_report(f, data, n, pusher);
}

static void take_band(struct ref_filter *f, struct buf *pusher)
{
	const char *data = buf_data(&f->band);
	size_t n = buf_len(&f->band);

	if (n > 1 && *data == BAND_REPORT)
		take_report(f, data + 1, n - 1, pusher);
	else
		put_packet(pusher, data, n);
	buf_reset(&f->band);
}

/* One packet after the other: what a side band says beside the report goes on at once. */
static void take_bands(struct ref_filter *f, const char **data, size_t *n, struct buf *pusher)
{
	struct pkt_piece piece;

	while (f->answer == ANSWER_REPORT && pkt_line_next(&f->outer, data, n, &piece)) {
		if (piece.kind == PKT_DATA) {
			buf_append(&f->band, piece.bytes, piece.len);
			if (piece.last)
				take_band(f, pusher);
		} else {
			buf_printf(pusher, "%04x", (unsigned)(piece.kind - PKT_FLUSH));
		}
	}
	if (f->outer.bad)
		give_up(f, pusher);
}

/* Passes on the refs that git shows, and finds where they end. */
static void take_refs(struct ref_filter *f, const char **data, size_t *n, struct buf *pusher)
{
	const char *from = *data;
	struct pkt_piece piece;

	while (f->answer == ANSWER_REFS && pkt_line_next(&f->outer, data, n, &piece))
		if (piece.kind == PKT_FLUSH)
			f->answer = ANSWER_REPORT;
	if (f->outer.bad) {
		f->answer = ANSWER_PASS;
		*data += *n;
		*n = 0;
	}
	buf_append(pusher, from, *data - from);
}

void ref_filter_answer(struct ref_filter *f, const void *data, size_t n, struct buf *pusher)
{
	const char *at = data;

	if (f->answer == ANSWER_REFS)
		take_refs(f, &at, &n, pusher);
	if (f->answer == ANSWER_REPORT && n && !changes_report(f))
		f->answer = ANSWER_PASS;
	if (f->answer == ANSWER_REPORT && f->sidebands)
		take_bands(f, &at, &n, pusher);
	if (f->answer == ANSWER_REPORT && !f->sidebands) {
		take_report(f, at, n, pusher);
		return;
	}
	if (f->answer == ANSWER_PASS)
		buf_append(pusher, at, n);
}

void ref_filter_over(struct ref_filter *f, struct buf *pusher)
{
	bool ours = f->refused && f->refused == f->count && f->reports && !f->waits;

	if (f->answer == ANSWER_PASS)
		return;
	if (ours) {
		static const char unpacked[] = "unpack ok\n";

		put_packet(&f->report, unpacked, sizeof(unpacked) - 1);
		add_refused(f);
		put_flush(&f->report);
	}
	give_report(f, pusher);
	if (ours && f->sidebands)
		put_flush(pusher);
	f->answer = ANSWER_PASS;
}

bool ref_filter_unreported(const struct ref_filter *f, struct buf *text)
{
	if (!f->refused || f->reports)
		return false;
	for (size_t i = 0; i < f->count; i++)
		buf_printf(text, "%s: %s\n", name_of(&f->commands[i]), f->commands[i].why);
	return true;
}
