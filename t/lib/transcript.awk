# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a page prints and what a program printed, token by token. They are the same where each
# token is the same, or both are of one kind of those below, which differ from run to run:
#
#   link      xmpp:alice@example.org?git-join;...
#   address   127.0.0.1:5222, or the same with "port" in front of a number
#   time      today 21:44, 12 Nov 2025, 2025-11-12 21:44, and "3 seconds", "12 ms"
#   size      242 bytes, 3.1 MiB/s
#   device    sixteen letters of an id, or the two words that say its first four
#   fingerprint   groups of four hexadecimal digits
#   hash      seven and more hexadecimal digits
#   digits    five digits that people read to each other
#   word      one of the list of words, given as -v words=<file>, in a line of nothing else
#
# "..." ends a token that the page has cut off, and stands for the rest of it; a line of "..."
# alone stands for lines that the page leaves out. Two and more blanks are like two. A link, a
# fingerprint, a device and a hash have to be the same one each time that the page has the same
# one: the file of -v map=<file> has, in each line, the kind, the one of the page and the one of
# this run. "<link>", and one that the page has not shown, is the last one of this run.
#
#   -v mode=command     standard input is a command of the page: prints it with the ones of this run
#   -v mode=compare     the arguments are two files, of the page and of the run: prints what
#                       differs, a line of the page with "-" and one of the run with "+", and
#                       adds to the map

BEGIN {
	month = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
	unit = "(ms|s|seconds|second|minutes|minute|hours|hour|days|day)"
	kinds = split("link address time size fingerprint digits", kind, " ")
	group = "[0-9A-F][0-9A-F][0-9A-F][0-9A-F]"
	pattern["link"] = "^xmpp:[a-z]+@[a-z.]+[?]git-join;[a-z0-9;=.-]*"
	pattern["address"] = "^([0-9]+[.][0-9]+[.][0-9]+[.][0-9]+(:[0-9]+)?|port [0-9]+)"
	pattern["time"] = "^([0-9]+-[0-9][0-9]-[0-9][0-9](T[0-9:]+Z| [0-9][0-9]:[0-9][0-9])?|" \
		"(today |yesterday )?[0-9][0-9]:[0-9][0-9]|" \
		"[0-9]+ " month "( [0-9]+)?|[0-9.]+ " unit ")"
	pattern["size"] = "^[0-9.]+ (bytes|KiB|MiB|GiB)(/s)?"
	pattern["fingerprint"] = "^" group " " group "( " group ")+"
	pattern["digits"] = "^[0-9][0-9][0-9][0-9][0-9]( [0-9][0-9][0-9][0-9][0-9])*"
	while (words != "" && (getline line < words) > 0)
		listed[line]
	while ((getline line < map) > 0) {
		split(line, part, "\t")
		meant[part[1], part[2]] = part[3]
		if (part[1] == "device")
			meant["device", substr(part[2], 1, 4)] = substr(part[3], 1, 4)
		if (part[1] == "link")
			meant["link", "<link>"] = part[3]
	}
	if (mode == "compare")
		exit compare(ARGV[1], ARGV[2])
}

{
	print translated($0)
}

# take: the first token of the text into token, and its kind into sort; what is left is returned.
function take(text, i, word) {
	for (i = 1; i <= kinds; i++)
		if (match(text, pattern[kind[i]]) && substr(text, RLENGTH + 1, 1) !~ /[A-Za-z0-9]/) {
			sort = kind[i]
			token = substr(text, 1, RLENGTH)
			return substr(text, RLENGTH + 1)
		}
	sort = ""
	if (match(text, /^<link>/))
		sort = "link"
	else if (match(text, /^[a-z]+-[a-z]+/) && is_pair(substr(text, 1, RLENGTH)))
		sort = "pair"
	else if (match(text, /^[A-Za-z0-9]+/)) {
		word = substr(text, 1, RLENGTH)
		if (word ~ /^[0-9a-f]+$/ && length(word) >= 7)
			sort = "hash"
		else if (word ~ /^[a-z2-7]+$/ && length(word) == 16)
			sort = "device"
		else if (word in listed)
			sort = "word"
	} else if (match(text, /^  +/)) {
		token = "  "
		return substr(text, RLENGTH + 1)
	} else
		match(text, /^./)
	token = substr(text, 1, RLENGTH)
	text = substr(text, RLENGTH + 1)
	if (sort == "hash" && text ~ /^[.][.][.]/) {
		text = substr(text, 4)
		token = token "..."
	}
	return text
}

function is_pair(text, part) {
	return split(text, part, "-") == 2 && part[1] in listed && part[2] in listed
}

function translated(text, out) {
	while (text != "") {
		text = take(text)
		if ((sort, token) in meant)
			token = meant[sort, token]
		else if (sort == "link")
			token = meant["link", "<link>"]
		else if (sort == "" && length(token) == 4 && ("device", token) in meant)
			token = meant["device", token]
		out = out token
	}
	return out
}

# stands_for: a token of the page for one of the run, also where it comes again.
function stands_for(said, was, what, key) {
	if (what !~ /^(link|fingerprint|hash|device)$/)
		return 1
	key = what SUBSEP said
	if (key in meant)
		return meant[key] == was
	if (!(key in pending))
		pending[key] = was
	return pending[key] == was
}

# keep: what a line that is alike has told.
function keep(key, part) {
	for (key in pending) {
		meant[key] = pending[key]
		split(key, part, SUBSEP)
		print part[1] "\t" part[2] "\t" pending[key] >>map
	}
}

function only_words(text, part, i) {
	for (i = split(text, part, " "); i > 0; i--)
		if (!(part[i] in listed))
			return 0
	return 1
}

function alike(said, was, token_said, sort_said, are_words) {
	are_words = only_words(said)
	split("", pending)
	while (said != "" && was != "") {
		said = take(said)
		token_said = token
		sort_said = sort
		was = take(was)
		if (sort_said == "" || sort_said != sort || sort == "word" && !are_words) {
			if (token_said != token)
				return 0
		} else if (!stands_for(token_said, token, sort))
			return 0
	}
	if (said != was)
		return 0
	keep()
	return 1
}

function compare(page, run, said, was, more_said, more_was, skips, differs) {
	more_was = (getline was < run) > 0
	for (;;) {
		more_said = (getline said < page) > 0
		skips = more_said && said == "..."
		if (skips)
			more_said = (getline said < page) > 0
		while (skips && more_was && !(more_said && alike(said, was)))
			more_was = (getline was < run) > 0
		if (!more_said && !more_was)
			return differs
		if (!more_said || !more_was || !alike(said, was)) {
			differs = 1
			if (more_said)
				print "-" said
			if (more_was)
				print "+" was
		}
		more_was = more_was && (getline was < run) > 0
	}
}
