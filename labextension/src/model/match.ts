// Which kernel of the feed belongs to the notebook in front. Pure.

import { Kernels } from '../feed/store';
import { IKernel } from '../feed/types';
import { isStarting } from './glance';
import type { IFront, PanelModel } from './model';

export interface IFound {
  readonly id: string;
  readonly kernel: IKernel;
}

/** The kernel that was chosen from the list, else that of the notebook in front; null for none that the feed knows. */
export function find({ stored, chosen, front }: PanelModel): IFound | null {
  const kernels = stored.kernels ?? {};
  return by(chosen, kernels) ?? (front && kernelOf(front, kernels));
}

/**
 * The kernel of a notebook. JupyterLab learns its id when its start is over; until then, and after a failure, the path tells.
 * Never the name alone, and none of several starts: what is shown can be cancelled, and another's start must not be.
 */
export function kernelOf(notebook: IFront, kernels: Kernels): IFound | null {
  const known = by(notebook.id, kernels);
  if (known) {
    return known;
  }
  const own = Object.entries(kernels).filter(
    ([, kernel]) =>
      kernel.path === notebook.path && (notebook.starting ? isStarting(kernel) : isOver(kernel) && !notebook.id)
  );
  if (notebook.starting && own.length > 1) {
    return null;
  }
  own.sort(([, one], [, other]) => (other.start?.began_at ?? 0) - (one.start?.began_at ?? 0));
  return by(own[0]?.[0] ?? null, kernels);
}

function by(id: string | null, kernels: Kernels): IFound | null {
  const kernel = id === null ? undefined : kernels[id];
  return id !== null && kernel ? { id, kernel } : null;
}

function isOver({ phase, death }: IKernel): boolean {
  return death !== undefined && (phase === 'failed' || phase === 'dead');
}
