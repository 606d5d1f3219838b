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

test("an operation shows its week, once hours of it have been seen", async ({ page }) => {
  await theIncident(page);
  await page.route("**/api/v1/operations/mysql/**", async (route) => {
    const res = await route.fetch();
    const hours = <T>(of: (n: number) => T) => Array.from({ length: 168 }, (_, n) => of(n));
    const seen = (n: number) => n % 24 > 5; // nobody is there at night
    const season = {
      quantity: "own_time", unit: "ms", weeks: hours((n) => (seen(n) ? 1 + Math.floor(n / 84) : 0)),
      usual: hours((n) => (seen(n) ? 90 + n : null)), low: hours((n) => (seen(n) ? 80 : null)), high: hours((n) => (seen(n) ? 300 : null)),
    };
    await route.fulfill({ response: res, json: { ...(await res.json()), seasons: [season] } });
  });
  await page.goto(`/operations?service=mysql&operation=SQL%20SELECT&${moment}`);
  const week = page.getByRole("region", { name: "Its week" });
  await expect(week).toContainText("126 of 168 hours have been seen. 66 of them, seen in two weeks or more, are part of what is normal");
  await expect(week.locator("rect.cell")).toHaveCount(126);
  await expect(week.locator("figcaption")).toContainText("96 ms to 257 ms");
  await expect(week.locator("figcaption")).toContainText("this hour usually 247 ms"); // Sunday 13:00 is hour 157
  await expect(week.locator("rect.now title")).toContainText("Sunday 13:00 UTC: 247 ms, five minutes of it 80 ms to 300 ms, in 2 weeks");
  await settled(page);
  await accessible(page);
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
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
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

  await page.getByRole("button", { name: "mute …" }).click();
  await page.getByRole("button", { name: "4 hours" }).click();
  await expect(page.locator(".actions")).toContainText("Muted until");
  await page.goto("/health");
  const mutes = page.getByRole("list", { name: "Mutes" }).getByRole("listitem");
  await expect(mutes).toContainText("mysql");
  await mutes.getByRole("button", { name: "End it now" }).click();
  await expect(page.locator("main")).toContainText("Nothing is muted.");

  await page.goto(`/incidents/${id}`); // what makes an outage normal takes two clicks, and says what it does
  await page.getByRole("button", { name: "expected …" }).click();
  await page.getByLabel("What it is").fill("nightly import");
  await expect(page.locator(".actions")).toContainText("Called wrong");
  await page.getByRole("button", { name: "it is normal from now on" }).click();
  await expect(page.locator(".actions")).toContainText("Called expected");
  await expect(page.locator(".timeline")).toContainText("nightly import");
});

test("what is being typed stays when news arrive", async ({ page }) => {
  await page.goto("/incidents");
  const service = page.getByPlaceholder("service, exact name");
  await service.pressSequentially("mys");
  await (await page.waitForResponse("**/api/v1/status")).finished();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))); // it has been drawn
  await service.pressSequentially("ql");
  await expect(service).toHaveValue("mysql");
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
