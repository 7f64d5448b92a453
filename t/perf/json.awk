# SPDX-License-Identifier: GPL-3.0-or-later
# For programs. machine is an object, given by run.

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

function way_object(m, w,	out) {
	out = sprintf("{\"transport\":%s,\"runs\":%d,\"failed\":%d,\"tried\":%d", quoted(w), count[m, w],
		failed[m, w], tried[m, w])
	if ((m, w) in median)
		out = out sprintf(",\"median\":%.6f,\"least\":%.6f,\"most\":%.6f,\"cpu\":%.4f,\"memory_kib\":%d",
			median[m, w], least[m, w], most[m, w], cpu[m, w], memory[m, w])
	return out "}"
}

function measurement_object(m,	i, out, comma) {
	for (i = 1; i <= way_count; i++) {
		if (!((m, ways[i]) in has))
			continue
		out = out comma "\n      " way_object(m, ways[i])
		comma = ","
	}
	return "    {\"name\":" quoted(m) ",\"unit\":" quoted(unit[m]) ",\"transports\":[" out "\n    ]}"
}

END {
	finish_samples()
	printf "{\n  \"version\":1,\n  \"machine\":%s,\n  \"measurements\":[", machine
	for (k = 1; k <= name_count; k++)
		printf("%s\n%s", k > 1 ? "," : "", measurement_object(names[k]))
	printf "\n  ],\n  \"missing\":["
	for (k = 1; k <= absent_count; k++) {
		split(absent[k], field, "\t")
		printf("%s\n    {\"measurement\":%s,\"transport\":%s,\"why\":%s}", k > 1 ? "," : "",
			quoted(field[1]), quoted(field[2]), quoted(field[3]))
	}
	printf "\n  ]\n}\n"
}
