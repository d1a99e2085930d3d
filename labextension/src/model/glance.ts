// A kernel at a glance: one of few states, for the dot in the header, the toolbar's button and the list of kernels.

import { IJob, IKernel, IStep, Phase } from '../feed/types';

/** `waiting`: for executors; a job that has them and no task at this moment is `running`. `stopped`: the kernel lives without a Spark application; `unknown`: the feed is lost or says it has no fresh reading. */
export type State = 'starting' | 'idle' | 'running' | 'waiting' | 'trouble' | 'stopped' | 'dead' | 'unknown';

const STARTING: readonly Phase[] = [
  'created',
  'queued',
  'scheduled',
  'pulling',
  'mounting',
  'starting-python',
  'starting-spark'
];

export interface IGlance {
  readonly state: State;
  /** Tasks that run now. */
  readonly tasks: number;
  /** Seconds since 1970 when the state began, where that is known. */
  readonly since?: number;
}

/** What a kernel is doing; `fresh` says whether the feed is connected. */
export function glance(kernel: IKernel, fresh: boolean): IGlance {
  const tasks = tasksOf(kernel);
  const state = (value: State, since?: number): IGlance => ({ state: value, tasks, ...(since && { since }) });
  if (!fresh || kernel.stale_s > 0) {
    return state('unknown');
  }
  if (isStarting(kernel)) {
    return state('starting', kernel.start?.began_at);
  }
  if (kernel.phase === 'dead' || kernel.phase === 'failed') {
    return state('dead');
  }
  if (kernel.findings.some(({ severity }) => severity === 'error')) {
    return state('trouble');
  }
  if (kernel.phase !== 'ready') {
    return state('stopped');
  }
  const jobs = running(kernel);
  const first = jobs[0]?.submitted_at;
  if (tasks) {
    return state('running', first);
  }
  return jobs.length ? state(kernel.counts.running ? 'running' : 'waiting', first) : state('idle');
}

export function isStarting(kernel: IKernel): boolean {
  return STARTING.includes(kernel.phase);
}

/** Running jobs, the oldest first. */
export function running(kernel: IKernel): readonly IJob[] {
  return Object.values(kernel.jobs)
    .filter(({ state }) => state === 'running')
    .sort((one, other) => one.id - other.id);
}

// While the panel is hidden the server reads no executors; what runs is known from the jobs then.
function tasksOf(kernel: IKernel): number {
  const ofJobs = running(kernel).reduce((sum, { tasks }) => sum + tasks.running, 0);
  return kernel.full && kernel.application ? kernel.application.active_tasks : ofJobs;
}

/** A step of a start, and how far it is. */
export interface IStartStep {
  readonly step: IStep;
  readonly state: 'done' | 'now' | 'failed';
  /** Seconds that it took, or has taken until now; it ends where the next begins. */
  readonly took: number;
}

/** The steps of a start that have begun, at `now` (the server's clock). */
export function steps(kernel: IKernel, now: number): readonly IStartStep[] {
  const { start } = kernel;
  return (start?.steps ?? [])
    .filter(({ phase }) => STARTING.includes(phase))
    .map((step, index, all) => {
      const next = start?.steps[index + 1];
      const last = index === all.length - 1;
      const end = next?.elapsed_s ?? now - (start?.began_at ?? now);
      const state = !last ? 'done' : kernel.phase === 'failed' ? 'failed' : isStarting(kernel) ? 'now' : 'done';
      return { step, state, took: Math.max(0, end - step.elapsed_s) };
    });
}

/** The steps still to come, as far as they are sure: every start comes to Python, and then to Spark if that is set so. */
export function stepsToCome(kernel: IKernel): readonly Phase[] {
  if (!isStarting(kernel)) {
    return [];
  }
  const last = STARTING.indexOf(kernel.phase);
  const sure: readonly Phase[] =
    kernel.session === 'eager' ? ['starting-python', 'starting-spark'] : ['starting-python'];
  return sure.filter(phase => STARTING.indexOf(phase) > last);
}
