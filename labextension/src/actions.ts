// Does what the panel's buttons say, through JupyterLab's own dialogs and commands.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { ISessionContextDialogs } from '@jupyterlab/apputils';
import { sessionOf } from './follow';
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
