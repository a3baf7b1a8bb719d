// @ts-check
/** The few drawings, one path each in a square of 24. */
import { s } from './dom.js';

const PATHS = {
  overview: 'M4 13h4l2.5-8 4 14 2.5-6h3',
  apps: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  channels: 'M9 4 7 20M17 4l-2 16M4.5 9h15M4 15h15',
  clients: 'M16 20v-1.5a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4V20M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1.5a4 4 0 0 0-3-3.85M15.5 4.2a3.5 3.5 0 0 1 0 6.6',
  why: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M9.4 9.3a2.7 2.7 0 0 1 5.2.9c0 1.8-2.6 2.3-2.6 3.8M12 17h.01',
  webhooks: 'M10 13.5a4.2 4.2 0 0 0 6.3.4l2.6-2.6a4.2 4.2 0 0 0-6-6L11.5 6.800M14 10.500a4.2 4.2 0 0 0-6.3-.4l-2.6 2.600a4.2 4.2 0 0 0 6 6l1.4-1.4',
  usage: 'M5 20V11M12 20V4M19 20v-6',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M8 19.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5',
  find: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4',
  out: 'M15 4h3a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-3M10 16l-4-4 4-4M6 12h9',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.400M18.4 5.6 17 7M7 17l-1.4 1.4',
  moon: 'M20 14.500A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5',
  half: 'M12 21a9 9 0 1 1 0-18 9 9 0 1 1 0 18M12 3v18M15 4v16M18 6v12',
  menu: 'M4 7h16M4 12h16M4 17h16',
  yes: 'M5 12.5 10 17.5 19.5 7',
  no: 'M6 6l12 12M18 6 6 18',
  dash: 'M6 12h12',
  alert: 'M12 8v5M12 16.500h.01M10.3 4 2.7 17.500A2 2 0 0 0 4.4 20.500h15.200a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
};

/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name @param {string} [of] a class */
export function icon(name, of) {
  return s('svg', {
    class: of, viewBox: '0 0 24 24', width: 18, height: 18, fill: 'none', stroke: 'currentColor',
    'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true',
  }, s('path', { d: PATHS[name] }));
}
