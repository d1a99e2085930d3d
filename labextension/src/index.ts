// The plugin: puts the panel into a sidebar of JupyterLab or Notebook 7, and makes its commands, its button and its settings.

import { ILabShell, ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ICommandPalette,
  ISessionContextDialogs,
  IToolbarWidgetRegistry,
  Notification,
  SessionContextDialogs
} from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { FeedLink } from './feed/link';
import { below } from './feed/url';
import { boltIcon } from './icons';
import { IMeans, offers, perform } from './jupyter/actions';
import { FeedWatch } from './jupyter/feed';
import { follow, frontOf, sessionOf } from './jupyter/follow';
import { hands } from './jupyter/hands';
import { notify } from './jupyter/notify';
import { openTab } from './jupyter/tab';
import { SparkButton } from './jupyter/toolbar';
import { whole } from './jupyter/whole';
import { tellLives } from './life';
import { PanelModel } from './model/model';
import { settingsOf } from './model/settings';
import { keepFocusDuring } from './panel/focus';
import { PANEL_ID, SparkPanel } from './panel/panel';

export const OPEN = 'sparkk8s:open';
const PLUGIN = 'jupyter-sparkk8s:panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'A sidebar panel about the Spark driver of the notebook in front.',
  autoStart: true,
  // None is required: Notebook 7 has no layout restorer and no tabs, and a panel without the palette still works.
  optional: [
    ITranslator,
    ISessionContextDialogs,
    ICommandPalette,
    ILayoutRestorer,
    ISettingRegistry,
    IToolbarWidgetRegistry,
    ILabShell
  ],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    dialogs: ISessionContextDialogs | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    toolbars: IToolbarWidgetRegistry | null,
    shell: ILabShell | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_sparkk8s');
    const model = new PanelModel();
    const link = new FeedLink(app.serviceManager.serverSettings);
    const following = follow(app.shell, app.serviceManager, model);
    const means: IMeans = {
      app,
      session: () => (model.chosen === null ? following.session : null),
      dialogs: dialogs ?? new SessionContextDialogs({ translator: translator ?? nullTranslator }),
      link,
      model,
      trans,
      openTab:
        shell &&
        (url => {
          openTab(shell, url, trans.__('Spark UI'));
        })
    };
    const panel = new SparkPanel({
      model,
      trans,
      perform: action => {
        keepFocusDuring(perform(action, means), panel.node).catch((reason: unknown) => {
          const said = reason instanceof Error ? reason.message : String(reason);
          const text = trans.__('“%1” did not work: %2', action.label, said);
          Notification.error(text, { autoClose: false, actions: whole(text, trans) });
        });
      },
      offers: ({ does }) => offers(does, means),
      urlOf: path => below(app.serviceManager.serverSettings.baseUrl, path)
    });
    const telling = tellLives(
      app.serviceManager.events,
      trans,
      hands(app, model, () => panel.isVisible && !document.hidden, trans)
    );
    const watch = new FeedWatch(link, model);
    watch.onFrame = (before, now) => {
      if (panel.settings.notifications) {
        notify(before, now, model, app, trans);
      }
    };
    panel.shown.connect((_, shown) => {
      watch.seen = shown;
    });
    panel.disposed.connect(() => {
      following.dispose();
      telling.dispose();
      watch.dispose();
    });
    app.shell.add(panel, 'right', { rank: 900 });
    restorer?.add(panel, PANEL_ID);
    addOpen(app, panel, trans);
    palette?.addItem({ command: OPEN, category: trans.__('Spark') });
    toolbars?.addFactory('Notebook', 'sparkk8s', (notebook: Widget) => {
      const session = sessionOf(notebook);
      if (!session) {
        return new Widget();
      }
      return new SparkButton({
        model,
        session,
        notebook: () => frontOf(notebook, session, app.serviceManager.kernelspecs),
        trans,
        open: () => void app.commands.execute(OPEN)
      });
    });
    void configure(panel, registry);
  }
};

function addOpen(app: JupyterFrontEnd, panel: SparkPanel, trans: TranslationBundle): void {
  app.commands.addCommand(OPEN, {
    label: trans.__('Open the Spark Panel'),
    caption: trans.__('Show the Spark driver, executors and jobs of the notebook in front in a sidebar'),
    icon: boltIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: async () => {
      // The command palette gives the keyboard back to the document as soon as it has called us: ours is the later word.
      await Promise.resolve();
      app.shell.activateById(panel.id);
    }
  });
}

/** The panel by the user's settings, now and whenever they change. */
async function configure(panel: SparkPanel, registry: ISettingRegistry | null): Promise<void> {
  try {
    const settings = await registry?.load(PLUGIN);
    const apply = (): void => {
      panel.settings = settingsOf(settings?.composite ?? {});
    };
    settings?.changed.connect(apply);
    apply();
  } catch (reason) {
    console.warn('jupyter-sparkk8s: settings could not be read; the defaults hold:', reason);
  }
}

export default plugin;
