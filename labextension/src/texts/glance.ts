// The words for a kernel at a glance: in the header, on the notebook's button and in the list of kernels. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IKernel } from '../feed/types';
import { age } from '../model/format';
import { IGlance, State } from '../model/glance';
import { phase } from './phases';

/** One line on what a kernel does, at `now` (the server's clock): `Starting on Kubernetes · 6 s`. */
export function sentence(
  { state, tasks, since }: IGlance,
  kernel: IKernel,
  now: number,
  trans: TranslationBundle
): string {
  const timed = (text: string): string => (since === undefined ? text : `${text} · ${age(now - since)}`);
  switch (state) {
    case 'starting':
      return timed(
        kernel.backend === 'local' ? trans.__('Starting on this machine') : trans.__('Starting on Kubernetes')
      );
    case 'running':
      return tasks ? trans._n('Running %1 task', 'Running %1 tasks', tasks) : trans.__('Running a job');
    case 'waiting':
      return timed(trans.__('Waiting for executors'));
    case 'idle':
      return trans.__('Idle');
    case 'trouble':
      return kernel.findings[0]?.title ?? trans.__('Trouble');
    case 'stopped':
    case 'dead':
      return phase(kernel.phase, trans, kernel);
    case 'unknown':
      return trans.__('Not up to date');
  }
}

/** The same in a word or two, for the button in a notebook's toolbar. */
export function word({ state, tasks }: IGlance, trans: TranslationBundle, step?: IKernel['phase']): string {
  const words: Record<State, string> = {
    starting: trans.__('Starting'),
    running: tasks ? trans._n('%1 task', '%1 tasks', tasks) : trans.__('Running'),
    waiting: trans.__('Waiting'),
    idle: trans.__('Idle'),
    trouble: trans.__('Trouble'),
    stopped: trans.__('No Spark'),
    dead: step === 'failed' ? trans.__('Start failed') : trans.__('Died'),
    unknown: trans.__('No news')
  };
  return words[state];
}
