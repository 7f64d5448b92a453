# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two hosts, each behind a box, and in the middle a network with the server, which is this script's
# own: what is between the hosts is between each of them and the server, too. Sourced after
# own-network.sh, lib-xmpp.sh and lib-nat.sh.
#
#   hosts_world [<address>]        the hosts a and b, their boxes, a wire from each box to the middle;
#                                  the server is to listen on $server_address
#   box <side> <kind>              as in lib-nat.sh
#   hosts_routed                   a has a private address, which the middle knows: no NAT
#   hosts_weather <ms> <percent>   delay and loss of each direction of each wire
#   hosts_beside [isolated]        both behind the box of a, in one network
#   hosts_ipv6 [<verdict>]         neither has IPv4; the boxes drop, if that is the verdict, what
#                                  comes unasked
#   host_users                     alice behind a, bob behind b, on $server_address, with brokers
#   count_bytes                    from now on
#   carried <user>                 "<in-band> <proxy> <direct>", bytes both ways, as the host saw them
#   shown <user>                   how the link is shown, in JSON and on the screen: a kind of path,
#                                  waits, none; or both, if they do not agree
#   address_replaced               the host a has another address than before; the network is the same
#   provider_replaces              the box of a has another one
#   cable_out, cable_in            that of the host a
#   black_hole, end_black_hole     packets between the hosts that are not short are lost
#   freeze <user>, thaw <user>     all that runs of that user, and the clock goes on

# wire_to_middle <side> <descriptor>
wire_to_middle () {
	local n

	n=$(side_net "$1")
	mkfifo "weather-$1" || return
	"$BUILD/t/perf/wan" "nat-$1" <"weather-$1" >"log-wan-$1" 2>&1 &
	started $!
	eval "exec $2>weather-$1"
	wait_for 5 grep -qs ready "log-wan-$1" &&
	ip link set wan name "wan-$1" && ip link set "wan-$1" up &&
	ip -n "nat-$1" link set wan up &&
	ip addr add "9.9.$n.254" peer "9.9.$n.1" dev "wan-$1" &&
	ip -n "nat-$1" addr add "9.9.$n.1" peer "9.9.$n.254" dev wan &&
	ip route add "8.8.$n.0/24" dev "wan-$1" &&
	ip route add "2a00:$n::/64" dev "wan-$1" &&
	ip -n "nat-$1" route add default dev wan &&
	ip -n "nat-$1" -6 route add default dev wan
}

end_hosts_world () {
	exec 6>&-
	end_nat_world
}

hosts_world () {
	server_address=${1:-7.7.7.7}
	nat_side a && nat_side b || return
	at_exit end_hosts_world
	echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding &&
	ip link set lo up && ip addr add 7.7.7.7/32 dev lo && ip addr add 2a00:7::7/128 dev lo nodad &&
	wire_to_middle a 8 && wire_to_middle b 6 &&
	hosts_weather 1 0
}

hosts_weather () {
	echo "$1 $2" >&8
	echo "$1 $2" >&6
}

hosts_routed () {
	in_ns nat-a nft flush ruleset
	box_a=open
	inner_net a 192.168 && ip route add 192.168.1.0/24 dev wan-a
}

hosts_beside () {
	local side

	ip -n nat-b link set lan name port-b netns nat-a &&
	ip -n nat-a addr flush dev lan && ip -n nat-a link set lan down &&
	ip -n nat-a link set lan name port-a &&
	ip -n nat-a link add lan type bridge && ip -n nat-a link set lan up || return
	for side in a b
	do
		ip -n nat-a link set "port-$side" master lan up || return
		test "$1" != isolated || ip -n nat-a link set "port-$side" type bridge_slave isolated on
		ip -n $side -6 addr flush dev eth scope global
	done
	box_b=$box_a
	ip -n nat-a addr add 192.168.1.1/24 dev lan &&
	ip -n b -4 addr flush dev eth && ip -n b addr add 192.168.1.3/24 dev eth &&
	ip -n b -4 route replace default via 192.168.1.1
}

hosts_ipv6 () {
	local side

	for side in a b
	do
		in_ns nat-$side nft flush ruleset
		ip -n $side -4 addr flush dev eth
		test -z "$1" || nat_rules masquerade "$1" | in_ns nat-$side nft -f - || return
	done
	box_a=open box_b=open
}

# Where the server does not say how the world sees a host, its user does.
host_user () {
	eval "kind=\$box_$2"
	told_by_hand=yes
	test "$SERVER" != ejabberd && test "$kind" != open || told_by_hand=no
	nat_user "$1" "$2"
}

host_users () {
	start_server alice bob && host_user alice a && host_user bob b &&
	start_broker alice && start_broker bob
}

count_bytes () {
	local side

	for side in a b
	do
		in_ns $side nft delete table inet carried 2>/dev/null
		in_ns $side nft -f - <<-END || return
		table inet carried {
			counter inband { }
			counter proxy { }
			counter direct { }
			chain in {
				type filter hook input priority 200
				iifname lo return
				meta l4proto != tcp return
				ip saddr 7.7.7.7 tcp sport $proxy_port counter name proxy return
				ip6 saddr 2a00:7::7 tcp sport $proxy_port counter name proxy return
				ip saddr 7.7.7.7 counter name inband return
				ip6 saddr 2a00:7::7 counter name inband return
				counter name direct
			}
			chain out {
				type filter hook output priority 200
				oifname lo return
				meta l4proto != tcp return
				ip daddr 7.7.7.7 tcp dport $proxy_port counter name proxy return
				ip6 daddr 2a00:7::7 tcp dport $proxy_port counter name proxy return
				ip daddr 7.7.7.7 counter name inband return
				ip6 daddr 2a00:7::7 counter name inband return
				counter name direct
			}
		}
		END
	done
}

carried () {
	$(network_of "$1") nft list counters table inet carried |
	awk '$1 == "counter" { name = $2 } /bytes/ { bytes[name] = $4 }
		END { print bytes["inband"], bytes["proxy"], bytes["direct"] }'
}

# json_path <user>: of the link with the other one: its path, if there is one, and its state.
json_path () {
	as "$1" git xmpp status --json | tr '{' '\n' |
	sed -n 's/.*"path":"\([^"]*\)","state":"\([a-z]*\)","waits".*/\1  \2/p' |
	sed 's/^  /-  /'
}

shown () {
	local json screen try

	# What changes between the two questions is no contradiction.
	for try in 1 2 3
	do
		json=$(json_path "$1")
		screen=$(as "$1" git xmpp status -v | grep '^link')
		case $json/$screen in
		/)
			echo none
			return ;;
		/* | */) ;;
		"-  "*/*"  $json"*)
			echo waits
			return ;;
		*"  up/"*"  $json"*)
			echo "${json%% *}"
			return ;;
		esac
	done
	echo "'$json' and '$screen'"
}

# other_address <namespace> <device>: one of its network, and next time the first again.
other_address () {
	ip -n "$1" -4 -o addr show dev "$2" | awk '{
		split($4, n, "[./]")
		print n[1] "." n[2] "." n[3] "." (n[4] == 99 ? ($2 == "wan" ? 1 : 2) : 99)
	}'
}

address_replaced () {
	local address

	address=$(other_address a eth)
	ip -n a -4 addr flush dev eth && ip -n a addr add "$address/24" dev eth &&
	ip -n a -4 route replace default via "${address%.*}.1"
}

# What the old address had opened is not answered at the new one.
provider_replaces () {
	local address

	address=$(other_address nat-a wan)
	ip addr flush dev wan-a && ip addr add 9.9.1.254 peer "$address" dev wan-a &&
	ip -n nat-a -4 addr flush dev wan && ip -n nat-a addr add "$address" peer 9.9.1.254 dev wan &&
	ip -n nat-a route replace default dev wan &&
	ip route replace 8.8.1.0/24 dev wan-a && ip route replace 2a00:1::/64 dev wan-a
}

cable_out () {
	ip -n nat-a link set lan down
}

cable_in () {
	ip -n nat-a link set lan up
}

# Nobody says to who sent such a packet that it did not arrive.
black_hole () {
	local side

	for side in a b
	do
		in_ns $side nft -f - <<-END || return
		table inet hole {
			chain in {
				type filter hook input priority 0
				ip saddr 7.7.7.7 accept
				iifname eth meta l4proto tcp meta length > 1000 drop
			}
		}
		END
	done
}

end_black_hole () {
	in_ns a nft delete table inet hole && in_ns b nft delete table inet hole
}

# all_of <user>: the pids of what runs in that user's name.
all_of () {
	local pid

	for pid in $(sandbox_processes)
	do
		tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "HOME=$TRASH/$1" && echo "$pid"
	done
}

freeze () {
	frozen=$(all_of "$1")
	kill -STOP $frozen
}

thaw () {
	kill -CONT $frozen
}
