# SPDX-License-Identifier: GPL-3.0-or-later
#
# A systemd of a user, which runs as root in a mount namespace and in control groups of its own.
# Sourced after lib-xmpp.sh.
#
#   have_manager                    it can be had here
#   start_manager <user>            with the units of the build; its runtime directory is /run/user/0
#   managed <user> <command>...     as the user in there

groups_of_manager () {
	local hierarchy

	for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
	do
		test -e "$hierarchy/cgroup.procs" && echo "$hierarchy/gx.$$"
	done
}

have_manager () {
	test "$(id -u)" -eq 0 && test -x /lib/systemd/systemd && command -v systemctl nsenter &&
	unshare -m true && mkdir -p $(groups_of_manager) && rmdir $(groups_of_manager)
}

remove_groups () {
	local group

	for group in $(groups_of_manager)
	do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	return 0
}

# manager_units <user>: systemd skips those of root, and this one is root's.
manager_units () {
	local units

	units=$TRASH/$1/.config/systemd/user
	mkdir -p "$units/git-xmpp-daemon.socket.d" "$units/git-xmpp-daemon.service.d" &&
	cp "$TOP/daemon/init/git-xmpp-daemon.socket" "$units" &&
	sed "s|@bindir@|$BUILD|" "$TOP/daemon/init/git-xmpp-daemon.service.in" >"$units/git-xmpp-daemon.service" &&
	printf "[Unit]\nConditionUser=\n" | tee "$units/git-xmpp-daemon.socket.d/root.conf" \
		>"$units/git-xmpp-daemon.service.d/root.conf" &&
	printf "[Service]\nEnvironment=%s\n" "ASAN_OPTIONS=$ASAN_OPTIONS" \
		>>"$units/git-xmpp-daemon.service.d/root.conf"
}

start_manager () {
	manager_units "$1" && mkdir -p $(groups_of_manager) || return
	at_exit remove_groups
	at_exit stop_manager
	env -i PATH="$PATH" HOME="$TRASH/$1" LC_ALL=C SYSTEMD_LOG_TARGET=console XDG_RUNTIME_DIR=/run/user/0 \
		unshare -m sh -c '
		for group
		do
			echo $$ >"$group/cgroup.procs"
		done
		# A variable that has git not read it would have clients ask nothing of systemd.
		test ! -e /etc/gitconfig || mount --bind /dev/null /etc/gitconfig
		mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0 &&
		exec /lib/systemd/systemd --user --unit=basic.target' sh $(groups_of_manager) >"$TRASH/log/manager" 2>&1 </dev/null &
	manager_pid=$!
	started $manager_pid
	wait_for 20 managed "$1" systemctl --user is-active basic.target
}

stop_manager () {
	test -z "$manager_pid" || end_process "$manager_pid"
	manager_pid=
}

managed () {
	local who

	who=$1
	shift
	nsenter -m -t "$manager_pid" -w env -i PATH="$PATH" HOME="$TRASH/$who" LC_ALL=C \
		ASAN_OPTIONS="$ASAN_OPTIONS" XDG_RUNTIME_DIR=/run/user/0 "$@"
}
