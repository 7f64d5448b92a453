# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sourced first of all: the script runs again in a network of its own, in which it
# is root, and with mounts and a host name of its own. Without the right to have that, it
# says so and ends.

if test -z "$OWN_NETWORK"
then
	own='--mount --uts --net --propagation private'
	test "$(id -u)" -eq 0 || own="--user --map-root-user $own"
	if ! unshare $own true 2>/dev/null
	then
		echo '1..0 # SKIP no network namespace may be made'
		exit 0
	fi
	OWN_NETWORK=t exec unshare $own -- sh "$0" "$@"
fi
