// Why there is nothing to show: a typed reason each. Pure; its text and its way out are in texts/nothing.ts.

import { VERSION } from '../feed/store';
import { IKernel } from '../feed/types';
import type { PanelModel } from './model';

const SOON_S = 10;

/** Each has a text; one without does not compile. */
export type Reason =
  | 'not-installed'
  | 'no-notebook'
  | 'no-kernel'
  | 'kernel-ended'
  | 'other-kernel'
  | 'starting'
  | 'spark-not-started'
  | 'spark-starting'
  | 'spark-stopped'
  | 'driver-gone'
  | 'connecting'
  | 'unknown-kernel'
  | 'extension-missing'
  | 'extension-older'
  | 'panel-older'
  | 'feed-lost'
  | 'server-gone';

/** What the reason depends on. */
export type Facts = Pick<PanelModel, 'kernels' | 'knowsKernels' | 'front' | 'link' | 'stored'>;

/** The first thing that has to be put right. */
export function reasonOf({ kernels, knowsKernels, front, link, stored }: Facts): Reason {
  if (!knowsKernels) {
    return 'connecting';
  }
  const isSpark = (name: string | null | undefined): boolean => kernels.some(known => known.name === name);
  if (front?.kernel && !isSpark(front.kernel)) {
    return kernels.length ? 'other-kernel' : 'not-installed';
  }
  if (kernels.length === 0) {
    return 'not-installed';
  }
  if (!front) {
    return 'no-notebook';
  }
  if (!front.kernel && !front.starting) {
    return front.former === null ? 'no-kernel' : 'kernel-ended';
  }
  // What has ended and was dismissed the feed does not tell of any more.
  const unknown = front.starting ? 'starting' : front.dead ? 'driver-gone' : 'unknown-kernel';
  return reasonOfFeed(link, stored.otherVersion) ?? unknown;
}

/** Why there is no Spark to show of a kernel that the feed knows, at `now` (the server's clock); null where there is. */
export function reasonOfKernel(kernel: IKernel, now: number): Reason | null {
  const { phase, death, findings } = kernel;
  if ((phase === 'python' || phase === 'stopped') && asksForExecutors(kernel, now)) {
    return 'spark-starting';
  }
  switch (phase) {
    case 'python':
      // Where Spark can't be seen nobody knows whether it was started.
      return findings.some(({ id }) => id === 'spark-unseen') ? null : 'spark-not-started';
    case 'stopped':
      return 'spark-stopped';
    case 'failed':
    case 'dead':
      return death ? null : 'driver-gone'; // while its cause is shown, that says more
    default:
      return null;
  }
}

// Of an application that does not answer yet, the first that is seen is its executors; where they fail the next come soon.
function asksForExecutors({ executors }: IKernel, now: number): boolean {
  return Object.values(executors).some(
    ({ state, ended_at: end }) => ['pending', 'starting', 'running'].includes(state) || (end ?? 0) > now - SOON_S
  );
}

function reasonOfFeed(link: PanelModel['link'], otherVersion: number | null): Reason | null {
  switch (link) {
    case 'missing':
      return 'extension-missing';
    case 'gone':
      return 'server-gone';
    case 'lost':
      return 'feed-lost';
    case 'idle':
    case 'connecting':
      return 'connecting';
    case 'open':
      return otherVersion === null ? null : otherVersion < VERSION ? 'extension-older' : 'panel-older';
  }
}
