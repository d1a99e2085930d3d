// Shows the life of kernels through JupyterLab's own notifications, and does what they offer. Leaves out what is told, and when.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { IHands } from '../life';
import { PanelModel } from '../model/model';
import { cancelStart } from './actions';
import { placeOf, sessionOf } from './follow';
import { whole } from './whole';

/** A document's own request is answered within this, or never. */
const ANSWERED_MS = 3000;

/** Returns what shows the life of kernels in `app`: one notification for each key. `isSeen`: whether the panel is. */
export function hands(
  app: JupyterFrontEnd,
  model: PanelModel,
  isSeen: () => boolean,
  trans: TranslationBundle
): IHands {
  const shown = new Map<string, string>();
  const log = (reason: unknown): void => {
    console.error('jupyter-sparkk8s:', reason);
  };
  const join = async (kernel: string): Promise<void> => {
    const { sessions } = app.serviceManager;
    await sessions.refreshRunning();
    const started = [...sessions.running()].find(session => session.kernel?.id === kernel);
    for (const widget of app.shell.widgets('main')) {
      const session = sessionOf(widget);
      if (started && session && placeOf(session) === placeOf(started) && !session.session?.kernel) {
        await session.changeKernel({ id: kernel });
      }
    }
  };
  return {
    show: (key, text, type, onCancel) => {
      const id = shown.get(key);
      const actions = [...whole(text, trans), ...(onCancel ? [{ label: trans.__('Cancel'), callback: onCancel }] : [])];
      const options = { type, autoClose: false, actions } as const;
      if (!id || !Notification.update({ id, message: text, ...options })) {
        shown.set(key, Notification.emit(text, type, options));
      }
    },
    hide: key => {
      const id = shown.get(key);
      if (id !== undefined) {
        Notification.dismiss(id); // which dismisses all, other people's too, where it is told none
        shown.delete(key);
      }
    },
    sees: kernel => isSeen() && model.fresh && model.view.kind === 'kernel' && model.view.id === kernel,
    nameOf: (kernel, before) => model.nameOf(kernel, before),
    cancel: kernel => {
      cancelStart(app, kernel).catch(log);
    },
    join: kernel => {
      window.setTimeout(() => {
        join(kernel).catch(log);
      }, ANSWERED_MS);
    }
  };
}
