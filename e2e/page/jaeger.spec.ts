import { expect, settled, test } from "./watch.ts";

const jaeger = process.env.CULPRIT_JAEGER_PAGE ?? "";

type Span = { operationName: string; duration: number; processID: string };
type Trace = { traceID: string; spans: Span[]; processes: Record<string, { serviceName: string }> };

test("the traces that show an incident open in Jaeger", async ({ page, context }) => {
  await page.goto("/");
  await page.locator("[data-incident]").first().click();
  await settled(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("mysql SQL SELECT is slow");

  // of the suspect's evidence, and of both waterfalls
  const exemplar = page.locator(".suspects li.first .exemplars a").first();
  const faulty = page.locator(".waterfall").first().locator("h3 a");
  const healthy = page.locator(".waterfall").nth(1).locator("h3 a");
  for (const [link, slowest] of [[exemplar, 0], [faulty, 400], [healthy, 0]] as const) {
    const [opened] = await Promise.all([context.waitForEvent("page"), link.click()]);
    await opened.waitForLoadState();
    const id = new URL(opened.url()).pathname.replace("/trace/", "");
    expect(opened.url()).toBe(`${jaeger}/trace/${id}`);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await expect(opened.locator("body")).toContainText("Jaeger UI");
    // what Jaeger's page asks for, from where it stands
    const trace = await opened.evaluate(async (trace) => ((await (await fetch(`/api/traces/${trace}`)).json()) as { data: Trace[] }).data[0], id);
    expect(trace?.traceID).toBe(id);
    const mysql = trace?.spans.filter((s) => s.operationName === "SQL SELECT" && trace.processes[s.processID]?.serviceName === "mysql") ?? [];
    expect(mysql).toHaveLength(1);
    expect(mysql[0]?.duration ?? 0).toBeGreaterThan(1000 * slowest); // µs
    await opened.close();
  }

  // and those of the operation's view, which are of the window that it shows
  await page.locator(".suspects li.first .who a").first().click();
  await settled(page);
  const shown = page.getByText("Traces of this window:").getByRole("link").first();
  const [opened] = await Promise.all([context.waitForEvent("page"), shown.click()]);
  await opened.waitForLoadState();
  expect(opened.url()).toMatch(new RegExp(`^${jaeger}/trace/[0-9a-f]{32}$`));
  await expect(opened.locator("body")).toContainText("Jaeger UI");
  await opened.close();
});
