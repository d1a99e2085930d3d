// Where the keyboard is after what had it has gone.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PanelModel } from '../src/model/model';
import { keepFocusDuring } from '../src/panel/focus';
import { Drawn } from './support/drawn';
import { front, IDS, kernel, model as connected } from './support/recorded';

let drawn: Drawn;

function busy(model: PanelModel, isBusy: boolean): void {
  model.front = { ...front(IDS.idle), busy: isBusy };
}

beforeEach(async () => {
  drawn = new Drawn(connected('idle', kernel('idle', { phase: 'stopped', application: undefined, executors: {} })));
  await drawn.text();
  drawn.one('.jp-SparkPanel-nothing button').focus();
  expect(document.activeElement?.textContent).toBe('Start Spark');
});

afterEach(() => {
  drawn.dispose();
});

it('stays in the panel when the button that was pressed goes away', async () => {
  busy(drawn.model, true);
  expect(await drawn.text()).not.toContain('Start Spark');
  expect(document.activeElement).toBe(drawn.panel.node);
});

it('is not taken from where its user has gone since', async () => {
  const cell = document.body.appendChild(document.createElement('textarea'));
  cell.focus();
  busy(drawn.model, true);
  expect(await drawn.text()).not.toContain('Start Spark');
  expect(document.activeElement).toBe(cell);
  busy(drawn.model, false);
  await drawn.text();
  drawn.one('.jp-SparkPanel-nothing button').focus();
  (document.activeElement as HTMLElement).blur();
  busy(drawn.model, true);
  expect(await drawn.text()).not.toContain('Start Spark');
  expect(document.activeElement).toBe(document.body);
  cell.remove();
});

it('comes back from a dialogue whose button is gone', async () => {
  let end = (): void => undefined;
  const deed = keepFocusDuring(new Promise<void>(resolve => (end = resolve)), drawn.panel.node);
  const dialog = document.body.appendChild(document.createElement('button'));
  const toast = document.body.appendChild(document.createElement('div'));
  dialog.className = 'jp-Dialog';
  dialog.focus();
  busy(drawn.model, true);
  expect(await drawn.text()).not.toContain('Start Spark');
  expect(document.activeElement).toBe(dialog);
  dialog.remove();
  await drawn.text();
  expect(document.activeElement).toBe(drawn.panel.node);
  drawn.panel.node.blur();
  toast.remove();
  await drawn.text();
  expect(document.activeElement).toBe(document.body);
  end();
  await deed;
});
