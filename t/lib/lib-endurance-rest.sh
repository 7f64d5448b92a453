# SPDX-License-Identifier: GPL-3.0-or-later
#
# The persons of t/endurance before they begin, and when nothing is done to them. Sourced after
# lib-endurance-faults.sh; $devices, $persons, $patience and the files schedule and faults are t/endurance's, and so
# is found().
#
#   meet            everybody knows everybody, has a share, follows one, and is online
#   remember        how many descriptors each broker has
#   heading         that of the table
#   come_to_rest    faults are mended, what goes on by itself has ended, and its row is printed
#   judge           finds what is not as it should be

# trusted <device> <other>
trusted () {
	as "$1" git xmpp verify "$(jid_of "$2")" --fingerprint="$(cat "$2/fingerprint")"
}

# others_of <device>: the devices of all others. clones_of <device>: those whose shares it has a clone of.
others_of () {
	local device

	for device in $devices
	do
		test "$(jid_of "$device")" = "$(jid_of "$1")" || echo "$device"
	done
}

clones_of () {
	local device

	for device in $devices
	do
		test ! -d "$1/$device/.git" || echo "$device"
	done
}

make_people () {
	local person other device

	for person in $persons
	do
		set --
		for other in $persons
		do
			test "$other" = "$person" || set -- "$@" "$other@localhost"
		done
		contacts "$person" "$@"
	done
	start_server $persons && make_homes $devices || return
	for device in $devices
	do
		setup_user "$device" || return
		# The other device of each is reached over the server, unless it dials the first one.
		case $device in
		*1) direct_user "$device" || return ;;
		esac
		run_broker "$device" || return
	done
	for device in $devices
	do
		wait_for 60 broker_online "$device" &&
		as "$device" git xmpp verify --self >"$device/fingerprint" || return
	done
	for device in $devices
	do
		for person in $persons
		do
			test "$person@localhost" = "$(jid_of "$device")" ||
			as "$device" git xmpp add "$person@localhost" || return
		done
	done
	for device in $devices
	do
		for other in $(others_of "$device")
		do
			wait_for 30 trusted "$device" "$other" || return
		done
	done
}

# rights <persons with commas, or -> <option>
rights () {
	test "$1" = - || echo "$1" | tr ',' '\n' | sed "s/.*/--$2=&@localhost/"
}

make_shares () {
	local share push fetch

	while read -r kind share push fetch
	do
		test "$kind" = share || continue
		"$TOP/t/tools/make-repo" "$share/$share.git" 5 &&
		as "$share" git xmpp share "$share/$share.git" --name="$share" \
			$(rights "$push" push) $(rights "$fetch" fetch) || return
	done <schedule
}

follow_shares () {
	local kind device share

	while read -r kind device share
	do
		test "$kind" = follows || continue
		as "$device" git clone -q --no-checkout "$(url_of "$share")" "$device/followed" &&
		as "$device" git -C "$device/followed" xmpp follow || return
	done <schedule
}

meet () {
	make_people && make_shares && follow_shares
}

# descriptors <pid>: but for sockets, of which there are as many as there are connections just now.
descriptors () {
	ls -l "/proc/$1/fd" | grep -c -e '->.*[^]]$'
}

sockets () {
	ls -l "/proc/$1/fd" | grep -c 'socket:'
}

memory () {
	sed -n 's/^Pss:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/smaps_rollup"
}

children () {
	grep -ls "^PPid:[^0-9]*$1$" /proc/[0-9]*/status | wc -l
}

remember () {
	local device

	for device in $devices
	do
		descriptors "$(broker_of "$device")" >"$device/descriptors"
	done
}

heading () {
	echo 'operations  failed  faults  kB of erin1, erin2, others    descriptors, sockets, children'
}

# row: and finds what is more than it was.
row () {
	local device pid count

	: >measured
	for device in $devices
	do
		pid=$(broker_of "$device")
		count=$(descriptors "$pid")
		echo "$device $(memory "$pid") $count $(sockets "$pid") $(children "$pid")" >>measured
		test "$count" -le "$(cat "$device/descriptors")" ||
			found "$device had $(cat "$device/descriptors") descriptors, and has $count"
	done
	awk -v operations="$over" -v failed="$(cat done.* | awk -F'\t' '$6 != 0 { n++ } END { print n + 0 }')" \
		-v faults="$(wc -l <faults)" '
	function least(a, b) { return a == "" || b < a ? b : a }
	function most(a, b) { return b > a ? b : a }
	$1 == "erin1" { first = $2 }
	$1 == "erin2" { second = $2 }
	$1 !~ /^erin/ { low = least(low, $2); high = most(high, $2) }
	{
		d_low = least(d_low, $3); d_high = most(d_high, $3)
		s_low = least(s_low, $4); s_high = most(s_high, $4)
		children += $5
	}
	END {
		printf "%10d  %6d  %6d  %6d  %6d  %6d to %-6d  %d to %d  %d to %d  %d\n", operations, failed, faults, first, second,
			low, high, d_low, d_high, s_low, s_high, children
	}' measured
}

nothing_runs () {
	! processes | grep -q ' \(helper\|service\|pack\|git\|sink\)$'
}

# queue_of <device>: what waits there.
queue_of () {
	as "$1" git xmpp queue --porcelain | grep '^entries	'
}

queues_empty () {
	local device

	for device in $devices
	do
		! queue_of "$device" | grep -q '	waiting	' || return 1
	done
}

heads () {
	git -C "$1" for-each-ref --format='%(objectname) %(refname:lstrip=-1)' "$2" | grep -v ' HEAD$'
}

# same_heads <clone> <share>
same_heads () {
	test "$(heads "$1" refs/remotes/origin)" = "$(heads "$2/$2.git" refs/heads)"
}

# fetched <device> <share>: its clone has what there is.
fetched () {
	as "$1" git -C "$1/$2" fetch -q --prune origin && same_heads "$1/$2" "$2"
}

# retry <device>: what failed for good because a git was killed is told to go once more.
retry () {
	local id

	for id in $(queue_of "$1" | awk -F'\t' '$7 == "failed" || $6 == "failed" { print $2 }')
	do
		as "$1" git xmpp queue retry "$id"
	done
}

come_to_rest () {
	local device share kind

	for device in $devices
	do
		broker_again "$device"
	done
	for device in $devices
	do
		wait_for 60 broker_online "$device" >/dev/null || found "$device does not come online"
	done
	for device in $devices
	do
		for share in $(some_of $(clones_of "$device"))
		do
			wait_for 60 fetched "$device" "$share" >rest 2>&1 ||
				found "$device does not fetch $share: $(tail -n 2 rest)"
		done
	done
	for device in $devices
	do
		retry "$device" >rest 2>&1
	done
	wait_for 120 queues_empty >/dev/null ||
		for device in $devices
		do
			queue_of "$device" | grep -v '	failed	' >rest && found "$device still has queued: $(cat rest)"
		done
	while read -r kind device share
	do
		test "$kind" = follows || continue
		wait_for 120 same_heads "$device/followed" "$share" >/dev/null || found "$device does not follow $share"
	done <schedule
	wait_for 60 nothing_runs >/dev/null ||
		found "still running: $(processes | grep -v ' broker$' | tr '\n' ';')"
	row
}

# some_of <share>...: all of them in the end, else two by turns.
some_of () {
	test $# -ne 0 || return
	test "$over" -lt "$operations" || { printf '%s\n' "$@"; return; }
	printf '%s\n' "$@" | awk -v turn=$((over / block)) '(NR + turn) % 4 == 0'
}

# why_failed: of each operation that failed, for endurance-judge.awk.
why_failed () {
	local n ids refused

	cat done.* | awk -F'\t' '$6 != 0 { print $1 }' |
	while read -r n
	do
		ids=$("$BUILD/t/messages" of <"said/$n" | sort -u | tr '\n' ',')
		refused=no
		! grep -q -e '^ ! \[' -e 'cannot lock ref' "said/$n" || refused=yes
		printf '%s\t%s\t%s\n' "$n" "${ids:--}" "$refused"
	done >told
}

# leftovers <repository>: it has no lock, no quarantine and no half of a pack. A git that was killed leaves its own.
leftovers () {
	find "$1" \( -name '*.lock' -o -name 'tmp_*' -o -name 'tmp-*' -o -name 'incoming-*' \) -prune -print >left
	test -s left || return 0
	# Of some that were killed the kernel did not tell any more where they ran.
	grep -q -e "^\(helper\|git\|service\|pack\)-kill	[^	]*	$(realpath "${1%/.git}")" \
		-e "^\(helper\|git\|service\|pack\)-kill	${1%%/*}		" faults ||
		found "left behind: $(tr '\n' ' ' <left)"
	xargs rm -rf <left
}

judge () {
	local device share

	why_failed
	for device in $devices
	do
		as "$device" git xmpp log --porcelain -n 100000 >"journal.$device"
	done
	awk -v patience="$patience" -f "$TOP/t/lib/endurance-judge.awk" faults journal.* told done.* >judged
	while read -r line
	do
		case $line in
		*' failed: '*) echo "            $line" ;;
		*) found "$line" ;;
		esac
	done <judged
	for device in $devices
	do
		git -C "$device/$device.git" fsck >rest 2>&1 || found "fsck of $device.git: $(tail -n 2 rest)"
		leftovers "$device/$device.git"
		for share in $(clones_of "$device") followed
		do
			leftovers "$device/$share/.git"
		done
		find "$device/.state" "$device/run" -name '*.tmp' -o -name '*.new' >left
		test ! -s left || found "left behind: $(cat left)"
	done
	cat done.* | awk -F'\t' '$6 == 0 && $5 != "-" { print $2, $3, $4, $5 }' |
	while read -r kind device share commit
	do
		case $kind in
		main) branch=main ;;
		queue) branch=queued-$device ;;
		*) branch=from-$device ;;
		esac
		has_commit "$share" "$branch" "$commit" || echo "$kind of $device, $commit, is not in $share"
	done >missing
	test ! -s missing || found "$(cat missing)"
	# What is found is shown with what was said.
	sed -n '/^[0-9]* failed: /!s/^\([0-9][0-9]*\) .*/\1/p' judged | sort -un |
	while read -r n
	do
		grep -e '^[a-z][a-z-]*: ' -e '^ ! \[' "said/$n" | sed "s/^/    $n: /"
	done
	rm -f said/*
}
