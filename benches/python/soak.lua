-- The full load of the soak test: pipelined requests of several kinds, and a look at every answer.

local post = '{"numbers":[1,2,3],"text":"soak"}'
local headers = { ["Content-Type"] = "application/json" }
local expected = {
  ['{"message":"Hello, World!"}'] = true,
  ['{"user":"ada"}'] = true,
  [post] = true,
}

wrong = 0
example = ""
answers = 0

function init(args)
  local depth = 8
  local kinds = {
    function() return wrk.format("GET", "/") end,
    function() return wrk.format("GET", os.getenv("SOAK_PATH")) end,
    function() return wrk.format("POST", "/echo", headers, post) end,
  }
  local requests = {}
  for number = 1, depth do
    requests[number] = kinds[number % #kinds + 1]()
  end
  pipelined = table.concat(requests)
end

function request()
  return pipelined
end

function response(status, headers, body)
  answers = answers + 1
  if status ~= 200 or not expected[body] then
    wrong = wrong + 1
    example = status .. " " .. string.sub(body, 1, 60)
  end
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency, requests)
  local errors = summary.errors
  for _, thread in ipairs(threads) do
    io.write(string.format(
      '\nFIGURES {"answers": %d, "wrong": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\n',
      thread:get("answers"), thread:get("wrong"),
      errors.connect, errors.read, errors.write, errors.timeout
    ))
    if thread:get("wrong") > 0 then
      io.write("EXAMPLE " .. thread:get("example") .. "\n")
    end
  end
end
