// Numbers as people read them: bytes, durations, shares. Unit symbols are the same in every language, so no translator here.

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
/** Where a value has none. */
export const NONE = '–';

/** Memory, in the unit that Kubernetes' quantities have: `2.9 GiB`. */
export function memory(bytes: number): string {
  return withUnit(bytes, 1024, BINARY);
}

/** Memory used of a total, in the total's unit: `2.9 / 4.0 GiB`, or `40 MiB / 4.0 GiB`; `separator` stands between the two. */
export function memoryOf(used: number, total: number, separator = ' / '): string {
  const power = powerOf(total, 1024, BINARY);
  const inUnit = scaled(used, 1024, power);
  return `${inUnit === '0.0' ? memory(used) : inUnit}${separator}${scaled(total, 1024, power)} ${BINARY[power] ?? ''}`;
}

/** Data read and written, in decimal units, as Spark's UI and storage have them: `3.1 GB`. */
export function data(bytes: number): string {
  return withUnit(bytes, 1000, DECIMAL);
}

/** A time that is estimated, no more exact than it can be: `0:41`, `2:05`, `3 h 33 min`. */
export function estimate(seconds: number): string {
  return seconds < 3600 ? clock(seconds) : age(seconds);
}

/** A time that is running, as on a clock: `0:41`, `2:05`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** An age, in its two largest units: `6 s`, `12 min`, `2 h 14 min`, `3 d 4 h`. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? two(hours, 'h', minutes % 60, 'min') : two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** A step of a start: tenths below ten seconds, `0.1 s`, then as an age. */
export function step(seconds: number): string {
  return seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)} s` : age(Math.round(seconds));
}

/** A share of one: `14 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

function withUnit(value: number, base: number, units: readonly string[]): string {
  const power = powerOf(value, base, units);
  return `${scaled(value, base, power)} ${units[power] ?? ''}`;
}

// The largest unit in which the value is at least one, after rounding: 1023.99 MiB are 1.0 GiB.
function powerOf(value: number, base: number, units: readonly string[]): number {
  let power = 0;
  while (power < units.length - 1 && Math.round(value / base ** power) >= base) {
    power++;
  }
  return power;
}

function scaled(value: number, base: number, power: number): string {
  const number = Math.max(0, value) / base ** power;
  return power === 0 || number >= 9.95 || number === 0 ? String(Math.round(number)) : number.toFixed(1);
}
