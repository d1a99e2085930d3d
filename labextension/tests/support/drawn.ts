// A panel in the document, and what a person does with it.
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { PanelModel } from '../../src/model/model';
import { SparkPanel } from '../../src/panel/panel';
import { Does } from '../../src/texts/actions';

export class Drawn {
  constructor(readonly model: PanelModel) {
    const trans = nullTranslator.load('jupyter_sparkk8s');
    this.panel = new SparkPanel({
      model,
      trans,
      perform: ({ does }) => this.performed.push(does),
      offers: ({ does }) => !this.lacks.includes(does.kind),
      urlOf: path => `/lab/${path}`
    });
    Widget.attach(this.panel, document.body);
  }

  readonly panel: SparkPanel;
  readonly performed: Does[] = [];
  /** What can't be done here. */
  lacks: string[] = [];

  /** All text, once drawn: Lumino draws with the next frame, React with the next task. */
  async text(): Promise<string> {
    await new Promise(resolve => setTimeout(resolve, 5)); // the model's changes are gathered
    MessageLoop.flush();
    await this.panel.renderPromise;
    await new Promise(resolve => setTimeout(resolve, 20));
    return this.panel.node.textContent;
  }

  one(selector: string): HTMLElement {
    const found = this.panel.node.querySelector<HTMLElement>(selector);
    if (!found) {
      throw new Error(`There is no ${selector} in: ${this.panel.node.innerHTML}`);
    }
    return found;
  }

  /** The texts of all that match. */
  names(selector: string): string[] {
    return [...this.panel.node.querySelectorAll(selector)].map(({ textContent }) => textContent);
  }

  /** The names of the sections, from top to bottom. */
  regions(): (string | null)[] {
    return [...this.panel.node.querySelectorAll('section[aria-label]')].map(node => node.getAttribute('aria-label'));
  }

  /** Click the button of this name. */
  async click(name: string): Promise<void> {
    await this.text();
    const buttons = [...this.panel.node.querySelectorAll('button')];
    const found = buttons.find(button => (button.getAttribute('aria-label') ?? button.textContent) === name);
    if (!found) {
      throw new Error(`There is no button “${name}” among ${buttons.map(({ textContent }) => textContent).join(', ')}`);
    }
    found.click();
    await this.text();
  }

  async press(key: string, selector: string): Promise<void> {
    this.one(selector).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await this.text();
  }

  dispose(): void {
    this.panel.dispose();
  }
}
