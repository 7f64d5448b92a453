# SPDX-License-Identifier: GPL-3.0-or-later
#
# The schedule of t/endurance, of -v seed=, operations=, faults= (empty: none) and persons= ("alice bob"):
# the same numbers make the same lines with any awk. Each person has two devices, alice1 and alice2;
# each device has a share that is named like it, and a clone of all that is not its person's.
#
#   share <device> <persons who may push, or -> <persons who may only fetch, or ->
#   follows <device> <share>
#   op <number> <kind> <device> <share> <bytes>
#   fault <number of operations that are to be over> <kind> <device> <which of many> <seconds>

# Park and Miller's; the products are below 2^53.
function draw(n) {
	state = state * 16807 % 2147483647
	return int(state / 2147483647 * n)
}

# weighted(<words, weights>, <sum>): "a 3 b 1" is a in three of four.
function weighted(list, sum, n, i, word) {
	n = split(list, word, " ")
	for (i = 2; i <= n; i += 2)
		sum += word[i]
	sum = draw(sum)
	for (i = 2; (sum -= word[i]) >= 0; )
		i += 2
	return word[i - 1]
}

function person_of(device) {
	return substr(device, 1, length(device) - 1)
}

# a_share(<device>, <what its person may do there>): that of somebody else, by chance.
function a_share(device, right, share) {
	do
		share = devices[draw(count)]
	while (person_of(share) == person_of(device) || right && rights[share, person_of(device)] != right)
	return share
}

# Of each person's two shares at least one may be pushed to by each other person, and one may not.
function grant(i, j, right) {
	for (i = 0; i < people; i++)
		for (j = 0; j < people; j++)
			if (i != j) {
				right = draw(2)
				rights[person[i] "1", person[j]] = right ? "push" : "fetch"
				rights[person[i] "2", person[j]] = right ? "fetch" : "push"
			}
}

function who(share, right, i, list) {
	for (i = 0; i < people; i++)
		if (rights[share, person[i]] == right)
			list = list (list ? "," : "") person[i]
	return list ? list : "-"
}

function operation(n, kind, device, bytes) {
	kind = weighted("push 34 main 6 fetch 30 clone 4 list 10 queue 8 denied 3")
	device = devices[draw(count)]
	bytes = weighted("300 80 20000 16 200000 4")
	print "op", n, kind, device, a_share(device, kind == "denied" ? "fetch" : kind ~ /push|main|queue/ ? "push" : ""), bytes
}

# Nobody touches the brokers of the last person: what becomes of their memory is what use makes of it.
function fault(n, kind, device, which, seconds) {
	kind = weighted("broker-kill 5 broker-stop 5 helper-kill 5 helper-stop 3 git-kill 4 git-stop 2 " \
		"service-kill 5 service-stop 3 pack-kill 3 reset 6 reset-direct 5 hole 5 hole-direct 4 server-stop 2 server-kill 2")
	device = devices[draw(count - 2)]
	which = draw(1000)
	seconds = draw(6)
	print "fault", n, kind, device, which, seconds
}

BEGIN {
	state = seed % 2147483646 + 1
	for (i = 0; i < 20; i++)
		draw(2)
	people = split(persons, name, " ")
	for (i = 0; i < people; i++) {
		person[i] = name[i + 1]
		devices[count++] = person[i] "1"
		devices[count++] = person[i] "2"
	}
	grant()
	for (i = 0; i < count; i++)
		print "share", devices[i], who(devices[i], "push"), who(devices[i], "fetch")
	for (i = 0; i < count; i++)
		print "follows", devices[i], a_share(devices[i])
	for (n = 1; n <= operations; n++) {
		operation(n)
		if (faults && draw(25) == 0)
			fault(n)
	}
}
