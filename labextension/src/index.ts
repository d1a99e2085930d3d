// The plugin: puts the panel into the right sidebar of JupyterLab or Notebook 7, with a command to open it.

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs, SessionContextDialogs } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { hands, performer } from './actions';
import { follow } from './follow';
import { boltIcon } from './icons';
import { tellLives } from './life';
import { PanelModel } from './model';
import { PANEL_ID, SparkPanel } from './panel';

export const OPEN = 'sparkk8s:open';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-sparkk8s:panel',
  description: 'A sidebar panel about the Spark driver of the notebook in front.',
  autoStart: true,
  // None is required: Notebook 7 has no layout restorer, and a panel without the palette still works.
  optional: [ITranslator, ISessionContextDialogs, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    dialogs: ISessionContextDialogs | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_sparkk8s');
    const perform = performer(app, dialogs ?? new SessionContextDialogs({ translator: translator ?? nullTranslator }));
    const model = new PanelModel();
    const panel = new SparkPanel({
      model,
      trans,
      perform: action => {
        perform(action).catch((reason: unknown) => {
          console.error(`jupyter-sparkk8s: ${action.label}:`, reason);
        });
      }
    });
    const following = follow(app.shell, app.serviceManager.kernelspecs, model);
    const telling = tellLives(app.serviceManager.events, trans, hands(app, trans));
    panel.disposed.connect(() => {
      following.dispose();
      telling.dispose();
    });
    app.shell.add(panel, 'right', { rank: 900 });
    restorer?.add(panel, PANEL_ID);

    app.commands.addCommand(OPEN, {
      label: trans.__('Open the Spark Panel'),
      caption: trans.__('Show the Spark driver of the notebook in front in the right sidebar'),
      icon: boltIcon,
      execute: async () => {
        // The command palette gives the keyboard back to the document as soon as it has called us: ours is the later word.
        await Promise.resolve();
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({ command: OPEN, category: trans.__('Spark') });
  }
};

export default plugin;
