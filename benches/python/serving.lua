-- The load of the serving benchmark: one request again and again, and the figures as a line of JSON.
-- What is not a GET comes in the environment. Nothing runs in Lua for each request.

local body = os.getenv("BENCH_BODY")
if body then
  wrk.method = "POST"
  wrk.body = body
  wrk.headers["Content-Type"] = "application/json"
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nFIGURES {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "most": %d, ',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max
  ))
  io.write(string.format(
    '"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}\n',
    errors.connect, errors.read, errors.write, errors.status, errors.timeout
  ))
end
