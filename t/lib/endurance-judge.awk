# SPDX-License-Identifier: GPL-3.0-or-later
#
# Judges what t/endurance has seen. In its directory, in this order: the file faults; journal.<device>, of
# git xmpp log --porcelain; told, for each operation that failed its number, the ids of the messages that
# it said (or -), and whether git itself said of a ref why it was refused (yes or no); done, the lines
# of all workers. Prints a line for each operation that is not as it should be, and at last how many failed
# and how many of them did so because who would have told it was killed.

function seconds(iso, part, y, m, day) {
	split(iso, part, /[-T:Z]/)
	y = part[1] - (part[2] <= 2)
	m = (part[2] + 9) % 12
	day = y * 365 + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m + 2) / 5) + part[3] - 719469
	return day * 86400 + part[4] * 3600 + part[5] * 60 + part[6]
}

function account(device) {
	return substr(device, 1, length(device) - 1) "@localhost"
}

# struck(<pattern of kinds>, <device or nothing>): while the operation ran, or a moment before or after it.
function struck(kinds, device, i) {
	for (i = 0; i < faults; i++)
		if (fault[i] ~ kinds && (!device || whom[i] == device) && from[i] < ended + 3000 && to[i] > began - 1000)
			return 1
	return 0
}

# faulty(): how long at the most faults have kept it, in ms.
function faulty(i, sum, a, b) {
	for (i = 0; i < faults; i++) {
		a = from[i] > began ? from[i] : began
		b = to[i] < ended ? to[i] : ended
		if (b > a)
			sum += b - a
	}
	return sum + 0
}

# entry(<device>, <with whom>, <what>): the results that its journal has for the operation, by the
# commit if there is one, else by the time.
function entry(device, jid, what, key, i, list) {
	key = device SUBSEP jid SUBSEP share SUBSEP what
	list = commit == "-" ? "" : of_commit[key, substr(commit, 1, 7)]
	if (list == "")
		for (i = 1; i <= entries[key]; i++)
			if (at[key, i] * 1000 > began - 2000 && at[key, i] * 1000 < ended + 60000 && result[key, i] != "ok")
				list = list " " result[key, i]
	return list
}

# left_out(<device>, <with whom>): its journal may have left the operation out, for they had caused too many
# lines: a later one says so, or there is none yet.
function left_out(device, jid) {
	return left_out_at[device, jid] * 1000 > began - 2000 || last_at[device, jid] * 1000 < ended + 1000
}

function wrong(text) {
	printf "%s %s of %s, share %s, status %s, %.1f s (faults %.1f s): %s; said %s\n", n, kind, me, share, status,
		(ended - began) / 1000, faulty() / 1000, text, said[n] == "" ? "nothing" : said[n]
	found++
}

BEGIN {
	faults = 0
	FS = "\t"
}

FILENAME == "faults" {
	fault[faults] = $1
	whom[faults] = $2
	from[faults] = $4
	to[faults++] = $5
	next
}

FILENAME ~ /^journal/ {
	of = substr(FILENAME, 9) SUBSEP $3
	last_at[of] = seconds($1)
	if ($0 ~ /\(and [0-9]+ more before this/)
		left_out_at[of] = seconds($1)
	if ($2 != "transfer")
		next
	key = substr(FILENAME, 9) SUBSEP $3 SUBSEP $4 SUBSEP $5
	i = ++entries[key]
	at[key, i] = seconds($1)
	result[key, i] = $6
	words = split($9, word, /[ ,]+|\.\.+/)
	for (w = 1; w <= words; w++)
		if (word[w] ~ /^[0-9a-f]+$/ && length(word[w]) >= 7)
			of_commit[key, substr(word[w], 1, 7)] = of_commit[key, substr(word[w], 1, 7)] " " $6
	next
}

FILENAME == "told" {
	said[$1] = $2
	by_git[$1] = $3 == "yes"
	next
}

{
	n = $1; kind = $2; me = $3; share = $4; commit = $5; status = $6; has = $7; began = $8; ended = $9
	pushes = kind ~ /^(push|main|denied)$/ && has != "-"
	ours = pushes ? "push" : "fetch"
	if (ended - began - faulty() > patience * 1000)
		wrong("it took too long")
	if (kind == "list" || kind == "queue") {
		if (status != 0)
			failed++
		if (status != 0 && said[n] == "-" && !struck("^(helper|git)-kill", me) && !struck("^broker-kill", me))
			wrong("no reason is told")
		next
	}
	if (status == 0) {
		if (kind == "denied")
			wrong("it was allowed")
		else if (has == "no")
			wrong("it was said to be done, and is not")
		else if (pushes && entry(me, account(share), "push") !~ /ok/ && !left_out(me, account(share)))
			wrong("our journal does not say that it was done")
		else if (pushes && entry(share, account(me), "pushed") !~ /ok/ && !struck("^broker-kill", share) &&
			!left_out(share, account(me)))
			wrong("their journal does not say that it was done")
		next
	}
	failed++
	if (kind == "denied")
		expected++
	if (status == 137 || struck("^(helper|git)-kill", me)) {
		teller++
		next
	}
	if (said[n] == "-" && !by_git[n] && !struck("^(pack|service)-kill"))
		wrong("no reason is told")
	if (has == "yes" && said[n] !~ /push-unknown|broker-lost/ && !struck("^service-kill"))
		wrong("it is there, and was not said to be unknown")
	# Nobody was asked.
	if (said[n] ~ /^(broker-|not-online|server-unreachable|buddy-|share-away|no-such-device|cannot-reach|device-)/ && said[n] !~ /broker-lost/)
		next
	if (by_git[n] && said[n] == "-" && kind == "main" && entry(me, account(share), "push") == "")
		# Git knew it from the list of refs, and has sent nothing.
		next
	# A push that has named its refs is settled by the next broker; of all else nothing is kept.
	if (entry(me, account(share), ours) == "" && !(struck("^broker-kill", me) && has != "yes") &&
		!left_out(me, account(share)))
		wrong("our journal has nothing")
	# Of a fetch whose own git was killed when all was there, theirs is right to say that it was fetched; and
	# who did not answer may not have been asked.
	if (said[n] !~ /not-shared|broker-lost|timeout/ && (pushes || !struck("^pack-kill", me)) && entry(share, account(me), pushes ? "pushed" : "fetched") == "" &&
		!struck("^broker-kill", share) && !left_out(share, account(me)))
		wrong("their journal has nothing")
}

END {
	printf "%d failed: %d that were not allowed, %d whose git or helper was killed, %d others; %d wrong\n", failed, expected, teller,
		failed - expected - teller, found
	exit found > 0
}
