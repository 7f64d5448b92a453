# SPDX-License-Identifier: GPL-3.0-or-later
#
# What t/endurance does to its brokers, its server and all that git runs. Sourced after lib-endurance.sh,
# in a network of its own.
#
#   inflict <kind> <device> <which> <seconds>   one fault, mended again when this returns
#   processes                                   all that run here: pid, device, kind
#   broker_again <device>                       it runs, also if it was killed
#
# The file faults has a line for each: kind, device or -, repository or -, when it began and ended in ms.

# processes: broker, sink, helper, service (what a broker runs for somebody else), pack (what makes
# or reads a pack), git (any other), in the environment of a device.
processes () {
	local pid home name

	grep -aszo "^HOME=$TRASH/[a-z]*[12]$" /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' |
	while IFS=/ read -r _ _ pid home
	do
		{ read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
		case $name in
		git-xmpp-daemon) name=broker ;;
		git-xmpp-sink) name=sink ;;
		git-remote-xmpp) name=helper ;;
		git)
			case " $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" in
			*" upload-pack "* | *" receive-pack "*) name=service ;;
			*" index-pack "* | *" unpack-objects "* | *" pack-objects "*) name=pack ;;
			esac ;;
		*) continue ;;
		esac
		echo "$pid ${home##*/} $name"
	done
}

# broker_of <device>: the pid of the one that runs, whoever started it.
broker_of () {
	processes | awk -v device="$1" '$2 == device && $3 == "broker" { print $1; exit }'
}

# victim <kind> <which>: sets $pid and $device to one of that kind; false if there is none for a while.
victim () {
	local list n count

	n=0
	while list=$(processes | grep " $1$") || test $((n += 1)) -lt 10
	do
		test -z "$list" || break
		sleep 0.1
	done
	test -n "$list" || return
	count=$(echo "$list" | wc -l)
	list=$(echo "$list" | sed -n "$(($2 % count + 1))p")
	pid=${list%% *}
	list=${list#* }
	device=${list%% *}
}

# stopped <pid> <seconds>: stopped for so long.
stopped () {
	kill -STOP "$1" 2>/dev/null
	sleep "$2"
	kill -CONT "$1" 2>/dev/null
}

# login_port <device>: that of its broker's connection to the server.
login_port () {
	ss -Htnp state established "dport = :$server_port" |
	sed -n "s/.*127\.0\.0\.1\]*:\([0-9]*\) .*:$server_port .*pid=$(broker_of "$1"),.*/\1/p" | head -n 1
}

# hole <port> <port or nothing> <seconds>: what goes from one to the other is lost, both ways.
hole () {
	local table

	nft -f - <<-END
	table inet hole {
		chain input {
			type filter hook input priority 0
			tcp sport $1 ${2:+tcp dport $2} drop
			tcp dport $1 ${2:+tcp sport $2} drop
		}
	}
	END
	sleep "$3"
	nft delete table inet hole
}

# broker_again <device>: it may have been started by a command that missed it.
broker_again () {
	test -n "$(broker_of "$1")" || run_broker "$1"
}

# inflict <kind> <device> <which> <seconds>
inflict () {
	local kind device pid began repository port

	kind=$1 device=$2 repository=-
	began=$(now)
	case $kind in
	broker-kill)
		kill -KILL $(broker_of "$device") 2>/dev/null
		sleep "$4"
		broker_again "$device" ;;
	broker-stop)
		stopped "$(broker_of "$device")" "$4" ;;
	helper-kill | git-kill | service-kill | pack-kill)
		victim "${kind%-*}" "$3" || return 0
		repository=$(readlink "/proc/$pid/cwd")
		kill -KILL "$pid" 2>/dev/null ;;
	helper-stop | git-stop | service-stop)
		victim "${kind%-*}" "$3" || return 0
		stopped "$pid" "$4" ;;
	reset)
		port=$(login_port "$device")
		test -n "$port" || return 0
		ss -Kt "sport = :$port" >/dev/null 2>&1 ;;
	hole)
		port=$(login_port "$device")
		test -n "$port" || return 0
		hole "$port" "$server_port" "$4" ;;
	reset-direct)
		eval "port=\$${device%?}1_port"
		device=-
		ss -Kt "sport = :$port or dport = :$port" state connected >/dev/null 2>&1 ;;
	hole-direct)
		eval "port=\$${device%?}1_port"
		device=-
		hole "$port" '' "$4" ;;
	server-stop | server-kill)
		device=-
		case $kind in
		server-stop) stop_server ;;
		server-kill) stop_server KILL ;;
		esac
		sleep "$4"
		server_again ;;
	esac
	printf '%s\t' "$kind" "$device" "$repository" "$began" >>faults
	now >>faults
}
