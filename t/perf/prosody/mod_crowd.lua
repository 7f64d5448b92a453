-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- A Prosody component that is a crowd: each of its addresses buddy<N>@ is an
-- account with one device online, whose presence is that of a broker. It answers
-- the probes that a user's server sends when the user comes online, and
-- nothing else. The device id is <N> in the alphabet of device ids, so that
-- who writes a trust table for the crowd need not ask.

local st = require "util.stanza";

local alphabet = "abcdefghijklmnopqrstuvwxyz234567";

local function device_id(n)
	local id = "";
	for _ = 1, 16 do
		local digit = n % 32;
		id = alphabet:sub(digit + 1, digit + 1) .. id;
		n = (n - digit) / 32;
	end
	return id;
end

module:hook("presence/bare", function (event)
	local probe = event.stanza;
	local n = tonumber(probe.attr.to:match("^buddy(%d+)@"));
	if probe.attr.type ~= "probe" or not n then
		return true;
	end
	local id = device_id(n);
	module:send(st.presence({ from = probe.attr.to .. "/git." .. id, to = probe.attr.from })
		:tag("show"):text("xa"):up()
		:tag("priority"):text("-1"):up()
		:tag("git", { xmlns = "urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb", dev = id, inst = ("%016x"):format(n) }));
	return true;
end);
