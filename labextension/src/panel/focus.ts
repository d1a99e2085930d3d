// Keeps the keyboard in the panel where the button that had it goes away, as most do once they are pressed: a page gives it to
// the document's body then, and who works by keyboard begins anew at the top of JupyterLab.

import { DisposableDelegate, IDisposable } from '@lumino/disposable';

/** Give the keyboard to `node` when what had it in there is taken away, until disposed. `node` can take it. */
export function keepFocus(node: HTMLElement): IDisposable {
  let last: EventTarget | null = null;
  const enter = ({ target }: FocusEvent): void => {
    last = target;
  };
  // Left by its user, or taken away: browsers tell of that, too, and some before it is done.
  const leave = ({ target }: FocusEvent): void => {
    queueMicrotask(() => {
      if (target === last && node.contains(target as Node)) {
        last = null;
      }
    });
  };
  const observer = new MutationObserver(() => {
    if (last && !node.contains(last as Node)) {
      last = null;
      if (document.activeElement === document.body) {
        node.focus({ preventScroll: true });
      }
    }
  });
  observer.observe(node, { childList: true, subtree: true });
  node.addEventListener('focusin', enter);
  node.addEventListener('focusout', leave);
  return new DisposableDelegate(() => {
    observer.disconnect();
    node.removeEventListener('focusin', enter);
    node.removeEventListener('focusout', leave);
  });
}

/** The same while `work` goes on, whose dialogues may give the keyboard back to a button that is gone by then. */
export async function keepFocusDuring(work: Promise<void>, node: HTMLElement): Promise<void> {
  const observer = new MutationObserver(records => {
    const gone = records.flatMap(record => [...record.removedNodes]);
    const closed = gone.some(each => each instanceof Element && each.matches('.jp-Dialog'));
    if (closed && document.activeElement === document.body) {
      node.focus({ preventScroll: true });
    }
  });
  observer.observe(document.body, { childList: true });
  try {
    await work;
  } finally {
    observer.disconnect();
  }
}
