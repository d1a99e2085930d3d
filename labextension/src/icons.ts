// The panel's own icon; its colours are the theme's, by JupyterLab's icon classes.

import { LabIcon } from '@jupyterlab/ui-components';
import bolt from '../style/icons/bolt.svg';

export const boltIcon = new LabIcon({ name: 'sparkk8s:bolt', svgstr: bolt });
