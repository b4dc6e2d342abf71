import { describe, expect, test } from "vitest";
import { StdoutClosed, Terminal } from "../../src/cli/terminal.ts";
import { Paper } from "../support/paper.ts";

/** Up, erase below, erase the line. */
const MOVES = new RegExp(String.raw`\u001b\[(?:\d+A|J|2K)`, "g");

function terminal(isTTY: boolean, colour = false) {
  const [out, err] = [new Paper(isTTY, 20), new Paper(isTTY, 20)];
  return { out, err, terminal: new Terminal(out, err, colour) };
}

describe("a terminal", () => {
  test("gets results on stdout and messages on stderr", async () => {
    const { out, err, terminal: to } = terminal(false);
    await to.text("a\nb");
    to.note("c");
    await to.data("d");
    expect([out.text, err.text]).toEqual(["a\nb\nd", "c\n"]);
  });

  test("is never handed what it would act on", async () => {
    const { out, err, terminal: to } = terminal(true);
    const evil = "\u001b]0;owned\u0007\u202e";
    to.block([evil]);
    to.note(evil);
    await to.text(evil);
    await to.data(evil);
    to.block([]);
    // Its own moves are all that is left: up, to the first column, erase.
    const said = (out.text + err.text).replaceAll(MOVES, "").replaceAll(/[\r\n]/g, "");
    expect(said).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test("keeps the block below the messages, and redraws it in place", () => {
    const { err, terminal: to } = terminal(true);
    to.block(["one", "two"]);
    to.note("hello");
    to.block(["three"]);
    to.block([]);
    expect(screen(err.text)).toEqual(["hello"]);
    to.block(["a line that is far too long for it"]);
    expect(screen(err.text)).toEqual(["hello", "a line that is far…"]);
  });

  test("that is no terminal gets no block and no colours", () => {
    const { err, terminal: to } = terminal(false, true);
    to.block(["one"]);
    to.note("bad", "red");
    expect(err.text).toBe("bad\n");
  });

  test("has colours only where they are wanted", () => {
    const coloured = terminal(true, true);
    coloured.terminal.note("bad", "red");
    expect(coloured.err.text).toContain("\u001b[31mbad\u001b[39m");
    const plain = terminal(true, false);
    plain.terminal.note("bad", "red");
    expect(plain.err.text).not.toContain("\u001b[31m");
  });

  test("whose stdout nobody reads says so to the one who prints, and stays quiet", async () => {
    const { out, err, terminal: to } = terminal(false);
    out.error = Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    await expect(to.data("x")).rejects.toBeInstanceOf(StdoutClosed);
    expect(err.text).toBe("");
    out.error = Object.assign(new Error("no space"), { code: "ENOSPC" });
    await expect(to.data("x")).rejects.toThrow("no space");
  });
});

/** What is on the screen after these moves: enough of a terminal for our own. */
function screen(text: string): string[] {
  const lines: string[] = [""];
  let row = 0;
  for (const [token] of text.matchAll(new RegExp(`${MOVES.source}|[^]`, "gu"))) {
    const up = /\[(\d+)A/.exec(token)?.[1];
    if (up !== undefined) row -= Number(up);
    else if (token === "\u001b[J") lines.length = row + 1;
    else if (token === "\u001b[2K" || token === "\r") lines[row] = "";
    else if (token === "\n") {
      row += 1;
      lines[row] ??= "";
    } else lines[row] += token;
  }
  return lines.filter((line) => line !== "");
}
