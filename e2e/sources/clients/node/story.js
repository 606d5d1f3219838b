// Reads the story of package story, as it is told.
import { createInterface } from "node:readline";

// read yields each trace, a list of spans with parents before their children. Times are
// [seconds, nanoseconds] since 1970. It says first that it listens: by now the libraries are loaded.
export async function* read() {
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    // A nanosecond since 1970 is more than a double holds.
    const exact = line.replace(/"(start|end)":(\d+)(\d{9})/g, '"$1":[$2,"$3"]');
    yield JSON.parse(exact).spans.map((s) => ({ ...s, start: time(s.start), end: time(s.end) }));
  }
}

const time = ([seconds, nanos]) => [seconds, Number(nanos)];
