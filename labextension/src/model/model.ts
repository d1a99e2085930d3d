// What the panel shows, worked out from what is in front, which kernels are installed, and what the feed says.
// No DOM and no JupyterLab objects in here: tests need no browser, and rendering is the panel's.

import { ISignal, Signal } from '@lumino/signaling';
import type { LinkState } from '../feed/link';
import { EMPTY, IStored } from '../feed/store';
import { IKernel } from '../feed/types';
import { find } from './match';
import { Reason, reasonOf } from './reasons';

/** By then the feed tells of a Spark that has been started: it looks each two seconds. */
const SEEN_MS = 6000;

/** A kernel of ours that this server offers. */
export interface ISparkKernel {
  /** The kernelspec's name, e.g. `spark-k8s`. */
  readonly name: string;
  /** The name that users see, e.g. `Spark on K8s`. */
  readonly title: string;
}

/** The notebook or console in front. */
export interface IFront {
  /** The name on its tab; several may have the same. */
  readonly title: string;
  /** Its folder and name. Consoles of two pages may have the same. */
  readonly path: string;
  /** Its kernelspec's name, or null while it has no kernel. */
  readonly kernel: string | null;
  /** The name of that kernel, or of the one that is being started, that users see. */
  readonly kernelTitle: string;
  /** The kernel's id; null while it has none or it is being started. */
  readonly id: string | null;
  /** Whether its kernel is being started. */
  readonly starting: boolean;
  /** Whether its kernel has ended and JupyterLab has given it up. */
  readonly dead: boolean;
  /** The name that users see of the Spark kernel that it had last, where that is gone; null otherwise. */
  readonly former: string | null;
  /** Whether its kernel does something now. */
  readonly busy: boolean;
}

/** What the notebook of a kernel is called now, and where it is. */
export interface IPlace {
  readonly name: string;
  readonly path: string;
}

/** What there is to draw: one kernel, or why there is none. */
export type View =
  | { readonly kind: 'nothing'; readonly reason: Reason }
  | { readonly kind: 'kernel'; readonly id: string; readonly kernel: IKernel };

export class PanelModel {
  /** Emitted after each change of what is to be shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get view(): View {
    const shown = find(this);
    return shown ? { kind: 'kernel', ...shown } : { kind: 'nothing', reason: reasonOf(this) };
  }

  /** Whether what the feed said is how it is now. */
  get fresh(): boolean {
    return this._link === 'open';
  }

  /** The Spark kernels of this server, in the order in which they are offered. */
  get kernels(): readonly ISparkKernel[] {
    return this._kernels ?? [];
  }
  set kernels(kernels: readonly ISparkKernel[]) {
    if (JSON.stringify(kernels) !== JSON.stringify(this._kernels)) {
      this._kernels = kernels;
      this._changed.emit();
    }
  }

  /** Whether the server has said which kernels it has. */
  get knowsKernels(): boolean {
    return this._kernels !== null;
  }

  /** The notebook or console in front, or null where something else is. Another one ends the choice of a kernel. */
  get front(): IFront | null {
    return this._front;
  }
  set front(front: IFront | null) {
    if (JSON.stringify(front) !== JSON.stringify(this._front)) {
      this._chosen = front?.path === this._front?.path ? this._chosen : null;
      this._front = front;
      this._changed.emit();
    }
  }

  /** The id of the kernel that was chosen from the list, or null to follow the notebook in front. */
  get chosen(): string | null {
    return this._chosen;
  }
  set chosen(chosen: string | null) {
    if (chosen !== this._chosen) {
      this._chosen = chosen;
      this._changed.emit();
    }
  }

  /** How the connection to the feed is. */
  get link(): LinkState {
    return this._link;
  }
  set link(link: LinkState) {
    if (link !== this._link) {
      this._lostAt = this.fresh ? Date.now() / 1000 : this._lostAt;
      this._link = link;
      this._changed.emit();
    }
  }

  /** What the feed has said. */
  get stored(): IStored {
    return this._stored;
  }
  set stored(stored: IStored) {
    if (stored !== this._stored) {
      this._stored = stored;
      // A choice ends with its kernel: what is shown from then on is the notebook's in front, and its buttons are.
      this._chosen = this._chosen !== null && stored.kernels && !stored.kernels[this._chosen] ? null : this._chosen;
      this._changed.emit();
    }
  }

  /** Whether a kernel does something now: one that was chosen from the list, too. */
  isBusy: (id: string) => boolean = id => this._front?.id === id && this._front.busy;

  /** Whether the panel's button is starting Spark in a kernel: JupyterLab may take one that works for idle. */
  isStartingSpark(id: string): boolean {
    return this._startsSpark.has(id);
  }

  /** Start Spark in a kernel by `work`; after it the feed has some time to see that Spark is there. */
  async startSpark(id: string, work: Promise<void>): Promise<void> {
    this._startsSpark.add(id);
    this._changed.emit();
    const end = (): void => {
      this._startsSpark.delete(id);
      this._changed.emit();
    };
    await work.catch((reason: unknown) => {
      end();
      throw reason;
    });
    setTimeout(end, SEEN_MS);
  }

  /** Where notebooks are by kernel id, as it is now: the feed has how it was when the kernels were started. */
  get places(): Readonly<Record<string, IPlace>> {
    return this._places;
  }
  set places(places: Readonly<Record<string, IPlace>>) {
    if (JSON.stringify(places) !== JSON.stringify(this._places)) {
      this._places = places;
      this._changed.emit();
    }
  }

  /** The name of a kernel's notebook, `before` when it was started; its path where another kernel's has the same name. */
  nameOf(id: string, before: string): string {
    const kernels = this._stored.kernels ?? {};
    const nameNow = (other: string): string => this._places[other]?.name ?? kernels[other]?.notebook ?? '';
    const name = this._places[id]?.name ?? before;
    const isTwice = Object.keys(kernels).some(other => other !== id && nameNow(other) === name);
    return (isTwice && (this._places[id] ?? kernels[id])?.path) || name;
  }

  /** When the feed was there last, in seconds of this machine's clock: what is shown was so then. */
  get knownAt(): number {
    return this.fresh ? Date.now() / 1000 : this._lostAt;
  }

  /** The server's clock, in seconds since 1970. While the feed is lost it stands still: nothing is known of what goes on. */
  get now(): number {
    return this.knownAt + this._stored.offset;
  }

  private _front: IFront | null = null;
  private _kernels: readonly ISparkKernel[] | null = null;
  private _chosen: string | null = null;
  private _link: LinkState = 'idle';
  private _lostAt = 0;
  private _places: Readonly<Record<string, IPlace>> = {};
  private _stored: IStored = EMPTY;
  private readonly _startsSpark = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
}
