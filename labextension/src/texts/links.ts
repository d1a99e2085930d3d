// Links into the Spark UI: which page belongs to a job or a stage. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { IFinding, IJob, IStage, IUi } from '../feed/types';
import { IAction } from './actions';

/** The page of a job. */
export function jobPage({ id }: IJob): string {
  return `jobs/job/?id=${id}`;
}

/** The page of a stage's attempt. */
export function stagePage({ id, attempt }: Pick<IStage, 'id' | 'attempt'>): string {
  return `stages/stage/?id=${id}&attempt=${attempt}`;
}

/** The page that tells most of a finding: its stage's, if its id ends with one ("skew-21.0"). */
export function findingPage({ id }: Pick<IFinding, 'id'>): string {
  const [, stage, attempt] = /[- ](\d+)\.(\d+)$/.exec(id) ?? [];
  return stage && attempt ? stagePage({ id: Number(stage), attempt: Number(attempt) }) : 'jobs/';
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
