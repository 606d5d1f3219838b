// The pictures of the documentation: every view, as the demo leaves it, light and dark.

import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { settled, test, theIncident } from "./watch.ts";
import { views } from "./views.ts";

const to = process.env.CULPRIT_SHOTS ?? "";

/** Pages longer than this, in pixels, are pictured smaller. */
const long = 2000;

/** Takes a picture as WebP, which is a third of PNG for pages of text: of the page as a whole, or of what is seen first. */
async function picture(page: Page, name: string, whole: boolean): Promise<void> {
  const size = await page.evaluate((whole) => ({ width: innerWidth, height: whole ? Math.max(document.documentElement.scrollHeight, 200) : innerHeight }), whole);
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send("Page.captureScreenshot", {
    format: "webp", quality: 55, captureBeyondViewport: whole, clip: { x: 0, y: 0, ...size, scale: size.height > long ? 0.8 : 1 },
  });
  writeFileSync(`${to}/${name}.webp`, Buffer.from(data, "base64"));
}

for (const scheme of ["light", "dark"] as const) {
  test(`pictures, ${scheme}`, async ({ page }) => {
    test.setTimeout(240_000);
    const id = await theIncident(page);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const [name, path] of views(id)) {
      await page.setViewportSize({ width: 1000, height: 600 });
      await page.goto(path);
      await settled(page);
      await picture(page, `${name}-${scheme}`, true);
      if (name === "incident" && scheme === "light") await picture(page, "first", false);
      if (name === "incident" || name === "topology") {
        await page.setViewportSize({ width: 390, height: 800 });
        await page.reload();
        await settled(page);
        await picture(page, `${name}-phone-${scheme}`, false);
      }
    }
  });
}
