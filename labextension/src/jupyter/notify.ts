// Tells of a long job that has ended in a notebook that is not in front.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { IStored } from '../feed/store';
import { finished } from '../model/finished';
import { endedText } from '../texts/work';
import { sessionOf } from './follow';

/** Notify of what has ended between two states of the feed; `inFront` is the kernel whose notebook can be seen now. */
export function notify(
  before: IStored,
  now: IStored,
  inFront: string | null,
  app: JupyterFrontEnd,
  trans: TranslationBundle
): void {
  for (const ended of finished(before.kernels ?? {}, now.kernels ?? {}, inFront)) {
    const failed = ended.job.state === 'failed';
    Notification.emit(endedText(ended, trans), failed ? 'error' : 'success', {
      autoClose: failed ? false : 10_000,
      actions: [
        {
          label: trans.__('Show notebook'),
          callback: () => {
            show(app, ended.kernelId);
          }
        }
      ]
    });
  }
}

function show(app: JupyterFrontEnd, kernelId: string): void {
  for (const widget of app.shell.widgets('main')) {
    if (sessionOf(widget)?.session?.kernel?.id === kernelId) {
      app.shell.activateById(widget.id);
      return;
    }
  }
}
