// The model: which kernel it shows or which reason it gives, and that it tells of changes and of nothing else.
// @vitest-environment node
import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it, vi } from 'vitest';
import { LinkState } from '../src/feed/link';
import { after, EMPTY } from '../src/feed/store';
import { IFront, PanelModel } from '../src/model/model';
import { Reason, reasonOfKernel } from '../src/model/reasons';
import { settingsOf } from '../src/model/settings';
import { nothing } from '../src/texts/nothing';
import { front, IDS, kernel, KERNELS, model as connected, NOW, SNAPSHOT } from './support/recorded';

const PYTHON = front('p', { kernel: 'python3', kernelTitle: 'Python 3' });
const UNSEEN = { id: 'spark-unseen', severity: 'info', title: 't', cause: 'c', next_step: 'n' } as const;
const STARTING = front(null, { kernel: null, starting: true });

function made(kernels: typeof KERNELS, document: IFront | null, link: LinkState = 'open', version = 1): PanelModel {
  const model = new PanelModel();
  model.kernels = kernels;
  model.front = document;
  model.link = link;
  model.stored = link === 'open' ? after(EMPTY, { ...SNAPSHOT, version }, 0) : EMPTY;
  return model;
}

describe('reasons', () => {
  it.each<[Reason, PanelModel]>([
    ['not-installed', made([], null)],
    ['not-installed', made([], PYTHON)],
    ['no-notebook', made(KERNELS, null)],
    ['no-kernel', made(KERNELS, front(null, { kernel: null }))],
    ['kernel-ended', made(KERNELS, front(null, { kernel: null, former: 'Spark on K8s' }))],
    ['other-kernel', made(KERNELS, PYTHON)],
    ['other-kernel', made(KERNELS, PYTHON, 'missing')],
    ['connecting', made(KERNELS, front('x'), 'connecting')],
    ['starting', made(KERNELS, STARTING)],
    ['unknown-kernel', made(KERNELS, front('x'))],
    ['driver-gone', made(KERNELS, front('x', { dead: true }))],
    ['extension-missing', made(KERNELS, front('x'), 'missing')],
    ['extension-older', made(KERNELS, front('x'), 'open', 0)],
    ['panel-older', made(KERNELS, front('x'), 'open', 2)],
    ['feed-lost', made(KERNELS, front('x'), 'lost')],
    ['server-gone', made(KERNELS, front('x'), 'gone')]
  ])('%s', (reason, model) => {
    expect(model.view).toEqual({ kind: 'nothing', reason });
  });

  it.each([
    ['spark-not-started', kernel('idle', { phase: 'python', executors: {} })],
    // The first that is seen of an application in the making.
    ['spark-starting', kernel('idle', { phase: 'python', executors: { 1: { state: 'pending' } } })],
    ['spark-starting', kernel('idle', { phase: 'stopped', executors: { 1: { state: 'failed', ended_at: NOW - 3 } } })],
    ['spark-stopped', kernel('idle', { phase: 'stopped', executors: { 1: { state: 'failed', ended_at: NOW - 300 } } })],
    [null, kernel('idle', { phase: 'python', executors: {}, findings: [{ ...UNSEEN }] })],
    ['spark-stopped', kernel('idle', { phase: 'stopped', executors: {} })],
    ['driver-gone', kernel('idle', { phase: 'dead' })],
    [null, kernel('dead')],
    [null, kernel('working')],
    [null, kernel('starting')]
  ])('of a kernel: %s', (reason, known) => {
    expect(reasonOfKernel(known, NOW)).toBe(reason);
  });
});

describe('the kernel shown', () => {
  it('is that of the notebook in front, by its id', () => {
    expect(connected('trouble').view).toMatchObject({ kind: 'kernel', id: IDS.trouble });
  });

  it('is the one that starts for this notebook, while JupyterLab has no id of it, and for none that is called the same', () => {
    const model = made(KERNELS, { ...STARTING, title: 'gaia-dr2.ipynb', path: 'surveys/gaia-dr2.ipynb' });
    expect(model.view).toMatchObject({ id: IDS.starting });
    model.front = { ...STARTING, title: 'gaia-dr2.ipynb', path: 'copies/gaia-dr2.ipynb' };
    expect(model.view).toEqual({ kind: 'nothing', reason: 'starting' });
    expect(nothing('starting', model, nullTranslator.load('jupyter_sparkk8s')).actions).toEqual([]);
  });

  it('is none of two that start in one place, and the last of those that failed', () => {
    const model = made(KERNELS, { ...STARTING, title: 'gaia-dr2.ipynb', path: 'surveys/gaia-dr2.ipynb' });
    const [other, failed] = [kernel('starting'), kernel('dead', { path: 'surveys/gaia-dr2.ipynb' })];
    const first = { ...failed, start: { began_at: 1, launch: 1, steps: [] } };
    model.stored = { ...model.stored, kernels: { ...model.stored.kernels, other } };
    expect(model.view).toEqual({ kind: 'nothing', reason: 'starting' });
    model.front = { ...STARTING, path: 'surveys/gaia-dr2.ipynb', starting: false };
    model.stored = { ...model.stored, kernels: { ...model.stored.kernels, failed, first } };
    expect(model.view).toMatchObject({ id: 'first' });
  });

  it('is named by its path where another notebook has the same name', () => {
    const model = connected('working');
    const name = (id: string): string => model.nameOf(id, model.stored.kernels?.[id]?.notebook ?? '');
    expect(Object.values(IDS).map(name)).toEqual([
      'surveys/gaia-dr2.ipynb',
      'gaia-dr2.ipynb',
      'clusters.ipynb',
      'old.ipynb',
      'try.ipynb'
    ]);
    model.places = { [IDS.starting]: { name: 'dr2.ipynb', path: 'surveys/dr2.ipynb' } };
    expect(name(IDS.starting)).toBe('dr2.ipynb');
    model.places = { [IDS.idle]: { name: 'old.ipynb', path: 'b/old.ipynb' } };
    expect([name(IDS.idle), name(IDS.dead)]).toEqual(['b/old.ipynb', 'old.ipynb']);
  });

  it('is the one whose start for this notebook has failed, and no other notebook’s', () => {
    const model = made(KERNELS, front(null, { kernel: null, title: 'old.ipynb' }));
    expect(model.view).toMatchObject({ id: IDS.dead });
    model.front = front(null, { kernel: null, title: 'new.ipynb' });
    expect(model.view).toMatchObject({ reason: 'no-kernel' });
  });

  it('is the one chosen from the list, until another notebook comes in front', () => {
    const model = connected('working');
    model.chosen = IDS.idle;
    expect(model.view).toMatchObject({ id: IDS.idle });
    model.front = front(IDS.trouble, { path: 'b/a.ipynb' });
    expect(model.view).toMatchObject({ id: IDS.trouble });
    expect(model.chosen).toBeNull();
  });

  it('is no more the one chosen when that is gone', () => {
    const model = connected('working');
    model.chosen = IDS.idle;
    model.stored = { ...model.stored, kernels: null }; // which tells nothing of it
    expect(model.chosen).toBe(IDS.idle);
    model.stored = { ...model.stored, kernels: { [IDS.working]: kernel('working') } };
    expect(model.chosen).toBeNull();
    expect(model.view).toMatchObject({ id: IDS.working });
  });

  it('stays in sight while the feed is lost, its clock standing still', () => {
    const model = connected('working');
    const before = model.now;
    model.link = 'lost';
    expect(model.view).toMatchObject({ id: IDS.working });
    expect(model.fresh).toBe(false);
    const [lostAt, since] = [model.now, Date.now()];
    expect(lostAt).toBeGreaterThanOrEqual(before);
    vi.useFakeTimers({ now: since + 60_000 });
    expect(model.now).toBe(lostAt);
    model.link = 'connecting';
    expect(model.now).toBe(lostAt);
    vi.useRealTimers();
  });
});

it('tells of a change once and not of the same value again', () => {
  const model = new PanelModel();
  let told = 0;
  model.changed.connect(() => told++);
  model.kernels = KERNELS;
  model.kernels = KERNELS.map(known => ({ ...known }));
  model.front = PYTHON;
  model.front = { ...PYTHON };
  model.link = 'lost';
  model.link = 'lost';
  model.chosen = 'x';
  model.chosen = 'x';
  expect(told).toBe(4);
});

it('settings that make no sense are the defaults', () => {
  expect(settingsOf({ interval: 'often', sections: 'all', notifications: 1 })).toEqual(settingsOf({}));
  expect(settingsOf({ interval: 5, sections: ['driver', 'weather'], notifications: false })).toEqual({
    interval: 5,
    sections: ['driver'],
    notifications: false
  });
});
