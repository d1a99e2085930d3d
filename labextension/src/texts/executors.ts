// The words of the executors' table: its columns and the states of an executor. Pure.

import { TranslationBundle } from '@jupyterlab/translation';
import { ICounts, IExecutor } from '../feed/types';
import { Column } from '../model/executors';

/** The head of a column. */
export function columnTitle(column: Column, trans: TranslationBundle): string {
  const titles: Record<Column, string> = {
    id: trans.__('Id'),
    state: trans.__('State'),
    node: trans.__('Node'),
    tasks: trans.__('Tasks'),
    memory: trans.__('Memory'),
    gc: trans.__('GC'),
    shuffle: trans.__('Shuffle r / w'),
    failed: trans.__('Failed'),
    age: trans.__('Age')
  };
  return titles[column];
}

/** What a column's head means, where it is short. */
export function columnHint(column: Column, trans: TranslationBundle): string {
  const hints: Record<Column, string> = {
    id: trans.__('The executor’s number, or its pod while it has none'),
    state: trans.__('Trouble first'),
    node: trans.__('The node that it runs on'),
    tasks: trans.__('Tasks that run now'),
    memory: trans.__('The most of its heap that was in use so far, of all of it'),
    gc: trans.__('Share of its tasks’ time that went into garbage collection'),
    shuffle: trans.__('Data exchanged between tasks: read and written'),
    failed: trans.__('Failed tasks'),
    age: trans.__('Time since it joined, or was asked for')
  };
  return hints[column];
}

/** The state of an executor in a word. */
export function executorState(state: IExecutor['state'], trans: TranslationBundle): string {
  const words: Record<IExecutor['state'], string> = {
    pending: trans.__('pending'),
    starting: trans.__('starting'),
    running: trans.__('running'),
    excluded: trans.__('excluded'),
    failed: trans.__('failed'),
    lost: trans.__('lost'),
    ended: trans.__('ended')
  };
  return words[state];
}

/** Where there is none: who asks for some may be refused. */
export function noneText({ wanted }: ICounts, trans: TranslationBundle): string {
  return wanted
    ? trans.__('Spark has asked for them; none is there yet.')
    : trans.__('Spark has asked for no executor yet.');
}

/** `4 wanted · 3 running · 1 pending`; zeros are left out but for the first two. */
export function countsLine({ wanted, running, pending, failed }: ICounts, trans: TranslationBundle): string {
  const parts = [trans.__('%1 wanted', wanted), trans.__('%1 running', running)];
  if (pending) {
    parts.push(trans.__('%1 pending', pending));
  }
  if (failed) {
    parts.push(trans.__('%1 failed', failed));
  }
  return parts.join(' · ');
}
