import { accessible, expect, settled, test, theIncident } from "./watch.ts";

test("what a webhook refused is seen, and sent again once it takes it", async ({ page }) => {
  const id = await theIncident(page);
  await page.goto("/health");
  const row = page.getByRole("region", { name: "Receivers of alerts" }).locator("tbody tr");
  await expect(row).toContainText("hook");
  const letters = page.getByRole("list", { name: "Dead letters" }).locator("li");
  await expect(letters).toHaveCount(2, { timeout: 30_000 }); // opened, resolved
  const first = letters.filter({ hasText: "opened" });
  await expect(first).toContainText("mysql SQL SELECT is slow");
  await expect(first).toContainText("no such team <b>night</b>");
  await settled(page);
  await accessible(page);
  if (process.env.CULPRIT_LOOK) await page.screenshot({ path: `${process.env.CULPRIT_LOOK}/letters.png`, fullPage: true });

  const quiet = page.listeners("console"); // the browser logs the refusal by itself
  for (const l of quiet) page.removeListener("console", l);
  await first.getByRole("button", { name: "Send again" }).click();
  await expect(first.getByRole("alert")).toContainText("400");
  await page.request.post(process.env.CULPRIT_MEND ?? "");
  await first.getByRole("button", { name: "Send again" }).click();
  await expect(letters).toHaveCount(1);
  await letters.getByRole("button", { name: "Throw away" }).click();
  await expect(page.getByRole("list", { name: "Dead letters" })).toHaveCount(0);

  await page.goto(`/incidents/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("mysql SQL SELECT is slow");
});
