// "Nothing to show": a title, a text and the ways out. A screen reader is told when they change.

import React from 'react';
import { boltIcon } from '../icons';
import { Reason } from '../model/reasons';
import { nothing } from '../texts/nothing';
import { Actions, IDraw } from './parts';

export function Nothing({ draw, reason }: { readonly draw: IDraw; readonly reason: Reason }): React.ReactElement {
  const { title, text, actions } = nothing(reason, draw.model, draw.trans);
  return (
    <div className="jp-SparkPanel-nothing" data-reason={reason}>
      <boltIcon.react tag="span" className="jp-SparkPanel-bolt" aria-hidden="true" />
      <div role="status">
        <h3>{title}</h3>
        <p>{text}</p>
      </div>
      <Actions draw={draw} actions={actions} accept />
    </div>
  );
}
