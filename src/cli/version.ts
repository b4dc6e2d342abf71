/** The version in package.json, which a test compares: reading the file would be the slowest part of starting up. */
export const VERSION = "0.1.0";
