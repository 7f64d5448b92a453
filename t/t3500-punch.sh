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

# meets <kind> <kind>: at each delay and skew, in 1.5 s and two round trips.
meets () {
	local ms skew took

	for ms in 1 25 150
	do
		weather "$ms" 0
		for skew in 0 500
		do
			took=$(punch "$1" "$2" "$ms" "$skew")
			echo "$1 $2, $ms ms, $skew later: $took"
			set -- "$1" "$2" $took
			test "$3" = met && test "$4" -le $((1500 + 4 * ms)) || return
		done
	done
}

for a in open drop refuse
do
	for b in open drop refuse
	do
		test_expect_success "$a and $b" '
			meets $a $b
		'
	done
done

for other in open fw6
do
	test_expect_success "a firewall of IPv6 and $other" '
		meets fw6 $other && meets $other fw6
	'
done

# One packet in a hundred is lost in each direction: of ten attempts nine are in time.
test_expect_success 'a wire that loses packets' '
	weather 25 1 &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		punch refuse drop 25 $((i * 50))
	done >out &&
	awk "\$1 == \"met\" && \$2 <= 1600 { n++ } END { exit n < 9 }" out
'

test_expect_success 'nothing is found behind a NAT that maps by destination, and nothing breaks' '
	weather 25 0 &&
	punch symmetric drop 25 0 >out &&
	grep "^failed " out &&
	punch drop symmetric 25 0 >out &&
	grep "^failed " out
'

test_done
