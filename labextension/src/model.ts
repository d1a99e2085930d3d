// What the panel shows, worked out from what is in front and which kernels are installed.
// No DOM and no JupyterLab objects in here: tests need no browser, and rendering is the panel's.

import { ISignal, Signal } from '@lumino/signaling';

/** A kernel of ours that this server offers. */
export interface ISparkKernel {
  /** The kernelspec's name, e.g. `spark-k8s`. */
  readonly name: string;
  /** The name that users see, e.g. `Spark on K8s`. */
  readonly title: string;
}

/** The notebook or console in front. */
export interface IFront {
  /** The name on its tab. */
  readonly title: string;
  /** Its kernelspec's name, or null while it has no kernel. */
  readonly kernel: string | null;
  /** The name of that kernel that users see. */
  readonly kernelTitle: string;
}

/** Why there is nothing more to show. Each has a text in `texts.ts`; one without does not compile. */
export type Reason = 'not-installed' | 'nothing-in-front' | 'no-kernel' | 'other-kernel' | 'spark-kernel';

export class PanelModel {
  /** Emitted after each change of what is to be shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get reason(): Reason {
    const kernel = this._front?.kernel;
    if (kernel && this._kernels.some(known => known.name === kernel)) {
      return 'spark-kernel';
    }
    if (this._kernels.length === 0) {
      return 'not-installed';
    }
    if (!this._front) {
      return 'nothing-in-front';
    }
    return kernel ? 'other-kernel' : 'no-kernel';
  }

  /** The Spark kernels of this server, in the order in which they are offered. */
  get kernels(): readonly ISparkKernel[] {
    return this._kernels;
  }
  set kernels(kernels: readonly ISparkKernel[]) {
    this._set(() => (this._kernels = kernels));
  }

  /** The notebook or console in front, or null where something else is. */
  get front(): IFront | null {
    return this._front;
  }
  set front(front: IFront | null) {
    this._set(() => (this._front = front));
  }

  private _set(change: () => void): void {
    const before = JSON.stringify([this._front, this._kernels]);
    change();
    if (JSON.stringify([this._front, this._kernels]) !== before) {
      this._changed.emit();
    }
  }

  private _front: IFront | null = null;
  private _kernels: readonly ISparkKernel[] = [];
  private _changed = new Signal<this, void>(this);
}
