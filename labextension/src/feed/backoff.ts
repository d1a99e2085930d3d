// When to try again, and when to stop: a server that is gone for good must not be asked for ever.

const FIRST_S = 1;
const LONGEST_S = 30;
/** After so long without an answer the server counts as gone; only the user, or a server that is back, tries again. */
export const GIVE_UP_S = 600;

/** Seconds to wait before attempt number `failures` + 1, or null when it is time to stop. `chance` is in [0, 1). */
export function pause(failures: number, lostForS: number, chance: number): number | null {
  if (lostForS >= GIVE_UP_S) {
    return null;
  }
  // Spread, so that the tabs of a server that comes back don't all come in the same moment.
  return Math.min(LONGEST_S, FIRST_S * 2 ** Math.min(failures - 1, 10)) * (0.75 + chance / 2);
}
