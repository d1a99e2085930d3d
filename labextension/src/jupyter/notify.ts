// Tells of a long job that has ended in a notebook that is out of sight.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { IStored } from '../feed/store';
import { finished } from '../model/finished';
import { PanelModel } from '../model/model';
import { cancelledBy, endedText } from '../texts/work';
import { widgetOf } from './actions';

/** Notify of what has ended between two states of the feed. */
export function notify(
  before: IStored,
  now: IStored,
  model: PanelModel,
  app: JupyterFrontEnd,
  trans: TranslationBundle
): void {
  const isSeen = (id: string): boolean => !document.hidden && (widgetOf(app, id)?.isVisible ?? false);
  const all = finished(before.kernels ?? {}, now.kernels ?? {}, isSeen, (id, kernel) =>
    model.nameOf(id, kernel.notebook)
  );
  for (const ended of all) {
    const cancelled = cancelledBy(ended.job) !== null;
    const failed = ended.job.state === 'failed' && !cancelled;
    Notification.emit(endedText(ended, trans), failed ? 'error' : cancelled ? 'info' : 'success', {
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

// A notebook that is closed by now is opened again; it finds its kernel by itself.
function show(app: JupyterFrontEnd, kernelId: string): void {
  const widget = widgetOf(app, kernelId);
  if (widget) {
    app.shell.activateById(widget.id);
    return;
  }
  const session = [...app.serviceManager.sessions.running()].find(({ kernel }) => kernel?.id === kernelId);
  if (session) {
    void app.commands.execute('docmanager:open', { path: session.path });
  }
}
