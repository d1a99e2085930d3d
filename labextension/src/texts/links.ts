// Links into the Spark UI: which page belongs to a job or a stage. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IJob, IStage, IUi } from '../feed/types';
import { IAction } from './actions';

/** The page of a job. */
export function jobPage({ id }: IJob): string {
  return `jobs/job/?id=${id}`;
}

/** The page of a stage's attempt. */
export function stagePage({ id, attempt }: IStage): string {
  return `stages/stage/?id=${id}&attempt=${attempt}`;
}

/** Opens a page of the Spark UI in a browser tab; null while there is no UI. */
export function openUi(ui: IUi | undefined, page: string, trans: TranslationBundle, tab = false): IAction | null {
  if (!ui?.available || ui.path === undefined) {
    return null;
  }
  return {
    label: tab ? trans.__('Spark UI in a tab here') : trans.__('Spark UI ↗'),
    does: { kind: 'open-ui', path: ui.path, page, tab }
  };
}
