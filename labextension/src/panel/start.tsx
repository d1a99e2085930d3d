// The steps of a start, each with the time it took, and the way to end it.

import React from 'react';
import { IKernel } from '../feed/types';
import { step as duration } from '../model/format';
import { isStarting, IStartStep, steps, stepsToCome } from '../model/glance';
import { deed } from '../texts/actions';
import { phase } from '../texts/phases';
import { Actions, IDraw, Mark, MarkKind } from './parts';

const MARKS: Record<IStartStep['state'], MarkKind> = { done: 'ok', now: 'wait', failed: 'bad' };

export function Start(props: {
  readonly draw: IDraw;
  readonly id: string;
  readonly kernel: IKernel;
}): React.ReactElement | null {
  const { draw, id, kernel } = props;
  const begun = steps(kernel, draw.now);
  if (begun.length === 0 || (!isStarting(kernel) && kernel.phase !== 'failed')) {
    return null;
  }
  // From then on the kernel answers, and only Spark is still to come: there is nothing left to cancel.
  const { front, places } = draw.model;
  const answers = kernel.phase === 'starting-spark' && (front?.id === id || id in places);
  const names: Record<IStartStep['state'], string> = {
    done: draw.trans.__('done'),
    now: draw.trans.__('under way'),
    failed: draw.trans.__('failed')
  };
  return (
    <section className="jp-SparkPanel-start" aria-label={draw.trans.__('Start')}>
      <ol>
        {begun.map(({ step, state, took }) => (
          <li key={step.phase} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <Mark kind={MARKS[state]} name={names[state]} />
            <div>
              {phase(step.phase, draw.trans, kernel, step)}
              {state !== 'done' && step.waits && <p title={step.said}>{step.waits}</p>}
            </div>
            <time>{duration(took)}</time>
          </li>
        ))}
        {stepsToCome(kernel).map(name => (
          <li key={name} data-state="to-come">
            <Mark kind="idle" name={draw.trans.__('to come')} />
            <div>{phase(name, draw.trans, kernel)}</div>
          </li>
        ))}
      </ol>
      {isStarting(kernel) && !answers && <Actions draw={draw} actions={[deed('cancel-start', id, draw.trans)]} />}
    </section>
  );
}
