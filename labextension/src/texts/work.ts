// The words below the bar of a job or a stage, and on a job that has ended. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IJob, IStage } from '../feed/types';
import { IFinished } from '../model/finished';
import { clock, data, estimate } from '../model/format';

/** Spark's words for a job that was ended from outside: by an interrupt, with its group, with its query. */
const CANCELLED = /^(?:\[SPARK_JOB_CANCELLED\] )?Job \d+ cancelled\b *(.*?)(?:\s*SQLSTATE: \w+)?$/s;

/** By what a job was cancelled, where that is how it ended; it has not failed then. */
export function cancelledBy({ failure }: IJob): string | null {
  return CANCELLED.exec(failure ?? '')?.[1] ?? null;
}

/** `186 of 300 tasks, 16 running, 2 failed`; of what has ended, how. */
export function workLine(work: IJob | IStage, trans: TranslationBundle, isCancelled = false): string {
  const { total, done, running, failed } = work.tasks;
  if (work.state === 'succeeded' || work.state === 'complete') {
    return trans._n('done, %1 task', 'done, %1 tasks', total);
  }
  const parts = [trans._n('%2 of %1 task', '%2 of %1 tasks', total, done)];
  if (work.state === 'failed') {
    parts.unshift(isCancelled ? trans.__('cancelled') : trans.__('failed'));
  }
  if (running) {
    parts.push(trans.__('%1 running', running));
  }
  if (failed) {
    parts.push(trans.__('%1 failed', failed));
  }
  if ('waits' in work && work.waits) {
    return `${parts.join(', ')}: ${work.waits}`;
  }
  return parts.join(', ');
}

/** What stands at the right: the estimated rest, else what a stage has read, written or spilled. */
export function rest(work: IJob | IStage, trans: TranslationBundle): string {
  if ('attempt' in work) {
    return moved(work, trans);
  }
  return work.state === 'running' && work.rest_s !== undefined ? trans.__('about %1 left', estimate(work.rest_s)) : '';
}

/** The call without the line it stands in, which in a notebook says nothing: `count at <source>:1` → `count`. */
export function shortCall(description: string): string {
  return description.replace(/ at \S+:\d+$/, '');
}

/** A call in full, with the user's own job group. */
export function callTitle(work: IJob | IStage, trans: TranslationBundle): string {
  const group = 'group' in work ? work.group : undefined;
  return group ? `${work.description} · ${trans.__('group %1', group)}` : work.description;
}

/** What is told of a long job that has ended in a notebook that is out of sight; its time is the one that stands in the list. */
export function endedText({ job, notebook, took }: IFinished, trans: TranslationBundle): string {
  const name = shortCall(job.description);
  if (cancelledBy(job) !== null) {
    return trans.__('Job %1 (%2) of “%3” was cancelled after %4.', job.id, name, notebook, clock(took));
  }
  return job.state === 'failed'
    ? trans.__('Job %1 (%2) of “%3” has failed after %4.', job.id, name, notebook, clock(took))
    : trans.__('Job %1 (%2) of “%3” is done after %4.', job.id, name, notebook, clock(took));
}

function moved({ input, shuffle_read, output, shuffle_write, spilled }: IStage, trans: TranslationBundle): string {
  const read = (input ?? 0) + (shuffle_read ?? 0);
  const written = (output ?? 0) + (shuffle_write ?? 0);
  const parts = [
    read && trans.__('%1 read', data(read)),
    written && trans.__('%1 written', data(written)),
    spilled && trans.__('%1 spilled', data(spilled))
  ];
  return parts.filter(part => part).join(' · ');
}
