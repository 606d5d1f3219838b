import { expect, test } from "vitest";
import { parse, toIncident, toOperation, toTopology } from "./route";

const read = (address: string) => {
  const u = new URL(address, "http://culprit");
  return parse(u.pathname, u.search);
};

test.each([
  ["/", "incidents"], ["/incidents", "incidents"], ["/incidents/", "incidents"], ["/topology?at=x", "topology"], ["/health", "health"], ["/compare?from=x", "compare"],
  ["/operations?service=a", "operations"], ["/reference", "nowhere"], ["/incidents/a/b", "nowhere"], ["/else", "nowhere"],
])("%s shows %s", (address, view) => expect(read(address).view).toBe(view));

test("names survive the way through an address", () => {
  for (const name of ["GET /users/{}", "100%", "a&b=c#d?e", "שלום", "<b>", "a+b c"]) {
    const incident = read(toIncident(name));
    expect(incident.view === "incident" && incident.id).toBe(name);
    const q = read(toOperation(name, name, "2026-11-22T13:29:00Z")).query;
    expect([q.get("service"), q.get("operation"), q.get("at")]).toEqual([name, name, "2026-11-22T13:29:00Z"]);
    expect(read(toTopology(undefined, name)).query.get("service")).toBe(name);
  }
});

test("a broken escape is a name, not an error", () => {
  const r = read("/incidents/%zz");
  expect(r.view === "incident" && r.id).toBe("%zz");
});
