// Which jobs have just ended that their user has stopped looking at. Pure; telling is the notifier's.

import { Kernels } from '../feed/store';
import { IJob, IKernel } from '../feed/types';

/** Jobs shorter than this (seconds) are nobody's news. */
export const LONG_S = 60;

export interface IFinished {
  readonly kernelId: string;
  readonly notebook: string;
  readonly job: IJob;
  readonly took: number;
}

/** Long jobs that ran in `before` and have ended in `now`, of all kernels whose notebooks are out of sight. */
export function finished(
  before: Kernels,
  now: Kernels,
  isSeen: (id: string) => boolean,
  nameOf: (id: string, kernel: IKernel) => string
): readonly IFinished[] {
  return Object.entries(now).flatMap(([kernelId, kernel]) => {
    const known = before[kernelId]?.jobs ?? {};
    if (known === kernel.jobs || isSeen(kernelId)) {
      return [];
    }
    return Object.values(kernel.jobs)
      .filter(job => known[job.id]?.state === 'running' && (job.state === 'succeeded' || job.state === 'failed'))
      .map(job => ({ kernelId, notebook: nameOf(kernelId, kernel), job, took: tookOf(job) }))
      .filter(({ took }) => took > LONG_S);
  });
}

function tookOf({ submitted_at: start, ended_at: end }: IJob): number {
  return start !== undefined && end !== undefined ? end - start : 0;
}
