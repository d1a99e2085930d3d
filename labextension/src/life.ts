// What the server tells of kernels that start slowly or die, put before the user: notifications, and the way back to a kernel
// whose start has outlasted its request. Listens to the server's event stream; asks nothing of the server by itself.

import { Notification } from '@jupyterlab/apputils';
import { Event } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';

const EVENTS = 'https://jupyter-sparkk8s.github.io/events/';
/** A start that takes longer than this is worth a notification. */
const SLOW_MS = 3000;

/** What happened, the system's own words, and what to do next. */
interface ICause {
  title: string;
  said: string;
  next_step: string;
}

/** The events of the server's `kernel_start.v1.yaml`. */
export interface IStart {
  kernel_id: string;
  notebook: string;
  phase: string;
  waits?: string;
  said?: string;
  cause?: ICause;
}

/** The events of the server's `kernel_death.v1.yaml`. */
export interface IDeath {
  kernel_id: string;
  notebook: string;
  cause: ICause;
  restarts: boolean;
}

/** What is done for the user; the plugin does it through JupyterLab. */
export interface IHands {
  /** Shows the notification of this key, or changes it; `cancel` is offered where it is given. */
  show(key: string, text: string, type: Notification.TypeOptions, cancel?: () => void): void;
  hide(key: string): void;
  /** Whether the panel shows this kernel now: what it says there need not be notified. */
  sees(kernel: string): boolean;
  /** The name of a kernel's notebook now, which may have changed since `before`. */
  nameOf(kernel: string, before: string): string;
  cancel(kernel: string): void;
  /** Connects an open document to a kernel that has started for it, where its own request got no answer. */
  join(kernel: string): void;
}

/** Tell the user until disposed. */
export function tellLives(events: Event.IManager, trans: TranslationBundle, hands: IHands): IDisposable {
  const starts = new Map<string, { event: IStart; timer: number; slow: boolean }>();
  /** Kernels that have ended for good; one of them that starts was started by its user, who has read why it ended. */
  const over = new Set<string>();
  /** Kernels whose failed start has been told. */
  const failed = new Set<string>();

  const nameOf = (event: IStart | IDeath): string => hands.nameOf(event.kernel_id, event.notebook);
  const show = (kernel: string): void => {
    const start = starts.get(kernel);
    if (start) {
      start.slow = true;
      if (hands.sees(kernel)) {
        hands.hide(kernel);
        return;
      }
      hands.show(kernel, startText(start.event, nameOf(start.event), trans), 'in-progress', () => {
        hands.cancel(kernel);
      });
    }
  };
  const onStart = (event: IStart): void => {
    const kernel = event.kernel_id;
    const known = starts.get(kernel);
    if (over.delete(kernel)) {
      hands.hide(deathKey(kernel));
    }
    if (failed.delete(kernel)) {
      hands.hide(kernel);
    }
    if (!['started', 'failed', 'cancelled'].includes(event.phase)) {
      const timer = known?.timer ?? window.setTimeout(show, SLOW_MS, kernel);
      starts.set(kernel, { event, timer, slow: known?.slow ?? false });
      if (known?.slow) {
        show(kernel);
      }
      return;
    }
    window.clearTimeout(known?.timer);
    starts.delete(kernel);
    if (event.phase === 'started' && known?.slow) {
      hands.join(kernel);
    }
    if (event.phase === 'failed' && event.cause && known?.slow && !hands.sees(kernel)) {
      hands.show(kernel, causeText(nameOf(event), event.cause), 'error');
      failed.add(kernel);
    } else if (known?.slow) {
      hands.hide(kernel);
    }
  };
  const onDeath = (event: IDeath): void => {
    const end = event.restarts
      ? trans.__('The kernel is started again.')
      : trans.__('The kernel is not started again.');
    hands.hide(event.kernel_id); // that a restart has failed is told as a start and as a death; once is enough
    if (hands.sees(event.kernel_id)) {
      return;
    }
    if (!event.restarts) {
      over.add(event.kernel_id);
    }
    hands.show(
      deathKey(event.kernel_id),
      causeText(nameOf(event), event.cause, end),
      event.restarts ? 'warning' : 'error'
    );
  };
  const listen = (_: unknown, emission: Event.Emission): void => {
    if (emission.schema_id === `${EVENTS}kernel_start/v1`) {
      onStart(emission as unknown as IStart);
    } else if (emission.schema_id === `${EVENTS}kernel_death/v1`) {
      onDeath(emission as unknown as IDeath);
    }
  };
  events.stream.connect(listen);
  return new DisposableDelegate(() => {
    events.stream.disconnect(listen);
    starts.forEach(({ timer }) => {
      window.clearTimeout(timer);
    });
  });
}

// One of its own: the start that follows would change the notification, and take it away, before anyone has read it.
function deathKey(kernel: string): string {
  return `${kernel} death`;
}

// What the system said comes last: of a long text the end is only seen in its details.
function causeText(notebook: string, { title, said, next_step: next }: ICause, end = ''): string {
  return [`${notebook}: ${title}`, end, next, said].filter(part => part).join('\n');
}

function startText(event: IStart, notebook: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    created: trans.__('it is being prepared'),
    queued: trans.__('it waits for room on a node'),
    scheduled: trans.__('it has been given a node'),
    pulling: trans.__('its image is being pulled'),
    mounting: trans.__('its volumes are being mounted'),
    'starting-python': trans.__('Python is starting'),
    'starting-spark': trans.__('Spark is starting')
  };
  const what = trans.__('%1: the kernel is starting: %2.', notebook, words[event.phase] ?? event.phase);
  return [what, event.waits, event.said].filter(part => part).join('\n');
}
