import { defineConfig } from "vitest/config";

/** Read the sources only. */
const RULES = ["test/architecture.test.ts", "test/throttle/law-lua.test.ts"];

/** Two projects: `suite` is what `npm test` runs, `rules` reads the sources only and belongs to `npm run check`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "suite",
          include: ["test/**/*.test.ts"],
          exclude: RULES,
          globalSetup: ["test/support/global-setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "rules", include: RULES } },
    ],
  },
});
