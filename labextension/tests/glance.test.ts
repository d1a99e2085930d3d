// A kernel at a glance, its words, and the steps of its start.
// @vitest-environment node
import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { IJob, IKernel, Phase } from '../src/feed/types';
import { glance, State, steps, stepsToCome } from '../src/model/glance';
import { sentence, word } from '../src/texts/glance';
import { phase } from '../src/texts/phases';
import { kernel, NOW } from './support/recorded';

const trans = nullTranslator.load('jupyter_sparkk8s');
const { jobs } = kernel('working');
const job = jobs['12'] as IJob;
/** Of a hidden panel's kernel the jobs are read alone: what its application said is old. */
const hidden = kernel('working', { full: false, jobs: { 12: { ...job, tasks: { ...job.tasks, running: 5 } } } });
/** Short jobs one after the other: at most readings no task runs. */
const between = kernel('working', { full: false, jobs: { 12: { ...job, tasks: { ...job.tasks, running: 0 } } } });
const waiting = kernel('trouble', { findings: [], stale_s: 0 });

describe('glance', () => {
  it.each<[State, string, string, IKernel, boolean]>([
    ['starting', 'Starting on Kubernetes · 6 s', 'Starting', kernel('starting'), true],
    ['starting', 'Starting on this machine · 6 s', 'Starting', kernel('starting', { backend: 'local' }), true],
    ['running', 'Running 16 tasks', '16 tasks', kernel('working'), true],
    ['running', 'Running 5 tasks', '5 tasks', hidden, true],
    ['running', 'Running a job', 'Running', between, true],
    ['waiting', 'Waiting for executors · 2 min', 'Waiting', waiting, true],
    ['trouble', 'No executor can start', 'Trouble', kernel('trouble', { stale_s: 0 }), true],
    ['unknown', 'Not up to date', 'No news', kernel('trouble'), true],
    ['unknown', 'Not up to date', 'No news', kernel('working'), false],
    ['idle', 'Idle', 'Idle', kernel('idle'), true],
    ['stopped', 'Spark stopped', 'No Spark', kernel('idle', { phase: 'stopped' }), true],
    ['dead', 'Kernel died', 'Died', kernel('dead'), true]
  ])('%s: %s', (state, text, short, known, fresh) => {
    const seen = glance(known, fresh);
    expect(seen.state).toBe(state);
    expect(sentence(seen, known, NOW, trans)).toBe(text);
    expect(word(seen, trans)).toBe(short);
  });

  it('says one task in the singular', () => {
    const one = kernel('working');
    const seen = glance({ ...one, application: one.application && { ...one.application, active_tasks: 1 } }, true);
    expect([sentence(seen, one, NOW, trans), word(seen, trans)]).toEqual(['Running 1 task', '1 task']);
  });
});

describe('steps of a start', () => {
  it('each took until the next began; the last takes until now', () => {
    const known = kernel('starting');
    expect(
      steps(known, NOW).map(({ step, state, took }) => [phase(step.phase, trans, known, step), state, took])
    ).toEqual([
      ['Pod created', 'done', 0.1],
      ['Placed on worker-04', 'done', 0.5],
      ['Pulling pyspark:4.3', 'now', 5.4]
    ]);
    expect(stepsToCome(known)).toEqual(['starting-python', 'starting-spark']);
    for (const session of ['lazy', 'off', undefined] as const) {
      expect(stepsToCome(kernel('starting', { session }))).toEqual(['starting-python']);
    }
  });

  it('the last one has failed where the start has', () => {
    const failed = kernel('starting', { phase: 'failed' });
    expect(steps(failed, NOW).at(-1)?.state).toBe('failed');
    expect(stepsToCome(failed)).toEqual([]);
  });

  it.each<[Phase, string]>([
    ['queued', 'Waiting for a place on a node'],
    ['mounting', 'Mounting /gaia-dr2, /home/ana'],
    ['starting-python', 'Starting Python'],
    ['starting-spark', 'Starting Spark'],
    ['failed', 'Start failed']
  ])('%s is said', (name, text) => {
    expect(phase(name, trans, kernel('starting'))).toBe(text);
  });
});
