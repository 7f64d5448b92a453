# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two hosts, each behind a box of a kind, and a wire between the boxes: four network namespaces
# and the kernel's own NAT. Sourced after own-network.sh and test-lib.sh.
#
#   have_nat                       whether the system can do all that
#   nat_world                      the namespaces a, nat-a, nat-b and b, and the wire
#   box <side> <kind>              the box of side a or b: open, drop, refuse, cone (changes ports,
#                                  the same for all destinations), symmetric, fw6 (a firewall of
#                                  IPv6, and symmetric by IPv4)
#   weather <ms> <percent>         delay and loss of each direction
#   nat_server <side> <port>...    the host reaches the script's own 127.0.0.1:<port> at that address,
#                                  by a network of its own, and is seen there as by the world; the
#                                  box comes first
#   mapped <side> <kind>           how the world sees the host by IPv4
#   nat_users <kind> <kind> <ms> [<port>...]
#                                  alice behind a box of the first kind, bob behind one of the
#                                  second, and their brokers; the hosts reach the server, and what
#                                  else listens at these ports
#   nat_user <user> <side>         one of them, before there is a broker; with told_by_hand=yes they
#                                  configure how the world sees them
#   nat_buddies <megabytes>        alice and bob are buddies, and bob shares a repository of that size

in_ns () {
	ip netns exec "$@"
}

# nat_rules <masquerade> <verdict> [<no IPv6>]: the rules of a box.
nat_rules () {
	cat <<-END
	table ip nat {
		chain post {
			type nat hook postrouting priority 100
			oifname "wan" $1
		}
	}
	table inet filter {
		chain forward {
			type filter hook forward priority 0
			${3:+meta nfproto ipv6 drop}
			ct state established,related accept
			iifname "wan" meta l4proto tcp $2
		}
		chain input {
			type filter hook input priority 0
			ct state established,related accept
			iifname "wan" meta l4proto tcp $2
		}
	}
	END
}

have_nat () {
	command -v ip >/dev/null && command -v nft >/dev/null && test -c /dev/net/tun || return
	mkdir -p /run/netns && mount -t tmpfs none /run/netns 2>/dev/null &&
	ip netns add probe 2>/dev/null || return
	nat_rules masquerade 'reject with tcp reset' | in_ns probe nft -f - 2>/dev/null
	set -- $?
	ip netns del probe
	return "$1"
}

# side_net <side>: the number of its networks.
side_net () {
	case $1 in a) echo 1 ;; b) echo 2 ;; esac
}

# A host, its box, and the network between them.
nat_side () {
	local n

	n=$(side_net "$1")
	ip netns add "$1" && ip netns add "nat-$1" &&
	ip -n "$1" link set lo up && ip -n "nat-$1" link set lo up &&
	ip -n "$1" link add eth type veth peer name lan netns "nat-$1" &&
	ip -n "$1" link set eth up && ip -n "nat-$1" link set lan up &&
	ip -n "$1" addr add "2a00:$n::2/64" dev eth nodad &&
	ip -n "nat-$1" addr add "2a00:$n::1/64" dev lan nodad &&
	ip -n "$1" route add default via "2a00:$n::1" &&
	in_ns "nat-$1" sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward &&
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"
}

# far_side <side>
far_side () {
	case $1 in a) echo b ;; b) echo a ;; esac
}

wire_end () {
	local n m

	n=$(side_net "$1")
	m=$(side_net "$(far_side "$1")")
	ip -n "nat-$1" link set wan up &&
	ip -n "nat-$1" addr add "9.9.$n.1" peer "9.9.$m.1" dev wan &&
	ip -n "nat-$1" route add "8.8.$m.0/24" dev wan &&
	ip -n "nat-$1" route add "2a00:$m::/64" dev wan
}

end_nat_world () {
	exec 8>&-
	for ns in a nat-a nat-b b
	do
		ip netns del "$ns" 2>/dev/null
	done
}

nat_world () {
	nat_side a && nat_side b && mkfifo weather || return
	at_exit end_nat_world
	in_ns nat-a "$BUILD/t/perf/wan" nat-b <weather >log-wan 2>&1 &
	started $!
	exec 8>weather
	wait_for 5 grep -qs ready log-wan && wire_end a && wire_end b
}

weather () {
	echo "$1 $2" >&8
}

mapped () {
	case $2 in
	open)
		echo "8.8.$(side_net "$1").2" ;;
	*)
		echo "9.9.$(side_net "$1").1" ;;
	esac
}

# The address of a host by IPv4, which depends on whether its box translates.
inner_net () {
	local n

	n=$(side_net "$1")
	ip -n "$1" -4 addr flush dev eth
	ip -n "nat-$1" -4 addr flush dev lan
	ip -n "$1" addr add "$2.$n.2/24" dev eth &&
	ip -n "nat-$1" addr add "$2.$n.1/24" dev lan &&
	ip -n "$1" -4 route replace default via "$2.$n.1"
}

# Gives the host few ports, and prints what a NAT makes of each.
cone_ports () {
	in_ns "$1" sh -c "echo 40000 40127 >/proc/sys/net/ipv4/ip_local_port_range"
	awk 'BEGIN {
		for (i = 0; i < 128; i++)
			printf "%s%d : %d", i ? ", " : "", 40000 + i, 52000 + (37 * i) % 128
	}'
}

# cone <side>: the translation of TCP.
cone () {
	echo "meta l4proto tcp snat to 9.9.$(side_net "$1").1 : tcp sport map { $(cone_ports "$1") }"
}

# A port for each destination. It is none that a host may have: a translation that keeps one by
# chance, 1 of 64,000 tries, makes what the host told of itself true, and there is a path.
by_destination='meta l4proto tcp masquerade to :1024-32767 fully-random'

box () {
	local masquerade verdict v6

	eval "box_$1=$2"
	in_ns "nat-$1" nft flush ruleset
	masquerade=masquerade
	verdict=drop
	v6=drop
	case $2 in
	open)
		inner_net "$1" 8.8
		return ;;
	refuse)
		verdict='reject with tcp reset' ;;
	cone)
		masquerade=$(cone "$1") ;;
	symmetric)
		masquerade=$by_destination ;;
	fw6)
		masquerade=$by_destination
		v6= ;;
	esac
	inner_net "$1" 192.168 &&
	nat_rules "$masquerade" "$verdict" "$v6" | in_ns "nat-$1" nft -f -
}

nat_server () {
	local n side kind translation

	side=$1
	n=$(side_net "$1")
	translation="snat to 9.9.$n.1"
	eval "kind=\${box_$side:-}"
	test "$kind" != cone || translation=$(cone "$side")
	shift
	set -- "$side" "$(echo "$*" | tr ' ' ,)"
	ip link add "server-$1" type veth peer name server netns "$1" &&
	ip link set "server-$1" up && ip -n "$1" link set server up &&
	ip addr add "10.99.$n.1/24" dev "server-$1" &&
	ip -n "$1" addr add "10.99.$n.2/24" dev server &&
	ip route add "9.9.$n.1" via "10.99.$n.2" &&
	echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet &&
	in_ns "$1" sh -c "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet" &&
	nft -f - <<-END &&
	table ip server-$1 {
		chain pre {
			type nat hook prerouting priority -100
			ip daddr 10.99.$n.1 dnat to 127.0.0.1
		}
	}
	END
	in_ns "$1" nft -f - <<-END
	table ip server {
		chain out {
			type nat hook output priority -100
			ip daddr 127.0.0.1 tcp dport { $2 } dnat to 10.99.$n.1
		}
		chain post {
			type nat hook postrouting priority 100
			oifname "server" $translation
		}
	}
	END
}

nat_user () {
	eval "network_$1='ip netns exec $2' kind=\$box_$2"
	setup_user "$1" &&
	as "$1" git config --global xmpp.directAddresses true &&
	{ test "$told_by_hand" != yes ||
	  as "$1" git config --global --replace-all xmpp.directAddress "$(mapped "$2" "$kind"):4711"; }
}

nat_users () {
	nat_world && box a "$1" && box b "$2" && weather "$3" 0 || return
	shift 3
	start_server alice bob &&
	nat_server a $server_port "$@" && nat_server b $server_port "$@" &&
	nat_user alice a && nat_user bob b &&
	start_broker alice && start_broker bob
}

nat_buddies () {
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 "$1" &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost
}
