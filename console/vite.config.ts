import { defineConfig } from "vite";

// The node serves what is built here; every path is relative to its origin.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/skyparley/web/console",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: { input: ["index.html", "in-force.html", "record.html"] },
    chunkSizeWarningLimit: 3000,
    license: { fileName: "licences.txt" }, // the licences of all that is built in ask to be passed on with it
  },
  worker: { format: "es" },
});
