import { defineConfig } from "vitest/config";

/** Two projects: `suite` is what `npm test` runs, `rules` reads the sources only and belongs to `npm run check`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "suite",
          include: ["test/**/*.test.ts"],
          exclude: ["test/architecture.test.ts"],
          globalSetup: ["test/support/global-setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "rules", include: ["test/architecture.test.ts"] } },
    ],
  },
});
