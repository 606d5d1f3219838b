import { accessible, expect, settled, test, theIncident } from "./watch.ts";

const moment = "at=2026-11-22T13:30:00Z";

test("three clicks lead from the list to cause, evidence and exemplar", async ({ page }) => {
  const id = await theIncident(page);
  await page.goto("/");
  await page.locator(`[data-incident="${id}"]`).click(); // one
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("mysql SQL SELECT is slow");
  const first = page.locator(".suspects li.first");
  await expect(first).toContainText("mysql SQL SELECT");
  await expect(first).toContainText(/own time of mysql SQL SELECT went from [\d.]+ ms to [\d.]+ ms/);
  await expect(first.locator("table.evidence tbody tr")).not.toHaveCount(0);
  const fault = page.locator(".waterfall").first();
  await expect(fault.locator("li.suspect .excess")).not.toHaveCount(0);
  await expect(page.locator(".waterfall")).toHaveCount(2);
  await expect(page.locator('[data-cause][data-service="mysql"]')).toHaveCount(1);
  await settled(page);
  await first.getByRole("link", { name: "mysql SQL SELECT" }).click(); // two
  await expect(page.locator(".why")).toContainText(/Flagged.*z is [\d.]+, [\d.]+ is needed/);
});

test("why was an operation not flagged at a moment: with numbers", async ({ page }) => {
  await theIncident(page);
  await page.goto("/operations?service=route&operation=%2Froute&at=2026-11-22T13:28:10Z");
  await expect(page.locator(".why")).toContainText(/Not flagged.*z -?[\d.]+; [\d.]+ is needed/);
  await expect(page.getByRole("region", { name: "Tests" }).locator("tbody tr").first()).toContainText(/±[\d.]+/);
});

test("an operation tells where its time goes and how its runs travel", async ({ page }) => {
  await theIncident(page);
  await page.goto(`/operations?service=frontend&operation=%2Fdispatch&${moment}`);
  await settled(page);
  const drawing = page.getByRole("img", { name: /^Sequence diagram of frontend \/dispatch: 7 stages among .*mysql/ });
  expect(await drawing.evaluate((i: HTMLImageElement) => i.naturalWidth)).toBeGreaterThan(300);
  await expect(page.locator(".deviations")).toContainText(/mysql SQL SELECT takes [\d.]+ ms a run by itself/);
  await expect(page.getByRole("region", { name: "Critical time" }).locator("tbody tr").first()).toContainText(/mysql SQL SELECT.*7\d %/);
  await page.getByRole("region", { name: "Critical time" }).getByRole("link", { name: "mysql SQL SELECT" }).click();
  await expect(page.getByRole("region", { name: "Critical time" })).toContainText(/frontend \/dispatch.*7\d %/);
});

test("before against now is one click from the incident", async ({ page }) => {
  await page.goto(`/incidents/${await theIncident(page)}`);
  await page.getByRole("link", { name: /before against now/ }).click();
  await expect(page.getByRole("region", { name: "What changed" }).locator("tbody tr").first()).toContainText(/mysql SQL SELECT\s*slower/);
  await expect(page.getByRole("region", { name: "Entry points" })).toContainText("frontend /dispatch");
  await page.getByLabel("before, from").fill("yesterday");
  const quiet = page.listeners("console"); // the browser logs the refusal by itself
  for (const l of quiet) page.removeListener("console", l);
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.getByRole("alert")).toContainText("baseline_from");
});

test("the past is one slider away", async ({ page }) => {
  await theIncident(page);
  await page.goto("/topology");
  await settled(page);
  await page.keyboard.press("[");
  await expect(page).toHaveURL(/at=2026/);
  await page.goto(`/topology?${moment}`);
  await expect(page.getByRole("region", { name: "Services" }).locator("tbody tr").first()).toContainText(/customer|mysql/);
  await page.getByPlaceholder("find a service").fill("redis");
  await expect(page.getByRole("region", { name: "Services" }).locator("tbody tr")).toHaveCount(1);
});

test("the keyboard is enough", async ({ page }) => {
  const id = await theIncident(page);
  await page.goto("/health");
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await expect(page.locator("[data-row]").first()).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/incidents/${id}`));
  await page.keyboard.press("u");
  await expect(page.locator(".verdict .figures")).toContainText("13:29:00 UTC");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

// Before anybody says anything about the incident: the pictures show it as it came.
const views = (id: string): [string, string][] => [
  ["incidents", "/incidents"],
  ["incident", `/incidents/${id}`],
  ["topology", `/topology?service=mysql&${moment}`],
  ["operations", `/operations?${moment}`],
  ["operation", `/operations?service=mysql&operation=SQL%20SELECT&${moment}`],
  ["compare", "/compare?baseline_from=2026-11-22T13:26:00Z&baseline_to=2026-11-22T13:29:00Z&from=2026-11-22T13:29:30Z&to=2026-11-22T13:31:00Z"],
  ["health", "/health"],
];

for (const scheme of ["light", "dark"] as const) {
  test(`every view is accessible, in ${scheme}`, async ({ page }) => {
    const id = await theIncident(page);
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [name, path] of views(id)) {
      await page.goto(path);
      await settled(page);
      await accessible(page, scheme === "dark" ? ["color-contrast"] : undefined); // the same document, in other colours
      if (process.env.CULPRIT_SHOTS) {
        await page.screenshot({ path: `${process.env.CULPRIT_SHOTS}/${name}-${scheme}.png`, fullPage: true });
      }
    }
  });
}

test("what a person says stays with the incident", async ({ page }) => {
  const id = await theIncident(page);
  await page.goto(`/incidents/${id}`);
  await page.getByRole("button", { name: "right" }).click();
  await expect(page.getByRole("button", { name: "right" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "wrong …" }).click();
  await page.getByLabel("True cause: service").fill("customer");
  await page.getByRole("button", { name: "This was the cause" }).click();
  await expect(page.locator(".actions")).toContainText("Called wrong");
  await page.reload();
  await expect(page.locator(".actions")).toContainText("the cause was customer");
  await expect(page.locator(".timeline")).toContainText("wrong");
});

test("foreign text is text", async ({ page }) => {
  const id = await theIncident(page);
  const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>\u202eredrum\u0000\u0007שלום `;
  const long = evil + "x".repeat(1_000_000);
  await page.route("**/api/v1/incidents**", async (route) => {
    const res = await route.fetch();
    const foreign = (v: unknown): unknown => {
      if (typeof v === "string") return v.replaceAll("SQL SELECT", evil).replaceAll("mysql", "mysql<b>");
      if (Array.isArray(v)) return v.map(foreign);
      if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, foreign(x)]));
      return v;
    };
    const body = foreign(await res.json()) as { title?: string; links?: unknown };
    if (body.title) {
      body.title = long;
      body.links = [{ trace: "509d3562a2ebe4b911a34abc8d792e43", url: "javascript:alert(3)" }];
    }
    await route.fulfill({ response: res, json: body });
  });
  await page.goto("/incidents");
  await expect(page.locator(".cause").first()).toContainText("<img src=x");
  await page.goto(`/incidents/${id}`);
  const title = page.getByRole("heading", { level: 1 });
  await expect(title).toContainText(`<script>alert(2)</script>‹U+202E›redrum␀␇שלום`);
  expect((await title.innerText()).length).toBeLessThan(400);
  await settled(page);
  expect(await page.locator("main img, main script, main b, a[href^=javascript]").count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test("what is not there is said", async ({ page }) => {
  await page.route("**/api/v1/topology**", (r) => r.abort());
  const quiet = page.listeners("console"); // failed requests are logged by the browser itself
  for (const l of quiet) page.removeListener("console", l);
  await page.goto("/incidents/none");
  await expect(page.getByRole("alert")).toContainText('No incident "none" is kept');
  await page.goto("/operations?service=frontend&operation=nothing");
  await expect(page.getByRole("alert")).toContainText("was not seen");
  await page.goto("/topology?at=2020-01-01T00:00:00Z");
  await expect(page.getByRole("alert")).toContainText("Culprit does not answer");
});

test("every view fits a phone", async ({ page }) => {
  const id = await theIncident(page);
  await page.setViewportSize({ width: 390, height: 800 });
  for (const [name, path] of views(id)) {
    await page.goto(path);
    await settled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} is wider than the phone`).toBeLessThanOrEqual(390);
  }
  if (process.env.CULPRIT_SHOTS) {
    await page.goto(`/incidents/${id}`);
    await settled(page);
    await page.screenshot({ path: `${process.env.CULPRIT_SHOTS}/incident-phone.png` });
  }
});
