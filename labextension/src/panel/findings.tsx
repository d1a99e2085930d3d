// Trouble in words, worst first: what, why, what to do, and a button where one click can do it.

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { IFinding, IKernel } from '../feed/types';
import { deed, IAction } from '../texts/actions';
import { findingPage, openUi } from '../texts/links';
import { Actions, IDraw, Mark } from './parts';

interface IProps {
  readonly draw: IDraw;
  readonly id: string;
  readonly kernel: IKernel;
}

export function Findings({ draw, id, kernel }: IProps): React.ReactElement | null {
  // Of a kernel that was started again its findings tell why that was.
  const tells = kernel.death && !kernel.findings.some(finding => finding.id === 'death');
  if (!tells && kernel.findings.length === 0) {
    return null;
  }
  return (
    <section className="jp-SparkPanel-findings" aria-label={draw.trans.__('Trouble')}>
      {tells && <Death draw={draw} id={id} kernel={kernel} />}
      {kernel.findings.map(finding => (
        <Note key={finding.id} draw={draw} {...finding}>
          <Actions
            draw={draw}
            actions={actionsOf(finding, id, kernel, draw.trans)}
            accept={finding.action !== 'dismiss'}
          />
        </Note>
      ))}
    </section>
  );
}

/** Why the driver is gone; it stays until it is dismissed or the kernel is there again. */
function Death({ draw, id, kernel }: IProps): React.ReactElement {
  const { trans } = draw;
  const cause = kernel.death?.cause ?? { title: '', said: '', next_step: '' };
  const restarts = kernel.death?.restarts ?? false;
  const actions = restarts || kernel.phase === 'ready' ? [] : [deed('restart-kernel', id, trans)];
  const again = restarts ? trans.__('Jupyter starts the kernel again by itself.') : '';
  return (
    <Note
      draw={draw}
      severity="error"
      title={cause.title}
      cause={cause.said}
      next_step={[cause.next_step, again].filter(text => text).join(' ')}
    >
      <Actions draw={draw} actions={[...actions, deed('dismiss', id, trans)]} accept={actions.length > 0} />
    </Note>
  );
}

type NoteProps = Pick<IFinding, 'severity' | 'title' | 'cause' | 'next_step'> &
  React.PropsWithChildren<{ readonly draw: Pick<IDraw, 'trans'> }>;

/** One note; also what is said of the panel itself, such as a lost feed. */
export function Note({ draw, severity, title, cause, next_step: next, children }: NoteProps): React.ReactElement {
  const kinds: Record<IFinding['severity'], [string, 'bad' | 'warn' | 'idle']> = {
    error: [draw.trans.__('Error'), 'bad'],
    warning: [draw.trans.__('Warning'), 'warn'],
    info: [draw.trans.__('Note'), 'idle']
  };
  const [name, mark] = kinds[severity];
  return (
    <div className="jp-SparkPanel-note" data-severity={severity} role={severity === 'error' ? 'alert' : 'note'}>
      <h3>
        <Mark kind={mark} name={name} />
        {title}
      </h3>
      {cause && <p>{cause}</p>}
      {next && <p data-part="next">{next}</p>}
      {children}
    </div>
  );
}

function actionsOf(finding: IFinding, id: string, kernel: IKernel, trans: TranslationBundle): readonly IAction[] {
  const { action } = finding;
  if (action === undefined) {
    return [];
  }
  if (action === 'open-ui') {
    const link = openUi(kernel.driver?.ui, findingPage(finding), trans);
    return link ? [link] : [];
  }
  return [deed(action, id, trans)];
}
