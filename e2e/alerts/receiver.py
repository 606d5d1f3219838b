"""Receives culprit's webhooks and verifies their signatures, with nothing but Python.

    python3 receiver.py PORT SECRET_FILE OUT

A request whose signature or time is wrong is answered 401. Of every other one a line is
written to OUT: the ID of the event, its type and what of the incident it carries.
"""
import base64, hashlib, hmac, http.server, json, sys, time

port, secret_file, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(secret_file) as f:
    key = base64.b64decode(f.read().strip().removeprefix("whsec_"))


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = self.headers
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
        want = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(head["webhook-timestamp"] or 0)) < 300
        if not fresh or not hmac.compare_digest(want, head["webhook-signature"] or ""):
            self.send_response(401)
            self.end_headers()
            return
        event = json.loads(body)
        with open(out, "a") as f:
            f.write(f"{event['id']} {event['type']} {event['data']['state']}\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


http.server.HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
