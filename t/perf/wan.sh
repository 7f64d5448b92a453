#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Started by run. The same over a long wire: the sharing side and its servers
# are in a network namespace of their own, and between the two is netem, or
# wan where the kernel has no netem. 25 ms each way for what is bound by
# round trips; with 1 % of the packets lost in addition, throughput, against a
# plain TCP stream over the same wire, where the far end is set to CUBIC, as
# distributions are, and to BBR. The XMPP server is at the near end.
#
# Needs root, for the namespace.
set -e

. "$(dirname "$0")/lib-perf.sh"

runs=$(((PERF_RUNS + 1) / 2))
delay=25
loss=1
seconds=20
skip=3
if test -n "$PERF_QUICK"
then
	seconds=4
	skip=1
fi
near=10.177.0.1
far=10.177.0.2

have_namespaces () {
	test "$(id -u)" -eq 0 && command -v ip >/dev/null && ip netns add "$namespace" 2>>log/ip
}

end_wire () {
	exec 8>&-
	ip link del wan 2>/dev/null
	ip netns del "$namespace"
}

# The kernel's own, if it has been built with it.
netem_wire () {
	ip link add wan type veth peer name wan netns "$namespace" 2>>log/ip || return
	if tc qdisc add dev wan root netem delay 1ms 2>>log/ip
	then
		# A packet to be lost is one of the wire, not 64 KiB on their way to become some.
		ip link set wan gso_max_segs 1
		$in_far ip link set wan gso_max_segs 1
		$in_far tc qdisc add dev wan root netem delay 1ms
		return
	fi
	ip link del wan
	return 1
}

our_wire () {
	test -c /dev/net/tun || return
	mkfifo weather
	"$BUILD/t/perf/wan" "$namespace" <weather >log/wan 2>&1 &
	wire_pid=$!
	started $wire_pid
	exec 8>weather
	wait_for 5 grep -q ready log/wan
}

# weather <milliseconds> <percent>: of each direction.
weather () {
	if test "$wire" = netem
	then
		tc qdisc change dev wan root netem delay "$1ms" loss "$2%"
		$in_far tc qdisc change dev wan root netem delay "$1ms" loss "$2%"
	else
		echo "$1 $2" >&8
	fi
}

start_wire () {
	namespace=gx-far-$$
	have_namespaces || return
	in_far="ip netns exec $namespace"
	at_exit end_wire
	if netem_wire
	then
		wire=netem
	else
		wire=wan
		our_wire || return
	fi
	ip addr add $near/24 dev wan
	ip link set wan up
	$in_far ip addr add $far/24 dev wan
	$in_far ip link set wan up
	$in_far ip link set lo up
	weather 0 0
}

# In place of lib-perf's: in the other namespace, from where the server has another address.
start_far_broker () {
	as "$1" git config --global xmpp.localhost.server "$near:$prosody_port"
	as "$1" git config --global --replace-all xmpp.directAddress "$far:$(as "$1" git config --global xmpp.directPort)"
	env $(env_of "$1") $in_far "$BUILD/git-xmpp-daemon" >>"log/$1" 2>&1 </dev/null &
	eval "broker_$1=$!"
	started $!
	wait_for 15 broker_online "$1"
}

start_source () {
	source_port=$("$BUILD/t/free-port")
	$in_far "$BUILD/t/perf/source" $far "$source_port" >>log/source 2>&1 </dev/null &
	source_pid=$!
	started $source_pid
}

ls_remote () {
	sample "$1" "$2" git ls-remote "$(url_of "$2" small)"
}

clone () {
	rm -rf clone.git
	sample "$1" "$2" git clone -q --bare "$(url_of "$2" small)" clone.git
}

throughput () {
	clocked "$2" $(drain_command "$2" bulk --skip=$skip --seconds=$((seconds - skip)))
	record "$1" "$2" MB/s "$(awk '{ printf "%.3f", $1 / $2 / 1e6 }' log/command)" 1
}

# rounds <how many> <measurement> <function> <transport>...
rounds () {
	local count measurement function round transport

	count=$1
	measurement=$2
	function=$3
	shift 3
	wanted "$measurement" || return 0
	say "$measurement"
	for transport
	do
		test "$transport" = tcp || (PERF_SAMPLES=/dev/null; ls_remote "$measurement" "$transport")
	done
	round=0
	while test $round -lt "$count"
	do
		for transport
		do
			$function "$measurement" "$transport"
		done
		round=$((round + 1))
	done
}

# may_send_by <congestion control>: sets the far end, which sends, to that; by its route, for a
# namespace may not have a default that the system keeps from processes.
may_send_by () {
	$in_far ip route replace ${far%.*}.0/24 dev wan src $far congctl "$1" 2>>log/ip
}

# Connections that stand keep what they were made with, so these are made anew.
connect_again () {
	case " $transports " in
	*" ssh-master "*)
		end_process "$master_pid"
		start_master ;;
	esac
	case " $transports " in
	*" xmpp-wandirect "*)
		stop_broker farwandirect
		start_far_broker farwandirect
		wait_for 15 path_is nearwandirect direct >/dev/null ||
		wait_for 15 in_env xmpp-wandirect git ls-remote "$(url_of xmpp-wandirect small)" >/dev/null 2>&1 ;;
	esac
}

perf_init
wanted wan-ls-remote || wanted wan-clone-small || wanted wan-throughput-cubic ||
wanted wan-throughput-bbr || exit 0
start_wire || {
	missing wan all 'needs root, ip, and netem or /dev/net/tun'
	exit 0
}
host=$far
small_repository
transports=git
start_git_daemon
if start_sshd
then
	transports="$transports ssh ssh-master"
fi
if have_prosody
then
	kinds='wandirect waninband'
	prosody_more="interfaces = { \"127.0.0.1\", \"$near\" }"
	start_ours $kinds
	share_ours small
	try_ours $kinds
fi
weather $delay 0
rounds "$runs" wan-ls-remote ls_remote $transports
rounds "$runs" wan-clone-small clone $transports

if wanted wan-throughput-cubic || wanted wan-throughput-bbr
then
	if test -n "$PERF_QUICK"
	then
		repository bulk 20 100
	else
		repository bulk 20 264
	fi
	share_ours bulk
	start_source
	fast=
	for transport in git ssh-master xmpp-wandirect
	do
		case " $transports " in
		*" $transport "*)
			fast="$fast $transport" ;;
		esac
	done
fi
for control in cubic bbr
do
	wanted wan-throughput-$control || continue
	may_send_by $control || {
		missing wan-throughput-$control all "the system has no $control"
		continue
	}
	weather 0 0
	connect_again
	weather $delay $loss
	rounds "$runs" wan-throughput-$control throughput tcp $fast
done
