// The Spark UI as a JupyterLab tab; Notebook 7 has none.

import { ILabShell } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { IFrame } from '@jupyterlab/ui-components';
import { boltIcon } from '../icons';

/** Show the tab of this page; one that is open already stays where its user has gone in it. */
export function openTab(shell: ILabShell, url: string, label: string): void {
  const id = `sparkk8s-ui ${url}`;
  if (![...shell.widgets('main')].some(widget => widget.id === id)) {
    // The pages come from the driver, so from code of the kernel's user: they get no more than they need.
    const content = new IFrame({ sandbox: ['allow-same-origin', 'allow-scripts', 'allow-forms'] });
    content.url = url;
    const tab = new MainAreaWidget({ content });
    tab.id = id;
    tab.title.label = label;
    tab.title.icon = boltIcon;
    tab.title.closable = true;
    shell.add(tab, 'main');
  }
  shell.activateById(id);
}
