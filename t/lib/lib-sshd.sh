# SPDX-License-Identifier: GPL-3.0-or-later
#
# An sshd of the script's own, on a free port of $host, as whoever runs the script: with keys of its
# own, and the defaults of the distribution otherwise. Sourced after lib-sandbox.sh.
#
#   have_sshd        it is installed
#   start_sshd       $ssh_port; ssh/config is for a connection for each command, ssh/config-master for
#                    one that stands; $ssh_more is added to both. $ssh_home is the home of whoever
#                    logs in; $HOME, if it is not set. With $in_far in front, the server runs in
#                    another network namespace
#   $sshd_pid $master_pid

have_sshd () {
	test -x /usr/sbin/sshd && command -v ssh >/dev/null && command -v ssh-keygen >/dev/null
}

# It refuses to start without it, and so does every connection. It stays: another run may need it.
make_sshd_directory () {
	test "$(id -u)" -ne 0 || mkdir -p -m 755 /run/sshd
}

# The processes of its connections outlive it, and their names have taken the
# place of the environment by which the sandbox would find them.
stop_sshd () {
	local pid sessions

	sessions=$(grep -lsx "PPid:[^0-9]*$sshd_pid" /proc/[0-9]*/status | cut -d / -f 3)
	test -z "$master_pid" || end_process "$master_pid"
	for pid in $sessions
	do
		wait_for 2 gone "$pid" || kill "$pid"
	done
	end_process "$sshd_pid"
}

ssh_config () {
	cat <<-END
	Host *
	IdentityFile $TRASH/ssh/key
	IdentitiesOnly yes
	UserKnownHostsFile $TRASH/ssh/known
	BatchMode yes
	$ssh_more
	User $(id -un)
	END
}

# Keys of its own, the defaults of the distribution otherwise.
start_sshd () {
	have_sshd || return
	make_sshd_directory
	mkdir -p -m 700 ssh
	ssh-keygen -q -t ed25519 -N '' -f ssh/key
	ssh-keygen -q -t ed25519 -N '' -f ssh/host
	cp ssh/key.pub ssh/authorized
	ssh_port=$("$BUILD/t/free-port")
	echo "[$host]:$ssh_port $(cut -d ' ' -f 1,2 ssh/host.pub)" >ssh/known
	ssh_config >ssh/config
	ssh_config >ssh/config-master
	echo "ControlPath $TRASH/ssh/master" >>ssh/config-master
	cat >ssh/sshd <<-END
	Port $ssh_port
	ListenAddress $host
	HostKey $TRASH/ssh/host
	AuthorizedKeysFile $TRASH/ssh/authorized
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	PidFile none
	AcceptEnv GIT_PROTOCOL
	SetEnv HOME=${ssh_home:-$HOME} GIT_CONFIG_NOSYSTEM=1
	END
	$in_far /usr/sbin/sshd -D -e -f "$TRASH/ssh/sshd" >>log/sshd 2>&1 </dev/null &
	sshd_pid=$!
	master_pid=
	at_exit stop_sshd
	wait_for 10 ssh -F ssh/config -p "$ssh_port" "$host" true >>log/ssh 2>&1 || return
	start_master
}

# The connection that stands.
start_master () {
	ssh -F ssh/config-master -o ControlMaster=yes -N -p "$ssh_port" "$host" >>log/ssh 2>&1 </dev/null &
	master_pid=$!
	started $master_pid
	wait_for 10 test -S ssh/master
}
