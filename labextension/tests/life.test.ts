// Which starts and deaths are put before the user, in which words.
import { Event } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tellLives } from '../src/life';

const CAUSE = {
  title: 'The driver used more memory than its pod has (1Gi).',
  said: 'OOMKilled',
  next_step: 'Load less.'
};

describe('tellLives', () => {
  const source = {};
  let telling: IDisposable;
  const stream = new Signal<object, Event.Emission>(source);
  const hands = {
    show: vi.fn(),
    hide: vi.fn(),
    cancel: vi.fn(),
    join: vi.fn(),
    sees: vi.fn(() => false),
    nameOf: vi.fn((_: string, before: string) => before)
  };

  const emit = (kind: string, more: object): void => {
    const event = {
      schema_id: `https://jupyter-sparkk8s.github.io/events/${kind}/v1`,
      kernel_id: 'k',
      notebook: 'a.ipynb'
    };
    stream.emit({ ...event, ...more });
  };

  beforeEach(() => {
    vi.useFakeTimers();
    telling = tellLives({ stream } as unknown as Event.IManager, nullTranslator.load(''), hands);
  });
  afterEach(() => {
    telling.dispose();
    vi.useRealTimers();
    vi.clearAllMocks();
  });

  it('says nothing of a usual start', () => {
    emit('kernel_start', { phase: 'created' });
    emit('kernel_start', { phase: 'started' });
    vi.advanceTimersByTime(60000);
    expect(hands.show).not.toHaveBeenCalled();
    expect(hands.join).not.toHaveBeenCalled();
  });

  it('tells how far a slow start is, offers to cancel it, and goes when it has ended', () => {
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'queued', waits: 'No node can take the pod.', said: '0/1 nodes are available' });
    const [kernel, text, type, cancel] = hands.show.mock.lastCall as [string, string, string, () => void];
    expect([kernel, type]).toEqual(['k', 'in-progress']);
    expect(text).toBe(
      'a.ipynb: the kernel is starting: it waits for room on a node.\nNo node can take the pod.\n0/1 nodes are available'
    );
    cancel();
    expect(hands.cancel).toHaveBeenCalledWith('k');
    emit('kernel_start', { phase: 'cancelled', cause: CAUSE });
    expect(hands.hide).toHaveBeenCalledWith('k');
  });

  it('lets a document join the kernel of a slow start', () => {
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'started' });
    expect(hands.join).toHaveBeenCalledWith('k');
    expect(hands.hide).toHaveBeenCalledWith('k');
  });

  it('says why a slow start has failed', () => {
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'failed', cause: CAUSE });
    expect(hands.show).toHaveBeenLastCalledWith('k', `a.ipynb: ${CAUSE.title}\nLoad less.\nOOMKilled`, 'error');
    expect(hands.hide).not.toHaveBeenCalled();
    emit('kernel_start', { phase: 'created' }); // of the next start, whatever becomes of that
    expect(hands.hide.mock.calls).toEqual([['k']]);
  });

  it('says why a kernel died, and whether it is started again', () => {
    emit('kernel_death', { cause: CAUSE, restarts: true });
    const again = `a.ipynb: ${CAUSE.title}\nThe kernel is started again.\nLoad less.\nOOMKilled`;
    expect(hands.show).toHaveBeenLastCalledWith('k death', again, 'warning');
    emit('kernel_death', { cause: { ...CAUSE, said: '' }, restarts: false });
    const over = `a.ipynb: ${CAUSE.title}\nThe kernel is not started again.\nLoad less.`;
    expect(hands.show).toHaveBeenLastCalledWith('k death', over, 'error');
  });

  it('leaves why a kernel died in sight while it is started again, and takes it away once its user has started it', () => {
    emit('kernel_death', { cause: CAUSE, restarts: true });
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'started' });
    expect(hands.hide.mock.calls).toEqual([['k'], ['k']]);
    emit('kernel_death', { cause: CAUSE, restarts: false });
    emit('kernel_start', { phase: 'created' });
    expect(hands.hide).toHaveBeenLastCalledWith('k death');
  });

  it.each([2000, 4000])('tells of no death where a start or a restart is cancelled after %s ms', passed => {
    emit('kernel_start', { phase: 'created', launch: 2 });
    vi.advanceTimersByTime(passed);
    hands.show.mockClear();
    emit('kernel_start', { phase: 'cancelled', launch: 2, cause: CAUSE });
    vi.advanceTimersByTime(60_000);
    expect(hands.show).not.toHaveBeenCalled();
    expect(hands.hide).toHaveBeenCalledTimes(passed > 3000 ? 1 : 0);
    expect(hands.join).not.toHaveBeenCalled();
  });

  it('tells once that a restart has failed', () => {
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'failed', cause: CAUSE });
    hands.hide.mockClear();
    emit('kernel_death', { cause: CAUSE, restarts: false });
    expect(hands.hide.mock.calls).toEqual([['k']]);
    expect(hands.show.mock.lastCall?.[0]).toBe('k death');
  });

  it('does not tell what the panel shows, and lets a document join all the same', () => {
    hands.sees.mockReturnValue(true);
    emit('kernel_start', { phase: 'created' });
    vi.advanceTimersByTime(3000);
    emit('kernel_start', { phase: 'started' });
    emit('kernel_death', { cause: CAUSE, restarts: true });
    expect(hands.show).not.toHaveBeenCalled();
    expect(hands.join).toHaveBeenCalledWith('k');
    hands.sees.mockReturnValue(false);
  });

  it('names the notebook as it is called now', () => {
    hands.nameOf.mockReturnValueOnce('b.ipynb');
    emit('kernel_death', { cause: CAUSE, restarts: true });
    expect(hands.show.mock.lastCall?.[1]).toMatch(/^b\.ipynb: /);
  });
});
