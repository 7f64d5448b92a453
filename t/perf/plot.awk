# SPDX-License-Identifier: GPL-3.0-or-later
#
# An SVG: for each measurement on the loopback interface a row, in it a dot for
# each transport, at its time in terms of ssh over a ControlMaster. Logarithmic; to
# the left is faster. Rates are turned over, so that they are times as well.

BEGIN {
	WIDTH = 860; LEFT = 150; RIGHT = 20; TOP = 64; ROW = 26
	LOW = 1 / 8; HIGH = 64
	colours = split("#777777 #1b9e77 #d95f02 #000000 #aaaaaa #aaaaaa #3056d3 #7570b3 #e7298a", colour, " ")
}

function x_of(r) {
	if (r < LOW)
		r = LOW
	if (r > HIGH)
		r = HIGH
	return LEFT + (WIDTH - LEFT - RIGHT) * log(r / LOW) / log(HIGH / LOW)
}

function text(x, y, anchor, what) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}

function dot(x, y, which, what) {
	printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" fill-opacity=\"0.85\"><title>%s</title></circle>\n",
		x, y, colour[which], what
}

function legend(	i, x) {
	x = LEFT
	for (i = 1; i <= way_count; i++) {
		if (!used[ways[i]])
			continue
		dot(x, 20, i, ways[i])
		text(x + 9, 24, "start", ways[i])
		x += 16 + 7.5 * length(ways[i]) + 12
	}
}

function axis(bottom,	r) {
	for (r = LOW; r <= HIGH; r *= 2) {
		printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\"/>\n", x_of(r), TOP - 12,
			x_of(r), bottom, r == 1 ? "#000000" : "#dddddd"
		text(x_of(r), TOP - 18, "middle", r < 1 ? "1/" 1 / r : r)
	}
}

function row(m, y,	i, r) {
	text(LEFT - 12, y + 4, "end", m)
	for (i = 1; i <= way_count; i++) {
		r = ratio(m, ways[i], "ssh-master")
		if (ways[i] == "ssh-master")
			r = 1
		if (r == "" || r == 0)
			continue
		dot(x_of(unit[m] == "s" ? r : 1 / r), y, i, ways[i] ": " shown(median[m, ways[i]], unit[m]))
	}
}

END {
	finish_samples()
	for (k = 1; k <= name_count; k++) {
		m = names[k]
		if (section(m) != "loopback" || !((m, "ssh-master") in median))
			continue
		rows[++row_count] = m
		for (i = 1; i <= way_count; i++)
			if ((m, ways[i]) in median)
				used[ways[i]] = 1
	}
	height = TOP + ROW * row_count + 12
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" ", WIDTH, height, WIDTH, height
	print "font-family=\"sans-serif\" font-size=\"12\">"
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, height
	legend()
	axis(height - 8)
	for (k = 1; k <= row_count; k++)
		row(rows[k], TOP + ROW * (k - 0.5))
	print "</svg>"
}
