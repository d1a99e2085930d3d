// Numbers as people read them, at the borders where one unit becomes the next.
// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { age, clock, data, estimate, memory, memoryOf, percent, step } from '../src/model/format';

const GIB = 1024 ** 3;

describe('format', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [2.9 * GIB, '2.9 GiB'],
    [GIB - 1, '1.0 GiB'],
    [10 * GIB, '10 GiB'],
    [2000 * 1024 ** 5, '2000 PiB']
  ])('memory %d is %s', (bytes, text) => {
    expect(memory(bytes)).toBe(text);
  });

  it.each([
    [18 * GIB, 32 * GIB, '18 / 32 GiB'],
    [2.9 * GIB, 4 * GIB, '2.9 / 4.0 GiB'],
    [0, 4 * GIB, '0 / 4.0 GiB'],
    [200 * 1024 ** 2, 4 * GIB, '0.2 / 4.0 GiB'],
    [40 * 1024 ** 2, 4 * GIB, '40 MiB / 4.0 GiB']
  ])('%d of %d is %s', (used, total, text) => {
    expect(memoryOf(used, total)).toBe(text);
  });

  it.each([
    [999, '999 B'],
    [3_328_599_654, '3.3 GB'],
    [999_999, '1.0 MB'],
    [52_428_800, '52 MB']
  ])('data %d is %s', (bytes, text) => {
    expect(data(bytes)).toBe(text);
  });

  it.each([
    [-1, '0:00'],
    [41.9, '0:41'],
    [125, '2:05'],
    [3723, '1:02:03']
  ])('a clock shows %d as %s', (seconds, text) => {
    expect(clock(seconds)).toBe(text);
  });

  it.each([
    [6.4, '6 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [8040, '2 h 14 min'],
    [7200, '2 h'],
    [3 * 86400 + 4 * 3600, '3 d 4 h']
  ])('an age of %d is %s', (seconds, text) => {
    expect(age(seconds)).toBe(text);
  });

  it('a step of a start has tenths while they matter', () => {
    expect([step(0.04), step(9.94), step(9.96), step(75)]).toEqual(['0.0 s', '9.9 s', '10 s', '1 min']);
  });

  it('a share is in percent', () => {
    expect(percent(0.144)).toBe('14 %');
  });

  it.each([
    [41, '0:41'],
    [3599, '59:59'],
    [12_814, '3 h 33 min']
  ])('an estimate of %d is %s', (seconds, text) => {
    expect(estimate(seconds)).toBe(text);
  });
});
