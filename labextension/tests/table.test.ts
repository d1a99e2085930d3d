// What the executors' table says of one executor: figures beside its bar, and of one that has ended no more than is true of it.
import { afterEach, expect, it } from 'vitest';
import { IExecutor } from '../src/feed/types';
import { rows } from '../src/model/executors';
import { Drawn } from './support/drawn';
import { kernel, model, NOW } from './support/recorded';

const MIB = 1 << 20;
const WORKS: IExecutor = {
  state: 'running',
  cores: 2,
  tasks_active: 1,
  tasks_done: 7,
  tasks_failed: 2,
  memory_used: 205 * MIB,
  memory_total: 512 * MIB
};
const executors = {
  1: WORKS,
  2: { ...WORKS, state: 'lost' },
  3: { ...WORKS, tasks_active: 0, memory_used: 9 * MIB }
} as const;
let drawn: Drawn;

afterEach(() => {
  drawn.dispose();
});

it('has the figures of its memory to see, to point at and to hear', async () => {
  drawn = new Drawn(model('working', kernel('working', { executors })));
  await drawn.text();
  const cell = drawn.one('.jp-SparkPanel-rows [data-column=memory]');
  expect(cell.textContent).toBe('205 / 512 MiB');
  expect(cell.querySelector('[role=img]')?.getAttribute('aria-label')).toBe('205 / 512 MiB');
  expect(cell.querySelector('[title]')?.getAttribute('title')).toBe('205 / 512 MiB');
});

it.each([
  ['1', '1 of 2 slots busy, 7 done, 2 failed'],
  ['2', '7 done, 2 failed']
])('executor %s, opened, says of its tasks: %s', async (id, said) => {
  drawn = new Drawn(model('working', kernel('working', { executors })));
  await drawn.text();
  drawn.one(`#sparkk8s-executor-${id}`).click();
  await drawn.text();
  expect(drawn.names('.jp-SparkPanel-details dd')).toContain(said);
});

it('puts one that has ended below those that work, whatever it did last', () => {
  drawn = new Drawn(model('working'));
  for (const column of ['tasks', 'memory'] as const) {
    const order = rows(kernel('working', { executors }), { column, descending: true }, NOW);
    expect(order.map(({ id }) => id)).toEqual(['1', '3', '2']);
  }
});
