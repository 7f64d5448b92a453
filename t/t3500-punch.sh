#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two devices that nobody can dial connect to each other at once, through the kernel's NATs and
# firewalls, in network namespaces.

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-nat.sh"

have_nat || test_skip_all 'there is no ip, nft or /dev/net/tun, or the kernel has no NAT'

test_expect_success 'two hosts behind boxes, and a wire' '
	nat_world
'

# punch <kind> <kind> <ms one way> <skew>: prints what the probe says.
punch () {
	box a "$1" && box b "$2" &&
	"$BUILD/t/punch-probe" a "$(mapped a "$1")" b "$(mapped b "$2")" "$3" "$4"
}

# meets <kind> <kind> <ms one way> <skew>: a connection is found. How soon is not asked here: on
# a busy machine the time of an attempt may pass, and a broker tries again then.
meets () {
	local i took

	for i in 1 2 3
	do
		took=$(punch "$1" "$2" "$3" "$4")
		echo "$1 $2, $3 ms, $4 later: $took"
		test "${took%% *}" = met && return
	done
	return 1
}

# everywhere <kind> <kind>: at a short and a long wire, begun at once and one after the other.
everywhere () {
	weather 1 0 && meets "$1" "$2" 1 0 && meets "$1" "$2" 1 500 &&
	weather 100 0 && meets "$1" "$2" 100 0 && meets "$1" "$2" 100 500
}

for a in open drop refuse
do
	for b in open drop refuse
	do
		test_expect_success "$a and $b" '
			everywhere $a $b
		'
	done
done

for other in open fw6
do
	test_expect_success "a firewall of IPv6 and $other" '
		everywhere fw6 $other && everywhere $other fw6
	'
done

test_expect_success 'a wire that loses one packet in a hundred' '
	weather 25 1 &&
	for skew in 50 150 250 350
	do
		meets refuse drop 25 $skew || return
	done
'

test_expect_success 'nothing is found behind a NAT that maps by destination, and nothing breaks' '
	weather 25 0 &&
	punch symmetric drop 25 0 >out &&
	grep "^failed " out &&
	punch drop symmetric 25 0 >out &&
	grep "^failed " out
'

test_done
