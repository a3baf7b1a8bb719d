// @ts-check
/** Who is present in the channel in view. */
import { make } from './dom.js';

/** Names shown; of the others only how many they are. */
const SHOWN = 30;

/**
 * @param {HTMLElement} list
 * @param {string} channel
 * @param {{ members: readonly { client: string }[], count: number } | null} roster null: not known, nothing is shown
 * @param {string | undefined} self
 */
export function showRoster(list, channel, roster, self) {
  list.hidden = !roster;
  if (!roster) {
    list.replaceChildren();
    return;
  }
  list.setAttribute('aria-label', `Present in ${channel}`);
  const names = roster.members.map(({ client }) => client).slice(0, SHOWN);
  const rest = roster.count - names.length;
  const items = names.map((name) => {
    const item = make('li', 'member', name);
    item.dataset.client = name;
    if (name === self) item.append(make('span', 'quiet', ' (you)'));
    return item;
  });
  if (rest > 0) items.push(make('li', 'member-rest', names.length ? `and ${rest} more` : `${rest} present`));
  list.replaceChildren(...items);
}
