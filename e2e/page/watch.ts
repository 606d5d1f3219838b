// What every scenario has: a page on which nothing may go wrong unnoticed.

import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

export { expect };

export const test = base.extend({
  page: async ({ page, baseURL }, use) => {
    const wrong: string[] = [];
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") wrong.push(`console ${m.type()}: ${m.text()}`);
    });
    page.on("pageerror", (e) => wrong.push(`error: ${e.stack ?? e.message}`));
    page.on("dialog", (d) => {
      wrong.push(`dialog: ${d.message()}`);
      void d.dismiss();
    });
    page.on("request", (r) => {
      if (!r.url().startsWith(baseURL ?? "")) wrong.push(`asked elsewhere: ${r.url()}`);
    });
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
    });
    await use(page);
    expect(wrong).toEqual([]);
  },
});

/** The incident of the demo, once it is over. */
export async function theIncident(page: Page): Promise<string> {
  let id = "";
  await expect
    .poll(async () => {
      const list = await (await page.request.get("/api/v1/incidents?view=brief")).json();
      id = list.incidents[0]?.id ?? "";
      return list.incidents[0]?.state;
    }, { timeout: 30_000 })
    .toBe("resolved");
  return id;
}

/** Everything that is drawn later is there. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator(".waiting")).toHaveCount(0);
  const plots = page.locator(".plot");
  await expect(page.locator(".plot canvas")).toHaveCount(await plots.count());
  if ((await page.locator(".map").count()) > 0) await expect(page.locator(".map[data-drawn]")).toHaveCount(1);
}

/**
 * No finding of axe-core that keeps people from reading it. Of what is well, axe-core need
 * not write reports: on long views they take most of its time.
 */
export async function accessible(page: Page, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"], ...(rules ? { runOnly: { type: "rule", values: rules } } : {}) });
  const found = await axe.analyze();
  expect(found.testEngine.name).toBe("axe-core");
  const bad = found.violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 4).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  expect(bad).toEqual([]);
}
