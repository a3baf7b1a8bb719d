// @ts-check
/** Elements. Text from outside becomes text nodes, never markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element. `on` has listeners, `true` sets a flag; all else is an attribute.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string | { [name: string]: any, on?: { [event: string]: (event: any) => void } }} [of] the class, or attributes
 * @param {...Child | Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, of, ...children) {
  const element = document.createElement(tag);
  dress(element, of);
  fill(element, children);
  return element;
}

/**
 * The same in SVG.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {string | { [name: string]: any }} [of]
 * @param {...Child | Child[]} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, of, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  dress(element, of);
  fill(element, children);
  return element;
}

/** @param {Element} element @param {string | { [name: string]: any } | undefined} of */
function dress(element, of) {
  if (typeof of === 'string') return void (of && element.setAttribute('class', of));
  for (const [name, value] of Object.entries(of ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, /** @type {any} */ (listener));
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
}

/** @param {Element} element @param {(Child | Child[])[]} children */
function fill(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts these in place of what was there. @param {Element} element @param {...Child | Child[]} children */
export function put(element, ...children) {
  element.replaceChildren();
  fill(element, children);
}

/** Writes only what differs, so that a selection stays. @param {Element} element @param {string | number} text */
export function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = String(text);
}

/**
 * Makes the children one for each item, in their order, and keeps those that are there: focus and selection stay.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => Element & { update?: (item: T) => void }} make
 */
export function keyed(parent, items, key, make) {
  /** @type {Map<string, Element & { update?: (item: T) => void, keyedBy?: string }>} */
  const there = new Map();
  for (const child of [...parent.children]) {
    const by = /** @type {any} */ (child).keyedBy;
    if (by === undefined) child.remove();
    else there.set(by, child);
  }
  /** @type {Element | null} */
  let before = null;
  for (const item of items) {
    const by = key(item);
    /** @type {any} */
    let child = there.get(by);
    if (child) {
      there.delete(by);
      child.update?.(item);
    } else {
      child = make(item);
      child.keyedBy = by;
    }
    const place = before ? /** @type {Element} */ (before).nextElementSibling : parent.firstElementChild;
    if (place !== child) parent.insertBefore(child, place);
    before = child;
  }
  for (const gone of there.values()) gone.remove();
}
