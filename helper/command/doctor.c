/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp doctor: looks for what keeps the user from reaching others and from being reached,
 * and says what mends it. It changes nothing, and never starts a broker.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "json.h"
#include "look.h"
#include "output.h"
#include "report.h"
#include "table.h"

static const char usage[] =
	"usage: git xmpp doctor [--json | --report]\n"
	"\n"
	"    --json    one JSON object\n"
	"    --report  versions, findings, settings and the end of the log, without names,\n"
	"              addresses and paths: to be posted, when somebody helps you\n"
	"\n"
	"Looks for what keeps you from reaching others, or others from reaching you, and shows\n"
	"the command that mends it. The exit status is 0 when there is nothing to do, 1 when\n"
	"there is.\n"
	"\n"
	"    git xmpp doctor\n";

static const char *severity_name(enum severity severity)
{
	return severity == SEVERITY_FAULT ? "fault" : "note";
}

/* NULL: what is there could not be looked at. */
static const char *result_name(const struct findings *found, enum area area)
{
	int worst = findings_worst(found, area);

	if (worst >= 0)
		return severity_name((enum severity)worst);
	return found->facts[area] ? "ok" : NULL;
}

static void json_finding(struct buf *out, const struct finding *f)
{
	json_open(out, NULL, '{');
	json_string(out, "id", finding_name(f->id));
	json_string(out, "area", area_name(finding_area(f->id)));
	json_string(out, "severity", severity_name(finding_severity(f->id)));
	json_string(out, "text", f->text);
	json_string(out, "command", f->command);
	json_close(out, '}');
}

static void show_json(const struct findings *found)
{
	struct buf out = { 0 };

	json_begin(&out);
	json_open(&out, "checks", '[');
	for (enum area a = 0; a < AREA_COUNT; a++) {
		json_open(&out, NULL, '{');
		json_string(&out, "area", area_name(a));
		json_string(&out, "result", result_name(found, a));
		json_string(&out, "seen", found->facts[a]);
		json_close(&out, '}');
	}
	json_close(&out, ']');
	json_open(&out, "findings", '[');
	for (size_t i = 0; i < found->count; i++)
		json_finding(&out, &found->rows[i]);
	json_close(&out, ']');
	json_close(&out, '}');
	json_print(&out);
}

static void show_finding(struct table *t, const struct finding *f)
{
	bool fault = finding_severity(f->id) == SEVERITY_FAULT;

	table_row(t);
	table_cell(t, fault ? PAINT_FAILED : PAINT_WAITS, fault ? "!!" : "--");
	table_cell(t, PAINT_NAME, "%s", area_name(finding_area(f->id)));
	table_cell(t, PAINT_PLAIN, "%s", f->text);
	if (f->command)
		table_note(t, PAINT_COMMAND, "%s", f->command);
}

static void show_area(struct table *t, const struct findings *found, enum area a)
{
	if (findings_worst(found, a) < 0 && found->facts[a]) {
		table_row(t);
		table_cell(t, PAINT_GOOD, "ok");
		table_cell(t, PAINT_NAME, "%s", area_name(a));
		table_cell(t, PAINT_DIM, "%s", found->facts[a]);
	}
	for (size_t i = 0; i < found->count; i++)
		if (finding_area(found->rows[i].id) == a)
			show_finding(t, &found->rows[i]);
}

static void show(const struct findings *found)
{
	size_t faults = findings_faults(found);
	struct table t = { .count = 0 };

	for (enum area a = 0; a < AREA_COUNT; a++)
		show_area(&t, found, a);
	table_print(&t);
	if (!faults)
		puts("nothing to do");
	else
		printf("%zu thing%s to do\n", faults, faults == 1 ? "" : "s");
}

static void show_report(const struct look *look)
{
	struct buf out = { 0 };

	report_put(look, &out);
	fputs(buf_str(&out), stdout);
	buf_finish(&out);
	fflush(stdout);
	if (isatty(STDERR_FILENO))
		report("hint", "Read it once before you post it");
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "report", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	struct findings found = { .count = 0 };
	bool json = false, to_post = false;
	struct look look;
	int c, status;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c == 'j')
			json = true;
		else if (c == 'r')
			to_post = true;
		else
			return STATUS_USAGE;
	}
	if (optind < argc)
		return cmd_misused(usage, "doctor takes no arguments");
	if (json && to_post)
		return cmd_misused(usage, "--json and --report exclude each other");
	look_at_all(&look, &found);
	if (json)
		show_json(&found);
	else if (to_post)
		show_report(&look);
	else
		show(&found);
	status = findings_faults(&found) ? STATUS_NO : STATUS_OK;
	look_finish(&look);
	findings_finish(&found);
	return status;
}
