// Does what the panel's buttons and the server's events ask for, through JupyterLab's own dialogs, commands and notifications.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { ISessionContextDialogs, Notification } from '@jupyterlab/apputils';
import { ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { sessionOf } from './follow';
import { IHands } from './life';
import { IAction } from './texts';

/** Returns the function that performs an action on `app`. */
export function performer(app: JupyterFrontEnd, dialogs: ISessionContextDialogs): (action: IAction) => Promise<void> {
  return async ({ does }) => {
    if (does.kind === 'new-notebook') {
      await app.commands.execute('notebook:create-new', { kernelName: does.kernel });
      return;
    }
    const session = sessionOf(app.shell.currentWidget);
    if (session) {
      await dialogs.selectKernel(session);
    }
  };
}

/** A document's own request is answered within this, or never. */
const ANSWERED_MS = 3000;

/** Returns what shows the life of kernels in `app`: one notification for each. */
export function hands(app: JupyterFrontEnd, trans: TranslationBundle): IHands {
  const shown = new Map<string, string>();
  const log = (reason: unknown): void => {
    console.error('jupyter-sparkk8s:', reason);
  };
  const cancel = async (kernel: string): Promise<void> => {
    const { serverSettings } = app.serviceManager;
    const url = `${serverSettings.baseUrl}sparkk8s/api/kernels/${kernel}/cancel`;
    await ServerConnection.makeRequest(url, { method: 'POST' }, serverSettings);
  };
  const join = async (kernel: string): Promise<void> => {
    const { sessions } = app.serviceManager;
    await sessions.refreshRunning();
    const model = [...sessions.running()].find(session => session.kernel?.id === kernel);
    for (const widget of app.shell.widgets('main')) {
      const session = sessionOf(widget);
      if (model && session && session.path === model.path && !session.session?.kernel) {
        await session.changeKernel({ id: kernel });
      }
    }
  };
  return {
    show: (kernel, text, type, onCancel) => {
      const id = shown.get(kernel);
      const actions = onCancel ? [{ label: trans.__('Cancel'), callback: onCancel }] : [];
      const options = { type, autoClose: false, actions } as const;
      if (!id || !Notification.update({ id, message: text, ...options })) {
        shown.set(kernel, Notification.emit(text, type, options));
      }
    },
    hide: kernel => {
      Notification.dismiss(shown.get(kernel));
      shown.delete(kernel);
    },
    cancel: kernel => {
      cancel(kernel).catch(log);
    },
    join: kernel => {
      window.setTimeout(() => {
        join(kernel).catch(log);
      }, ANSWERED_MS);
    }
  };
}
