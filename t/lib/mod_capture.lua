-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- A module of Prosody's: writes down every byte that a client or a component says to the
-- server, and that it is told, behind TLS and as it is on the wire there. Each connection has
-- two files in the directory capture_path, <id>-said and <id>-told.

module:set_global();

local filters = require "util.filters";
local new_id = require "util.id".short;

local directory = module:get_option_string("capture_path");

local function keep(file)
	return function (bytes)
		if bytes then
			file:write(bytes);
		end
		return bytes;
	end;
end

local function open(id, direction)
	local file = assert(io.open(directory.."/"..id.."-"..direction, "w"));

	file:setvbuf("no");
	return file;
end

local function capture(session)
	local id = new_id();

	filters.add_filter(session, "bytes/in", keep(open(id, "said")), 10000);
	filters.add_filter(session, "bytes/out", keep(open(id, "told")), -10000);
end

filters.add_filter_hook(capture);

function module.unload()
	filters.remove_filter_hook(capture);
end
