# SPDX-License-Identifier: GPL-3.0-or-later
# Tables for Documentation/performance.md. about is a sentence on the machine, given by run.

# columns <section>: the transports that have something there, in column[1..].
function columns(which,	i, j, n) {
	n = 0
	for (i = 1; i <= way_count; i++) {
		for (j = 1; j <= name_count; j++) {
			if (section(names[j]) == which && (names[j], ways[i]) in has) {
				column[++n] = ways[i]
				break
			}
		}
	}
	return n
}

function head(first, n,	i, line, rule) {
	line = "| " first " |"
	rule = "|---|"
	for (i = 1; i <= n; i++) {
		line = line " " column[i] " |"
		rule = rule "---:|"
	}
	printf "%s\n%s\n", line, rule
}

function value_cell(m, w) {
	if (!((m, w) in has))
		return ""
	return ((m, w) in median ? shown(median[m, w], unit[m]) : "-") \
		(failed[m, w] ? sprintf(" (%d of %d failed)", failed[m, w], tried[m, w]) : "")
}

function samples_of(m,	i, most_count) {
	for (i = 1; i <= way_count; i++)
		if (count[m, ways[i]] > most_count)
			most_count = count[m, ways[i]]
	return most_count > 1 ? " (" most_count ")" : ""
}

function cell(kind, m, w) {
	if (kind == "wall")
		return value_cell(m, w)
	if (kind == "cpu")
		return cpu_shown(m, w)
	return memory_shown(m, w)
}

function matrix(which, kind, title,	i, j, n, line, any, rows) {
	n = columns(which)
	for (j = 1; j <= name_count; j++) {
		if (section(names[j]) != which)
			continue
		line = "| " names[j] (kind == "wall" ? samples_of(names[j]) : "") " |"
		any = 0
		for (i = 1; i <= n; i++) {
			line = line " " cell(kind, names[j], column[i]) " |"
			any = any || cell(kind, names[j], column[i]) != ""
		}
		if (!any)
			continue
		if (!rows++)
			head(title, n)
		print line
	}
	if (rows)
		print ""
}

# Ours in terms of the others.
function ratios(which,	i, j, k, line, any, others) {
	others = split("git ssh ssh-master tcp pump", other, " ")
	line = "| ratio to |"
	for (i = 1; i <= others; i++)
		line = line " " other[i] " |"
	printf "%s\n|---|---:|---:|---:|---:|---:|\n", line
	for (j = 1; j <= name_count; j++) {
		for (k = 1; k <= way_count && section(names[j]) == which; k++) {
			if (ways[k] !~ /^xmpp-/)
				continue
			line = "| " names[j] ", " ways[k] " |"
			any = 0
			for (i = 1; i <= others; i++) {
				line = line " " ratio(names[j], ways[k], other[i]) " |"
				any = any || ratio(names[j], ways[k], other[i]) != ""
			}
			if (any)
				print line
		}
	}
	print ""
}

function chapter(which, title) {
	if (columns(which) == 0)
		return
	printf "### %s\n\n", title
	matrix(which, "wall", "median (of samples)")
	if (which != "throttled") {
		ratios(which)
		matrix(which, "cpu", "CPU, mean")
		matrix(which, "memory", "memory of both brokers, peak")
	}
}

END {
	finish_samples()
	printf "%s\n\n", about
	chapter("loopback", "Loopback")
	chapter("wan", "50 ms round trip")
	chapter("inband", "In-band")
	chapter("throttled", "In-band under the default limits of servers")
	for (k = 1; k <= absent_count; k++) {
		split(absent[k], field, "\t")
		printf "%s- not available: %s (%s): %s\n", k == 1 ? "### Missing\n\n" : "", field[2], field[1], field[3]
	}
}
