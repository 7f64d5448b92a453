# SPDX-License-Identifier: GPL-3.0-or-later
#
# What --before measured, as a table for Documentation/performance.md: of each measurement on
# each path the medians of both builds, and what was before in terms of what is, in wall time
# (of rates turned over, so that more than 1 is faster everywhere) and processor time.

function quotient(a, b) {
	return b > 0 ? sprintf("%.2f", a / b) : ""
}

function row(m, now, was,	wall) {
	if (!((m, now) in median) || !((m, was) in median))
		return
	wall = unit[m] == "s" ? quotient(median[m, was], median[m, now]) : quotient(median[m, now], median[m, was])
	printf "| %s (%d) | %s | %s | %s | %s | %s | %s | %s |%s\n", m, count[m, now], substr(now, 6),
		shown(median[m, was], unit[m]), shown(median[m, now], unit[m]), wall,
		cpu_shown(m, was), cpu_shown(m, now), quotient(cpu[m, was], cpu[m, now]),
		failed[m, was] + failed[m, now] ? sprintf(" %d and %d failed", failed[m, was], failed[m, now]) : ""
}

END {
	finish_samples()
	printf "%s\n\n", about
	print "| median (of samples) | path | before | now | before / now | CPU before | CPU now | before / now |"
	print "|---|---|---:|---:|---:|---:|---:|---:|"
	for (i = 1; i <= name_count; i++)
		for (j = 1; j <= way_count; j++)
			if (ways[j] ~ /^xmpp-/ && ways[j] !~ /^xmpp-was/)
				row(names[i], ways[j], "xmpp-was" substr(ways[j], 6))
}
