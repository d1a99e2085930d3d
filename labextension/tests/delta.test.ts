// Deltas on snapshots: what changes, what goes, what stays the same object; clocks; versions that we don't know.
// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { patched } from '../src/feed/delta';
import { after, EMPTY } from '../src/feed/store';
import { DELTA, IDS, NOW, SNAPSHOT } from './support/recorded';

describe('patched', () => {
  it.each([
    ['a value', { a: 1 }, { a: 2 }, { a: 2 }],
    ['what is new', { a: 1 }, { b: { c: 2 } }, { a: 1, b: { c: 2 } }],
    ['what is gone', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['what was gone already', { b: 2 }, { a: null }, { b: 2 }],
    ['a list as a whole', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['an object in a value’s place', { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }]
  ])('takes %s', (_, known, change, result) => {
    expect(patched<unknown>(known, change)).toEqual(result);
  });

  it('leaves what has not changed the same object, and what it was given as it was', () => {
    const known = { a: { x: 1 }, b: { y: 1 } };
    const now = patched(known, { b: { y: 2 } });
    expect(now.a).toBe(known.a);
    expect(known.b.y).toBe(1);
  });

  it('sets no prototype', () => {
    const now = patched<Record<string, unknown>>({}, JSON.parse('{"__proto__": {"evil": 1}, "a": 1}'));
    expect(now).toEqual({ a: 1 });
    expect(now.evil).toBeUndefined();
  });
});

describe('after', () => {
  const stored = after(EMPTY, SNAPSHOT, NOW - 30);

  it('keeps a snapshot and how far the server’s clock is off', () => {
    expect(Object.keys(stored.kernels ?? {})).toHaveLength(5);
    expect(stored.offset).toBe(30);
    expect(stored.otherVersion).toBeNull();
  });

  it('puts the recorded delta onto the recorded snapshot', () => {
    const kernels = after(stored, DELTA, NOW).kernels ?? {};
    const working = kernels[IDS.working];
    expect(kernels[IDS.dead]).toBeUndefined();
    expect(working?.application).toMatchObject({ cores_busy: 12, cores_total: 18 });
    expect(working?.executors['4']).toEqual({
      state: 'starting',
      pod: 'spark-ana-7f3c9-exec-4',
      started_at: 1795269952,
      node: 'worker-01'
    });
    expect(Object.keys(working?.jobs ?? {})).toEqual(['12']);
    expect(kernels[IDS.idle]).toBe(stored.kernels?.[IDS.idle]);
  });

  it('shows no kernels of a version that it does not know, and no deltas on them', () => {
    const other = after(stored, { ...SNAPSHOT, version: 2 }, NOW);
    expect(other).toMatchObject({ kernels: null, otherVersion: 2, server: SNAPSHOT.server });
    expect(after(other, DELTA, NOW).kernels).toBeNull();
  });

  it('passes over frames that it does not know', () => {
    expect(after(stored, { type: 'weather' }, NOW)).toBe(stored);
  });
});
