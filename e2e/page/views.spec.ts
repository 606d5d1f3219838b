// What holds for every view. watch.ts sees to it that none asks for anything elsewhere,
// breaks the content-security-policy or complains.

import type { Page } from "@playwright/test";
import { accessible, expect, settled, test, theIncident } from "./watch.ts";
import { views } from "./views.ts";

for (const scheme of ["light", "dark"] as const) {
  test(`every view is accessible, in ${scheme}`, async ({ page }) => {
    const id = await theIncident(page);
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [, path] of views(id)) {
      await page.goto(path);
      await settled(page);
      await accessible(page, scheme === "dark" ? ["color-contrast"] : undefined); // the same document, in other colours
    }
  });
}

test("what the service has browsers fetch ahead is what the view asks for, and comes once", async ({ page }) => {
  const id = await theIncident(page);
  await page.route("**/api/v1/events*", () => {}); // no news, so that nothing is asked for again
  const links: string[] = [];
  page.on("response", async (r) => {
    if (r.request().isNavigationRequest()) links.push(...[...((await r.headerValue("link")) ?? "").matchAll(/<([^>]*)>/g)].map((m) => m[1]!));
  });
  await page.addInitScript(() => {
    const ask = window.fetch.bind(window);
    window.fetch = (what, how) => {
      document.documentElement.dataset.asked = `${document.documentElement.dataset.asked ?? ""} ${String(what)}`;
      return ask(what, how);
    };
  });
  for (const [name, path] of views(id)) {
    links.length = 0;
    await page.goto(path);
    await settled(page);
    const questions = links.filter((l) => l.startsWith("/api/"));
    expect(questions.length, name).toBeGreaterThan(0);
    for (const q of questions) {
      const [asked, fetched] = await page.evaluate((q) => [
        (document.documentElement.dataset.asked ?? "").split(" ").filter((a) => a === q).length,
        performance.getEntriesByType("resource").filter((e) => e.name === location.origin + q).length, // those that have come
      ], q);
      expect(asked, `${name}: the view asks for ${q}`).toBeGreaterThan(0);
      expect(fetched, `${name}: ${q} was fetched for nobody`).toBeLessThanOrEqual(asked!);
    }
    const scripts = links.filter((l) => l.startsWith("/assets/"));
    expect(await page.evaluate(() => performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname).filter((p) => p.startsWith("/assets/")).sort()), name).toEqual(scripts.sort());
  }
});

test("every view fits a phone", async ({ page }) => {
  const id = await theIncident(page);
  await page.setViewportSize({ width: 390, height: 800 });
  for (const [name, path] of views(id)) {
    await page.goto(path);
    await settled(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `${name} is wider than the phone`).toBeLessThanOrEqual(390);
  }
});

test("every view is reached and left by keyboard alone", async ({ page }) => {
  const id = await theIncident(page);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  for (const [key, heading] of [["t", "Topology"], ["o", "Operations"], ["c", "Before against now"], ["h", "Health of culprit"], ["i", "Incidents"]] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
  }
  for (const [name, path] of views(id)) {
    await page.goto(path);
    await settled(page);
    // whatever can be clicked is reached by Tab, and seen to be
    const reached = await tabbed(page);
    const clickable = await page.locator("main").evaluate((m) =>
      [...m.querySelectorAll("a[href], button:not(:disabled), input, select, textarea")].filter((e) => e.checkVisibility()).length);
    expect(reached, `${name}: elements reached by Tab, of ${clickable}`).toBeGreaterThanOrEqual(clickable);
  }
});

/** Tabs through the main part and counts what can be clicked there; each must show that it has the focus. */
async function tabbed(page: Page): Promise<number> {
  await page.locator("#main").focus();
  const met = await page.evaluateHandle(() => new Set<Element>());
  for (let i = 0; i < 400; i++) {
    await page.keyboard.press("Tab");
    const more = await met.evaluate((seen) => {
      const e = document.activeElement;
      if (!e || !e.closest("#main") || seen.has(e)) return false;
      seen.add(e);
      if (getComputedStyle(e).outlineStyle === "none" && !e.querySelector("rect")) console.error(`no sign of focus on ${e.outerHTML.slice(0, 200)}`);
      return true;
    });
    if (!more) break;
  }
  return met.evaluate((seen) => [...seen].filter((e) => e.matches("a[href], button, input, select, textarea")).length);
}

const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>\u202eredrum\u0000\u0007שלום `;

/** Puts hostile text in the place of every name that came out of traces. */
function foreign(v: unknown, in_ = ""): unknown {
  if (typeof v === "string") {
    if (in_ === "url") return "javascript:alert(3)";
    return v.replaceAll("SQL SELECT", evil).replaceAll("mysql", "mysql<b>").replaceAll("/dispatch", `${evil}/dispatch`).replaceAll("frontend", `\u202e<i>frontend`);
  }
  if (Array.isArray(v)) return v.map((x) => foreign(x, in_));
  if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [foreign(k) as string, ["from", "to", "at"].includes(k) ? x : foreign(x, k)]));
  return v;
}

/** An address that was asked for with hostile names, with those that the service knows. */
function native(url: string): string {
  const names: [string, string][] = [[`${evil}/dispatch`, "/dispatch"], [`\u202e<i>frontend`, "frontend"], [evil, "SQL SELECT"], ["mysql<b>", "mysql"]];
  const inQuery = (s: string) => new URLSearchParams({ s }).toString().slice(2);
  for (const [hostile, known] of names) {
    url = url.replaceAll(encodeURIComponent(hostile), encodeURIComponent(known)).replaceAll(inQuery(hostile), inQuery(known));
  }
  return url;
}

/** One name in each list is a megabyte long. */
function bloated(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(bloated);
  if (v && typeof v === "object") {
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, ["title", "summary", "reason", "sentence", "message", "place", "version", "value", "why"].includes(k) && typeof x === "string" && x !== "" ? x + "x".repeat(1_000_000 / 20) : bloated(x)]));
  }
  return v;
}

test("foreign text is text, on every view", async ({ page }) => {
  test.setTimeout(240_000);
  const id = await theIncident(page);
  const asked = new Set<string>();
  await page.route(/\/api\/v1\/(?!events)/, async (route) => {
    const res = await route.fetch({ url: native(route.request().url()) });
    if (!res.headers()["content-type"]?.startsWith("application/json")) return route.fulfill({ response: res });
    asked.add(new URL(route.request().url()).pathname.split("/")[3] ?? "");
    const body = bloated(foreign(await res.json())) as { title?: string };
    if (body.title) body.title += "y".repeat(1_000_000);
    await route.fulfill({ response: res, json: body });
  });
  for (const [name, path] of views(id)) {
    await page.goto(path);
    await settled(page);
    await expect(page.locator("main"), name).not.toContainText("Loading");
    const bad = await page.locator("main").evaluate((m) => ({
      elements: m.querySelectorAll("img:not(.drawing img), script, b, i:not([class]), a[href^=javascript]").length,
      turned: [...m.querySelectorAll("*")].filter((e) => [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && /[\u202a-\u202e\u2066-\u2069\u0000-\u0008]/.test(n.textContent ?? ""))).length,
      longest: Math.max(0, ...[...m.querySelectorAll("*")].flatMap((e) => [...e.childNodes].map((n) => (n.nodeType === Node.TEXT_NODE ? (n.textContent ?? "").length : 0)))),
      titles: Math.max(0, ...[...m.querySelectorAll("[title], [aria-label]")].map((e) => (e.getAttribute("title") ?? "").length + (e.getAttribute("aria-label") ?? "").length)),
      wide: document.documentElement.scrollWidth > innerWidth ? [...m.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll, .map")).map((e) => e.outerHTML.slice(0, 200)).slice(0, 3) : [],
    }));
    expect(bad, name).toMatchObject({ elements: 0, turned: 0, wide: [] });
    expect(bad.longest, `${name}: the longest text`).toBeLessThan(5000);
    expect(bad.titles, `${name}: the longest title`).toBeLessThan(10_000);
    if (name !== "health") await expect(page.locator("main")).toContainText(/<img src=x|<i>frontend|mysql<b>/);
    if (name === "incident") {
      const title = page.getByRole("heading", { level: 1 });
      await expect(title).toContainText(`<script>alert(2)</script>‹U+202E›redrum␀␇שלום`);
      expect((await title.innerText()).length).toBeLessThan(400);
    }
    if (process.env.CULPRIT_LOOK) await page.screenshot({ path: `${process.env.CULPRIT_LOOK}/foreign-${name}.png`, fullPage: true });
    if (name === "incident" || name === "operation") await accessible(page);
  }
  for (const what of ["incidents", "topology", "operations", "workflows", "criticalpath", "compare", "status", "alerts"]) expect([...asked]).toContain(what);
});
