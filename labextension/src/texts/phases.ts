// The words for the steps of a start. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IKernel, IStep, Phase } from '../feed/types';

type Writer = (trans: TranslationBundle, kernel: IKernel, step?: IStep) => string;

const WRITERS: Record<Phase, Writer> = {
  created: (trans, { backend }) => (backend === 'local' ? trans.__('Preparing the process') : trans.__('Pod created')),
  queued: trans => trans.__('Waiting for a place on a node'),
  scheduled: (trans, _, step) => (step?.node ? trans.__('Placed on %1', step.node) : trans.__('Placed on a node')),
  pulling: (trans, kernel) => trans.__('Pulling %1', shortImage(kernel.driver?.image) || trans.__('the image')),
  mounting: (trans, kernel) => {
    const paths = (kernel.driver?.mounts ?? []).map(({ path }) => path).join(', ');
    return paths ? trans.__('Mounting %1', paths) : trans.__('Mounting volumes');
  },
  'starting-python': trans => trans.__('Starting Python'),
  'starting-spark': trans => trans.__('Starting Spark'),
  python: trans => trans.__('Spark not started'),
  ready: trans => trans.__('Ready'),
  stopped: trans => trans.__('Spark stopped'),
  failed: trans => trans.__('Start failed'),
  dead: trans => trans.__('Kernel died')
};

/** What happens in a phase. */
export function phase(name: Phase, trans: TranslationBundle, kernel: IKernel, step?: IStep): string {
  return WRITERS[name](trans, kernel, step);
}

/** An image's last part with its tag, and a digest cut short: `pyspark:4.3`. */
export function shortImage(image: string | undefined): string {
  const [name = '', digest] = (image ?? '').split('@');
  const last = name.split('/').at(-1) ?? '';
  return digest && !last.includes(':') ? `${last}@${digest.slice(0, 15)}…` : last;
}
