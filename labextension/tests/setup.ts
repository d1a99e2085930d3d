// What JupyterLab's packages expect of a browser while they load, and jsdom lacks. Nothing here is what a test looks at.

Object.assign(globalThis, {
  DragEvent: class extends MouseEvent {},
  matchMedia: () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }),
  requestIdleCallback: (callback: () => void) => setTimeout(callback),
  cancelIdleCallback: (id: number) => {
    clearTimeout(id);
  }
});
