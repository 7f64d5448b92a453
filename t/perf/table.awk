# SPDX-License-Identifier: GPL-3.0-or-later
# What a terminal is shown.

function show(m,	i, w, fails) {
	printf "\n%-32s %9s %21s %8s %10s %7s %7s %7s %7s %7s\n", m, "median", "range", "CPU", "brokers", "failed",
		"/ git", "/ ssh", "/ ssh-m", "/ bare"
	for (i = 1; i <= way_count; i++) {
		w = ways[i]
		if (!((m, w) in has))
			continue
		fails = failed[m, w] ? failed[m, w] "/" tried[m, w] : ""
		if (!((m, w) in median)) {
			printf "  %-30s %9s %21s %8s %10s %7s\n", w, "-", "", "", "", fails
			continue
		}
		printf("  %-30s %9s %21s %8s %10s %7s %7s %7s %7s %7s\n", w, shown(median[m, w], unit[m]),
			count[m, w] > 1 ? shown(least[m, w], unit[m]) " - " shown(most[m, w], unit[m]) : "",
			cpu_shown(m, w), memory_shown(m, w), fails,
			ratio(m, w, "git"), ratio(m, w, "ssh"), ratio(m, w, "ssh-master"),
			ratio(m, w, "tcp") ratio(m, w, "pump"))
	}
}

END {
	finish_samples()
	for (k = 1; k <= name_count; k++)
		show(names[k])
	for (k = 1; k <= absent_count; k++) {
		split(absent[k], field, "\t")
		printf "%snot available: %s (%s): %s\n", k == 1 ? "\n" : "", field[2], field[1], field[3]
	}
}
