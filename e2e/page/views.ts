// Every view of the page, as of the incident that the demo plays.

const moment = "at=2026-11-22T13:30:00Z";

/** Names and addresses. */
export const views = (id: string): [string, string][] => [
  ["incidents", "/incidents"],
  ["incident", `/incidents/${id}`],
  ["topology", `/topology?service=mysql&${moment}`],
  ["operations", `/operations?${moment}`],
  ["operation", `/operations?service=frontend&operation=%2Fdispatch&${moment}`],
  ["compare", "/compare?baseline_from=2026-11-22T13:26:00Z&baseline_to=2026-11-22T13:29:00Z&from=2026-11-22T13:29:30Z&to=2026-11-22T13:31:00Z"],
  ["health", "/health"],
];
