// The rows of the executors' table: their values, their order, and which of them need words. Pure.

import { IExecutor, IKernel } from '../feed/types';

export type Column = 'id' | 'state' | 'node' | 'tasks' | 'memory' | 'gc' | 'shuffle' | 'failed' | 'age';

export interface IOrder {
  readonly column: Column;
  readonly descending: boolean;
}

export interface IRow {
  readonly id: string;
  readonly executor: IExecutor;
  /** Seconds since it joined, or was asked for. */
  readonly age: number | null;
  /** Said below this row; the same reason of rows in a row is said once, below the last. */
  readonly reason: string | null;
}

/** In the order in which one wants to see them. */
const STATES: readonly IExecutor['state'][] = ['failed', 'lost', 'excluded', 'pending', 'starting', 'running', 'ended'];

const SORT_KEYS: Record<Exclude<Column, 'id' | 'node'>, (row: IRow) => number> = {
  state: ({ executor }) => STATES.indexOf(executor.state),
  tasks: ({ executor }) => (isThere(executor) ? (executor.tasks_active ?? -1) : -1),
  memory: ({ executor }) => (isThere(executor) ? (memoryShare(executor) ?? -1) : -1),
  gc: ({ executor }) => executor.gc_share ?? -1,
  shuffle: ({ executor }) => (executor.shuffle_read ?? 0) + (executor.shuffle_write ?? 0),
  failed: ({ executor }) => executor.tasks_failed ?? 0,
  age: ({ age }) => age ?? -1
};

/** Numbers inside of names in the order of numbers: 2 before 10, and `exec-2` before `exec-10`. */
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

/** The rows in `order`, at `now` (the server's clock); what has ended in peace is left out. */
export function rows(kernel: IKernel, order: IOrder, now: number): readonly IRow[] {
  const all = Object.entries(kernel.executors)
    .filter(([, { state }]) => state !== 'ended')
    .map(([id, executor]): IRow => ({ id, executor, age: ageOf(executor, now), reason: executor.reason ?? null }));
  all.sort((one, other) => (order.descending ? -1 : 1) * compare(one, other, order.column) || byName(one.id, other.id));
  return all.map((row, index) => (row.reason === (all[index + 1]?.reason ?? null) ? { ...row, reason: null } : row));
}

/** The order after a click on a column's head: the other way round, or by this column. Amounts begin with the largest. */
export function reordered(order: IOrder, column: Column): IOrder {
  const first = !['id', 'state', 'node'].includes(column);
  return { column, descending: order.column === column ? !order.descending : first };
}

/** Whether it is there to work: what it did last is no news of one that has ended. */
export function isThere({ state }: IExecutor): boolean {
  return state === 'running' || state === 'excluded';
}

/** Share of its memory that an executor uses, or null where that is not known. */
export function memoryShare({ memory_used: used, memory_total: total }: IExecutor): number | null {
  return used !== undefined && total ? Math.min(1, used / total) : null;
}

/** From here on a bar of memory is drawn as a warning. */
export const NEARLY_FULL = 0.9;

function compare(one: IRow, other: IRow, column: Column): number {
  if (column === 'id') {
    return byName(one.id, other.id);
  }
  if (column === 'node') {
    return byName(one.executor.node ?? '', other.executor.node ?? '');
  }
  return SORT_KEYS[column](one) - SORT_KEYS[column](other);
}

function ageOf({ started_at: start, ended_at: end }: IExecutor, now: number): number | null {
  return start === undefined ? null : Math.max(0, (end ?? now) - start);
}
