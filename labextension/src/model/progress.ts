// What the section "Progress" lists: running jobs with their active stages, then the last few finished. Pure.

import { IJob, IKernel, IStage, IWork } from '../feed/types';

/** How many jobs are kept in sight: with those that run, or finished ones alone. The list stays as long when one begins. */
const KEPT = 3;
/** Seconds after which a running job's stages are listed: those of a shorter one would only come and go. */
const YOUNG_S = 2;
/** How many running ones are drawn; a streaming query or a loop of threads may have hundreds. */
const SHOWN = 20;

export interface IJobView {
  readonly job: IJob;
  /** Its active stages; between two of them the one that was the last. */
  readonly stages: readonly IStage[];
}

export interface IProgress {
  readonly running: readonly IJobView[];
  /** Running ones that are not listed. */
  readonly more: number;
  readonly finished: readonly IJob[];
}

/** Jobs with their stages at `now` (the server's clock), the newest first. */
export function progress(kernel: IKernel, now: number): IProgress {
  const jobs = Object.values(kernel.jobs).sort((one, other) => other.id - one.id);
  const running = jobs.filter(({ state }) => state === 'running');
  const finished = jobs.filter(({ state }) => state !== 'running');
  const stages = Object.values(kernel.stages).sort((one, other) => one.id - other.id || one.attempt - other.attempt);
  return {
    running: running.slice(0, SHOWN).map(job => ({ job, stages: shownOf(job, stages, now) })),
    more: Math.max(0, running.length - SHOWN),
    finished: finished.slice(0, Math.max(1, KEPT - running.length))
  };
}

function shownOf(job: IJob, stages: readonly IStage[], now: number): readonly IStage[] {
  if ((elapsed(job, now) ?? 0) < YOUNG_S) {
    return [];
  }
  const own = stages.filter(stage => (stage.job === undefined ? job.stages.includes(stage.id) : stage.job === job.id));
  const active = own.filter(({ state }) => state === 'active');
  return active.length ? active : own.filter(({ state }) => state === 'complete').slice(-1);
}

/** Shares of a bar, in percent of its length. */
export interface IShares {
  readonly done: number;
  readonly running: number;
  /** Null where none is drawn; however small, the style sheet gives it some pixels to be seen by. */
  readonly failed: number | null;
}

/**
 * A bar's parts; together never more than the whole, since failed attempts come on top of the tasks there are. They have
 * room while something is left to do, in their own measure: a larger part would say that more have failed than run.
 */
export function shares({ total, done, running, failed }: IWork): IShares {
  const whole = Math.max(1, total, done + running);
  const left = whole - done;
  const part = (value: number): number => Math.round((1000 * value) / whole) / 10;
  return {
    done: part(done),
    running: part(running),
    failed: failed && left ? part(Math.min(failed, left - running)) : null
  };
}

/** Seconds that a job or stage took, or takes until `now`; null before it was submitted. */
export function elapsed(work: IJob | IStage, now: number): number | null {
  return work.submitted_at === undefined ? null : Math.max(0, (work.ended_at ?? now) - work.submitted_at);
}
