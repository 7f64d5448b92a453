#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# usage: punched-pairs.sh <seed> <runs> <percent>...
#
# Started by punched. Prints a line for each run: both kinds, the loss, ms of one way, by how many
# ms the second host was later, "met" or "failed", and the ms it took or why.

. "$(dirname "$0")/../lib/own-network.sh"
. "$(dirname "$0")/lib-perf.sh"
. "$TOP/t/lib/lib-nat.sh"

have_nat || {
	echo '1..0 # SKIP there is no ip, nft or /dev/net/tun, or the kernel has no NAT'
	exit 0
}
seed=$1
runs=$2
shift 2
perf_init
nat_world || {
	cat log-wan >&2
	exit 1
}

# pair <kind> <kind> <percent>
pair () {
	local drawn ms skew

	box a "$1" && box b "$2" || return
	drawn=$(awk -v seed="$seed$3" -v runs="$runs" 'BEGIN {
		srand(seed)
		while (runs--)
			print 1 + int(150 * rand()) ":" int(501 * rand())
	}')
	for drawn in $drawn
	do
		ms=${drawn%:*}
		skew=${drawn#*:}
		weather "$ms" "$3"
		echo "$1 $2 $3 $ms $skew $("$BUILD/t/punch-probe" a "$(mapped a "$1")" \
			b "$(mapped b "$2")" "$ms" "$skew")"
	done
}

for percent
do
	for a in open drop refuse
	do
		for b in open drop refuse
		do
			pair $a $b "$percent"
		done
	done
	pair fw6 open "$percent"
	pair open fw6 "$percent"
	pair fw6 fw6 "$percent"
done
