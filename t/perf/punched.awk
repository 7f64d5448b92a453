# SPDX-License-Identifier: GPL-3.0-or-later
#
# Started by punched, with the lines of punched-pairs.sh, sorted by their pairs.

function show() {
	if (!runs)
		return
	goal = percent ? int(runs * 48 / 50) : runs
	sort_times()
	printf "%-8s %-8s %4s%% %6d %7d %8d %7s %7s %s\n", one, other, percent, runs, met, in_time,
		met ? times[int((met + 1) / 2)] : "-", met ? times[met] : "-",
		in_time < goal ? "short" : ""
	short += in_time < goal
	runs = met = in_time = 0
}

function sort_times(i, k, t) {
	for (i = 2; i <= met; i++) {
		t = times[i]
		for (k = i - 1; k >= 1 && times[k] > t; k--)
			times[k + 1] = times[k]
		times[k + 1] = t
	}
}

BEGIN {
	printf "%-8s %-8s %5s %6s %7s %8s %7s %7s\n", "one", "other", "loss", "runs", "met",
		"in time", "median", "most"
}

$6 != "met" && $6 != "failed" {
	next
}

$1 != one || $2 != other || $3 != percent {
	show()
	one = $1
	other = $2
	percent = $3
}

{
	runs++
	if ($6 == "met") {
		times[++met] = $7 + 0
		in_time += $7 <= 1500 + 4 * $4
	}
}

END {
	show()
	exit short > 0
}
