"""What serves an ASGI app over HTTP/1.1, one connection at a time, as a protocol of uvicorn's.

* `settings` is what can be configured, `facts` what is the same for all connections of a server.
* `answers` has the bytes of refusals, `logs` every line that is logged, `handover` leaves a
  connection to a WebSocket protocol.
* `pure` is a connection in pure Python: it feeds the reader, starts the app and watches deadlines.
  `exchange` is one request and its response as ASGI sees them, `response` the head of a response,
  `clock` the time that a client has had.

The app's messages, the log lines and the bytes of valid responses are those of uvicorn's own
protocol for httptools.
"""
