# SPDX-License-Identifier: GPL-3.0-or-later
#
# The faults of t/faults. Sourced after lib-faults.sh.
#
#   fault_<family> <word>   does it to the side, or the processes of git, that the word names:
#                           here, there, git, helper, service; path, server; stop, kill
#   drop <port>...          nothing from or to these ports goes through any more

# processes_of <user>: but their broker.
processes_of () {
	local pid

	grep -lszx "HOME=$TRASH/$1" /proc/[0-9]*/environ |
	while IFS=/ read -r _ _ pid _
	do
		alive "$pid" && ! is_called "$pid" git-xmpp-daemon && ! is_called "$pid" grep && echo "$pid"
	done
}

# targets <word>: the pids that it names.
targets () {
	case $1 in
	helper) helpers ;;
	git) echo $job ;;
	service) service_pids ;;
	*) broker_pid "$(user_of $1)" ;;
	esac
}

# every <word>: the same, with all git processes of that side.
every () {
	case $1 in
	git) processes_of alice ;;
	service) processes_of bob ;;
	*) targets "$1" ;;
	esac
}

fault_kill () {
	kill -KILL $(targets "$1")
	case $1 in
	here | there)
		wait_for 5 gone "$(targets "$1")"
		wait "$(targets "$1")"
		run_again "$(user_of "$1")" ;;
	esac
}

fault_stop () {
	local pids

	pids=$(targets "$1")
	kill -STOP $pids
	test -z "$halted" || test "$(broker_pid $halted)" = "$pids" || go_on
	sleep 30
	kill -CONT $pids
	rm -f "$halted.halt"
	halted=
}

# local_port <user>: of its connection to the server.
local_port () {
	ss -Htnp state established "dport = :$server_port" | grep "pid=$(broker_pid "$1")," |
	sed -n 's/.*127.0.0.1:\([0-9]*\) *127.0.0.1:.*/\1/p' | head -n 1
}

fault_reset () {
	case $1 in
	path)
		ss -K state established "sport = :$alice_port or sport = :$bob_port" ;;
	*)
		ss -K state established "sport = :$(local_port "$(user_of "$1")")" ;;
	esac
}

# drop <port>...: nothing from or to it goes through any more.
drop () {
	nft add table inet faults && nft add chain inet faults in '{ type filter hook input priority 0; }' || return
	while test $# -gt 0
	do
		nft add rule inet faults in tcp dport "$1" drop && nft add rule inet faults in tcp sport "$1" drop ||
		return
		shift
	done
}

fault_hole () {
	case $1 in
	path)
		drop "$alice_port" "$bob_port" ;;
	server)
		drop "$server_port"
		go_on
		sleep 30
		nft delete table inet faults ;;
	*)
		drop "$(local_port "$(user_of "$1")")" ;;
	esac
}

fault_disk () {
	filled=$(user_of "$1")
	head -c 999999999 /dev/zero >"$filled/fill"
	df "$filled"
}

# free_descriptor <pid>: the lowest number that it does not use.
free_descriptor () {
	local n

	n=0
	while test -e "/proc/$1/fd/$n" || test -L "/proc/$1/fd/$n"
	do
		n=$((n + 1))
	done
	echo $n
}

fault_fds () {
	local pid

	for pid in $(every "$1")
	do
		prlimit --pid "$pid" --nofile="$(free_descriptor "$pid"):4096"
	done
}

fault_memory () {
	local pid

	for pid in $(every "$1")
	do
		prlimit --pid "$pid" --as="$(($(sed -n 's/^VmSize:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status) * 1024)):unlimited"
	done
}

fault_procs () {
	local pid user

	user=$(user_of "$1")
	cage=/sys/fs/cgroup/pids/faults.${TRASH##*.}
	mkdir "$cage" || return
	for pid in $(broker_pid $user) $(processes_of $user)
	do
		echo "$pid" >$cage/cgroup.procs
	done
	cat $cage/pids.current >$cage/pids.max
}

fault_clock () {
	case $fault in
	*+*) echo +3600 >"$(user_of "$1").clock" ;;
	*) echo -3600 >"$(user_of "$1").clock" ;;
	esac
}

fault_server () {
	go_on
	case $1 in
	stop) restart_server ;;
	kill) restart_server KILL ;;
	esac
}

# other <user>
other () {
	case $1 in alice) echo bob ;; bob) echo alice ;; esac
}

# Somebody who is halted takes it when they go on.
command_of () {
	as "$@" &
	started $!
	go_on
	wait $!
}

fault_remove () {
	command_of "$(user_of "$1")" git xmpp remove "$(other "$(user_of "$1")")@localhost"
}

fault_distrust () {
	command_of "$(user_of "$1")" git xmpp distrust "$(other "$(user_of "$1")")@localhost" \
		--fingerprint="$(as "$(other "$(user_of "$1")")" git xmpp verify --self)"
}

fault_unshare () {
	command_of bob git xmpp unshare project
}
