# SPDX-License-Identifier: GPL-3.0-or-later
#
# Reads which file includes what, and holds it against the table of layers; t0000-layers.sh.
#
#   awk -v mode=check|picture|rows -f layers.awk architecture.md -
#
# The first file has the table. Then come lines of facts about a tree:
#   F <path>                   a source file
#   I <path>:<line>:<text>     a line of one that includes something
#   M <folder> <folder>...     what the meson.build of a folder lets it see
#
# check prints what is wrong, a line each, and fails if there is any. picture prints the layers
# as they are, rows what the table would have to say of them. A module is x.c, x.h and
# x-internal.h; those that include each other, directly or not, are a circle. An internal header
# of several modules is read as if it stood in each.

# The table leaves daemon/ out.
function whole(name)
{
	return name == "common" || name ~ /^helper\// ? name : "daemon/" name
}

function brief(folder)
{
	sub(/^daemon\//, "", folder)
	return folder
}

function folder_of(path)
{
	sub(/\/[^\/]*$/, "", path)
	return path
}

function module_of(path)
{
	sub(/\.[ch]$/, "", path)
	sub(/-internal$/, "", path)
	return path
}

function row_of(folder)
{
	return "architecture.md:" row_line[folder]
}

function fault(where, what)
{
	if (mode == "check")
		print where ": " what
	faults++
}

# The table says what it may include.
function is_closed(folder)
{
	return folder in rank && !(folder in open_yet)
}

# What a header of the system belongs to; "" for those that only compute.
function owner_of(header)
{
	if (header ~ /^std(arg|bool|def|int|io|lib)\.h$/)
		return ""
	if (header ~ /^(assert|ctype|errno|inttypes|limits|string|strings)\.h$/)
		return ""
	if (header == "arpa/inet.h")		# inet_pton()
		return ""
	if (header ~ /^openssl\//)
		return "openssl"
	if (header ~ /^(idna|idn-free|stringprep|idn2)\.h$/)
		return "libidn"
	if (header ~ /^git2(\.h$|\/)/)
		return "libgit2"
	if (header ~ /^miniupnpc\//)
		return "libminiupnpc"
	if (header ~ /^(strophe|expat|uv|qrencode)\.h$/)
		return "lib" substr(header, 1, length(header) - 2)
	return "system"
}

function read_row(line,    cell, names, n, i, folder)
{
	gsub(/`/, "", line)
	split(line, cell, "|")
	gsub(/ /, "", cell[2])
	folder = whole(cell[2])
	rank[folder] = ++rows
	row_folder[rows] = folder
	row_line[folder] = FNR
	if (sub(/not yet/, "", cell[3]))
		open_yet[folder] = 1
	n = split(cell[3], names, /[ ,]+/)
	for (i = 1; i <= n; i++)
		if (names[i] != "") {
			sees[folder, whole(names[i])] = 1
			seen_names[folder] = seen_names[folder] " " whole(names[i])
		}
	n = split(cell[4], names, /[ ,]+/)
	for (i = 1; i <= n; i++)
		if (names[i] != "")
			outside[folder, names[i]] = 1
}

FNR == NR {
	if (/^## /)
		in_layers = /^## Layers/
	else if (in_layers && /^\| `/)
		read_row($0)
	else if (in_layers && /^- `/) {
		gsub(/[`:,]/, "")
		folder = whole($2)
		for (i = 3; i <= NF; i++)
			may_circle[folder, folder "/" $i] = 1
	}
	next
}

/^F / {
	folder = folder_of($2)
	if (!(folder in files))
		folders[++n_folders] = folder
	files[folder]++
	module = module_of($2)
	if ($2 !~ /-internal\.h$/ && !(module in known)) {
		known[module] = 1
		of_folder[folder, ++modules[folder]] = module
	}
	if ($2 ~ /\.h$/) {
		name = substr($2, length(folder) + 2)
		header[folder, name] = 1
		holders[name] = holders[name] " " folder
	}
}

/^I / {
	include[++includes] = substr($0, 3)
}

/^M / {
	listed[$2] = 1
	for (i = 3; i <= NF; i++)
		lists[$2, $i] = 1
}

# The folder of the header that a file of this folder finds. The helper and the daemon do not see
# each other.
function find_header(folder, name,    place, n, i, other)
{
	if ((folder, name) in header)
		return folder
	other = folder ~ /^helper/ ? "^daemon" : "^helper"
	n = split(holders[name], place, " ")
	for (i = 1; i <= n; i++)
		if (place[i] !~ other)
			return place[i]
	return ""
}

function add_arrow(folder, from, to, where)
{
	if (from == to || (from, to) in arrow)
		return
	arrow[from, to] = where
	next_module[from] = next_module[from] " " to
	inner[folder]++
}

# What comes by an internal header of several modules.
function resolve_shared(    i, k, n, part, names)
{
	for (i = 1; i <= n_through; i++) {
		split(through[i], part, SUBSEP)
		n = split(shared[part[2]], names, " ")
		for (k = 1; k <= n; k++)
			if (names[k] in known)
				add_arrow(folder_of(part[1]), part[1], names[k], part[3])
	}
}

function take_include(fact,    path, line, where, folder, name, target, from, to, group)
{
	path = fact
	sub(/:.*/, "", path)
	line = substr(fact, length(path) + 2)
	sub(/:.*/, "", line)
	where = path ":" line
	folder = folder_of(path)
	name = fact
	if (name ~ /include[ \t]*</) {
		sub(/.*</, "", name)
		sub(/>.*/, "", name)
		group = owner_of(name)
		if (group != "" && is_closed(folder) && !((folder, group) in outside))
			fault(where, "<" name "> is of " group ", which is not of " folder)
		used[folder, group] = 1
		return
	}
	sub(/^[^"]*"/, "", name)
	sub(/".*/, "", name)
	if (name ~ /\.\.\//) {
		fault(where, "\"../\" leads past the list of folders")
		return
	}
	target = find_header(folder, name)
	if (target == "") {
		fault(where, "\"" name "\" is nowhere")
		return
	}
	from = module_of(path)
	to = module_of(target "/" name)
	if (folder == target) {
		if (!(from in known))
			shared[from] = shared[from] " " to
		else if (to in known)
			add_arrow(folder, from, to, where)
		else
			through[++n_through] = from SUBSEP to SUBSEP where
		return
	}
	if (name ~ /-internal\.h$/)
		fault(where, name " is for " target " alone")
	if (!((folder, target) in crosses)) {
		crosses[folder, target] = where
		next_folder[folder] = next_folder[folder] " " target
		arrows++
		if (folder in rank && target in rank && rank[target] > rank[folder])
			up++
	}
	if (is_closed(folder) && !((folder, target) in sees))
		fault(where, "\"" name "\" is of " target ", which " folder " does not list")
}

# All that can be reached from a node by the arrows of next_of, into reached.
function reach(node, next_of, reached,    queue, head, tail, to, n, i)
{
	split("", reached)
	queue[tail = 1] = node
	for (head = 1; head <= tail; head++) {
		n = split(next_of[queue[head]], to, " ")
		for (i = 1; i <= n; i++)
			if (!(to[i] in reached)) {
				reached[to[i]] = 1
				queue[++tail] = to[i]
			}
	}
}

# How many circles there are among nodes[1..n]; the members of each, joined, go into who.
function find_circles(nodes, n, next_of, who,    i, k, there, back, circles, done, names)
{
	largest = 0
	for (i = 1; i <= n; i++) {
		if (nodes[i] in done)
			continue
		reach(nodes[i], next_of, there)
		if (!(nodes[i] in there))
			continue
		names = ""
		size = 0
		for (k = 1; k <= n; k++) {
			if (!(nodes[k] in there))
				continue
			reach(nodes[k], next_of, back)
			if (nodes[i] in back) {
				done[nodes[k]] = 1
				names = names " " nodes[k]
				size++
			}
		}
		who[++circles] = substr(names, 2)
		if (size > largest)
			largest = size
	}
	return circles + 0
}

# One more than the longest way down from a node; those on the way here count once.
function height(node, next_of, on_way, known_height,    to, n, i, h, most)
{
	if (node in known_height)
		return known_height[node]
	on_way[node] = 1
	n = split(next_of[node], to, " ")
	for (i = 1; i <= n; i++)
		if (!(to[i] in on_way)) {
			h = height(to[i], next_of, on_way, known_height)
			if (h > most)
				most = h
		}
	delete on_way[node]
	return known_height[node] = most + 1
}

# Before what stands higher than the folder that sees it.
function mark(folder, target)
{
	return folder in rank && target in rank && rank[target] > rank[folder] ? " ^" : " "
}

function owners(folder,    n, i, name, text)
{
	n = split("libexpat libgit2 libidn libminiupnpc libstrophe libuv openssl system", name, " ")
	for (i = 1; i <= n; i++)
		if ((folder, name[i]) in used)
			text = text " " name[i]
	return text
}

function strip(names, folder,    n, part, i, out)
{
	n = split(names, part, " ")
	for (i = 1; i <= n; i++)
		out = out " " substr(part[i], length(folder) + 2)
	return substr(out, 2)
}

function check_table(    i, k, folder, name, n, names)
{
	for (i = 1; i <= n_folders; i++)
		if (!(folders[i] in rank))
			fault(folders[i], "has no row in the table of layers")
	for (i = 1; i <= rows; i++) {
		folder = row_folder[i]
		if (!(folder in files))
			fault(row_of(folder), folder " is not there")
		if (folder in open_yet)
			continue
		n = split(seen_names[folder], names, " ")
		for (k = 1; k <= n; k++) {
			name = names[k]
			if (!(name in rank) || rank[name] >= i)
				fault(row_of(folder), name " is not below " folder)
			else if (!((folder, name) in crosses))
				fault(row_of(folder), folder " includes nothing of " name)
			if (folder in listed && !((folder, name) in lists))
				fault(folder "/meson.build", "does not list " name ", the table does")
		}
		for (k = 1; k <= rows; k++) {
			name = row_folder[k]
			if ((folder, name) in lists && !((folder, name) in sees))
				fault(folder "/meson.build", "lists " name ", the table does not")
		}
	}
	for (k in outside) {
		split(k, names, SUBSEP)
		if (!(k in used) && !(names[1] in open_yet))
			fault(row_of(names[1]), names[1] " includes nothing of " names[2])
	}
}

# The circles that the list below the table knows of may be there.
function check_circles(folder, count, who,    k, i, n, names, unknown)
{
	if (folder in open_yet)
		return
	for (k = 1; k <= count; k++) {
		n = split(who[k], names, " ")
		unknown = 0
		for (i = 1; i <= n; i++)
			unknown += !((folder, names[i]) in may_circle)
		if (unknown)
			fault(arrow[a_pair(names, n)], "closes a circle of " strip(who[k], folder))
	}
}

# An arrow between two of these.
function a_pair(names, n,    i, k)
{
	for (i = n; i > 0; i--)
		for (k = 1; k <= n; k++)
			if ((names[i], names[k]) in arrow)
				return names[i] SUBSEP names[k]
}

function check_names(    name, place, n, i, shell, program)
{
	for (name in holders) {
		n = split(holders[name], place, " ")
		shell = program = 0
		for (i = 1; i <= n; i++) {
			shell += place[i] !~ /^helper/
			program += place[i] !~ /^daemon/
		}
		if (shell > 1 || program > 1)
			fault(name, "is in" holders[name])
	}
}

function print_row(folder,    k, text)
{
	for (k = 1; k <= last; k++)
		if (k in place && (folder, place[k]) in crosses) {
			if (mode == "rows")
				text = text " `" brief(place[k]) "`"
			else
				text = text mark(folder, place[k]) brief(place[k])
		}
	if (mode == "rows")
		printf "| `%s` |%s |%s |\n", brief(folder), text, owners(folder)
	else
		printf "%-18s %s%s\n", brief(folder), line[folder], text == "" ? "" : "; sees" text
}

END {
	for (i = 1; i <= includes; i++)
		take_include(include[i])
	resolve_shared()
	check_names()
	check_table()
	for (i = 1; i <= n_folders; i++) {
		folder = folders[i]
		n = modules[folder]
		split("", nodes)
		for (k = 1; k <= n; k++)
			nodes[k] = of_folder[folder, k]
		split("", who)
		count = find_circles(nodes, n, next_module, who)
		all_circles += count
		check_circles(folder, count, who)
		most = 0
		for (k = 1; k <= n; k++) {
			h = height(nodes[k], next_module, on_way, tall)
			if (h > most)
				most = h
		}
		line[folder] = sprintf("%3d modules, %3d arrows, %2d floors, %d circles",
			n, inner[folder], most, count)
		if (count)
			line[folder] = line[folder] sprintf(", the largest of %d", largest)
	}
	split("", who)
	count = find_circles(folders, n_folders, next_folder, who)
	for (k = 1; k <= count; k++)
		if (mode == "picture")
			round = round "  a circle of " who[k] "\n"
	if (mode == "picture" || mode == "rows") {
		for (i = 1; i <= n_folders; i++) {
			folder = folders[i]
			order = folder in rank ? rank[folder] : rows + i
			place[order] = folder
			if (order > last)
				last = order
		}
		for (i = 1; i <= last; i++)
			if (i in place)
				print_row(place[i])
	}
	if (mode == "picture")
		printf "%d folders, %d arrows, %d up, %d circles; inside of the folders %d\n%s",
			n_folders, arrows, up, count, all_circles, round
	exit mode == "check" && faults > 0
}
