/** One figure: what was measured, what it has to be, and whether it is. */

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: { readonly most?: number; readonly least?: number };
}

export function isMet({ value, target }: Figure): boolean {
  return (
    value <= (target?.most ?? Number.POSITIVE_INFINITY) &&
    value >= (target?.least ?? Number.NEGATIVE_INFINITY)
  );
}

/** Lines for people: value, unit and target beside what was measured. */
export function tableOf(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ what }) => what.length));
  return figures
    .map((figure) => {
      const { what, value, unit, target } = figure;
      const wanted = [
        ...(target?.most === undefined ? [] : [`at most ${target.most}`]),
        ...(target?.least === undefined ? [] : [`at least ${target.least}`]),
      ].join(", ");
      const verdict = wanted === "" ? "" : `  ${isMet(figure) ? "met" : "MISSED"} (${wanted})`;
      return `  ${what.padEnd(width)}  ${String(round(value)).padStart(9)} ${unit.padEnd(13)}${verdict}`.trimEnd();
    })
    .join("\n");
}

export function percent(part: number, whole: number): number {
  return round((100 * part) / whole);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
