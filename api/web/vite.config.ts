import { defineConfig } from "vitest/config";

// The build must give the same bytes everywhere: no times, no paths of this machine, and
// all names from what is inside.
export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: "dist",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    license: { fileName: "licenses.txt" },
    manifest: "manifest.json", // so that the service knows what to have browsers fetch ahead
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": "http://127.0.0.1:7070" } },
  test: { include: ["src/**/*.test.ts"] },
});
