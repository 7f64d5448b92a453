# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads the samples (see lib-perf.sh), for those who show them:
# awk -f samples.awk -f table.awk SAMPLES. After finish_samples():
#
#   names[1..name_count]          measurements, as they were made
#   ways[1..way_count]            transports, in a fixed order
#   has[m, w]                     whether there are samples, and of them:
#   count[m, w], median[m, w], least[m, w], most[m, w], cpu[m, w] (mean), memory[m, w] (most, KiB),
#   failed[m, w], tried[m, w]     copies
#   unit[m]                       s, MB/s, kB/s or share
#   absent[1..absent_count]       "measurement<TAB>transport<TAB>why"

BEGIN {
	FS = "\t"
	way_count = split("file git ssh ssh-master tcp pump xmpp-direct xmpp-proxy xmpp-inband" \
		" xmpp-wasdirect xmpp-wasproxy xmpp-wasinband", ways, " ")
}

$3 == "missing" {
	if (!(($1, $2) in told))
		absent[++absent_count] = $1 FS $2 FS $4
	told[$1, $2] = 1
	next
}

{
	m = $1
	# The users over the long wire are others, the transport is the same.
	w = $2
	sub(/^xmpp-wan/, "xmpp-", w)
	if (!(m in unit))
		names[++name_count] = m
	unit[m] = $3
	failed[m, w] += $7
	tried[m, w] += $8
	has[m, w] = 1
	# What failed was fast or slow for a reason of its own; of many at once most did not.
	if ($7 > 0 && $8 == 1)
		next
	values[m, w, ++count[m, w]] = $4
	cpu_sum[m, w] += $5
	if ($6 > memory[m, w])
		memory[m, w] = $6
}

function finish_samples(	i, j, key) {
	for (i = 1; i <= name_count; i++)
		for (j = 1; j <= way_count; j++)
			if ((names[i], ways[j]) in count)
				finish_one(names[i], ways[j])
}

function finish_one(m, w,	n, i, j, x) {
	n = count[m, w]
	for (i = 2; i <= n; i++) {
		x = values[m, w, i] + 0
		for (j = i - 1; j >= 1 && values[m, w, j] + 0 > x; j--)
			values[m, w, j + 1] = values[m, w, j]
		values[m, w, j + 1] = x
	}
	least[m, w] = values[m, w, 1] + 0
	most[m, w] = values[m, w, n] + 0
	median[m, w] = (values[m, w, int((n + 1) / 2)] + values[m, w, int(n / 2) + 1]) / 2
	cpu[m, w] = cpu_sum[m, w] / n
}

# How many times the other's it is; empty if there is no telling.
function ratio(m, w, other) {
	if (!((m, w) in median) || !((m, other) in median) || w == other || median[m, other] == 0)
		return ""
	return sprintf("%.2f", median[m, w] / median[m, other])
}

function shown(value, what) {
	if (what == "share")
		return sprintf("%.2f", value)
	if (what != "s")
		return sprintf("%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, what)
	if (value < 0.1)
		return sprintf("%.1f ms", value * 1000)
	if (value < 1)
		return sprintf("%.0f ms", value * 1000)
	return sprintf("%.2f s", value)
}

# Empty where there is nothing to tell.
function cpu_shown(m, w) {
	return cpu[m, w] > 0 ? shown(cpu[m, w], "s") : ""
}

function memory_shown(m, w) {
	return memory[m, w] > 0 ? sprintf("%.1f MiB", memory[m, w] / 1024) : ""
}

# loopback, or what comes before the first dash of the others.
function section(m) {
	if (m ~ /^(wan|throttled|inband)/) {
		sub(/-.*/, "", m)
		return m
	}
	return "loopback"
}
