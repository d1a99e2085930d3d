// Jobs and stages: which are listed, their bars, their words; the chart; who is told that a long job has ended.
// @vitest-environment node
import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { IJob, IKernel, IStage } from '../src/feed/types';
import { finished } from '../src/model/finished';
import { line, peak, samples } from '../src/model/history';
import { elapsed, progress, shares } from '../src/model/progress';
import { findingPage, openUi, stagePage } from '../src/texts/links';
import { callTitle, endedText, rest, shortCall, workLine } from '../src/texts/work';
import { kernel, NOW } from './support/recorded';

const nameOf = (_: string, known: IKernel): string => known.notebook;
const unseen = (): boolean => false;
const trans = nullTranslator.load('jupyter_sparkk8s');
const { jobs, stages } = kernel('working');
const job = (changes: Partial<IJob> = {}): IJob => ({ ...(jobs['12'] as IJob), ...changes });
const stage = (changes: Partial<IStage> = {}): IStage => ({ ...(stages['21.0'] as IStage), ...changes });

describe('progress', () => {
  const stagesOf = (changes: Partial<IKernel>, now = NOW): readonly (readonly number[])[] =>
    progress(kernel('working', changes), now).running.map(({ stages }) => stages.map(({ id }) => id));

  it('lists running jobs with their active stages, then what has ended', () => {
    const found = progress(kernel('working'), NOW);
    expect(found.running.map(view => [view.job.id, view.stages.map(({ id }) => id)])).toEqual([[12, [21]]]);
    expect(found.finished).toEqual([jobs['11']]);
  });

  it('finds the stages of a job that the stage does not name', () => {
    expect(stagesOf({ stages: { '21.0': stage({ job: undefined }), '9.0': stage({ id: 9, job: 3 }) } })).toEqual([
      [21]
    ]);
  });

  it('lists no stages of a job that has just begun: most are over before they are read', () => {
    const begun = { jobs: { 12: job({ submitted_at: NOW - 1 }) } };
    expect([stagesOf(begun), stagesOf(begun, NOW + 1)]).toEqual([[[]], [[21]]]);
  });

  it('keeps a stage’s row until the next stage of its job begins', () => {
    const done = stage({ id: 20, state: 'complete' });
    const ended = stage({ state: 'complete' });
    expect(stagesOf({ stages: { '20.0': done, '21.0': stage() } })).toEqual([[21]]);
    expect(stagesOf({ stages: { '20.0': done, '21.0': ended } })).toEqual([[21]]);
  });

  it('is as long while short jobs run one after the other as between two of them', () => {
    const ended = Object.fromEntries([1, 2, 3, 4].map(id => [String(id), job({ id, state: 'succeeded' })]));
    const length = (all: IKernel['jobs']): number => {
      const { running, finished: over } = progress(kernel('working', { jobs: all }), NOW);
      return running.length + over.length;
    };
    expect([length(ended), length({ ...ended, 5: job({ id: 5 }) })]).toEqual([3, 3]);
    const many = Object.fromEntries([5, 6, 7, 8].map(id => [String(id), job({ id })]));
    expect(length({ ...ended, ...many })).toBe(5);
  });

  it('lists the newest twenty of many and says how many more there are', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, id) => [String(id), job({ id })]));
    const { running, more } = progress(kernel('working', { jobs: many }), NOW);
    expect([running.length, running[0]?.job.id, more]).toEqual([20, 49, 30]);
  });

  it.each([
    [
      { total: 300, done: 186, running: 16, failed: 0 },
      { done: 62, running: 5.3, failed: null }
    ],
    [
      { total: 10, done: 10, running: 0, failed: 4 },
      { done: 100, running: 0, failed: null }
    ],
    [
      { total: 10, done: 5, running: 1, failed: 2 },
      { done: 50, running: 10, failed: 20 }
    ],
    [
      { total: 0, done: 0, running: 0, failed: 0 },
      { done: 0, running: 0, failed: null }
    ],
    [
      { total: 4, done: 4, running: 4, failed: 0 },
      { done: 50, running: 50, failed: null }
    ]
  ])('a bar of %o is never longer than the whole', (work, expected) => {
    expect(shares(work)).toEqual(expected);
  });

  it.each([
    ['several, beside those that run', { total: 10, done: 3, running: 4, failed: 2 }, [30, 40, 20]],
    ['one of many, fewer than run', { total: 300, done: 186, running: 16, failed: 1 }, [62, 5.3, 0.3]],
    ['the only task, which runs again', { total: 1, done: 0, running: 1, failed: 1 }, [0, 100, 0]],
    ['some, where all that is left runs', { total: 4, done: 2, running: 2, failed: 6 }, [50, 50, 0]],
    ['some, where hardly anything is left', { total: 300, done: 298, running: 1, failed: 3 }, [99.3, 0.3, 0.3]],
    ['some, where all is done', { total: 4, done: 4, running: 0, failed: 3 }, [100, 0, null]]
  ])('failed tasks are seen in a bar: %s', (_, work, [done, running, failed]) => {
    expect(shares(work)).toEqual({ done, running, failed });
  });

  it('measures time from the submission to the end, or to now', () => {
    expect(elapsed(job(), NOW)).toBe(41);
    expect(elapsed(jobs['11'] as IJob, NOW)).toBe(8);
    expect(elapsed(job({ submitted_at: undefined }), NOW)).toBeNull();
  });
});

describe('words', () => {
  it.each([
    [job(), '186 of 300 tasks, 16 running', 'about 0:25 left'],
    [job({ rest_s: undefined }), '186 of 300 tasks, 16 running', ''],
    [
      job({ tasks: { total: 1, done: 0, running: 0, failed: 2 }, waits: 'No executor runs yet.' }),
      '0 of 1 task, 2 failed: No executor runs yet.',
      'about 0:25 left'
    ],
    [
      job({ state: 'failed', tasks: { total: 9, done: 3, running: 0, failed: 4 } }),
      'failed, 3 of 9 tasks, 4 failed',
      ''
    ],
    [jobs['11'] as IJob, 'done, 1 task', ''],
    [stage(), '186 of 300 tasks, 16 running', '3.3 GB read · 52 MB written'],
    [stage({ spilled: 2e9 }), '186 of 300 tasks, 16 running', '3.3 GB read · 52 MB written · 2.0 GB spilled']
  ])('of %o', (work, below, right) => {
    expect([workLine(work, trans), rest(work, trans)]).toEqual([below, right]);
  });

  it('leave the line out of a call and keep what a user wrote', () => {
    expect(shortCall('count at <source>:1')).toBe('count');
    expect(shortCall('Look at the field: 3')).toBe('Look at the field: 3');
  });

  it('name a job’s own group where one looks for more', () => {
    expect(callTitle(job({ group: 'fields' }), trans)).toBe('count at <source>:1 · group fields');
    expect(callTitle(stage(), trans)).toBe('map at <source>:1');
  });

  it('link into the Spark UI, while there is one', () => {
    const { driver } = kernel('working');
    expect(openUi(driver?.ui, stagePage(stage({ attempt: 1 })), trans)?.does).toEqual({
      kind: 'open-ui',
      path: 'sparkk8s/ui/11111111-0000-4000-8000-000000000002/',
      page: 'stages/stage/?id=21&attempt=1',
      tab: false
    });
    expect([findingPage({ id: 'skew-21.0' }), findingPage({ id: 'driver-memory' })]).toEqual([
      'stages/stage/?id=21&attempt=0',
      'jobs/'
    ]);
    expect(openUi({ available: false, why_not: 'starting' }, 'jobs/', trans)).toBeNull();
  });
});

describe('the chart', () => {
  it('keeps the readings of five minutes and the one before them', () => {
    const readings = samples({ [NOW]: 3, [NOW - 400]: 9, [NOW - 310]: 5, [NOW - 100]: 1 }, NOW);
    expect(readings.map(({ value }) => value)).toEqual([5, 1, 3]);
    expect(peak(readings)).toBe(5);
  });

  it('draws them from left to right, the largest at the top', () => {
    const readings = [
      { at: NOW - 300, value: 0 },
      { at: NOW - 150, value: 4 },
      { at: NOW - 30, value: 2 }
    ];
    expect(line(readings, NOW, 300, 40)).toBe('0.0,40.0 150.0,0.0 270.0,20.0 300,20.0');
    expect(line([], NOW, 300, 40)).toBe('');
  });
});

describe('finished', () => {
  const before = { k: kernel('working', { jobs: { 12: job({ submitted_at: NOW - 119 }) } }) };
  const now = (state: IJob['state'], submitted = NOW - 119, failure?: string) => ({
    k: kernel('working', { jobs: { 12: job({ state, submitted_at: submitted, ended_at: NOW, failure }) } })
  });

  it.each([
    ['succeeded', undefined, 'Job 12 (count) of “gaia-dr2.ipynb” is done after 1:59.'],
    ['failed', 'No space left on device', 'Job 12 (count) of “gaia-dr2.ipynb” has failed after 1:59.'],
    ['failed', undefined, 'Job 12 (count) of “gaia-dr2.ipynb” has failed after 1:59.'],
    [
      'failed',
      '[SPARK_JOB_CANCELLED] Job 12 cancelled part of cancelled job group g SQLSTATE: XXKDA',
      'Job 12 (count) of “gaia-dr2.ipynb” was cancelled after 1:59.'
    ]
  ] as const)('tells of a long job that has %s: %s', (state, failure, said) => {
    const ended = finished(before, now(state, NOW - 119, failure), unseen, nameOf);
    expect(ended.map(each => endedText(each, trans))).toEqual([said]);
  });

  it('keeps silent on a notebook in sight, on short jobs, and on what was told already', () => {
    expect(finished(before, now('succeeded'), id => id === 'k', nameOf)).toEqual([]);
    expect(finished(before, now('succeeded', NOW - 59), unseen, nameOf)).toEqual([]);
    expect(finished(now('succeeded'), now('succeeded'), unseen, nameOf)).toEqual([]);
    expect(finished({}, now('succeeded'), unseen, nameOf)).toEqual([]);
  });
});
