// What JupyterLab's packages expect of a browser while they load, and jsdom lacks. Nothing here is what a test looks at.
// Tests of what needs no DOM run without one.

if (typeof document !== 'undefined') {
  Object.assign(globalThis, {
    DragEvent: class extends MouseEvent {},
    ResizeObserver: class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
    matchMedia: () => ({
      matches: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      addListener: () => undefined,
      removeListener: () => undefined
    }),
    requestIdleCallback: (callback: () => void) => setTimeout(callback),
    cancelIdleCallback: (id: number) => {
      clearTimeout(id);
    }
  });
  Element.prototype.scrollIntoView = () => undefined;
}
