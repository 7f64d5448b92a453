-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- A Prosody component that is a crowd: each of its addresses buddy<N>@ is an
-- account with one device online, whose presence is that of a broker. It answers
-- the probes that a user's server sends when the user comes online.
-- The device id is <N> in the alphabet of device ids, so that
-- who writes a trust table for the crowd need not ask.
--
-- It looks for a file of orders, crowd_orders in the configuration, and follows it: one line,
-- "<user's JID> <kind> <how many> <of a crowd of>". So many presences come to the user, one
-- after the other from each of the crowd; the file is gone when all are sent. Kinds:
--
--   plain   a chat client that is here, with another status each time
--   again   the broker's presence as it was
--   comes   the broker goes, and comes back: two presences

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

local function jid(n)
	return ("buddy%d@%s"):format(n, module.host);
end

local function send_broker(n, to)
	local id = device_id(n);
	module:send(st.presence({ from = jid(n) .. "/git." .. id, to = to })
		:tag("show"):text("xa"):up()
		:tag("priority"):text("-1"):up()
		:tag("git", { xmlns = "urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb", dev = id, inst = ("%016x"):format(n) }));
end

module:hook("presence/bare", function (event)
	local probe = event.stanza;
	local n = tonumber(probe.attr.to:match("^buddy(%d+)@"));
	if probe.attr.type ~= "probe" or not n then
		return true;
	end
	send_broker(n, probe.attr.from);
	return true;
end);

local kinds = {};

function kinds.plain(n, to, turn)
	module:send(st.presence({ from = jid(n) .. "/chat", to = to })
		:tag("show"):text(turn % 2 == 0 and "away" or "xa"):up()
		:tag("status"):text("at " .. turn));
end

function kinds.again(n, to)
	send_broker(n, to);
end

function kinds.comes(n, to)
	module:send(st.presence({ from = jid(n) .. "/git." .. device_id(n), to = to, type = "unavailable" }));
	send_broker(n, to);
end

local orders = module:get_option_string("crowd_orders");

local function follow_orders()
	local file = io.open(orders);
	if not file then
		return 0.05;
	end
	local to, kind, count, crowd = file:read("*l"):match("^(%S+) (%S+) (%d+) (%d+)$");
	file:close();
	for i = 0, tonumber(count) - 1 do
		kinds[kind](i % crowd + 1, to, math.floor(i / crowd));
	end
	os.remove(orders);
	return 0.05;
end

if orders then
	module:add_timer(0.05, follow_orders);
end
