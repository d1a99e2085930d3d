// The executors' rows: order, reasons said once, which rows of many are drawn, where keys lead.
// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { IExecutor } from '../src/feed/types';
import { Column, reordered, rows } from '../src/model/executors';
import { rowAfterKey, scrollTo, windowOf } from '../src/model/windowing';
import { kernel, NOW } from './support/recorded';

const pending = (reason: string): IExecutor => ({ state: 'pending', reason, started_at: NOW - 10 });

function ids(executors: Record<string, IExecutor>, column: Column, descending = false): string[] {
  return rows(kernel('working', { executors }), { column, descending }, NOW).map(({ id }) => id);
}

describe('rows', () => {
  it('are in the order of their numbers, the other way round too', () => {
    const many = { 10: { state: 'running' }, 9: { state: 'running' }, 2: { state: 'running' } } as const;
    expect(ids(many, 'id')).toEqual(['2', '9', '10']);
    expect(ids(many, 'id', true)).toEqual(['10', '9', '2']);
  });

  it.each<[Column, string[]]>([
    ['state', ['1', '2', '3', '4']],
    ['tasks', ['1', '2', '3', '4']],
    ['memory', ['3', '1', '2', '4']],
    ['gc', ['3', '2', '1', '4']],
    ['shuffle', ['3', '1', '2', '4']],
    ['failed', ['3', '1', '2', '4']],
    ['age', ['1', '2', '3', '4']]
  ])('by %s begin with the largest; equal ones stay by number, unknown ones come last', (column, expected) => {
    expect(ids(kernel('working').executors, column, true)).toEqual(expected);
  });

  it('by state begin with what has failed', () => {
    const states = ['running', 'pending', 'failed', 'starting', 'lost', 'excluded'] as const;
    const executors = Object.fromEntries(states.map((state, id) => [String(id), { state }]));
    expect(ids(executors, 'state')).toEqual(['2', '4', '5', '1', '3', '0']);
    expect(reordered({ column: 'id', descending: false }, 'state').descending).toBe(false);
  });

  it('leave out what has ended in peace, and give ages', () => {
    const known = { 1: { state: 'ended' }, 2: { state: 'failed', started_at: NOW - 50, ended_at: NOW - 20 } } as const;
    expect(rows(kernel('working', { executors: known }), { column: 'id', descending: false }, NOW)).toMatchObject([
      { id: '2', age: 30 }
    ]);
  });

  it('say the same reason of neighbours once, below the last', () => {
    const executors = { 1: pending('full'), 2: pending('full'), 3: pending('taint'), 4: pending('full') };
    const found = rows(kernel('working', { executors }), { column: 'id', descending: false }, NOW);
    expect(found.map(({ reason }) => reason)).toEqual([null, 'full', 'taint', 'full']);
  });

  it('are turned by a second click, numbers beginning with the largest', () => {
    const byTasks = reordered({ column: 'id', descending: false }, 'tasks');
    expect(byTasks).toEqual({ column: 'tasks', descending: true });
    expect(reordered(byTasks, 'tasks')).toEqual({ column: 'tasks', descending: false });
    expect(reordered(byTasks, 'node')).toEqual({ column: 'node', descending: false });
  });
});

describe('windowing', () => {
  const heights = Array.from({ length: 1000 }, (_, index) => (index % 10 === 9 ? 60 : 24));

  it('draws what is seen and a little more', () => {
    expect(windowOf(heights, 0, 240)).toEqual({ first: 0, last: 18, before: 0, total: 27_600 });
    const middle = windowOf(heights, 13_800, 240);
    expect(middle).toEqual({ first: 492, last: 518, before: 13_800 - 228, total: 27_600 });
    expect(windowOf(heights, 27_600 - 240, 240).last).toBe(1000);
  });

  it('draws something of a table that has shrunk below the place scrolled to', () => {
    expect(windowOf([24, 24], 5000, 240)).toEqual({ first: 0, last: 2, before: 0, total: 48 });
    expect(windowOf([], 0, 240)).toEqual({ first: 0, last: 0, before: 0, total: 0 });
  });

  it('scrolls no more than it must', () => {
    expect(scrollTo(heights, 3, 0, 240)).toBe(0);
    expect(scrollTo(heights, 10, 0, 240)).toBe(276 + 24 - 240);
    expect(scrollTo(heights, 2, 1000, 240)).toBe(48);
  });

  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 4, 4],
    ['ArrowUp', 3, 2],
    ['ArrowUp', 0, 0],
    ['PageDown', 1, 4],
    ['PageUp', 2, 0],
    ['Home', 3, 0],
    ['End', 0, 4],
    ['a', 0, null]
  ])('%s leads from row %d to %s', (key, from, to) => {
    expect(rowAfterKey(key, from, 5, 10)).toBe(to);
  });

  it('leads nowhere in an empty table', () => {
    expect(rowAfterKey('End', -1, 0, 10)).toBeNull();
  });
});
