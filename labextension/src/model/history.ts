// The chart of active tasks: the feed's readings of the last five minutes as a line. Pure.

/** Seconds that the chart shows. */
export const SPAN_S = 300;

export interface ISample {
  /** Seconds since 1970, by the server's clock. */
  readonly at: number;
  readonly value: number;
}

/** The readings in their order; of those before the chart's left edge only the last, since the line begins there. */
export function samples(chart: Readonly<Record<string, number>>, now: number): readonly ISample[] {
  const all = Object.entries(chart).map(([second, value]) => ({ at: Number(second), value }));
  all.sort((one, other) => one.at - other.at);
  const first = all.findIndex((_, index) => (all[index + 1]?.at ?? Infinity) > now - SPAN_S);
  return all.slice(Math.max(0, first));
}

/** The largest value shown. */
export function peak(readings: readonly ISample[]): number {
  return readings.reduce((most, { value }) => Math.max(most, value), 0);
}

/** Points of a line in a box of `width` by `height`, the present at its right edge. */
export function line(readings: readonly ISample[], now: number, width: number, height: number): string {
  const top = Math.max(1, peak(readings));
  const x = (at: number): string => (Math.min(1, Math.max(0, 1 - (now - at) / SPAN_S)) * width).toFixed(1);
  const y = (value: number): string => ((1 - value / top) * height).toFixed(1);
  const points = readings.map(({ at, value }) => `${x(at)},${y(value)}`);
  const last = readings.at(-1);
  return last ? [...points, `${width},${y(last.value)}`].join(' ') : '';
}
