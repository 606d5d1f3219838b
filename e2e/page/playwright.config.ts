import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  timeout: 120_000, // a busy machine is not a fault
  expect: { timeout: 20_000 },
  workers: 1,
  reporter: "line",
  outputDir: process.env.CULPRIT_RESULTS ?? "test-results",
  use: {
    baseURL: process.env.CULPRIT_REST ?? "",
    timezoneId: "UTC",
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] },
  },
});
