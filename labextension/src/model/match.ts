// Which kernel of the feed belongs to the notebook in front. Pure.

import { IKernel } from '../feed/types';
import { isStarting } from './glance';
import type { PanelModel } from './model';

/** The kernel that was chosen from the list, else that of the notebook in front; null for none that the feed knows. */
export function find({ stored, chosen, front }: PanelModel): { id: string; kernel: IKernel } | null {
  const kernels = stored.kernels ?? {};
  const by = (id: string | null): { id: string; kernel: IKernel } | null => {
    const kernel = id === null ? undefined : kernels[id];
    return id !== null && kernel ? { id, kernel } : null;
  };
  const known = by(chosen) ?? by(front?.id ?? null);
  if (known ?? !front) {
    return known;
  }
  // JupyterLab learns a kernel's id when its start is over; until then, and after a failure, the notebook's name tells.
  const same = Object.entries(kernels).filter(
    ([, kernel]) =>
      kernel.notebook === front.title && (front.starting ? isStarting(kernel) : isOver(kernel) && !front.id)
  );
  same.sort(([, one], [, other]) => (other.start?.began_at ?? 0) - (one.start?.began_at ?? 0));
  return by(same[0]?.[0] ?? null);
}

function isOver({ phase, death }: IKernel): boolean {
  return death !== undefined && (phase === 'failed' || phase === 'dead');
}
