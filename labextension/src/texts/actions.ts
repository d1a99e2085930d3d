// What the panel's buttons do, as values: `jupyter/actions.ts` does it. And the words on those that stand in several places.

import { TranslationBundle } from '@jupyterlab/translation';

export type Does =
  | { readonly kind: 'change-kernel' }
  /** Of the notebook in front: the one that it had. */
  | { readonly kind: 'start-kernel' }
  | { readonly kind: 'new-notebook'; readonly kernel: string }
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'reload' }
  | { readonly kind: 'settings' }
  | { readonly kind: 'copy'; readonly text: string }
  /** `page` is below the Spark UI's root. */
  | { readonly kind: 'open-ui'; readonly path: string; readonly page: string; readonly tab: boolean }
  | { readonly kind: KernelDeed; readonly id: string };

/** What can be done to a kernel. */
export type KernelDeed = 'cancel-start' | 'restart-kernel' | 'start-spark' | 'stop-application' | 'dismiss';

/** A button. */
export interface IAction {
  readonly label: string;
  readonly does: Does;
}

/** The words for what can be done to a kernel. */
export function deedLabel(deed: KernelDeed, trans: TranslationBundle): string {
  switch (deed) {
    case 'cancel-start':
      return trans.__('Cancel start');
    case 'restart-kernel':
      return trans.__('Restart kernel…');
    case 'start-spark':
      return trans.__('Start Spark');
    case 'stop-application':
      return trans.__('Stop Spark application…');
    case 'dismiss':
      return trans.__('Dismiss');
  }
}

/** A button that does something to a kernel. */
export function deed(kind: KernelDeed, id: string, trans: TranslationBundle): IAction {
  return { label: deedLabel(kind, trans), does: { kind, id } };
}
