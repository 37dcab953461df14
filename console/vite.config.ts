import { defineConfig } from "vite";

// The node serves what is built here; every path is relative to its origin.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/skyparley/web/console",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 3000,
  },
  worker: { format: "es" },
});
