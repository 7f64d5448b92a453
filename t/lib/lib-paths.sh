# SPDX-License-Identifier: GPL-3.0-or-later
#
# Paths between brokers on 127.0.0.1. Sourced by lib-xmpp.sh.
#
#   direct_user <user> [told port]   may be dialled, on $<user>_port
#   path_is <user> <kind>            its link is up on a path of this kind
#   no_listener <user>               its broker listens on no TCP port
#   reload <user>                    its broker reads the configuration again
#   in_mid_push                      a push to bob is arriving
#   half_pack, whole_pack            bob's upload-pack stops in the middle, and goes on
#   half_clone <directory>           a $job of alice's is there, in a clone of $url; what it says is in err

# Only the loopback addresses that are configured are told: other interfaces of the
# machine are not the test's. The port told is another one when a relay is between.
direct_user () {
	eval "${1}_port=\$(\"\$BUILD/t/free-port\")"
	eval "set -- $1 \$${1}_port ${2:-\$${1}_port}"
	as "$1" git config --global xmpp.directAddresses configured &&
	as "$1" git config --global xmpp.directLocal true &&
	as "$1" git config --global xmpp.directPort "$2" &&
	as "$1" git config --global --replace-all xmpp.directAddress "127.0.0.1:$3"
}

path_is () {
	as "$1" git xmpp status --json | tr '{' '\n' |
	grep -q "\"path\":\"$2[^\"]*\",\"state\":\"up\""
}

reload () {
	kill -HUP "$(broker_pid "$1")"
}

# The sockets of a process, as /proc names them: "socket:[12345]".
no_listener () {
	local inode listening

	for inode in $(ls -l "/proc/$(broker_pid "$1")/fd" | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p')
	do
		# State 0A is LISTEN.
		listening=$(awk -v inode="$inode" '$4 == "0A" && $10 == inode' /proc/net/tcp /proc/net/tcp6)
		test -z "$listening" || return 1
	done
}

# Bob sends the beginning of a pack, then waits until the test says go.
half_pack () {
	rm -f half go
	cat >half-pack <<-END
	#!/bin/sh
	"\$@" | {
		head -c 3000000
		>"$TRASH/half"
		while ! test -e "$TRASH/go"
		do
			sleep 0.05
		done
		cat
	}
	END
	chmod +x half-pack
	as bob git config --global uploadpack.packObjectsHook "$TRASH/half-pack"
}

whole_pack () {
	touch go
	as bob git config --global --unset uploadpack.packObjectsHook
}

half_clone () {
	half_pack &&
	background alice git clone -q --bare $url "$1" 2>err &&
	wait_for 20 test -e half
}

# Objects of a push are arriving at bob.
in_mid_push () {
	ls "$TRASH/bob/project.git/objects" | grep -q tmp_objdir
}
