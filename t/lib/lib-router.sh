# SPDX-License-Identifier: GPL-3.0-or-later
#
# The box of a side (lib-nat.sh) maps ports for its host, if it is asked: miniupnpd. Sourced after
# lib-nat.sh.
#
#   have_router                 whether the program is there
#   router <side> <protocol>    the box, of a kind that was set up before, speaks this alone: pcp,
#                               nat-pmp or upnp; none: nothing more
#   mapped_ports <side>         the ports that the box forwards, a line each

have_router () {
	command -v miniupnpd >/dev/null
}

end_router () {
	local pid

	test -s "router-$1.pid" || return 0
	read -r pid <"router-$1.pid"
	rm -f "router-$1.pid"
	end_process "$pid"
}

# What a router has that does not know PCP, or listens to nothing but UPnP.
router_conf () {
	local n

	n=$(side_net "$1")
	cat <<-END
	ext_ifname=wan
	listening_ip=lan
	enable_natpmp=$(test "$2" = upnp && echo no || echo yes)
	enable_upnp=$(test "$2" = upnp && echo yes || echo no)
	ipv6_disable=yes
	secure_mode=yes
	system_uptime=no
	uuid=cfdd2357-a23f-4f24-9691-8c537834a1c$n
	upnp_table_name=router
	upnp_nat_table_name=router
	allow 1024-65535 192.168.$n.0/24 1024-65535
	deny 0-65535 0.0.0.0/0 0-65535
	END
}

router () {
	end_router "$1"
	in_ns "nat-$1" nft delete table inet router 2>/dev/null
	test "$2" != none || return 0
	in_ns "nat-$1" nft -f - <<-END &&
	table inet router {
		chain forward {
			type filter hook forward priority -10
			jump miniupnpd
		}
		chain miniupnpd { }
		chain prerouting {
			type nat hook prerouting priority -100
			jump prerouting_miniupnpd
		}
		chain prerouting_miniupnpd { }
		chain postrouting {
			type nat hook postrouting priority 90
			jump postrouting_miniupnpd
		}
		chain postrouting_miniupnpd { }
		chain input {
			type filter hook input priority -10
			$(test "$2" != nat-pmp || echo 'udp dport 5351 @th,64,8 2 drop')
		}
	}
	END
	in_ns "nat-$1" nft insert rule inet filter forward ct status dnat accept &&
	router_conf "$1" "$2" >"router-$1.conf" || return
	ip netns exec "nat-$1" miniupnpd -d -f "router-$1.conf" -P "$PWD/router-$1.miniupnpd" \
		>"log-router-$1" 2>&1 &
	echo $! >"router-$1.pid"
	started $!
	wait_for 5 grep -q -i listening "log-router-$1"
}

mapped_ports () {
	in_ns "nat-$1" nft list chain inet router prerouting_miniupnpd |
	sed -n 's/.* th dport \([0-9]*\) dnat .*/\1/p'
}
