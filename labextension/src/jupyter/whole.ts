// What a notification says, whole: JupyterLab cuts its text, and what to do next with it.

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** So many letters JupyterLab shows of a notification. Source: its apputils-extension, where it draws one. */
const SHOWN = 140;

/** A button that shows all of a text that will be cut; none for a shorter one. */
export function whole(text: string, trans: TranslationBundle): Notification.IAction[] {
  const callback = (event: MouseEvent): void => {
    event.preventDefault(); // else the notification would go with its button
    const body = new Widget();
    body.addClass('jp-SparkNotice');
    body.node.textContent = text;
    void showDialog({ title: trans.__('Spark'), body, buttons: [Dialog.okButton({ label: trans.__('Close') })] });
  };
  return text.length > SHOWN ? [{ label: trans.__('Details'), callback }] : [];
}
