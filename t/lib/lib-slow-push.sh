# SPDX-License-Identifier: GPL-3.0-or-later
#
# A push of Alice's that has arrived at Bob's whole, and waits there; or a fetch that waits for Bob's
# pack. Sourced after lib-xmpp.sh; both have a broker, and alice/work has the remote origin, which is
# bob/project.git.
#
#   slow_hook            from now on a push waits for the file "go"; "waits" and "done" say how far it is
#   slow_push <branch>   in the background, as $push_pid; returns when it waits
#   $slow_hook_begins    the first line of the hook
#   slow_pack            from now on Bob's pack-objects waits for the file "go"; "packing" says that it does

slow_hook_begins=

slow_hook () {
	rm -f go waits done
	cat >bob/project.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	$slow_hook_begins
	touch "$TRASH/waits"
	while ! test -e "$TRASH/go"
	do
		sleep 0.05
	done
	touch "$TRASH/done"
	END
	chmod +x bob/project.git/hooks/pre-receive
}

slow_push () {
	slow_hook || return
	as alice git -C alice/work push -q origin "HEAD:refs/heads/$1" >"push-$1" 2>&1 &
	push_pid=$!
	started $push_pid
	wait_for 20 test -e waits
}

slow_pack () {
	rm -f packing go
	cat >slow-pack <<-END
	#!/bin/sh
	>"$TRASH/packing"
	while ! test -e "$TRASH/go"
	do
		sleep 0.05
	done
	exec "\$@"
	END
	chmod +x slow-pack
	as bob git config --global uploadpack.packObjectsHook "$TRASH/slow-pack"
}
