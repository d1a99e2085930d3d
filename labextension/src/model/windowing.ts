// Which rows of a long table are drawn, and where the keyboard goes in it. Pure; rows may differ in height.

export interface IWindow {
  /** The first row to draw, and the one after the last. */
  readonly first: number;
  readonly last: number;
  /** Pixels above the first, and of all rows together. */
  readonly before: number;
  readonly total: number;
}

/** Rows drawn beyond what is seen, so that scrolling shows no gap. */
const OVERSCAN = 8;

/** The rows seen between `top` and `top + height` pixels. */
export function windowOf(heights: readonly number[], top: number, height: number): IWindow {
  let [first, last, before, y] = [0, 0, 0, 0];
  heights.forEach((size, index) => {
    if (y + size <= top) {
      first = index + 1;
    }
    if (y < top + height) {
      last = index + 1;
    }
    y += size;
  });
  first = Math.max(0, Math.min(first, heights.length) - OVERSCAN);
  last = Math.max(first, Math.min(heights.length, last + OVERSCAN));
  before = heights.slice(0, first).reduce((sum, size) => sum + size, 0);
  return { first, last, before, total: y };
}

/** Where to scroll so that row `index` is seen, given where one is; `top` itself if it is seen already. */
export function scrollTo(heights: readonly number[], index: number, top: number, height: number): number {
  const start = heights.slice(0, index).reduce((sum, size) => sum + size, 0);
  const end = start + (heights[index] ?? 0);
  return start < top ? start : end > top + height ? end - height : top;
}

/** The row that a key leads to from row `current` (-1: none yet), or null if the key does not lead anywhere. */
export function rowAfterKey(key: string, current: number, count: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    PageDown: current + page,
    PageUp: current - page,
    Home: 0,
    End: count - 1
  };
  const next = steps[key];
  return next === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, next));
}
